import { ts } from "ts-morph";
import type { EditGroup, PlanHost, TextEdit } from "../../src/core/edit.js";
import { importedFrom, importStatements } from "./imports.js";
import { nextLine, removal } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { enclosingFunction, statementOf, walk } from "./tree.js";
import type { Tree } from "./tree.js";
import type { Creation } from "./factory.js";

/**
 * Clients that one process shares as they are: each has a pool of its own, or serves many callers at a time. By package, what makes
 * one. Single connections (`new Client()`, `createConnection()`) are not among them: callers would wait for each other.
 */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  "@prisma/client": ["PrismaClient"],
  pg: ["Pool"],
  "pg-pool": ["Pool", "default"],
  postgres: ["default"],
  mysql2: ["createPool"],
  "mysql2/promise": ["createPool"],
  "@libsql/client": ["createClient"],
  knex: ["knex", "default"],
  sequelize: ["Sequelize"],
};

/** Whether the call makes a client of a library that is shared by being made once. */
export function isClient(tree: Tree, open: Creation): boolean {
  const maker = makerOf(tree, open);
  return maker !== undefined && CLIENTS[maker.package]?.includes(maker.name) === true;
}

/**
 * A client that a function makes for itself is made once: the one that another module of the project already exports, or else one at the
 * top of this file.
 */
export function planClient(group: EditGroup, tree: Tree, open: Creation, context: PlanContext, notes: string[]): void {
  const { source, file } = tree;
  const statement = statementOf(open);
  const declaration = open.parent;
  if (statement === undefined || !ts.isVariableDeclaration(declaration) || declaration.initializer !== open || !ts.isIdentifier(declaration.name) || !ts.isVariableDeclarationList(declaration.parent) || declaration.parent.declarations.length !== 1 || declaration.type !== undefined) {
    throw new CannotFix("the client is not kept in a variable of its own: make it once, in a module of its own, and import it");
  }
  const name = declaration.name.text;
  for (const argument of open.arguments ?? []) assertSameEachTime(tree, argument);
  const taken = atTop(source, name);
  if (taken !== undefined && taken.replace(/;$/, "") === statement.getText(source).replace(/;$/, "")) {
    group.edits.push(withoutGap(tree, statement));
    notes.push("the client at the top of the file is used");
    return;
  }
  if (taken !== undefined || importedFrom(source, name) !== undefined) throw new CannotFix(`\`${name}\` means something else at the top of the file: make the client once under another name`);
  const there = exporterOf(tree, open, context);
  group.edits.push(withoutGap(tree, statement));
  if (there !== undefined) {
    group.imports.push({ file, from: { file: there.file }, name: there.name, as: name, kind: there.kind });
    notes.push(`the client of ${there.file} is used, which lives as long as the process`);
    return;
  }
  const last = importStatements(source).at(-1)?.statement;
  if (last === undefined) throw new CannotFix("the file has no import after which the client could stand: make it once, at the top");
  const text = `\n\n// One client for the whole process: it has a pool of its own.\nconst ${name} = ${open.getText(source)}${source.text[statement.end - 1] === ";" ? ";" : ""}`;
  const first = context.groups.find((other) => other.edits.some((edit) => edit.file === file && edit.start === last.end && edit.end === last.end));
  if (first === undefined) group.edits.push({ file, start: last.end, end: last.end, text });
  else if (first.edits.some((edit) => edit.text === text)) group.requires = [first.id];
  else throw new CannotFix("another client of this file is shared by the same run: run it again");
  notes.push("the client lives as long as the process, and is made when the file is loaded; a development server that loads it anew makes one more");
}

function makerOf(tree: Tree, open: Creation): { package: string; name: string } | undefined {
  let callee: ts.Expression = open.expression;
  let member: string | undefined;
  if (ts.isPropertyAccessExpression(callee)) {
    member = callee.name.text;
    callee = callee.expression;
  }
  if (!ts.isIdentifier(callee)) return undefined;
  const from = importedFrom(tree.source, callee.text);
  if (from === undefined) return undefined;
  // `import pg from "pg"; new pg.Pool()`, `import * as mysql from "mysql2"`.
  return { package: from.specifier, name: member ?? (from.name === "*" || from.name === "=" ? "default" : from.name) };
}

