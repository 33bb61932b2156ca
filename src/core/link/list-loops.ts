import type { CallFact, Expr, FunctionId, LoopFact, Span } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { functionKey } from "./program.js";
import { statementOf } from "./run-statements.js";
import type { HeldLoop, TransactionSite } from "./transactions.js";

/** What puts elements into a list. */
const FILLS = /^(push|unshift)$/;

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
    if (known) known.writes.push(...more);
    else found.set(loop, { file: site.file, loop, fn: functionKey(site.file, loop.fn), path: [], writes: more });
  };
  for (const value of valuesOf(graph, site.file, list)) {
    const made = value.k === "call" ? graph.program.call(site.file, value.id) : undefined;
    if (made) add(graph.program.callbackLoop(site.file, made.id), writesIn(graph, site.file, made.span));
  }
  if (list.k === "var")
    for (const call of graph.program.file(site.file).calls) {
      const { callee } = call;
      if (callee.k !== "member" || !FILLS.test(callee.name) || callee.of.k !== "var" || callee.of.id !== list.id) continue;
      const writes = call.argSpans.flatMap((span) => writesIn(graph, site.file, span));
      for (const loop of loopsAround(graph, site.file, call, graph.program.variable(site.file, list.id).fn)) add(loop, writes);
    }
  return [...found.values()];
}

/** What a list is set to: itself when it is written in place. */
function valuesOf(graph: CallGraph, file: string, list: Expr): readonly Expr[] {
  return list.k === "var" ? graph.program.valuesOf(file, list.id) : [list];
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
