import type { Expr, FileFacts } from "../facts/types.js";
import { parts } from "./expressions.js";

type ObjectExpr = Extract<Expr, { k: "object" }>;

/** The object literals of a file that are given to calls, assigned, returned or exported, with those inside of them. */
export function objectsIn({ calls, assigns, functions, exports }: FileFacts): ObjectExpr[] {
  const found = new Map<number, ObjectExpr>();
  const visit = (expr: Expr): void => {
    for (const part of parts(expr)) if (part.k === "object") found.set(part.id, part);
  };
  for (const { args } of calls) args.forEach(visit);
  for (const { value } of assigns) visit(value);
  for (const { returns } of functions) returns.forEach(visit);
  for (const entry of exports) if (entry.k === "value") visit(entry.value);
  return [...found.values()];
}
