import type { CallFact, Expr } from "../facts/types.js";
import type { Handover } from "./calls.js";
import type { Registered } from "./contexts.js";
import type { Program } from "./program.js";

/**
 * Where what a helper makes of a function is registered: of `app.post("/things", wrap(create))` and `app.get("/things", wrap(list))`, the one to which `create` was given. The handler that `wrap`
 * gives back is one function, whichever route it serves.
 */
export function registrationsOf(program: Program, registered: readonly Registered[], given: readonly Handover[]): Registered[] {
  return registered.filter(({ step: { file, call } }) => call?.args.some((arg) => given.some((passed) => passed.file === file && isMadeBy(program, file, arg, passed.call))));
}

function isMadeBy(program: Program, file: string, expr: Expr, call: CallFact): boolean {
  if (expr.k === "typed" || expr.k === "await") return isMadeBy(program, file, expr.of, call);
  if (expr.k === "var") return program.variable(file, expr.id).kind === "const" && program.valuesOf(file, expr.id).some((value) => value.k === "call" && value.id === call.id);
  return expr.k === "call" && expr.id === call.id;
}
