import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { EditGroup } from "../../src/core/edit.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import { makerOf } from "./client-maker.js";
import { findSharedClient, meansTheSame } from "./find-shared-client.js";
import type { SharedClient } from "./find-shared-client.js";
import { useShared } from "./share-client.js";
import { homeFor } from "./home.js";
import { afterImports, freeName, localNameFor } from "./imports.js";
import { keptComments } from "./kept-comments.js";
import { needsOf } from "./needs.js";
import type { Needs } from "./needs.js";
import { textWith } from "./opening.js";
import type { Opening } from "./opening.js";
import { commonDir, factoryCall, packageDir, whatItIs } from "./session-module.js";
import { startOf } from "./share-start.js";
import { assertForked } from "./share-forks.js";
import { styleOf } from "./style.js";
import { indentAt, removal } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { namesIn } from "./transaction-shape.js";
import { enclosingFunction, isAsync, isReference, unwrap, walk } from "./tree.js";
import type { Tree } from "./tree.js";

const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/**
 * A session that is opened by the application's own expression, with what is wrapped around it: the runtime's factory makes one for each key,
 * or one in all. In a session module where another file could write the same expression; else at the top of this one.
 */
export function planOpened(group: EditGroup, detail: SessionPerCallDetail, tree: Tree, opening: Opening, context: PlanContext, notes: string[], { inFile = false, isKept = false }: { inFile?: boolean; /** The module keeps it: it may stand at the top of its file. */ isKept?: boolean } = {}): void {
  const { file, source } = tree;
  const { whole, key, pattern } = opening;
  if (enclosingFunction(whole) === undefined && !isKept) throw new CannotFix("the session is opened at the top of the file already");
  assertWhole(detail, opening);
  if (pattern?.shares?.forks !== undefined) assertForked(tree, whole, pattern.shares.forks);
  if (key !== undefined) assertShareable(key);
  const start = pattern?.shares?.starts === undefined ? undefined : startOf(tree, whole, pattern.shares.starts);
  const needs = needsOf(tree, [whole, ...opening.carriers.map(({ value }) => value)], new Set(opening.parts), new Set([...(key === undefined ? [] : [key]), ...opening.carriers.map(({ use }) => use)]), context.host);
  if (needs.call !== undefined) throw new CannotFix(`what the session is opened with depends on \`${needs.call}\`, which may differ from call to call: open it once where that is known`);
  if (needs.functions) notes.push("a function among its arguments is called for the shared session alone, once");
  notes.push(...new Set([detail.library, ...opening.parts.flatMap(() => opening.library?.id ?? opening.library?.name ?? [])].flatMap((id) => libraryWithId(id)?.sharing ?? [])));
  if (detail.shares === true && !isKept) notes.push("the session lives as long as the process, where each call had one of its own");

  const there = start === undefined && isConstant(key) && opening.carriers.length === 0 && needs.own.length === 0 ? sharedAlready(tree, opening, needs, context) : undefined;
  if (there !== undefined) {
    useShared(group, tree, whole, there, notes);
    return;
  }
  const style = styleOf(source);
  const opens = openText(tree, opening, start?.method);
  const close = closeText(opening);
  const options = { open: opens, ...(close === undefined ? {} : { close }) };
  const rival = context.modules.rival(tree, opens, needs.imports);
  if (rival !== undefined) throw new CannotFix(`${rival} shares sessions that are opened by the same text with something else in it, and the runtime would take the two for one: give one of them another name`);
  let call: string;
  if (!inFile && canBeApart(needs)) {
    const dir = homeFor(commonDir([...new Set([file, ...alike(detail, context, file)])]), file, context.host);
    const { file: module, created } = context.modules.get(tree, dir, options, needs.imports, packageDir(file, context.host));
    if (created !== undefined) group.creates.push(created);
    const { getSession } = RUNTIME.exports;
    call = importedName(tree, module, context);
    group.imports.push({ file, from: { file: module }, name: getSession, as: call, kind: "named" });
  } else call = `${here(group, tree, options, style, context)}.getSession`;

  const at = start?.outer ?? whole;
  const from = at.getStart(source);
  const awaits = start?.statement === undefined ? "" : "await ";
  group.edits.push({ file, start: from, end: at.end, text: `${awaits}${call}(${key === undefined ? "" : key.getText(source)})` });
  for (const statement of [...(start?.statement === undefined ? [] : [start.statement]), ...opening.carriers.map((carrier) => carrier.statement)]) {
    const range = { start: statement.getStart(source), end: statement.end };
    group.edits.push(removal(tree, range.start, range.end));
    notes.push(...keptComments(tree, range, "a removed statement"));
  }
  if (start?.statement !== undefined && !isInAsync(whole)) throw new CannotFix("the function that opens the session is not async");
}

function isConstant(key: ts.Expression | undefined): boolean {
  return key === undefined || ts.isStringLiteralLike(unwrap(key));
}

/** The one that another module of the package has, or that a function makes at first use: made by the same expression. */
function sharedAlready(tree: Tree, { whole }: Opening, needs: Needs, context: PlanContext): SharedClient | undefined {
  const maker = makerOf(tree.source, whole);
  const there = maker && findSharedClient(tree, whole, maker, context);
  return there !== undefined && meansTheSame(there, tree, needs.imports, context) ? there : undefined;
}

/** Another fix of the same run may import the `getSession` of another module into the file. */
function importedName(tree: Tree, module: string, context: PlanContext): string {
  const { getSession } = RUNTIME.exports;
  const others = context.groups.flatMap(({ imports }) => imports).filter((one) => one.file === tree.file && !("file" in one.from && one.from.file === module));
  const names = namesIn(tree.source);
  const local = localNameFor(tree, getSession, undefined);
  return others.some(({ as }) => as === local) ? freeName(getSession, (name) => names.has(name) || others.some(({ as }) => as === name)) : local;
}

