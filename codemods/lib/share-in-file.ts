import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { EditGroup } from "../../src/core/edit.js";
import type { Finding, SessionPerCallDetail } from "../../src/core/finding.js";
import { isOfInstance } from "./client-getter.js";
import { isModuleLevel, openOf } from "./factory.js";
import type { Creation, FactoryNodes } from "./factory.js";
import { afterImports, freeName, localNameFor } from "./imports.js";
import { homeFor } from "./home.js";
import { openingOf } from "./opening.js";
import type { Opening } from "./opening.js";
import { planOpened } from "./share-opened.js";
import { planClient } from "./share-client.js";
import { commonDir, driverImport, factoryCall, packageDir, WHAT_IT_IS } from "./session-module.js";
import type { DriverImport, FactoryOptions } from "./session-module.js";
import { styleOf } from "./style.js";
import { indentAt } from "./text.js";
import { CannotFix } from "./transform.js";
import type { PlanContext } from "./transform.js";
import { namesIn } from "./transaction-shape.js";
import { ancestor, enclosingFunction, isAsync, statementOf, unwrap } from "./tree.js";
import type { Tree } from "./tree.js";

type Factory = NonNullable<SessionPerCallDetail["factory"]>;

const isTypeScript = (file: string): boolean => /\.[cm]?tsx?$/.test(file);

/** The argument that says which database: the first one, or the property of an options object. */
function keyOf(tree: Tree, open: Creation): { node: ts.Expression; rest: ts.Expression[] } | undefined {
  const [first, ...rest] = open.arguments ?? [];
  if (first === undefined || ts.isSpreadElement(first)) return undefined;
  const value = unwrap(first);
  if (!ts.isObjectLiteralExpression(value)) return { node: first, rest };
  for (const property of value.properties) {
    if (ts.isPropertyAssignment(property) && ["filename", "path", "file", "url"].includes(property.name.getText(tree.source))) return { node: property.initializer, rest };
  }
  return undefined;
}

function driverOf(tree: Tree, open: Creation): DriverImport | undefined {
  const callee = unwrap(open.expression);
  return ts.isNewExpression(open) && ts.isIdentifier(callee) ? driverImport(tree, callee.text) : undefined;
}

/** Names of the runtime that the file needs, imported under names that are free in it. */
function runtimeImports(group: EditGroup, tree: Tree, driver: DriverImport | undefined): { create: string; driverName: string } {
  const need = (name: string, specifier: string): string => {
    const local = localNameFor(tree, name, specifier);
    group.imports.push({ file: tree.file, from: { package: specifier }, name, as: local, kind: "named" });
    return local;
  };
  const create = need(RUNTIME.exports.createSessionFactory, RUNTIME.specifier);
  const entry = driver === undefined ? undefined : RUNTIME.drivers[driver.specifier as keyof typeof RUNTIME.drivers];
  return { create, driverName: entry === undefined ? "" : need(entry.name, entry.specifier) };
}

function sessionsName(tree: Tree): string {
  const names = namesIn(tree.source);
  return freeName("sessions", (name) => names.has(name));
}

/** Text that stood at one indentation, for another. */
function moved(text: string, from: string, to: string): string {
  return text.includes("`") ? text : text.replaceAll(`\n${from}`, `\n${to}`);
}

