import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { calleesOf } from "./sessions.js";

/** Helpers that turn each element of a list into one of another, so many at a time: `mapLimit(rows, 5, give)`, `parallelMap(rows, give)`. */
const MAPS = /(^p?|[a-z])map(Limit|Series|Parallel|Async|Concurrent(ly)?|Settled)?$/i;

/** The list whose elements a mapping helper turns into others: what it gives is as long. */
export function mappedBy(name: string, { kind, args }: CallFact): Expr | undefined {
  const [list, ...others] = args;
  return kind === "call" && MAPS.test(name) && others.some((arg) => arg.k === "fn" || arg.k === "var") ? list : undefined;
}

/**
 * What a generator of the program's own has yielded, or a part of that, handed on before the next is asked for: `for await (const part of parse(file)) save(part.rows)`.
 * How much comes at a time is what the generator is for.
 */
export function isYieldedPiece(graph: CallGraph, file: string, call: CallFact, arg: Expr): boolean {
  const { program } = graph;
  const { loops, assigns } = program.file(file);
  const root = rootOf(arg);
  if (root === undefined) return false;
  for (let at = call.loop; at !== undefined; ) {
    const loop = loops.find(({ id }) => id === at);
    if (!loop) return false;
    if (loop.kind === "for-await" && loop.bound.k === "over" && loop.bound.over.k === "call") {
      const isItsOwn = assigns.some(({ target, span }) => target.k === "var" && target.id === root && loop.span.start <= span.start && span.end <= loop.body.start);
      const keys = isItsOwn ? calleesOf(graph, program.call(file, loop.bound.over.id)) : [];
      if (keys.length > 0 && keys.every((key) => program.fnOf(key).fn.generator)) return true;
    }
    at = loop.parent;
  }
  return false;
}

function rootOf(expr: Expr): number | undefined {
  if (expr.k === "var") return expr.id;
  return expr.k === "member" || expr.k === "typed" ? rootOf(expr.of) : undefined;
}