function isInAsync(node: ts.Node): boolean {
  const fn = enclosingFunction(node);
  return fn !== undefined && isAsync(fn);
}

/** A wrapper that takes turns for its users is of no use when each has one of its own over the same session. */
function assertWhole(detail: SessionPerCallDetail, { library }: Opening): void {
  for (const id of detail.wrappers ?? []) {
    const wrapper = libraryWithId(id);
    if (wrapper?.sharing === undefined || wrapper.name === library?.name) continue;
    throw new CannotFix(`the ${wrapper.name} around the session must be shared with it, and is made elsewhere or of parts that are used otherwise: make it once, in a module of its own`);
  }
}

function assertShareable(key: ts.Expression): void {
  const value = unwrap(key);
  if (ts.isStringLiteralLike(value) && (value.text === ":memory:" || value.text === "")) throw new CannotFix("a database in memory is its session's own");
  if (!ts.isObjectLiteralExpression(value)) return;
  throw new CannotFix("the session's file is not an argument of the call that opens it");
}

/** `(path: string) => new Database(path)`, or `() => new DataSource(…).initialize()`. */
function openText(tree: Tree, opening: Opening, starts: string | undefined): string {
  const { whole, key, carriers } = opening;
  const parameter = ["path", "file", "dbPath"].find((name) => !namesBeside(opening).has(name)) ?? "databasePath";
  const others = new Map<ts.Node, string>();
  if (key !== undefined) others.set(key, parameter);
  for (const { use, value } of carriers) others.set(use, textWith(value, others));
  const text = textWith(whole, others);
  const { indent } = styleOf(tree.source);
  const moved = text.includes("`") ? text : text.replaceAll(`\n${indentAt(tree.text, whole.getStart(tree.source))}`, `\n${indent}`);
  const head = key === undefined ? "()" : isTypeScript(tree.file) ? `(${parameter}: string)` : `(${parameter})`;
  return `${head} => ${moved}${starts === undefined ? "" : `.${starts}()`}`;
}

/** What the parts are written with, the key aside: a parameter of such a name would mean something else there. */
function namesBeside({ whole, carriers, key }: Opening): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (node === key) return;
    if (ts.isIdentifier(node) && isReference(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  for (const root of [whole, ...carriers.map(({ value }) => value)]) visit(root);
  return names;
}

/** Only where a session has no `close()` of its own. */
function closeText({ library }: Opening): string | undefined {
  if (library === undefined) return undefined;
  const inner = library.wrapped && libraryWithId(library.wrapped.library);
  const [method] = inner?.closes ?? library.closes;
  if (method === undefined) return undefined;
  if (library.wrapped !== undefined) return `(db) => ${inner?.sync === true ? "void " : ""}db.${library.wrapped.path}.${method}()`;
  return method === "close" ? undefined : `(db) => db.${method}()`;
}

/** Another file can write the same expression, under the same names. */
function canBeApart({ imports, own }: Needs): boolean {
  const taken = new Set<string>(["sessions", ...Object.values(RUNTIME.exports)]);
  return own.length === 0 && imports.every(({ local }) => local !== undefined && !taken.has(local));
}

function alike(detail: SessionPerCallDetail, context: PlanContext, file: string): string[] {
  return context.findings
    .filter(({ detail: other, file: of }) => other.kind === "session-per-call" && other.factory === null && other.library === detail.library && context.host.exists(of) && packageDir(of, context.host) === packageDir(file, context.host))
    .map(({ file: of }) => of);
}

/** The name of the file's own factory that opens so: one that is there, or one that is written. */
function here(group: EditGroup, tree: Tree, options: { open: string; close?: string }, style: ReturnType<typeof styleOf>, context: PlanContext): string {
  const { file, source } = tree;
  const known = factoryIn(source, options.open);
  if (known !== undefined) return known;
  const names = namesIn(source);
  const sessions = freeName("sessions", (name) => names.has(name));
  const create = localNameFor(tree, RUNTIME.exports.createSessionFactory, RUNTIME.specifier);
  const made = afterImports(tree, `// ${whatItIs(options.open)}\nconst ${sessions} = ${factoryCall(options, create, "", style)}`);
  const first = context.groups.find((other) => other.edits.some((edit) => edit.file === file && edit.start === made.start && edit.end === made.start));
  if (first !== undefined && !first.edits.some((edit) => edit.text === made.text)) throw new CannotFix("another session of this file is shared by the same run: run it again");
  if (first !== undefined) group.requires = [first.id];
  else group.edits.push({ file, start: made.start, end: made.start, text: made.text });
  group.imports.push({ file, from: { package: RUNTIME.specifier }, name: RUNTIME.exports.createSessionFactory, as: create, kind: "named" });
  return sessions;
}

/** `const sessions = createSessionFactory({ open: … })`, at the top of the file, with the same `open`. */
function factoryIn(source: ts.SourceFile, open: string): string | undefined {
  const plain = (text: string): string => text.replace(/\s+/g, "");
  let found: string | undefined;
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isIdentifier(name) || !ts.isCallExpression(initializer) || !/createSessionFactory/.test(initializer.expression.getText(source))) continue;
      walk(initializer, (node) => {
        if (ts.isPropertyAssignment(node) && node.name.getText(source) === "open" && plain(node.initializer.getText(source)) === plain(open)) found = name.text;
      });
    }
  }
  return found;
}