/** The arguments must mean the same at each call: literals, the environment, what the file imports. */
function assertSameEachTime(tree: Tree, argument: ts.Expression): void {
  const imported = new Set<string>();
  walk(argument, (node) => {
    if (ts.isIdentifier(node)) {
      const declared = tree.symbolAt(node)?.declarations?.[0];
      if (declared === undefined || declared.getSourceFile() !== tree.source) return;
      if (ts.findAncestor(declared, ts.isObjectLiteralExpression) !== undefined && ts.findAncestor(declared, (at) => at === argument) !== undefined) return;
      if (ts.findAncestor(declared, (at) => ts.isImportDeclaration(at)) === undefined) imported.add(node.text);
    }
    if (node.kind === ts.SyntaxKind.ThisKeyword || ts.isAwaitExpression(node)) imported.add(node.getText(tree.source));
  });
  const [first] = imported;
  if (first !== undefined) throw new CannotFix(`the client depends on \`${first}\`: make it once where that is known`);
}

/** Without the blank line that would then begin the block. */
function withoutGap(tree: Tree, statement: ts.Statement): TextEdit {
  const { source, text } = tree;
  const edit = removal(tree, statement.getStart(source), statement.end);
  const isFirst = ts.isBlock(statement.parent) && statement.parent.statements[0] === statement && edit.start > statement.parent.getStart(source);
  const next = nextLine(text, edit.end);
  return isFirst && edit.text === "" && text.slice(edit.end, next).trim() === "" ? { ...edit, end: next } : edit;
}

/** The statement at the file's top that declares the name. */
function atTop(source: ts.SourceFile, name: string): string | undefined {
  return source.statements.find((statement) => ts.isVariableStatement(statement) && statement.declarationList.declarations.some((one) => one.name.getText(source) === name))?.getText(source);
}

interface Exporter {
  file: string;
  name: string;
  kind: "named" | "default";
}

const exporters = new WeakMap<PlanHost, Map<string, Exporter | undefined>>();

/** A module of the project that makes such a client at its top and exports it. */
function exporterOf(tree: Tree, open: Creation, context: PlanContext): Exporter | undefined {
  const maker = open.expression.getText(tree.source);
  let known = exporters.get(context.host);
  if (known === undefined) exporters.set(context.host, (known = new Map<string, Exporter | undefined>()));
  if (!known.has(maker)) known.set(maker, findExporter(tree, open, maker, context));
  const found = known.get(maker);
  return found?.file === tree.file ? undefined : found;
}

function findExporter(tree: Tree, open: Creation, maker: string, { host, trees }: PlanContext): Exporter | undefined {
  const found: Exporter[] = [];
  const own = (open.arguments ?? []).map((one) => one.getText(tree.source)).join();
  for (const file of host.list()) {
    if (/(^|\/)(node_modules|dist|build|\.next|scripts?|seeds?|tests?|__tests__)\/|\.(test|spec)\./.test(file) || !/\.[cm]?[jt]sx?$/.test(file)) continue;
    const text = host.read(file);
    if (text === undefined || !text.includes(`${maker}(`) || !/\bexport\b/.test(text)) continue;
    const { source } = trees.get(file) ?? {};
    if (source === undefined) continue;
    walk(source, (node) => {
      if (!(ts.isNewExpression(node) || ts.isCallExpression(node)) || node.expression.getText(source) !== maker || enclosingFunction(node) !== undefined) return;
      if ((node.arguments ?? []).map((one) => one.getText(source)).join() !== own) return;
      const declaration = ts.findAncestor(node, ts.isVariableDeclaration);
      if (declaration === undefined || !ts.isIdentifier(declaration.name)) return;
      const exported = exportOf(source, declaration.name.text);
      if (exported !== undefined) found.push({ file, ...exported });
    });
  }
  // With two of them, which one is meant is not known.
  return found.length === 1 ? found[0] : undefined;
}

function exportOf(source: ts.SourceFile, name: string): Omit<Exporter, "file"> | undefined {
  for (const statement of source.statements) {
    if (ts.isExportAssignment(statement) && statement.expression.getText(source) === name) return { name: "default", kind: "default" };
    if (ts.isVariableStatement(statement) && statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true && statement.declarationList.declarations.some((one) => one.name.getText(source) === name)) return { name, kind: "named" };
    if (ts.isExportDeclaration(statement) && statement.moduleSpecifier === undefined && statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)) {
      const element = statement.exportClause.elements.find((one) => (one.propertyName ?? one.name).text === name);
      if (element !== undefined) return { name: element.name.text, kind: "named" };
    }
  }
  return undefined;
}
