import { child, str, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart } from "./binder.js";
import { visitCode, visitCodeIn } from "./code.js";

export function importDeclaration(binder: Binder, node: Node): void {
  visitPart(binder, node, "specifiers", (_, specifier) => {
    const local = child(specifier, "local");
    if (local) binder.define(local, { type: "ImportBinding", node: specifier, parent: node });
  });
}

/** `import x = require("m")`, `import x = a.b.c`. */
export function importEquals(binder: Binder, node: Node): void {
  const id = child(node, "id");
  if (id) binder.define(id, { type: "ImportBinding", node, parent: node });
  let from = child(node, "moduleReference");
  while (from?.type === "TSQualifiedName") from = child(from, "left");
  if (from) visitCode(binder, from);
}

export function exportDefault(binder: Binder, node: Node): void {
  const declaration = child(node, "declaration");
  if (declaration?.type === "Identifier") binder.useEither(declaration);
  else if (declaration) visitCode(binder, declaration);
}

export function exportEquals(binder: Binder, node: Node): void {
  const expression = child(node, "expression");
  if (expression?.type === "Identifier") binder.useEither(expression);
  else if (expression) visitCode(binder, expression);
}

export function exportNamed(binder: Binder, node: Node): void {
  if (child(node, "declaration")) visitCodeIn(binder, node, "declaration");
  // What is passed on from another module is no name of this one.
  else if (!child(node, "source"))
    visitPart(binder, node, "specifiers", (_, specifier) => {
      const local = child(specifier, "local");
      if (local?.type !== "Identifier") return;
      if (str(specifier, "exportKind") === "type" || str(node, "exportKind") === "type") binder.useType(local);
      else binder.useEither(local);
    });
}
