import { ts } from "ts-morph";
import type { EditGroup } from "../../src/core/edit.js";
import { getterName, getterText, isOfInstance } from "./client-getter.js";
import { dependsOn, makerOf } from "./client-maker.js";
import { filesAlike } from "./client-module.js";
import type { Creation } from "./factory.js";
import type { Opening } from "./opening.js";
import { keptComments } from "./kept-comments.js";
import { needsOf } from "./needs.js";
import { isReloaded } from "./reloads.js";
import { findSharedClient } from "./find-shared-client.js";
import type { SharedClient } from "./find-shared-client.js";
import { afterImports, importedFrom, localNameFor } from "./imports.js";
import { resolveRelative } from "./specifier.js";
import { removal } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { namesIn } from "./transaction-shape.js";
import { enclosingFunction, statementOf, walk } from "./tree.js";
import type { Tree } from "./tree.js";

/**
 * A client with a pool of its own that a function makes for itself is made once: the one that the project's package already has, or
 * else one that is made at first use, since nothing may happen when a file is merely loaded.
 */
export function planClient(group: EditGroup, tree: Tree, opening: Opening, context: PlanContext, notes: string[], isKeptHere = false): void {
  const { whole: open, pattern, library } = opening;
  const { source, file } = tree;
  const maker = makerOf(tree.source, open);
  if (maker === undefined) throw new CannotFix("what makes the client is not imported under a name: make it once, in a module of its own, and import it");
  if (enclosingFunction(open) === undefined && !isOfInstance(open) && !isKeptHere) throw new CannotFix("the client is made at the top of the file already");
  if (open.typeArguments !== undefined && !ts.isNewExpression(open)) throw new CannotFix("the client's type is asked for by the call: make it once, in a module of its own, and import it");
  const depends = dependsOn(tree, open, pattern?.parts);
  if (depends.call !== undefined) throw new CannotFix(`the client depends on \`${depends.call}\`, which may differ from call to call: make it once where that is known`);
  for (const name of depends.bindings) notes.push(`\`${name}\` is read once, when the client is made`);
  const isKept = isReloaded(file, context.host);
  if (!isKeptHere) notes.push(`the client lives as long as the process, where each call had one of its own${isKept ? "" : "; a development server that loads the file anew makes one more"}`);
  if (library?.sharing !== undefined) notes.push(library.sharing);

  // What depends on a file's own bindings is the same text elsewhere, and something else.
  const there = depends.bindings.length === 0 ? findSharedClient(tree, open, maker, context) : undefined;
  // At the top of a file what is imported may not be there yet, where files import each other.
  if (there !== undefined && (!isKeptHere || (there.kind === "getter" && there.from !== undefined && !importsProject(there.from.file, context)))) {
    useShared(group, tree, open, there, notes);
    return;
  }
  const name = getterName(tree, open, isKept ? context : undefined);
  const hasPool = pattern?.kind !== "connection";
  const files = depends.bindings.length === 0 ? filesAlike(tree, open, maker, context) : [];
  if (files.length > 1) {
    const needs = needsOf(tree, [open], new Set([open]), new Set(), context.host);
    const { file: module, getter, created } = context.clients.get(tree, open, maker, files, needs.imports, { getter: name, isKept, hasPool });
    group.creates.push(created);
    const local = localNameFor(tree, getter, undefined);
    group.imports.push({ file, from: { file: module }, name: getter, as: local, kind: "named" });
    group.edits.push({ file, start: open.getStart(source), end: open.end, text: `${local}()` });
    return;
  }
  group.edits.push({ file, start: open.getStart(source), end: open.end, text: `${name}()` });
  const made = afterImports(tree, getterText(tree, open, name, { isKept, hasPool }));
  const first = context.groups.find((other) => other.edits.some((edit) => edit.file === file && edit.start === made.start && edit.end === made.start));
  if (first === undefined) group.edits.push({ file, start: made.start, end: made.start, text: made.text });
  else if (first.edits.some((edit) => edit.text === made.text)) group.requires = [first.id];
  else throw new CannotFix("another client of this file is shared by the same run: run it again");
}