/** The open itself is shared; what the function does besides goes on as before. */
export function planAtOpen(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, tree: Tree, context: PlanContext, notes: string[]): void {
  const { open } = nodes;
  const opening = openingOf(tree, open, detail);
  if (nodes.bare && isSharedWhole(detail, opening)) {
    planOpened(group, detail, tree, opening, context, notes, { inFile: true });
    return;
  }
  if (!nodes.bare && !nodes.swallows) throw new CannotFix(`\`${factory.name}\` does more than open the session, and as a method it cannot be called from outside its object`);
  if (nodes.pragmas) notes.push(`the pragmas in \`${factory.name}\` are set again at each call, now on the shared session`);
  const key = keyOf(tree, open);
  if (key === undefined) throw new CannotFix("the session's file is not an argument of the call that opens it");
  const { file, text, source } = tree;
  const style = styleOf(source);
  const names = namesIn(source);
  const constant = isModuleLevel(tree, key.node);
  assertOnDisk(key.node);
  if (!isModuleLevel(tree, open, new Set([key.node]))) throw new CannotFix(`the options that \`${factory.name}\` opens with depend on the call: sessions with other options must not be shared`);
  const start = open.getStart(source);
  const before = text.slice(start, key.node.getStart(source));
  const after = text.slice(key.node.end, open.end);
  const path = freeName("path", (name) => names.has(name) && name !== key.node.getText(source)) === "path" ? "path" : "file";
  const parameter = isTypeScript(file) ? `(${path}: string)` : `(${path})`;
  const driver = nodes.raw ? driverOf(tree, open) : undefined;
  const { create, driverName } = runtimeImports(group, tree, driver);
  const sessions = sessionsName(tree);
  const call = factoryCall({ ...(driver === undefined ? {} : { driver }), open: moved(constant ? `() => ${before}${key.node.getText(source)}${after}` : `${parameter} => ${before}${path}${after}`, indentAt(text, start), style.indent) }, create, driverName, style);
  const { start: at, text: inserted } = afterImports(tree, `// ${WHAT_IT_IS}\nconst ${sessions} = ${call}`);
  group.edits.push({ file, start: at, end: at, text: inserted });
  group.edits.push({ file, start, end: open.end, text: `${sessions}.getSession(${key.node.getText(source)})` });
  if (detail.optionsText === undefined && !constant && factory.params.length > 1) notes.push(`\`${factory.name}\` takes more than the path; only the path tells sessions apart`);
}

