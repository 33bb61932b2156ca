import { ts } from "ts-morph";
import type { EditGroup } from "../../src/core/edit.js";
import { dependsOn, makerOf } from "./client-maker.js";
import type { Creation } from "./factory.js";
import type { Opening } from "./opening.js";
import { isKeptElsewhere, isReloaded } from "./reloads.js";
import { findSharedClient } from "./find-shared-client.js";
import type { SharedClient } from "./find-shared-client.js";
import { afterImports, freeName, importedFrom, localNameFor } from "./imports.js";
import { styleOf } from "./style.js";
import { removal } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { namesIn } from "./transaction-shape.js";
import { enclosingFunction, statementOf } from "./tree.js";
import type { Tree } from "./tree.js";

/**
 * A client with a pool of its own that a function makes for itself is made once: the one that the project's package already has, or
 * else one that is made at first use, since nothing may happen when a file is merely loaded.
 */
export function planClient(group: EditGroup, tree: Tree, opening: Opening, context: PlanContext, notes: string[]): void {
  const { whole: open, pattern, library } = opening;
  const { source, file } = tree;
  const maker = makerOf(tree.source, open);
  if (maker === undefined) throw new CannotFix("what makes the client is not imported under a name: make it once, in a module of its own, and import it");
  if (enclosingFunction(open) === undefined && !isOfInstance(open)) throw new CannotFix("the client is made at the top of the file already");
  if (open.typeArguments !== undefined && !ts.isNewExpression(open)) throw new CannotFix("the client's type is asked for by the call: make it once, in a module of its own, and import it");
  const depends = dependsOn(tree, open);
  if (depends.call !== undefined) throw new CannotFix(`the client depends on \`${depends.call}\`, which may differ from call to call: make it once where that is known`);
  for (const name of depends.bindings) notes.push(`\`${name}\` is read once, when the client is made`);
  const isKept = isReloaded(file, context.host);
  notes.push(`the client lives as long as the process, where each call had one of its own${isKept ? "" : "; a development server that loads the file anew makes one more"}`);
  if (library?.sharing !== undefined) notes.push(library.sharing);

  // What depends on a file's own bindings is the same text elsewhere, and something else.
  const there = depends.bindings.length === 0 ? findSharedClient(tree, open, maker, context) : undefined;
  if (there !== undefined) {
    useShared(group, tree, open, there);
    return;
  }
  const name = getterName(tree, open, isKept ? context : undefined);
  group.edits.push({ file, start: open.getStart(source), end: open.end, text: `${name}()` });
  const made = afterImports(tree, getter(tree, open, name, { isKept, hasPool: pattern?.kind !== "connection" }));
  const first = context.groups.find((other) => other.edits.some((edit) => edit.file === file && edit.start === made.start && edit.end === made.start));
  if (first === undefined) group.edits.push({ file, start: made.start, end: made.start, text: made.text });
  else if (first.edits.some((edit) => edit.text === made.text)) group.requires = [first.id];
  else throw new CannotFix("another client of this file is shared by the same run: run it again");
}

/** What the package shares already is imported, or asked of its getter. */
export function useShared(group: EditGroup, tree: Tree, open: Creation, there: SharedClient): void {
  if (there.kind === "value") {
    useValue(group, tree, open, there.from);
    return;
  }
  const local = there.from === undefined ? there.name : localNameFor(tree, there.from.name, undefined);
  if (there.from !== undefined) group.imports.push({ file: tree.file, from: { file: there.from.file }, name: there.from.name, as: local, kind: there.from.kind });
  group.edits.push({ file: tree.file, start: open.getStart(tree.source), end: open.end, text: `${local}()` });
}

/** The statement goes, and its name is imported: what follows it stays to the byte. */
function useValue(group: EditGroup, tree: Tree, open: Creation, from: { file: string; name: string; kind: "named" | "default" }): void {
  const { source, file } = tree;
  const statement = statementOf(open);
  const declaration = open.parent;
  const name = ts.isVariableDeclaration(declaration) && declaration.initializer === open && ts.isIdentifier(declaration.name) ? declaration.name.text : undefined;
  const isAlone = statement !== undefined && name !== undefined && ts.isVariableStatement(statement) && statement.declarationList.declarations.length === 1;
  const isFree = name !== undefined && importedFrom(source, name) === undefined && !declaresAtTop(source, name);
  if (isAlone && isFree) {
    const { start, end } = removal(tree, statement.getStart(source), statement.end);
    group.edits.push({ file, start, end: withoutGap(tree, statement, start, end), text: "" });
    group.imports.push({ file, from: { file: from.file }, name: from.name, as: name, kind: from.kind });
    return;
  }
  const local = localNameFor(tree, from.kind === "default" ? (name ?? "client") : from.name, undefined);
  group.edits.push({ file, start: open.getStart(source), end: open.end, text: local });
  group.imports.push({ file, from: { file: from.file }, name: from.name, as: local, kind: from.kind });
}

