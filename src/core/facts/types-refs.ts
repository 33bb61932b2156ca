import { child, flag, keyName, nodes, numberOf, str, stringOf, type Node } from "./ast.js";
import type { Expr, TypeRef } from "./types.js";
import { addSpecifier, type Context, type Walk, UNKNOWN } from "./walk.js";

const OTHER: TypeRef = { k: "other" };
const DATA: TypeRef = { k: "data" };
/** Deeper types say nothing about sessions. */
const MAX_DEPTH = 12;

/** The declared type of a binding, parameter, field or function: what its `typeAnnotation` (or `returnType`) says. */
export function annotation(walk: Walk, node: Node | undefined, ctx: Context, key = "typeAnnotation"): TypeRef | undefined {
  const holder = node && child(node, key);
  const type = holder?.type === "TSTypeAnnotation" ? child(holder, "typeAnnotation") : holder;
  return type && typeRef(walk, type, ctx);
}

export function typeRef(walk: Walk, node: Node | undefined, ctx: Context, depth = 0): TypeRef {
  if (!node || depth > MAX_DEPTH) return OTHER;
  const next = (inner: Node | undefined): TypeRef => typeRef(walk, inner, ctx, depth + 1);
  switch (node.type) {
    case "TSTypeReference":
      return named(walk, child(node, "typeName"), typeArguments(node).map(next));
    case "TSClassImplements":
    case "TSInterfaceHeritage":
      return named(walk, child(node, "expression"), typeArguments(node).map(next));
    case "TSImportType":
      return { ...importType(walk, node), args: typeArguments(node).map(next) };
    case "TSTypeQuery": {
      const name = child(node, "exprName");
      return { k: "typeof", of: name ? valueOf(walk, name, ctx) : UNKNOWN };
    }
    case "TSIndexedAccessType": {
      const name = indexOf(child(node, "indexType"));
      return name === undefined ? OTHER : { k: "index", of: next(child(node, "objectType")), name };
    }
    case "TSLiteralType": {
      const value = stringOf(child(node, "literal"));
      return value === undefined ? DATA : { k: "literal", value };
    }
    case "TSStringKeyword":
    case "TSNumberKeyword":
    case "TSBooleanKeyword":
    case "TSBigIntKeyword":
    case "TSSymbolKeyword":
    case "TSNullKeyword":
    case "TSUndefinedKeyword":
    case "TSVoidKeyword":
    case "TSNeverKeyword":
    case "TSTemplateLiteralType":
      return DATA;
    case "TSTypeLiteral":
      return { k: "object", props: members(walk, nodes(node, "members"), ctx, depth) };
    case "TSUnionType":
    case "TSIntersectionType":
      return { k: "union", of: nodes(node, "types").map(next) };
    case "TSArrayType":
      return { k: "array", of: next(child(node, "elementType")) };
    case "TSTupleType":
      return { k: "array", of: { k: "union", of: nodes(node, "elementTypes").map(next) } };
    case "TSNamedTupleMember":
      return next(child(node, "elementType"));
    case "TSTypeOperator":
      return str(node, "operator") === "keyof" ? OTHER : next(child(node, "typeAnnotation"));
    case "TSOptionalType":
    case "TSRestType":
    case "TSParenthesizedType":
    case "TSTypeAnnotation":
      return next(child(node, "typeAnnotation"));
    case "TSFunctionType":
    case "TSConstructorType":
      return { k: "function", returns: next(child(node, "returnType")) };
    default:
      return OTHER;
  }
}

/** `[0]`, `["db"]`. */
function indexOf(node: Node | undefined): string | undefined {
  const literal = node && child(node, "literal");
  const number = literal && numberOf(literal);
  return number === undefined ? stringOf(literal) : String(number);
}

/** What an interface's or a type literal's members declare. */
export function members(walk: Walk, list: readonly Node[], ctx: Context, depth = 0): { name: string; type: TypeRef }[] {
  const props: { name: string; type: TypeRef }[] = [];
  for (const member of list) {
    const type = (key: string): TypeRef => typeRef(walk, child(member, key), ctx, depth + 1);
    const name = keyName(child(member, "key"), flag(member, "computed"));
    if (member.type === "TSPropertySignature") props.push({ name, type: type("typeAnnotation") });
    else if (member.type === "TSMethodSignature") {
      const getter = str(member, "kind") === "get";
      props.push({ name, type: getter ? type("returnType") : { k: "function", returns: type("returnType") } });
    } else if (member.type === "TSIndexSignature") props.push({ name: "*", type: type("typeAnnotation") });
  }
  return props;
}

