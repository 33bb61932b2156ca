import { ts } from "ts-morph";
import type { PlanHost } from "../../src/core/edit.js";
import { importedFrom } from "./imports.js";
import type { ModuleImport } from "./session-module.js";
import { resolveRelative } from "./specifier.js";
import { isReference, resolve } from "./tree.js";
import type { Tree } from "./tree.js";

/** What an expression stands on. */
export interface Needs {
  /** What another file would import to evaluate it. */
  imports: ModuleImport[];
  /** What only this file has: its own declarations, `__dirname`. */
  own: string[];
  /** A part that may be something else at each call: a parameter, a variable that changes, what a function gives. */
  call?: string;
  /** A function is among its arguments. */
  functions: boolean;
}

const OF_THE_FILE = new Set(["__dirname", "__filename", "require", "module", "exports"]);

/** Calls that give the same for the same, whenever they are made. */
const STEADY = /^(Number|String|Boolean|parseInt|BigInt|URL|Number\.\w+|(path\.|posix\.|win32\.)?(join|resolve|dirname|normalize)|(url\.)?fileURLToPath|(url\.)?pathToFileURL|process\.cwd)$/;

/** `except` are parts that are dealt with otherwise; `made` are creations that belong to what is opened. */
export function needsOf(tree: Tree, roots: readonly ts.Node[], made: ReadonlySet<ts.Node>, except: ReadonlySet<ts.Node>, host: PlanHost): Needs {
  const needs: Needs = { imports: [], own: [], functions: false };
  const inside = (node: ts.Node): boolean => roots.some((root) => root.pos <= node.pos && node.end <= root.end);
  const visit = (node: ts.Node, deferred: boolean): void => {
    if (except.has(node)) return;
    if (ts.isMetaProperty(node)) needs.own.push("import.meta");
    if (!deferred && isChanging(node, made)) needs.call ??= shown(node);
    if (node.kind === ts.SyntaxKind.ThisKeyword) needs.call ??= "this";
    if (ts.isIdentifier(node) && isReference(node)) name(tree, node, needs, inside, host);
    const isFunction = ts.isFunctionLike(node);
    if (isFunction && !deferred) needs.functions = true;
    ts.forEachChild(node, (child) => visit(child, deferred || isFunction));
  };
  for (const root of roots) visit(root, false);
  return needs;
}

function isChanging(node: ts.Node, made: ReadonlySet<ts.Node>): boolean {
  if (made.has(node)) return false;
  if (ts.isCallExpression(node)) return !STEADY.test(node.expression.getText());
  return ts.isAwaitExpression(node) || ts.isTaggedTemplateExpression(node);
}

function shown(node: ts.Node): string {
  const [line = ""] = node.getText().split("\n");
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

function name(tree: Tree, node: ts.Identifier, needs: Needs, inside: (node: ts.Node) => boolean, host: PlanHost): void {
  const declared = resolve(tree, node)?.declarations?.[0];
  if (declared === undefined || declared.getSourceFile() !== tree.source) {
    if (OF_THE_FILE.has(node.text)) needs.own.push(node.text);
    return;
  }
  if (inside(declared)) return;
  const from = isAtTop(declared, tree.source) ? importedFrom(tree.source, node.text) : undefined;
  if (from !== undefined) {
    const one = importOf(tree, node.text, from, declared, host);
    if (one === undefined) needs.own.push(node.text);
    else if (!needs.imports.some((known) => known.local === node.text)) needs.imports.push(one);
    return;
  }
  const changes = ts.isVariableDeclaration(declared) && (declared.parent.flags & ts.NodeFlags.Const) === 0;
  if (isAtTop(declared, tree.source) && !changes) needs.own.push(node.text);
  else needs.call ??= node.text;
}

function isAtTop(declared: ts.Node, source: ts.SourceFile): boolean {
  let node = declared;
  while (!ts.isStatement(node) && !ts.isSourceFile(node)) {
    if (ts.isFunctionLike(node)) return false;
    node = node.parent;
  }
  return ts.isSourceFile(node) || node.parent === source;
}

/** As another file imports it; absent where it cannot be said in one line of that kind. */
function importOf(tree: Tree, local: string, from: { specifier: string; name: string }, declared: ts.Node, host: PlanHost): ModuleImport | undefined {
  const clause = ts.findAncestor(declared, ts.isImportClause);
  const specifier = ts.isImportSpecifier(declared) ? declared : undefined;
  const typeOnly = clause?.isTypeOnly === true || specifier?.isTypeOnly === true;
  const file = resolveRelative(tree.file, from.specifier, host);
  if (from.specifier.startsWith(".") && file === undefined) return undefined;
  const place = { file: file ?? tree.file, ...(file === undefined ? { specifier: from.specifier } : {}), local };
  if (from.name === "=") return ts.findAncestor(declared, ts.isImportEqualsDeclaration) === undefined ? { ...place, name: local, kind: "default" } : undefined;
  if (from.name === "*") return typeOnly ? undefined : { ...place, name: local, kind: "namespace" };
  if (from.name === "default") return typeOnly ? undefined : { ...place, name: local, kind: "default" };
  return { ...place, name: typeOnly ? `type ${from.name}` : from.name, ...(local === from.name ? {} : { as: local }), kind: "named" };
}