/** The factory keeps its name for its callers; what it did moves, unchanged, into a function that only the sharing calls. */
export function planDelegate(group: EditGroup, detail: SessionPerCallDetail, factory: Factory, nodes: FactoryNodes, tree: Tree, notes: string[]): void {
  const { fn } = nodes;
  const { file, source, text } = tree;
  const style = styleOf(source);
  const keyIndex = factory.keyParam;
  if (factory.params.length > 1) throw new CannotFix(`\`${factory.name}\` takes more than the path: sessions opened with other arguments must not be shared`);
  const open = openKey(tree, nodes.open);
  if (open !== undefined) assertOnDisk(open);
  const constantKey = open !== undefined && isModuleLevel(tree, open) ? open.getText(source) : undefined;
  if (factory.params.length === 1 && keyIndex !== 0) throw new CannotFix(`the file that \`${factory.name}\` opens is worked out from its argument, so the same file cannot be told from another by it`);
  if (factory.params.length === 0 && constantKey === undefined) throw new CannotFix(`the file that \`${factory.name}\` opens is worked out inside it, so there is no key to share by`);

  if (fn.typeParameters !== undefined) throw new CannotFix(`\`${factory.name}\` is generic: what it returns differs from call to call`);
  if (fn.name !== undefined && (tree.symbolAt(fn.name)?.declarations?.length ?? 1) > 1) throw new CannotFix(`\`${factory.name}\` has several signatures`);
  const names = namesIn(source);
  const opener = openerName(factory.name, names);
  const sessions = sessionsName(tree);
  const driver = nodes.raw && !factory.async ? driverOf(tree, nodes.open) : undefined;
  const { create, driverName } = runtimeImports(group, tree, driver);
  const options: FactoryOptions = { open: opener };
  if (driver !== undefined) options.driver = driver;
  if (factory.params.length === 0 && constantKey !== undefined) options.path = constantKey;
  const close = wrappedClose(detail, nodes);
  if (close !== undefined) options.close = close;
  const made = `// ${WHAT_IT_IS}\nconst ${sessions} = ${factoryCall(options, create, driverName, style)}`;
  const parameters = fn.parameters.map((parameter) => parameter.getText(source)).join(", ");
  const returns = fn.type === undefined ? "" : `: ${fn.type.getText(source)}`;
  const [parameter] = fn.parameters;
  if (parameter !== undefined && !ts.isIdentifier(parameter.name)) throw new CannotFix(`\`${factory.name}\` takes its path apart`);
  const argument = parameter === undefined ? "" : parameter.name.getText(source);
  const body = `${style.indent}return ${sessions}.getSession(${argument})${style.semi}`;

  if (ts.isFunctionDeclaration(fn) && fn.name !== undefined) {
    const start = fn.getStart(source);
    const modifiers = (ts.getModifiers(fn) ?? []).filter(({ kind }) => kind === ts.SyntaxKind.ExportKeyword || kind === ts.SyntaxKind.DefaultKeyword);
    const lastModifier = modifiers.at(-1);
    if (lastModifier !== undefined) {
      let end = lastModifier.end;
      while (/\s/.test(text[end] ?? "")) end++;
      group.edits.push({ file, start, end, text: "" });
    }
    group.edits.push({ file, start: fn.name.getStart(source), end: fn.name.end, text: opener });
    const head = `${modifiers.map((one) => `${one.getText(source)} `).join("")}${isAsync(fn) ? "async " : ""}function ${factory.name}(${parameters})${returns}`;
    const delegate = `${head} {\n${body}\n}`;
    if (fn.parent !== source) throw new CannotFix(`\`${factory.name}\` is declared inside another function`);
    if (calledAtTop(tree, fn.name)) {
      const { start: at, text: inserted } = afterImports(tree, made);
      group.edits.push({ file, start: at, end: at, text: inserted });
      group.edits.push({ file, start: fn.end, end: fn.end, text: `\n\n${delegate}` });
    } else group.edits.push({ file, start: fn.end, end: fn.end, text: `\n\n${made}\n\n${delegate}` });
    notes.push(...shared(factory));
    return;
  }
  const declaration = ancestor(fn, ts.isVariableDeclaration);
  const statement = declaration && statementOf(declaration);
  if (declaration?.initializer !== fn || !ts.isIdentifier(declaration.name) || statement === undefined || !ts.isVariableStatement(statement) || statement.parent !== source || statement.declarationList.declarations.length !== 1 || declaration.type !== undefined) {
    throw new CannotFix(`\`${factory.name}\` is not a plain function of its file`);
  }
  const exported = ts.getModifiers(statement)?.find(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
  const start = statement.getStart(source);
  if (exported !== undefined) group.edits.push({ file, start, end: statement.declarationList.getStart(source), text: "" });
  group.edits.push({ file, start: declaration.name.getStart(source), end: declaration.name.end, text: opener });
  const head = `${exported === undefined ? "" : "export "}const ${factory.name} = ${isAsync(fn) ? "async " : ""}(${parameters})${returns} =>`;
  group.edits.push({ file, start: statement.end, end: statement.end, text: `\n\n${made}\n\n${head} ${sessions}.getSession(${argument})${style.semi}` });
  notes.push(...shared(factory));
}

/** Nothing about a plain delegating factory changes a guarantee. */
function shared(factory: Factory): string[] {
  return factory.async ? [`\`${factory.name}\` answers all callers with one session`] : [];
}

function openKey(tree: Tree, open: Creation): ts.Expression | undefined {
  return keyOf(tree, open)?.node;
}

/** `createDb` → `openDb`, `dbConnection` → `openDbConnection`. */
function openerName(name: string, taken: ReadonlySet<string>): string {
  const rest = name.replace(/^_+/, "").replace(/^(create|make|get|init|new|build|connect|setup)(?=[A-Z_])/, "");
  const base = /^open(?=[A-Z_])/.test(rest) ? `${rest}Anew` : `open${rest.charAt(0).toUpperCase()}${rest.slice(1)}`;
  return freeName(base, (candidate) => taken.has(candidate));
}

/** An ORM around the driver is closed by what it wraps, as the program itself does it. */
export function wrappedClose(detail: SessionPerCallDetail, nodes: FactoryNodes): string | undefined {
  const [method] = libraryWithId(detail.library)?.closes ?? [];
  if (nodes.raw) return detail.shares === true && method !== undefined && method !== "close" ? `(db) => db.${method}()` : undefined;
  const source = nodes.fn.getSourceFile().text;
  return /\bdrizzle\(/.test(source) && detail.library === "better-sqlite3" ? "(db) => void db.$client.close()" : undefined;
}

/** The file's own top-level code calls the factory, so the sharing must be there before it. */
function calledAtTop(tree: Tree, name: ts.Identifier): boolean {
  let found = false;
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) return;
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name.text) found = true;
    ts.forEachChild(node, visit);
  };
  visit(tree.source);
  return found;
}

