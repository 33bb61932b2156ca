import type { CallFact, Expr, FunctionId } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import { append, functionKey, type FunctionKey } from "./program.js";
import { type StatementFact, sqlText, statementsOf, verbOf } from "./statements.js";
import { makesPromise } from "./waits.js";

/** What one call does to a database, if anything: by its SQL where that is a literal, else by the method called; also by a function of the program that runs the SQL which it is given. */
export function statementOf(graph: CallGraph, call: CallFact): StatementFact | undefined {
  let known = firsts.get(graph);
  if (!known) firsts.set(graph, (known = new Map<CallFact, StatementFact | null>()));
  let found = known.get(call);
  if (found === undefined) known.set(call, (found = statementsRunBy(graph, call)[0] ?? null));
  return found ?? undefined;
}

/** All that a call may do, itself or through a function that runs the SQL which it is given: `query("INSERT …")`. */
export function statementsRunBy(graph: CallGraph, call: CallFact): readonly StatementFact[] {
  const own = graph.external.has(call) ? statementsOf(graph, call) : NONE;
  if (own.length > 0) return own;
  let helped = helpedCalls.get(graph);
  if (!helped) helpedCalls.set(graph, (helped = new Helpers(graph).calls()));
  return helped.get(call) ?? NONE;
}

const NONE: readonly StatementFact[] = [];
const firsts = new WeakMap<CallGraph, Map<CallFact, StatementFact | null>>();
const helpedCalls = new WeakMap<CallGraph, ReadonlyMap<CallFact, StatementFact[]>>();

/** A parameter of a function that goes as it is into a statement which the function runs. */
interface TextParameter {
  key: FunctionKey;
  index: number;
}

/** Functions that run the SQL they are given, on whatever session they know: a project's own `query(text, values)`. */
class Helpers {
  readonly #statements = new Map<FunctionKey, Map<number, StatementFact[]>>();
  readonly #queue: [TextParameter, StatementFact][] = [];

  constructor(private readonly graph: CallGraph) {
    for (const call of graph.external.keys())
      for (const fact of statementsOf(graph, call)) {
        if (fact.text === undefined || fact.sql !== undefined) continue;
        const parameter = this.#parameter(graph.program.fileOf(call), call.fn, fact.text);
        if (parameter) this.#queue.push([parameter, fact]);
      }
  }

  /** The calls of such functions with a text that says what it does. */
  calls(): ReadonlyMap<CallFact, StatementFact[]> {
    const found = new Map<CallFact, StatementFact[]>();
    if (this.#queue.length === 0) return found;
    const callers = new Map<FunctionKey, { file: string; call: CallFact }[]>();
    for (const { to, file, call } of this.graph.edges) append(callers, to, { file, call });
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) {
      const [{ key, index }, fact] = next;
      if (!this.#isNew(key, index, fact)) continue;
      for (const { file, call } of callers.get(key) ?? []) {
        const expr = call.args[index];
        if (!expr) continue;
        const text = { file, expr };
        const sql = sqlText(this.graph, text);
        const kind = sql === undefined ? "unknown" : verbOf(sql);
        if (kind !== "unknown") append(found, call, { ...fact, kind, sql, text, through: true });
        const handedOn = sql === undefined ? this.#parameter(file, call.fn, text) : undefined;
        if (handedOn) this.#queue.push([handedOn, fact]);
      }
    }
    return found;
  }

  /** One for each session and owner. */
  #isNew(key: FunctionKey, index: number, fact: StatementFact): boolean {
    const parameters = this.#statements.get(key) ?? new Map<number, StatementFact[]>();
    this.#statements.set(key, parameters);
    if (parameters.get(index)?.some(({ session, owner }) => session === fact.session && owner === fact.owner) === true) return false;
    append(parameters, index, fact);
    return true;
  }

  /** The parameter that a text is, of the function that runs it in place. */
  #parameter(file: string, fn: FunctionId, text: PlacedExpr): TextParameter | undefined {
    const { program } = this.graph;
    const { file: from, expr } = constantOf(program, text.file, text.expr);
    const variable = expr.k === "var" && from === file ? program.variable(from, expr.id) : undefined;
    if (variable?.kind !== "param") return undefined;
    const index = program.fn(file, variable.fn).params.findIndex((param) => param.variable === variable.id);
    return index !== -1 && this.#runsInPlace(file, fn, variable.fn) ? { key: functionKey(file, variable.fn), index } : undefined;
  }

  /** Whether what stands in a function is done when one around it has run: the executor of a promise, a callback that is waited for. */
  #runsInPlace(file: string, inner: FunctionId, outer: FunctionId): boolean {
    const { program } = this.graph;
    for (let at = inner; at !== outer; ) {
      const { parent } = program.fn(file, at);
      const taker = program.callsIn(file, parent).find(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === at));
      if (at === 0 || !taker || !(makesPromise(taker) || this.#isWaitedFor(file, parent, taker))) return false;
      at = parent;
    }
    return true;
  }

  #isWaitedFor(file: string, fn: FunctionId, call: CallFact): boolean {
    const end = this.graph.program.chainEnd(file, call);
    return end.awaited || this.graph.program.fn(file, fn).returns.some((value) => isCall(value, end.id));
  }
}

function isCall(value: Expr, id: number): boolean {
  if (value.k === "await" || value.k === "typed") return isCall(value.of, id);
  return (value.k === "call" && value.id === id) || (value.k === "either" && value.of.some((one) => isCall(one, id)));
}
