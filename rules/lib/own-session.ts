import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { OpenSite } from "../../src/core/link/sessions.js";
import { startsOf } from "./same-session.js";

/** How many functions may stand between a call and the write that it leads to. */
const MAX_LAYERS = 4;

/** A session that a function gets for itself, anew each time it runs: of a factory, or by opening it there. */
export interface Fresh {
  open: OpenSite;
  /** The call that gives it. */
  call: CallFact;
}

/** The calls that give a session which nobody else has: by the session's own opening, or by a function that hands out a new one each time. */
export class FreshSessions {
  readonly #opens = new Map<CallFact, OpenSite>();
  readonly #apart = new Map<FunctionKey, boolean>();

  constructor(readonly project: ProjectFacts) {
    for (const open of project.opens) {
      if (open.call.memo || open.stored) continue;
      this.#opens.set(open.call, open);
      for (const factory of project.factoriesOf(open)) for (const { call } of project.usesOf(factory)) if (!call.memo) this.#opens.set(call, open);
    }
  }

  /** Where what a call is made on comes from, if the function around the call has got it for itself: `const db = open(); db.prepare(…)`. */
  behind(file: string, call: CallFact): Fresh | undefined {
    for (const part of startsOf(this.project, file, call.callee)) {
      const fresh = this.of(file, call.fn, part);
      if (fresh) return fresh;
    }
    return undefined;
  }

  /** What a variable holds that a function around has got for itself: a transaction's session, where that is begun in a function of its own. */
  around(file: string, fn: number, expr: Expr): Fresh | undefined {
    const { program } = this.project;
    const owner = expr.k === "var" ? program.variable(file, expr.id).fn : fn;
    return owner === 0 ? undefined : this.of(file, owner, expr);
  }

  /** What an expression is, if its function has got it for itself. */
  of(file: string, fn: number, expr: Expr, depth = 0): Fresh | undefined {
    const { program } = this.project;
    if (expr.k === "await" || expr.k === "typed") return this.of(file, fn, expr.of, depth);
    if (expr.k === "call") {
      const call = program.call(file, expr.id);
      const open = call.fn === fn ? this.#opens.get(call) : undefined;
      if (open) return { open, call };
      // A statement that was prepared on it: `const add = db.prepare(…)`.
      return call.fn === fn && depth < MAX_LAYERS && call.callee.k === "member" ? this.of(file, fn, call.callee.of, depth + 1) : undefined;
    }
    if (expr.k !== "var" || depth > MAX_LAYERS) return undefined;
    const [value, more] = program.valuesOf(file, expr.id);
    return value !== undefined && more === undefined && program.variable(file, expr.id).fn === fn ? this.of(file, fn, value, depth + 1) : undefined;
  }

  /** Whether all that a call of a function of the project writes goes to sessions which the functions it runs have got for themselves. */
  writesApart(call: CallFact): boolean {
    const callees = this.project.writers.calleesOf(call).filter((key) => this.project.writers.functionWrites(key));
    return callees.length > 0 && callees.every((key) => this.#isApart(key, 0));
  }

  #isApart(key: FunctionKey, depth: number): boolean {
    const known = this.#apart.get(key);
    if (known !== undefined) return known;
    this.#apart.set(key, false);
    const { file } = this.project.program.fnOf(key);
    const writes = this.project.writers.callsOf(key).filter((call) => this.project.writers.callWrites(call));
    const apart = depth < MAX_LAYERS && writes.length > 0 && writes.every((call) => (statementOf(this.project.graph, call) !== undefined ? this.behind(file, call) !== undefined : this.#calleesAreApart(call, depth)));
    this.#apart.set(key, apart);
    return apart;
  }

  #calleesAreApart(call: CallFact, depth: number): boolean {
    const callees = this.project.writers.calleesOf(call).filter((key) => this.project.writers.functionWrites(key));
    return callees.length > 0 && callees.every((key) => this.#isApart(key, depth + 1));
  }

  /** The write on a session of its own that a call always leads to, and how that session was got; `depth`: how many functions down. */
  writeBehind(call: CallFact, depth = MAX_LAYERS): { file: string; call: CallFact; fresh: Fresh } | undefined {
    const { writers, program } = this.project;
    const [key, more] = writers.calleesOf(call);
    if (key === undefined || more !== undefined) return undefined;
    const { file } = program.fnOf(key);
    const always = writers.callsOf(key).filter((inner) => !inner.conditional);
    for (const inner of always) {
      const fresh = statementOf(this.project.graph, inner)?.kind === "write" ? this.behind(file, inner) : this.#givenAway(file, inner);
      if (fresh && !fresh.call.conditional) return { file, call: inner, fresh };
    }
    for (const inner of depth > 0 ? always : []) {
      const deeper = this.writeBehind(inner, depth - 1);
      if (deeper) return deeper;
    }
    return undefined;
  }

  /** The session that a function got for itself and hands to one which always writes on it: `addRow(db, row)`. */
  #givenAway(file: string, call: CallFact): Fresh | undefined {
    const [to, more] = this.project.writers.calleesOf(call);
    if (to === undefined || more !== undefined || call.spread) return undefined;
    for (const [index, arg] of call.args.entries()) {
      const fresh = arg.k === "var" ? this.of(file, call.fn, arg) : undefined;
      if (fresh && this.#writesOn(to, index, 0)) return fresh;
    }
    return undefined;
  }

  /** Whether a function always writes on what it is given at this place, itself or by handing it on. */
  #writesOn(key: FunctionKey, index: number, depth: number): boolean {
    const { program, writers, graph } = this.project;
    const { file, fn } = program.fnOf(key);
    const param = fn.params[index];
    if (param === undefined || param.rest || depth > MAX_LAYERS) return false;
    const isIt = (expr: Expr): boolean => expr.k === "var" && expr.id === param.variable;
    return writers.callsOf(key).some((inner) => {
      if (inner.conditional || inner.loop !== undefined) return false;
      if (statementOf(graph, inner)?.kind === "write") return [...startsOf(this.project, file, inner.callee)].some(isIt);
      const [to, more] = writers.calleesOf(inner);
      return to !== undefined && more === undefined && !inner.spread && inner.args.some((arg, at) => isIt(arg) && this.#writesOn(to, at, depth + 1));
    });
  }
}

const known = new WeakMap<ProjectFacts, FreshSessions>();

export function freshSessionsOf(project: ProjectFacts): FreshSessions {
  let found = known.get(project);
  if (!found) known.set(project, (found = new FreshSessions(project)));
  return found;
}