function declaresAtTop(source: ts.SourceFile, name: string): boolean {
  return source.statements.some((statement) =>
    ts.isVariableStatement(statement) ? statement.declarationList.declarations.some((one) => namesIn(one.name).has(name)) : (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name,
  );
}

/** A blank line after what began a block would begin it now. */
function withoutGap({ source, text }: Tree, statement: ts.Statement, start: number, end: number): number {
  const { parent } = statement;
  if (!ts.isBlock(parent) || parent.statements[0] !== statement || text.slice(parent.getStart(source) + 1, start).trim() !== "") return end;
  const gap = /^[ \t]*\r?\n/.exec(text.slice(end));
  return gap === null ? end : end + gap[0].length;
}

/** `getPrisma` for `const prisma = new PrismaClient()`. */
function getterName(tree: Tree, open: Creation, kept: PlanContext | undefined): string {
  const { parent } = open;
  const name = keptUnder(parent) ?? "client";
  const taken = namesIn(tree.source);
  const isElsewhere = (getterOf: string): boolean => {
    if (kept === undefined) return false;
    const planned = kept.groups.some(({ edits }) => edits.some(({ file, text }) => file !== tree.file && text.includes(`.${sharedName(getterOf)} `)));
    return planned || isKeptElsewhere(sharedName(getterOf), tree.file, kept.host);
  };
  return freeName(`get${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`, (getterOf) => taken.has(getterOf) || taken.has(sharedName(getterOf)) || isElsewhere(getterOf));
}

/** `prisma` of `const prisma = …`, `this.prisma = …` and a field `prisma = …`. */
function keptUnder(holder: ts.Node): string | undefined {
  if (ts.isVariableDeclaration(holder)) return ts.isIdentifier(holder.name) ? holder.name.text : undefined;
  if (ts.isPropertyDeclaration(holder)) return ts.isIdentifier(holder.name) ? holder.name.text : undefined;
  return ts.isBinaryExpression(holder) && ts.isPropertyAccessExpression(holder.left) && ts.isIdentifier(holder.left.name) ? holder.left.name.text : undefined;
}

/** A field's value is made with each instance. */
function isOfInstance(open: Creation): boolean {
  const field = ts.findAncestor(open, ts.isPropertyDeclaration);
  return field !== undefined && field.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) !== true;
}

/** `sharedPrisma` of `getPrisma`. */
function sharedName(getterOf: string): string {
  return `shared${getterOf.slice("get".length)}`;
}

function getter(tree: Tree, open: Creation, name: string, { isKept, hasPool }: { isKept: boolean; hasPool: boolean }): string {
  const { source, file } = tree;
  const { semi, indent } = styleOf(source);
  const shared = sharedName(name);
  const callee = open.expression.getText(source);
  const type = ts.isNewExpression(open) ? `${callee}${open.typeArguments === undefined ? "" : `<${open.typeArguments.map((one) => one.getText(source)).join(", ")}>`}` : `ReturnType<typeof ${callee}>`;
  const isTyped = /\.[cm]?tsx?$/.test(file);
  const holder = `kept${shared.slice("shared".length)}`;
  const place = !isKept ? shared : isTyped ? `${holder}.${shared}` : `globalThis.${shared}`;
  const declared = isKept ? `const ${holder} = globalThis as unknown as { ${shared}?: ${type} }${semi}` : `let ${shared}${isTyped ? `: ${type} | undefined` : ""}${semi}`;
  const once = `One client for the whole process, made at first use${isKept ? " and kept when development reloads this file" : ""}`;
  return [
    ...(isKept && !isTyped ? [] : [declared, ""]),
    `// ${once}${hasPool ? ": it has a pool of its own" : isKept ? "" : " and shared by every caller"}.`,
    `function ${name}()${isTyped ? `: ${type}` : ""} {`,
    `${indent}return (${place} ??= ${open.getText(source)})${semi}`,
    "}",
  ].join("\n");
}
