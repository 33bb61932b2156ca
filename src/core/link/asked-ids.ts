import type { CallFact, Expr, LoopFact } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import type { Program } from "./program.js";
import { statementOf } from "./run-statements.js";

/** `findMany({ where: { id: { in: ids } } })`, `find({ where: { id: In(ids) } })`, `findAll({ where: { id: ids } })`: the ids, of which each gives one row at most. */
export function askedIds(program: Program, file: string, { args }: CallFact): Expr | undefined {
  const id = args.flatMap((arg) => property(property(arg, "where"), "id") ?? [])[0];
  if (id === undefined) return undefined;
  const call = id.k === "call" ? program.call(file, id.id) : undefined;
  if (call !== undefined) return isIn(program, file, call) ? call.args[0] : undefined;
  return property(id, "in") ?? (id.k === "var" || id.k === "member" || id.k === "array" ? id : undefined);
}

function property(expr: Expr | undefined, name: string): Expr | undefined {
  return expr?.k === "object" ? expr.props.find((prop) => prop.name === name)?.value : undefined;
}

/** TypeORM's `In(ids)`. */
export function isIn(program: Program, file: string, { callee }: CallFact): boolean {
  return (callee.k === "var" ? program.variable(file, callee.id).name : callee.k === "member" ? callee.name : "") === "In";
}

/** Over the rows of ids that the function is given: what somebody has picked. Their number is theirs to say, and most often a page's. */
export function isOverPicked(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && isPicked(graph, file, bound.over, 0);
}

function isPicked(graph: CallGraph, file: string, expr: Expr, depth: number): boolean {
  const { program } = graph;
  if (depth > 6) return false;
  if (expr.k === "await" || expr.k === "typed") return isPicked(graph, file, expr.of, depth + 1);
  if (expr.k === "var") {
    const [only, more] = program.valuesOf(file, expr.id);
    return only !== undefined && more === undefined && isPicked(graph, file, only, depth + 1);
  }
  const call = expr.k === "call" ? program.call(file, expr.id) : undefined;
  const ids = call !== undefined && statementOf(graph, call)?.kind === "read" ? askedIds(program, file, call) : undefined;
  return ids !== undefined && isGiven(program, file, ids);
}

/** A parameter, or a part of one: `ids`, `body.ids`. */
function isGiven(program: Program, file: string, expr: Expr): boolean {
  if (expr.k === "typed" || expr.k === "member") return isGiven(program, file, expr.of);
  return expr.k === "var" && program.variable(file, expr.id).kind === "param";
}
