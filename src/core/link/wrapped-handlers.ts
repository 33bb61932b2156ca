import type { CallFact, Expr } from "../facts/types.js";
import type { Handover } from "./calls.js";
import type { Registered } from "./contexts.js";
import type { Program } from "./program.js";

/**
 * Where what a helper makes of a function is registered: of `app.post("/things", wrap(create))` and `app.get("/things", wrap(list))`, the one to which `create` was given. The handler that `wrap`
 * gives back is one function, whichever route it serves. By convention, `export const POST = wrap(create)` is such a place.
 */
export function registrationsOf(program: Program, registered: readonly Registered[], given: readonly Handover[]): Registered[] {
  return registered.filter(({ step: { file, call }, exported }) => {
    const values = exported === undefined ? (call?.args ?? []) : program.exportsNamed(file, exported).flatMap((entry) => (entry.k === "value" ? [entry.value] : []));
    return values.some((value) => given.some((passed) => passed.file === file && isMadeBy(program, file, value, passed.call)));
  });
}

/** Wrappers around wrappers, as far as anybody writes them: `withErrors(withAuth(create))`. */
const MAX_DEPTH = 6;

function isMadeBy(program: Program, file: string, expr: Expr, call: CallFact, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const within = (part: Expr): boolean => isMadeBy(program, file, part, call, depth + 1);
  if (expr.k === "typed" || expr.k === "await") return within(expr.of);
  if (expr.k === "var") return program.variable(file, expr.id).kind === "const" && program.valuesOf(file, expr.id).some((value) => value.k === "call" && within(value));
  return expr.k === "call" && (expr.id === call.id || program.call(file, expr.id).args.some(within));
}
