import type { CallFact, Expr, LoopFact } from "../../facts/types.js";
import { isArrayMethod } from "../builtins.js";
import { Bounds } from "../bounds.js";
import type { Contexts } from "../contexts.js";
import { answerOf, documentOf } from "../documents.js";
import { functionKey, type FunctionKey } from "../program.js";
import { calleesOf, callersOf } from "../sessions.js";
import type { TransactionSite } from "../transactions.js";
import { partOfRequest } from "./request-parts.js";
import { rowsOf } from "./rows.js";

/** Where a list comes from, when that says why it may be long. */
export type ListOrigin = {
  /** The calls that hand the list on, from where it comes to the loop. */
  handed: Handover[];
} & (
  | { kind: "rows"; file: string; call: CallFact; /** What is asked, as the program names it. */ table?: string }
  | { kind: "document" | "answer"; file: string; call: CallFact }
  | { kind: "request"; /** The function where it arrives. */ entry: FunctionKey; /** Which part of what arrives: `the body`. */ part: string }
);

export interface Handover {
  file: string;
  call: CallFact;
  argument: number;
  to: FunctionKey;
}

const MAX_DEPTH = 14;
/** How many functions may hand a list on. */
const MAX_HANDOVERS = 4;
/** What gives the elements of a list, or some of them, or as many others. */
const PASSES = /^(filter|sort|toSorted|reverse|toReversed|flatMap|flat|concat|slice|values|entries|keys|toArray)$/;
/** What gives what it is given, checked. */
const CHECKS = /^(parse|parseAsync|safeParse|safeParseAsync|validate|validateSync|validateAsync|cast|assert|decode)$/;

/** Where the list comes from that a loop goes over; undefined when nothing says why it may be long. */
export function listOriginOf(contexts: Contexts, file: string, { bound }: LoopFact, site?: TransactionSite): ListOrigin | undefined {
  const over = bound.k === "over" || bound.k === "stepped" ? bound.over : undefined;
  return over && new Origins(contexts, site).of({ file, expr: over, members: [], depth: 0, handed: [], given: [] });
}

/** An expression, and how what is asked for is reached from it. */
interface At {
  file: string;
  expr: Expr;
  /** The members that are read of its value, outermost last: `body`, `items`. */
  members: readonly string[];
  depth: number;
  handed: readonly Handover[];
  /** The calls whose results are looked into: what their functions give may be what these handed to them. */
  given: readonly { key: FunctionKey; file: string; call: CallFact }[];
}

class Origins {
  readonly #bounds: Bounds;
  readonly #seen = new Set<Expr>();

  constructor(
    private readonly contexts: Contexts,
    private readonly site: TransactionSite | undefined,
  ) {
    this.#bounds = new Bounds(contexts.graph);
  }

  of(at: At): ListOrigin | undefined {
    const { expr, depth } = at;
    if (depth > MAX_DEPTH || (expr.k !== "member" && this.#seen.has(expr))) return undefined;
    this.#seen.add(expr);
    const inner = (of: Expr, members = at.members): ListOrigin | undefined => this.of({ ...at, expr: of, members, depth: depth + 1 });
    switch (expr.k) {
      case "await":
      case "typed":
        return inner(expr.of);
      case "either":
        return first(expr.of, (part) => inner(part));
      case "array":
        // `[...rows, extra]`: a spread is noted as the elements of what it spreads.
        return first(expr.items, (item) => (item.k === "member" && item.name === "*" ? inner(item.of) : undefined));
      case "object":
        return this.#ofObject(expr, at);
      case "member":
        return inner(expr.of, [expr.name, ...at.members]);
      case "var":
        return this.#ofVariable(expr.id, at);
      case "call":
        return this.#ofCall(this.contexts.graph.program.call(at.file, expr.id), at);
      default:
        return undefined;
    }
  }

  #ofObject({ props }: Extract<Expr, { k: "object" }>, at: At): ListOrigin | undefined {
    const [name, ...rest] = at.members;
    const found = props.findLast((prop) => prop.name === name || prop.name === "...");
    return found && this.of({ ...at, expr: found.value, members: found.name === "..." ? at.members : rest, depth: at.depth + 1 });
  }

  #ofVariable(id: number, at: At): ListOrigin | undefined {
    const { program } = this.contexts.graph;
    const { fn } = program.variable(at.file, id);
    const index = program.fn(at.file, fn).params.findIndex((param) => param.variable === id);
    if (index !== -1) return this.#ofParameter(functionKey(at.file, fn), index, at);
    const values = program.valuesOf(at.file, id);
    return first(values, (expr) => this.of({ ...at, expr, depth: at.depth + 1 })) ?? (at.members.length === 0 ? this.#ofFilled(id, at) : undefined);
  }

  /** `names.push(row.name)` in a loop: as many as that one has turns. */
  #ofFilled(id: number, at: At): ListOrigin | undefined {
    const { program } = this.contexts.graph;
    const { calls, loops } = program.file(at.file);
    const fills = calls.filter(({ callee }) => callee.k === "member" && /^(push|add|unshift)$/.test(callee.name) && callee.of.k === "var" && callee.of.id === id);
    return first(fills, (fill) => {
      const around = fill.loop ?? program.fn(at.file, fill.fn).loopBody;
      const loop = around === undefined ? undefined : loops.find((each) => each.id === around);
      return loop?.bound.k === "over" ? this.of({ ...at, expr: loop.bound.over, members: [], depth: at.depth + 1 }) : undefined;
    });
  }

