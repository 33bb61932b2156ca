import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import type { EditGroup } from "../../src/core/edit.js";
import { importedFrom, localNameFor } from "./imports.js";
import { resolveRelative } from "./specifier.js";
import { styleOf } from "./style.js";
import { indentAt, lineStart, startsLine } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

const HOOK = "onApplicationShutdown";
const INTERFACE = "OnApplicationShutdown";

export interface RootModule {
  tree: Tree;
  node: ts.ClassDeclaration;
}

/** The class that `NestFactory.create(AppModule)` is given, whose result the call listens on. */
export function rootModuleOf(tree: Tree, call: ts.CallExpression, context: PlanContext): RootModule | undefined {
  const receiver = ts.isPropertyAccessExpression(call.expression) ? unwrap(call.expression.expression) : undefined;
  const declared = receiver !== undefined && ts.isIdentifier(receiver) ? tree.symbolAt(receiver)?.valueDeclaration : undefined;
  const value = declared !== undefined && ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  let made = value && unwrap(value);
  if (made !== undefined && ts.isAwaitExpression(made)) made = unwrap(made.expression);
  const [given] = made !== undefined && ts.isCallExpression(made) && /^NestFactory\.create\w*$/.test(made.expression.getText(tree.source)) ? made.arguments : [];
  if (given === undefined || !ts.isIdentifier(given)) return undefined;
  const from = importedFrom(tree.source, given.text);
  const file = from === undefined ? tree.file : resolveRelative(tree.file, from.specifier, context.host);
  const target = file === undefined ? undefined : context.trees.get(file);
  const name = from === undefined || from.name === "default" ? given.text : from.name;
  const node = target?.source.statements.find((statement): statement is ts.ClassDeclaration => ts.isClassDeclaration(statement) && statement.name?.text === name);
  return target !== undefined && node !== undefined ? { tree: target, node } : undefined;
}

/** Nest ends what it has served, and runs this hook of its modules last: https://docs.nestjs.com/fundamentals/lifecycle-events. */
export function closeAtShutdown(group: EditGroup, { tree, node }: RootModule, whatToWrite: string): void {
  const { file, source, text } = tree;
  const parent = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  if (parent !== undefined || node.members.some((member) => member.name?.getText(source) === HOOK)) throw new CannotFix(`\`${node.name?.text ?? "the root module"}\` does something at shutdown already: ${whatToWrite}`);
  const style = styleOf(source);
  const close = localNameFor(tree, RUNTIME.exports.closeSessions, RUNTIME.specifier);
  group.imports.push({ file, from: { package: RUNTIME.specifier }, name: RUNTIME.exports.closeSessions, as: close, kind: "named" });
  if (/\.[cm]?tsx?$/.test(file)) declare(group, tree, node);
  const outer = indentAt(text, node.getStart(source));
  const inner = outer + style.indent;
  const method = [`${inner}async ${HOOK}() {`, `${inner}${style.indent}await ${close}()${style.semi}`, `${inner}}`].join("\n");
  const end = node.end - 1;
  const last = node.members.at(-1);
  const isBroken = startsLine(text, end) && text.slice(node.members.pos, end).includes("\n");
  const at = isBroken ? lineStart(text, end) : end;
  group.edits.push({ file, start: at, end: at, text: isBroken ? `${last === undefined ? "" : "\n"}${method}\n` : `\n${method}\n${outer}` });
}

/** `implements OnApplicationShutdown` */
function declare(group: EditGroup, tree: Tree, node: ts.ClassDeclaration): void {
  const { file } = tree;
  const local = localNameFor(tree, INTERFACE, "@nestjs/common");
  group.imports.push({ file, from: { package: "@nestjs/common" }, name: INTERFACE, as: local, kind: "named" });
  const clause = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ImplementsKeyword);
  const at = clause?.types.end ?? node.typeParameters?.end ?? node.name?.end;
  if (at !== undefined) group.edits.push({ file, start: at, end: at, text: clause === undefined ? ` implements ${local}` : `, ${local}` });
}