/** Whether loading a file loads others of the project, which may be what asks for it. */
export function importsProject(file: string, { trees, host }: PlanContext): boolean {
  const tree = trees.get(file);
  let imports = tree === undefined;
  if (tree !== undefined) walk(tree.source, (node) => {
    const from = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : ts.isCallExpression(node) && node.expression.getText(tree.source) === "require" ? node.arguments[0] : undefined;
    if (from !== undefined && ts.isStringLiteralLike(from) && (from.text.startsWith(".") ? resolveRelative(file, from.text, host) !== undefined : /^[@~#]\//.test(from.text))) imports = true;
  });
  return imports;
}

/** What the package shares already is imported, or asked of its getter. */
export function useShared(group: EditGroup, tree: Tree, open: Creation, there: SharedClient, notes: string[]): void {
  if (there.kind === "value") {
    useValue(group, tree, open, there.from, notes);
    return;
  }
  const local = there.from === undefined ? there.name : localNameFor(tree, there.from.name, undefined);
  if (there.from !== undefined) group.imports.push({ file: tree.file, from: { file: there.from.file }, name: there.from.name, as: local, kind: there.from.kind });
  group.edits.push({ file: tree.file, start: open.getStart(tree.source), end: open.end, text: `${local}()` });
}

/** The statement goes, and its name is imported: what follows it stays to the byte. */
function useValue(group: EditGroup, tree: Tree, open: Creation, from: { file: string; name: string; kind: "named" | "default" }, notes: string[]): void {
  const { source, file } = tree;
  const statement = statementOf(open);
  const declaration = open.parent;
  const name = ts.isVariableDeclaration(declaration) && declaration.initializer === open && ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
  const isAlone = statement !== undefined && name !== undefined && ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1;
  const isExported = statement !== undefined && ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
  const isFree = name !== undefined && importedFrom(source, name) === undefined && !declaresAtTop(source, name, statement);
  if (isAlone && isFree && !isExported) {
    notes.push(...keptComments(tree, { start: statement.getStart(source), end: statement.end }, "the removed declaration"));
    const { start, end } = removal(tree, statement.getStart(source), statement.end);
    group.edits.push({ file, start, end: withoutGap(tree, statement, start, end), text: "" });
    group.imports.push({ file, from: { file: from.file }, name: from.name, as: name, kind: from.kind });
    return;
  }
  const local = localNameFor(tree, from.kind === "default" ? (name ?? "client") : from.name, undefined);
  group.edits.push({ file, start: open.getStart(source), end: open.end, text: local });
  group.imports.push({ file, from: { file: from.file }, name: from.name, as: local, kind: from.kind });
}

function declaresAtTop(source: ts.SourceFile, name: string, except: ts.Statement | undefined): boolean {
  return source.statements.some((statement) => statement !== except && (
    ts.isVariableStatement(statement) ? statement.declarationList.declarations.some((one) => namesIn(one.name).has(name)) : (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name
  ));
}

/** A blank line after what began a block would begin it now, and one between two others would be a second one. */
function withoutGap({ source, text }: Tree, statement: ts.Statement, start: number, end: number): number {
  const { parent } = statement;
  if (ts.isSourceFile(parent)) return /\n[ \t]*\r?\n$/.test(text.slice(0, start)) ? end + (/^[ \t]*\r?\n/.exec(text.slice(end))?.[0].length ?? 0) : end;
  if (!ts.isBlock(parent) || parent.statements[0] !== statement || text.slice(parent.getStart(source) + 1, start).trim() !== "") return end;
  const gap = /^[ \t]*\r?\n/.exec(text.slice(end));
  return gap === null ? end : end + gap[0].length;
}
