/**
 * Syntax trees as this pass sees them. espree, typescript-eslint and oxc differ in detail, so a node is just a type, a
 * place (`startOf`, `endOf`) and properties that are looked at one by one.
 */
export interface Node {
  type: string;
  [key: string]: unknown;
}

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string" && ("start" in value || "range" in value);
}

/** Where a node begins. Some parsers write a range, some a start and an end; what hosts correct is the range. */
export function startOf(node: Node): number {
  const { range } = node;
  return numberAt(range === undefined ? node.start : rangeAt(range, 0));
}

/** Where a node ends; exclusive. */
export function endOf(node: Node): number {
  const { range } = node;
  return numberAt(range === undefined ? node.end : rangeAt(range, 1));
}

function rangeAt(range: unknown, index: 0 | 1): unknown {
  return Array.isArray(range) ? range[index] : undefined;
}

function numberAt(offset: unknown): number {
  return typeof offset === "number" ? offset : 0;
}

export function child(node: Node, key: string): Node | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list property; holes of array literals and patterns are `undefined`. */
export function list(node: Node, key: string): (Node | undefined)[] {
  const value = node[key];
  return Array.isArray(value) ? value.map((item) => (isNode(item) ? item : undefined)) : [];
}

/** The same without holes. */
export function nodes(node: Node, key: string): Node[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function str(node: Node | undefined, key: string): string | undefined {
  const value = node?.[key];
  return typeof value === "string" ? value : undefined;
}

export function flag(node: Node, key: string): boolean {
  return node[key] === true;
}

/** Properties that never hold code: links between nodes, positions, and types, which `types-refs.ts` reads where they matter. */
const NOT_CODE = new Set([
  "parent", "loc", "range", "tokens", "comments", "typeAnnotation", "returnType", "typeParameters", "typeArguments",
  "superTypeArguments", "superTypeParameters", "implements",
]);

/** Visits what a node consists of, in source order: parsers differ in the order of their properties. */
export function eachChild(node: Node, visit: (child: Node) => void): void {
  const found: Node[] = [];
  for (const key of Object.keys(node)) {
    if (NOT_CODE.has(key)) continue;
    const value = node[key];
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) found.push(item);
    } else if (isNode(value)) found.push(value);
  }
  found.sort((a, b) => startOf(a) - startOf(b));
  for (const part of found) visit(part);
}

const WRAPPERS = new Set([
  "ParenthesizedExpression", "ChainExpression", "TSNonNullExpression", "TSAsExpression", "TSSatisfiesExpression",
  "TSTypeAssertion", "TSInstantiationExpression",
]);

/** The expression inside parentheses, `!`, `as` and optional chains. */
export function unwrap(node: Node): Node {
  let inner = node;
  while (WRAPPERS.has(inner.type)) {
    const next = child(inner, "expression");
    if (!next) break;
    inner = next;
  }
  return inner;
}

export function isInlineFunction(node: Node | undefined): boolean {
  const inner = node && unwrap(node);
  return inner?.type === "ArrowFunctionExpression" || inner?.type === "FunctionExpression";
}

/** The method's name when a call is `receiver.name(…)`. */
export function methodOf(call: Node): { name: string; receiver: Node } | undefined {
  const callee = child(call, "callee");
  const member = callee && unwrap(callee);
  const receiver = member?.type === "MemberExpression" ? child(member, "object") : undefined;
  if (!member || !receiver) return undefined;
  return { name: keyName(child(member, "property"), flag(member, "computed")), receiver };
}

/** The text of a string literal, or of a template without holes. */
export function stringOf(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if (node.type === "Literal") return str(node, "value");
  if (node.type === "TemplateLiteral" && nodes(node, "expressions").length === 0) return cooked(nodes(node, "quasis")[0]);
  return undefined;
}

/** The text between two holes of a template; its raw form where an escape is invalid (tagged templates allow that). */
export function cooked(quasi: Node | undefined): string {
  const value = quasi?.value;
  if (typeof value !== "object" || value === null) return "";
  if ("cooked" in value && typeof value.cooked === "string") return value.cooked;
  return "raw" in value && typeof value.raw === "string" ? value.raw : "";
}

export function numberOf(node: Node | undefined): number | undefined {
  // `1e999` is infinite: facts are kept as JSON, which has no such number.
  return node?.type === "Literal" && typeof node.value === "number" && Number.isFinite(node.value) ? node.value : undefined;
}

/** A property's name: `a`, `"a"`, `1`, `#a`. `"*"` for a computed one that is not a literal. */
export function keyName(key: Node | undefined, computed: boolean): string {
  if (!key) return "*";
  if (key.type === "PrivateIdentifier") return `#${str(key, "name") ?? ""}`;
  if (!computed && (key.type === "Identifier" || key.type === "JSXIdentifier")) return str(key, "name") ?? "*";
  return stringOf(key) ?? (key.type === "Literal" && typeof key.value === "number" ? String(key.value) : "*");
}