  #ofParameter(key: FunctionKey, index: number, at: At): ListOrigin | undefined {
    const asked = at.given.at(-1);
    if (asked?.key === key) {
      const expr = asked.call.args[index];
      return expr && this.of({ ...at, file: asked.file, expr, depth: at.depth + 1, given: at.given.slice(0, -1) });
    }
    const part = partOfRequest(this.contexts, key, index, at.members);
    if (part !== undefined) return { kind: "request", entry: key, part, handed: [...at.handed] };
    if (at.handed.length >= MAX_HANDOVERS) return undefined;
    const { program } = this.contexts.graph;
    const callers = [...callersOf(this.contexts.graph, key), ...(this.site?.bodies.includes(key) ? this.site.invocations : [])];
    return first(
      callers.filter(({ file }) => program.role(file) === "source"),
      ({ file, call }) => {
        const expr = call.spread === true ? undefined : call.args[index];
        // A function that an array's method is given gets the elements.
        if (expr === undefined || expr.k === "fn") return undefined;
        return this.of({ file, expr, members: at.members, depth: at.depth + 1, handed: [{ file, call, argument: index, to: key }, ...at.handed], given: [] });
      },
    );
  }

  #ofCall(call: CallFact, at: At): ListOrigin | undefined {
    const { graph } = this.contexts;
    const { callee, args } = call;
    const inner = (expr: Expr | undefined, members = at.members): ListOrigin | undefined => expr && this.of({ ...at, expr, members, depth: at.depth + 1 });
    const handed = [...at.handed];
    const rows = rowsOf(graph, at.file, call, at.members);
    if (rows) return this.#bounds.isBoundedList(at.file, at.expr) ? undefined : { kind: "rows", file: at.file, call, handed, ...rows };
    const read = documentOf(graph, at.file, at.expr);
    if (read) return { kind: "document", file: at.file, call: read, handed };
    const asked = answerOf(graph, at.file, at.expr);
    if (asked) return { kind: "answer", file: at.file, call: asked, handed };
    // Of an array's method that is given a function, that is what it leads to.
    const [key, more] = args.some(({ k }) => k === "fn") ? [] : calleesOf(graph, call);
    if (key !== undefined && more === undefined) {
      const { file, fn } = graph.program.fnOf(key);
      return first(fn.returns, (expr) => this.of({ ...at, file, expr, depth: at.depth + 1, given: [...at.given, { key, file: at.file, call }] }));
    }
    if (callee.k === "global") return /^(Set|Map)$/.test(callee.name) ? inner(args[0]) : undefined;
    if (callee.k !== "member") return undefined;
    if (callee.of.k === "global" && /^(Object|Array|Promise)$/.test(callee.of.name)) return /^(keys|values|entries|from|of|all)$/.test(callee.name) ? inner(args[0]) : undefined;
    if (CHECKS.test(callee.name)) return first([...args].reverse(), (arg) => inner(arg, at.members[0] === "data" && callee.name.startsWith("safe") ? at.members.slice(1) : at.members));
    if (at.members.length === 0 && (isArrayMethod(callee.name) || PASSES.test(callee.name)) && !/^(some|every|find\w*|reduce\w*)$/.test(callee.name)) return inner(callee.of);
    // `await request.json()`: which part of a request this is, its names say.
    return inner(callee.of, [`${callee.name}()`, ...at.members]);
  }
}

function first<T>(list: readonly T[], find: (item: T) => ListOrigin | undefined): ListOrigin | undefined {
  for (const item of list) {
    const found = find(item);
    if (found) return found;
  }
  return undefined;
}
