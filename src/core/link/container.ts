import { injectedBy } from "../catalogue/index.js";
import type { Expr } from "../facts/types.js";
import type { Program } from "./program.js";

/**
 * Whether a container fills a parameter or field, by its decorators: `@InjectRepository(User)`. What it puts there is known, and says more
 * than the declared type, which may as well be that of something inside a transaction.
 */
export function isInjected(program: Program, file: string, decorators: readonly Expr[] | undefined): boolean {
  return (decorators ?? []).some((decorator) => {
    const callee = decorator.k === "call" ? program.call(file, decorator.id).callee : decorator;
    const imported = callee.k === "var" ? program.variable(file, callee.id).import : undefined;
    return imported !== undefined && injectedBy(imported.specifier, imported.name + (decorator.k === "call" ? "()" : "")) !== undefined;
  });
}
