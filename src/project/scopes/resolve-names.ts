import type { Node } from "../../core/facts/ast.js";
import type { Names } from "../../core/facts/scope.js";
import { Binder, visitParts } from "./binder.js";
import { visitCode } from "./code.js";
import { Scope } from "./scope.js";

const NO_GLOBALS: Names["globals"] = new Map();

/**
 * Which variable each identifier of a program declares or refers to, for types and values, as TypeScript and ECMAScript
 * say. Only that: nothing is kept of who reads or writes what, since the walk over the program finds that itself.
 *
 * @throws RangeError when the program nests deeper than the stack.
 */
export function resolveNames(program: Node): Names {
  // The top level of a script is a scope of its own: who says that it is not a CommonJS module?
  const isModule = program.sourceType === "module";
  const binder = new Binder(new Scope("program", program, null, -1, !isModule));
  visitParts(binder, program, visitCode);
  binder.resolve();
  return { named: binder.named, globals: NO_GLOBALS };
}