function assertOnDisk(key: ts.Expression): void {
  if (ts.isStringLiteralLike(key) && (key.text === ":memory:" || key.text === "")) throw new CannotFix("a database in memory is its session's own");
}

/** With a wrapper around it that is made with it, or with nothing that names its file: the open alone says too little. */
function isSharedWhole(detail: SessionPerCallDetail, { whole, parts, key }: Opening): boolean {
  return whole !== parts[0] || (detail.shares === true && key === undefined) || (detail.wrappers ?? []).some((id) => libraryWithId(id)?.sharing !== undefined);
}

/** `new Database("app.db")` in the middle of a function: the session comes from a session module. */
export function planInline(group: EditGroup, detail: SessionPerCallDetail, tree: Tree, context: PlanContext, notes: string[]): void {
  const open = openOf(tree, detail);
  const opening = openingOf(tree, open, detail);
  if (detail.shares === true || isSharedWhole(detail, opening)) {
    planOpened(group, detail, tree, opening, context, notes);
    return;
  }
  if (detail.shareable === true) {
    planClient(group, tree, opening, context, notes);
    return;
  }
  const alike = context.findings.filter((other) => opensAlike(other, detail.library, context));
  if (enclosingFunction(open) === undefined && !isOfInstance(open)) throw new CannotFix("the session is opened at the top of the file already");
  planPath(group, tree, open, alike.map((other) => other.file), context);
  if (alike.length > 1 && !alike.every((other) => optionsOf(other) === optionsOf(undefined, detail))) {
    notes.push("other places open sessions of the same library with other options: for one file, the first to open decides");
  }
}

/** `new Database(path)` is asked of the session module that `files` share. */
export function planPath(group: EditGroup, tree: Tree, open: Creation, files: readonly string[], context: PlanContext): void {
  const { file, text, source } = tree;
  const key = keyOf(tree, open);
  const [first] = open.arguments ?? [];
  if (key === undefined || first === undefined || key.node !== first) throw new CannotFix("the session's file is not the first argument of the call that opens it");
  assertOnDisk(first);
  const driver = driverOf(tree, open);
  if (driver === undefined) throw new CannotFix("the session is not opened by a constructor that the runtime knows");
  const rest = text.slice(first.end, open.end).replace(/,?\s*\)$/, "");
  if (rest !== "" && !key.rest.every((node) => isLiteral(node))) throw new CannotFix("the options depend on the call: sessions with other options must not be shared");
  const home = packageDir(file, context.host);
  const dir = homeFor(commonDir([...new Set([file, ...files.filter((other) => packageDir(other, context.host) === home)])]), file, context.host);
  const parameter = isTypeScript(file) ? "(path: string)" : "(path)";
  const { file: module, created } = context.modules.get(tree, dir, { driver, open: `${parameter} => new ${driver.local}(path${rest})` }, []);
  if (created !== undefined) group.creates.push(created);
  const { getSession } = RUNTIME.exports;
  const local = localNameFor(tree, getSession, undefined);
  group.imports.push({ file, from: { file: module }, name: getSession, as: local, kind: "named" });
  const start = open.getStart(source);
  group.edits.push({ file, start, end: first.getStart(source), text: `${local}(` });
  group.edits.push({ file, start: first.end, end: open.end, text: ")" });
}

function opensAlike(other: Finding, library: string, context: PlanContext): boolean {
  return other.detail.kind === "session-per-call" && other.detail.factory === null && other.detail.library === library && context.host.exists(other.file);
}

function optionsOf(finding: Finding | undefined, own?: SessionPerCallDetail): string {
  const detail = own ?? (finding?.detail.kind === "session-per-call" ? finding.detail : undefined);
  return (detail?.optionsText ?? "").replace(/\s+/g, "");
}

function isLiteral(node: ts.Expression): boolean {
  const value = unwrap(node);
  if (ts.isLiteralExpression(value) || value.kind === ts.SyntaxKind.TrueKeyword || value.kind === ts.SyntaxKind.FalseKeyword || value.kind === ts.SyntaxKind.NullKeyword) return true;
  if (ts.isObjectLiteralExpression(value)) return value.properties.every((property) => ts.isPropertyAssignment(property) && isLiteral(property.initializer));
  return ts.isPrefixUnaryExpression(value) && isLiteral(value.operand);
}