/** `f<A, B>(…)`: A and B. */
export function callTypeArguments(walk: Walk, node: Node, ctx: Context): TypeRef[] | undefined {
  const given = typeArguments(node);
  return given.length > 0 ? given.map((type) => typeRef(walk, type, ctx)) : undefined;
}

/** `<T extends Context>`: what may be said of a T. */
export function constraints(walk: Walk, node: Node, ctx: Context): void {
  const holder = child(node, "typeParameters");
  for (const parameter of holder ? nodes(holder, "params") : []) {
    const name = child(parameter, "name");
    const constraint = child(parameter, "constraint");
    const variable = name && constraint && walk.bindings.idOf(name);
    if (variable === undefined || !constraint) continue;
    walk.facts.types.push({ name: str(name, "name") ?? "", variable, extends: [], type: typeRef(walk, constraint, ctx) });
  }
}

function typeArguments(node: Node): Node[] {
  // Older typescript-eslint says `typeParameters`.
  const holder = child(node, "typeArguments") ?? child(node, "typeParameters");
  return holder ? nodes(holder, "params") : [];
}

function named(walk: Walk, name: Node | undefined, args: TypeRef[]): TypeRef {
  const path: string[] = [];
  let head = name;
  while (head && head.type !== "Identifier") {
    if (head.type === "TSQualifiedName") {
      path.unshift(str(child(head, "right"), "name") ?? "*");
      head = child(head, "left");
    } else if (head.type === "MemberExpression") {
      path.unshift(str(child(head, "property"), "name") ?? "*");
      head = child(head, "object");
    } else if (head.type === "TSImportType") {
      const imported = importType(walk, head);
      return { ...imported, path: [...imported.path, ...path], args };
    } else return OTHER;
  }
  if (!head) return OTHER;
  return { k: "ref", head: walk.bindings.idOf(head) ?? str(head, "name") ?? "", path, args };
}

/** `import("m").Foo`: an import of its own, without a name, once for each module. */
function importType(walk: Walk, node: Node): Extract<TypeRef, { k: "ref" }> {
  const argument = child(node, "source") ?? child(node, "argument");
  const specifier = stringOf(argument?.type === "TSLiteralType" ? child(argument, "literal") : argument);
  if (specifier === undefined) return { k: "ref", head: "import", path: [], args: [] };
  let id = walk.importTypes.get(specifier);
  if (id === undefined) {
    id = walk.bindings.implicit(0, { kind: "import", import: { specifier, name: "*", typeOnly: true } });
    walk.importTypes.set(specifier, id);
    addSpecifier(walk, specifier);
  }
  return { k: "ref", head: id, path: qualifier(child(node, "qualifier")), args: [] };
}

function qualifier(node: Node | undefined): string[] {
  if (!node) return [];
  if (node.type === "TSQualifiedName") return [...qualifier(child(node, "left")), str(child(node, "right"), "name") ?? "*"];
  return [str(node, "name") ?? "*"];
}

/** `typeof a.b`: the value that is meant. */
function valueOf(walk: Walk, name: Node, ctx: Context): Expr {
  if (name.type === "TSQualifiedName") {
    const of = child(name, "left");
    return of ? { k: "member", of: valueOf(walk, of, ctx), name: str(child(name, "right"), "name") ?? "*" } : UNKNOWN;
  }
  if (name.type === "TSImportType") {
    const { head, path } = importType(walk, name);
    const start: Expr = typeof head === "number" ? { k: "var", id: head } : UNKNOWN;
    return path.reduce<Expr>((of, part) => ({ k: "member", of, name: part }), start);
  }
  if (name.type === "ThisExpression") return ctx.self;
  if (name.type !== "Identifier") return UNKNOWN;
  const id = walk.bindings.idOf(name);
  return id === undefined ? { k: "global", name: str(name, "name") ?? "" } : { k: "var", id };
}
