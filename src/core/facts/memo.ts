import type { Expr, FunctionId } from "./types.js";

/** An expression whose truth was tested, and the outcome that means that there is a value. */
export interface Asked {
  expr: Expr;
  filledWhen: boolean;
}

/** A stretch of a function that runs only when one of these places was found empty. */
export interface Guard {
  fn: FunctionId;
  places: Expr[];
  start: number;
  end: number;
}
