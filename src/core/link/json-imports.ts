import type { Expr } from "../facts/types.js";
import type { Program } from "./program.js";

/** Whether a value is out of a JSON file of the project: as long as its author has made it, whoever runs the program. */
export function isOutOfJson(program: Program, file: string, expr: Expr): boolean {
  if (expr.k === "member" || expr.k === "typed") return isOutOfJson(program, file, expr.of);
  return expr.k === "var" && /^(?!\w+:).*\.json$/.test(program.variable(file, expr.id).import?.specifier ?? "");
}
