import type { CallFact, Expr, FunctionId, LoopFact, Span } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { functionKey } from "./program.js";
import { statementOf } from "./run-statements.js";
import type { HeldLoop, TransactionSite } from "./transactions.js";

/** What puts elements into a list, a map or a set. */
const FILLS = /^(push|unshift|set|add)$/;

/**
 * The loops that fill the list which a transaction runs (`prisma.$transaction(operations)`): the list is as long as
 * they turn, and all of it runs in the one transaction.
 */
export function listLoops(graph: CallGraph, site: TransactionSite): HeldLoop[] {
  const list = site.call.args[0];
  if (!list) return [];
  const found = new Map<LoopFact, HeldLoop>();
  const add = (loop: LoopFact | undefined, writes: readonly CallFact[]): void => {
    if (!loop || writes.length === 0) return;
    const known = found.get(loop);
    const more = writes.map((call) => ({ file: site.file, call }));
    if (known) known.writes.push(...more.filter(({ call }) => known.writes.every((each) => each.call !== call)));
    else found.set(loop, { file: site.file, loop, fn: functionKey(site.file, loop.fn), path: [], writes: more });
  };
  for (const part of listsIn(graph, site.file, list)) {
    const made = part.k === "call" ? graph.program.call(site.file, part.id) : undefined;
    if (made) add(graph.program.callbackLoop(site.file, made.id), writesIn(graph, site.file, made.span));
    if (part.k !== "var") continue;
    for (const call of graph.program.file(site.file).calls) {
      const { callee } = call;
      if (callee.k !== "member" || !FILLS.test(callee.name) || callee.of.k !== "var" || callee.of.id !== part.id) continue;
      const writes = call.argSpans.flatMap((span) => writesIn(graph, site.file, span));
      for (const loop of loopsAround(graph, site.file, call, graph.program.variable(site.file, part.id).fn)) add(loop, writes);
    }
  }
  return [...found.values()];
}

/** How many lists may stand within one another. */
const MAX_DEPTH = 4;

/** The list, what it is set to, and the lists that it is made of: `[...created, ...updated]`, `first.concat(second)`, a map's values. */
function* listsIn(graph: CallGraph, file: string, list: Expr, depth = 0): Generator<Expr> {
  if (depth > MAX_DEPTH) return;
  yield list;
  const within = function* (part: Expr): Generator<Expr> {
    yield* listsIn(graph, file, part, depth + 1);
  };
  if (list.k === "typed") yield* within(list.of);
  else if (list.k === "var") for (const value of graph.program.valuesOf(file, list.id)) yield* within(value);
  else if (list.k === "array") for (const item of list.items) yield* isSpread(item) ? within(item.of) : [];
  else if (list.k === "call") {
    const { callee, args } = graph.program.call(file, list.id);
    if (callee.k !== "member") return;
    if (callee.name === "concat") for (const part of [callee.of, ...args]) yield* within(part);
    // `Array.from(operations.values())`
    else if (callee.name === "values" && args.length === 0) yield* within(callee.of);
    else if (callee.name === "from" && callee.of.k === "global" && callee.of.name === "Array" && args.length === 1 && args[0]) yield* within(args[0]);
  }
}

/** `[...operations]`: an element of the list that is written out. */
export function isSpread(item: Expr): item is Extract<Expr, { k: "member" }> {
  return item.k === "member" && item.name === "*";
}

function writesIn(graph: CallGraph, file: string, span: Span): CallFact[] {
  return graph.program.file(file).calls.filter((call) => span.start <= call.span.start && call.span.end <= span.end && statementOf(graph, call)?.kind === "write");
}

/** The loops around a call, innermost first, up to the function that holds the list; callbacks of array methods are loops. */
function* loopsAround(graph: CallGraph, file: string, call: CallFact, holder: FunctionId): Generator<LoopFact> {
  const { program } = graph;
  let loop = call.loop;
  for (let fn = call.fn; ; fn = program.fn(file, fn).parent) {
    for (; loop !== undefined; loop = program.loop(file, loop).parent) yield program.loop(file, loop);
    if (fn === holder || fn === 0) return;
    loop = program.fn(file, fn).loopBody;
  }
}
