import { child, flag, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts, type Visit } from "./binder.js";
import { visitCode } from "./code.js";
import { visitPattern } from "./patterns.js";
import type { Scope } from "./scope.js";

/** Visits a type, or the declaration of one. */
export function visitType(binder: Binder, node: Node): void {
  const visitor = VISITORS.get(node.type);
  if (visitor) visitor(binder, node);
  else visitParts(binder, node, visitType);
}

/** Visits the types in one property. */
export function visitTypes(binder: Binder, node: Node, key: string): void {
  visitPart(binder, node, key, visitType);
}

const VISITORS = new Map<string, Visit>([
  ["Identifier", (binder, node) => binder.useType(node)],
  ["MemberExpression", (binder, node) => visitTypes(binder, node, "object")],
  ["TSCallSignatureDeclaration", functionType],
  ["TSConstructSignatureDeclaration", functionType],
  ["TSConstructorType", functionType],
  ["TSFunctionType", functionType],
  ["TSConditionalType", (binder, node) => {
    binder.inside("conditional-type", node, () => {
      for (const key of ["checkType", "extendsType", "trueType"]) visitTypes(binder, node, key);
    });
    visitTypes(binder, node, "falseType");
  }],
  ["TSImportType", (binder, node) => visitTypes(binder, node, "typeArguments")],
  ["TSIndexSignature", (binder, node) => {
    visitPart(binder, node, "parameters", (_, param) => {
      if (param.type === "Identifier") visitTypes(binder, param, "typeAnnotation");
    });
    visitTypes(binder, node, "typeAnnotation");
  }],
  ["TSInferType", (binder, node) => {
    const parameter = child(node, "typeParameter");
    const name = parameter && child(parameter, "name");
    if (!parameter || !name) return;
    binder.define(name, { type: "Type", node: parameter }, inferringScope(binder.scope));
    visitTypes(binder, parameter, "constraint");
  }],
  ["TSInterfaceDeclaration", (binder, node) => namedType(binder, node, ["extends", "body"])],
  ["TSTypeAliasDeclaration", (binder, node) => namedType(binder, node, ["typeAnnotation"])],
  ["TSMappedType", (binder, node) => {
    binder.inside("mapped-type", node, () => {
      const key = child(node, "key");
      if (key) binder.define(key, { type: "Type", node });
      for (const part of ["constraint", "nameType", "typeAnnotation"]) visitTypes(binder, node, part);
    });
  }],
  ["TSMethodSignature", (binder, node) => {
    propertyKey(binder, node);
    functionType(binder, node);
  }],
  ["TSNamedTupleMember", (binder, node) => visitTypes(binder, node, "elementType")],
  ["TSPropertySignature", (binder, node) => {
    propertyKey(binder, node);
    visitTypes(binder, node, "typeAnnotation");
  }],
  ["TSQualifiedName", (binder, node) => visitTypes(binder, node, "left")],
  ["TSTypeParameter", (binder, node) => {
    const name = child(node, "name");
    if (name) binder.define(name, { type: "Type", node });
    visitTypes(binder, node, "constraint");
    visitTypes(binder, node, "default");
  }],
  ["TSTypePredicate", (binder, node) => {
    const name = child(node, "parameterName");
    if (name && name.type !== "TSThisType") binder.use(name);
    visitTypes(binder, node, "typeAnnotation");
  }],
  ["TSTypeQuery", (binder, node) => {
    let name = child(node, "exprName");
    if (name?.type === "TSImportType") visitType(binder, name);
    while (name?.type === "TSQualifiedName") name = child(name, "left");
    // `typeof x` asks for a value.
    if (name?.type === "Identifier") binder.use(name);
    visitTypes(binder, node, "typeArguments");
  }],
]);

function functionType(binder: Binder, node: Node): void {
  binder.inside("function-type", node, () => {
    visitTypes(binder, node, "typeParameters");
    visitPart(binder, node, "params", (_, param) => {
      let isTyped = false;
      visitPattern(binder, param, (name) => {
        binder.define(name, { type: "Parameter", node });
        isTyped ||= child(name, "typeAnnotation") !== undefined;
        visitTypes(binder, name, "typeAnnotation");
      });
      if (!isTyped) visitTypes(binder, param, "typeAnnotation");
    });
    visitTypes(binder, node, "returnType");
  });
}

function namedType(binder: Binder, node: Node, parts: readonly string[]): void {
  const id = child(node, "id");
  if (id) binder.define(id, { type: "Type", node });
  const visit = () => {
    visitTypes(binder, node, "typeParameters");
    for (const part of parts) visitTypes(binder, node, part);
  };
  if (child(node, "typeParameters")) binder.inside("block", node, visit);
  else visit();
}

function propertyKey(binder: Binder, node: Node): void {
  if (flag(node, "computed")) visitPart(binder, node, "key", visitCode);
}

/** `T extends (x: infer U) => void ? U : never`: the `U` is the conditional's, not the inner function type's. */
function inferringScope(scope: Scope): Scope {
  let at: Scope | null = scope;
  while (at && (at.type === "function-type" || at.type === "mapped-type")) at = at.upper;
  return at?.type === "conditional-type" ? at : scope;
}
