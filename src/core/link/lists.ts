import type { Expr } from "../facts/types.js";
import type { Program } from "./program.js";

/** Array methods whose result is an array again. */
const TO_ARRAY = /^(map|flatMap|filter|concat|slice|flat|reverse|toReversed|sort|toSorted|from|of)$/;
const MAX_DEPTH = 4;

/** Whether an expression is surely an array: written as one, made by an array's method, or declared as one. */
export function isList(program: Program, file: string, expr: Expr, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const inner = (of: Expr) => isList(program, file, of, depth + 1);
  switch (expr.k) {
    case "array":
      return true;
    case "typed":
      return expr.type.k === "array" || inner(expr.of);
    case "either":
      return expr.of.some(inner);
    case "call": {
      const { callee } = program.call(file, expr.id);
      return callee.k === "member" && TO_ARRAY.test(callee.name);
    }
    case "var": {
      const { type, kind } = program.variable(file, expr.id);
      if (type?.k === "array" || (type?.k === "ref" && (type.head === "Array" || type.head === "ReadonlyArray"))) return true;
      if (kind === "param" || kind === "import") return false;
      return program.file(file).assigns.some(({ target, value }) => target.k === "var" && target.id === expr.id && inner(value));
    }
    default:
      return false;
  }
}
