import type { Expr, Span } from "../facts/types.js";

/** The span of an expression that carries one. */
export function exprSpan(expr: Expr): Span | undefined {
  return expr.k === "object" ? expr.span : undefined;
}

/** Every expression inside `expr`, itself included; calls are leaves (see `FileFacts.calls`). */
export function* parts(expr: Expr): Generator<Expr> {
  yield expr;
  switch (expr.k) {
    case "member":
    case "await":
    case "typed":
      yield* parts(expr.of);
      return;
    case "either":
      for (const alternative of expr.of) yield* parts(alternative);
      return;
    case "array":
      for (const item of expr.items) yield* parts(item);
      return;
    case "object":
      for (const { value } of expr.props) yield* parts(value);
      return;
    case "template":
      for (const hole of expr.holes) yield* parts(hole);
      return;
    default:
  }
}

/** Whether a name occurs in the expression: a global, a member. */
export function mentions(expr: Expr, test: (name: string) => boolean): boolean {
  for (const part of parts(expr)) if ((part.k === "member" && test(part.name)) || (part.k === "global" && test(part.name))) return true;
  return false;
}

/** The text of a string literal, or of a template with its holes as `${}`. */
export function literalText(expr: Expr): string | undefined {
  if (expr.k === "literal" && typeof expr.value === "string") return expr.value;
  return expr.k === "template" ? expr.text : undefined;
}
