import { child, flag, str, type Node } from "../../core/facts/ast.js";
import { type Binder, visitPart, visitParts, type Visit } from "./binder.js";
import { visitClass } from "./classes.js";
import { assignment, forIn, update, variables } from "./declarations.js";
import { visitFunction } from "./functions.js";
import { exportDefault, exportEquals, exportNamed, importDeclaration, importEquals } from "./modules.js";
import { visitPattern } from "./patterns.js";
import { visitType, visitTypes } from "./types.js";

/** Visits a statement or an expression. */
export function visitCode(binder: Binder, node: Node): void {
  const visitor = VISITORS.get(node.type);
  if (visitor) visitor(binder, node);
  else visitParts(binder, node, visitCode);
}

/** Visits the code in one property. */
export function visitCodeIn(binder: Binder, node: Node, key: string): void {
  visitPart(binder, node, key, visitCode);
}

const NOTHING: Visit = () => undefined;

/** Visits these properties as code, in order, then the type arguments. */
function parts(...keys: readonly string[]): Visit {
  return (binder, node) => {
    for (const key of keys) visitCodeIn(binder, node, key);
    visitTypes(binder, node, "typeArguments");
  };
}

const assertion: Visit = (binder, node) => {
  visitCodeIn(binder, node, "expression");
  visitTypes(binder, node, "typeAnnotation");
};

const VISITORS = new Map<string, Visit>([
  ["Identifier", (binder, node) => {
    binder.use(node);
    visitTypes(binder, node, "typeAnnotation");
  }],
  ["MemberExpression", chain],
  ["CallExpression", chain],
  ["Property", (binder, node) => {
    if (flag(node, "computed")) visitCodeIn(binder, node, "key");
    visitCodeIn(binder, node, "value");
  }],
  ["NewExpression", parts("callee", "arguments")],
  ["TaggedTemplateExpression", parts("tag", "quasi")],
  ["TSInstantiationExpression", parts("expression")],
  ["TSAsExpression", assertion],
  ["TSSatisfiesExpression", assertion],
  ["TSTypeAssertion", assertion],
  ["AssignmentExpression", assignment],
  ["UpdateExpression", update],
  ["VariableDeclaration", variables],
  ["ForInStatement", forIn],
  ["ForOfStatement", forIn],
  ["ForStatement", (binder, node) => {
    const init = child(node, "init");
    const visit = () => visitParts(binder, node, visitCode);
    if (init?.type === "VariableDeclaration" && str(init, "kind") !== "var") binder.inside("block", node, visit);
    else visit();
  }],
  ["BlockStatement", (binder, node) => binder.inside("block", node, () => visitParts(binder, node, visitCode))],
  ["SwitchStatement", (binder, node) => {
    visitCodeIn(binder, node, "discriminant");
    binder.inside("block", node, () => visitCodeIn(binder, node, "cases"));
  }],
  ["CatchClause", (binder, node) => {
    binder.inside("block", node, () => {
      const param = child(node, "param");
      const code = param ? visitPattern(binder, param, (name) => binder.define(name, { type: "CatchClause", node })) : [];
      for (const part of code) visitCode(binder, part);
      visitCodeIn(binder, node, "body");
    });
  }],
  ["LabeledStatement", (binder, node) => visitCodeIn(binder, node, "body")],
  ["BreakStatement", NOTHING],
  ["ContinueStatement", NOTHING],
  ["MetaProperty", NOTHING],
  ["PrivateIdentifier", NOTHING],
  ["ArrowFunctionExpression", visitFunction],
  ["FunctionDeclaration", visitFunction],
  ["FunctionExpression", visitFunction],
  ["TSDeclareFunction", visitFunction],
  ["TSEmptyBodyFunctionExpression", visitFunction],
  ["ClassDeclaration", visitClass],
  ["ClassExpression", visitClass],
  ["ExportAllDeclaration", NOTHING],
  ["ExportDefaultDeclaration", exportDefault],
  ["ExportNamedDeclaration", exportNamed],
  ["ImportAttribute", NOTHING],
  ["ImportDeclaration", importDeclaration],
  ["TSExportAssignment", exportEquals],
  ["TSImportEqualsDeclaration", importEquals],
  ["TSInterfaceDeclaration", visitType],
  ["TSTypeAliasDeclaration", visitType],
  ["TSEnumDeclaration", enumeration],
  ["TSModuleDeclaration", (binder, node) => {
    const id = child(node, "id");
    if (id?.type === "Identifier" && str(node, "kind") !== "global") binder.define(id, { type: "TSModuleName", node });
    binder.inside("namespace", node, () => visitCodeIn(binder, node, "body"));
  }],
  ["JSXIdentifier", (binder, node) => binder.use(node)],
  ["JSXAttribute", (binder, node) => visitCodeIn(binder, node, "value")],
  ["JSXMemberExpression", (binder, node) => {
    const object = child(node, "object");
    if (object && !(object.type === "JSXIdentifier" && str(object, "name") === "this")) visitCode(binder, object);
  }],
  ["JSXOpeningElement", (binder, node) => {
    tagName(binder, node);
    visitTypes(binder, node, "typeArguments");
    visitCodeIn(binder, node, "attributes");
  }],
  ["JSXClosingElement", tagName],
]);

/** `a.b(c).d(e)…`, from its beginning on: builders write chains that are longer than the stack is deep. */
function chain(binder: Binder, node: Node): void {
  const links: Node[] = [];
  let at: Node | undefined = node;
  while (at?.type === "MemberExpression" || at?.type === "CallExpression") {
    links.push(at);
    at = child(at, at.type === "MemberExpression" ? "object" : "callee");
  }
  if (at) visitCode(binder, at);
  for (const link of links.reverse()) {
    if (link.type === "CallExpression") {
      visitCodeIn(binder, link, "arguments");
      visitTypes(binder, link, "typeArguments");
    } else if (flag(link, "computed")) visitCodeIn(binder, link, "property");
  }
}

/** `<div>` is no variable, `<Page>` is one. */
function tagName(binder: Binder, node: Node): void {
  const name = child(node, "name");
  const text = name?.type === "JSXIdentifier" ? (str(name, "name") ?? "") : undefined;
  const first = text?.charAt(0);
  if (name && (first === undefined || first.toUpperCase() === first || text === "this")) visitCode(binder, name);
}

function enumeration(binder: Binder, node: Node): void {
  const id = child(node, "id");
  if (id) binder.define(id, { type: "TSEnumName", node });
  binder.inside("block", node, () => {
    visitPart(binder, child(node, "body") ?? node, "members", (_, member) => {
      const name = child(member, "id");
      if (name?.type === "Identifier") binder.define(name, { type: "TSEnumMemberName", node: member });
      const text = name?.type === "Literal" ? str(name, "value") : undefined;
      if (name && text !== undefined) binder.scope.define(text, { type: "TSEnumMemberName", name, node: member }, undefined);
      visitCodeIn(binder, member, "initializer");
    });
  });
}
