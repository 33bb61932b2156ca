import { ts } from "ts-morph";
import { RUNTIME } from "../src/core/contract.js";
import type { EditGroup } from "../src/core/edit.js";
import type { Finding, SessionPerCallDetail } from "../src/core/finding.js";
import { importedFrom, localNameFor } from "./lib/imports.js";
import { resolveRelative } from "./lib/specifier.js";
import { styleOf } from "./lib/style.js";
import type { Style } from "./lib/style.js";
import { indentAt, nextLine } from "./lib/text.js";
import { closeAtShutdown, rootModuleOf } from "./lib/start-nest.js";
import { labelOf, namesIn } from "./lib/transaction-shape.js";
import { CannotFix, judge, newGroup } from "./lib/transform.js";
import type { PlanContext, Transform } from "./lib/transform.js";
import { boundNames, declarationsOf, enclosingFunction, isReference, nodeOf, statementOf, unwrap, walk } from "./lib/tree.js";
import type { Tree } from "./lib/tree.js";
import { useSharedSession } from "./use-shared-session.js";

const NAME = "init-at-startup";

/** The shared session opens, and is verified, before the program serves; and closes after it has served. */
export const initAtStartup: Transform = {
  name: NAME,
  applies: ({ detail }) => detail.kind === "session-per-call" && detail.startups.length > 0,
  plan(finding, context) {
    const { detail } = finding;
    if (detail.kind !== "session-per-call") return undefined;
    const group = newGroup(NAME, finding);
    const module = sessionModuleOf(finding, context);
    if (module === undefined) {
      if (!hasFactory(finding, context)) return undefined;
      throw new CannotFix(`the shared session is private to ${finding.file}, and opens at first use. To open it at start-up, export its factory and ${whatToWrite("<path>")}`);
    }
    group.requires = [`${useSharedSession.name}:${finding.fingerprint}`];
    const [startup, ...others] = detail.startups;
    if (startup === undefined) return undefined;
    if (others.some(({ file }) => file !== startup.file)) {
      throw new CannotFix(`the program starts in several places (${detail.startups.map(({ file, span }) => `${file}:${span.line}`).join(", ")}): ${whatToWrite("<path>")} in the one that serves`);
    }
    const startTree = context.trees.get(startup.file);
    const startCall = startTree && nodeOf(startTree.source, startup.span, ts.isCallExpression);
    if (startTree === undefined || startCall === undefined) throw new CannotFix(`the start-up place was not found: ${whatToWrite("<path>")}`);
    const { tree, call } = startup.framework === "fastify" ? madeAt(startTree, startCall, context) : { tree: startTree, call: startCall };
    const path = opensByItself(module, context) ? "" : pathAt(tree, call, detail);
    if (path === undefined) {
      const line = tree.source.getLineAndCharacterOfPosition(call.getStart(tree.source)).line + 1;
      throw new CannotFix(`the database's path cannot be told at ${tree.file}:${line}: ${whatToWrite("<path>")}`);
    }
    if (startup.framework === "fastify") fastify(group, tree, call, path, module);
    else if (startup.framework === "express") express(group, tree, call, path, module);
    else if (startup.framework === "NestJS") nest(group, tree, call, path, module, context);
    else throw new CannotFix(`how ${startup.framework} starts and stops is not known: ${whatToWrite(path)}`);
    const twin = context.groups.find((other) => other.transform === NAME && other.edits.some((edit) => group.edits.some(({ file, start }) => file === edit.file && start === edit.start)));
    if (twin !== undefined) {
      // Several findings whose session is the same one: it is opened once.
      if (sameEdits(twin, group)) return undefined;
      throw new CannotFix(`another session is opened at the same place: ${whatToWrite(path)}, too`);
    }
    return judge(group, ["the database is opened when the program starts and not at the first request, and closed when it stops"]);
  },
};

function sameEdits({ edits }: EditGroup, other: EditGroup): boolean {
  return edits.length === other.edits.length && edits.every(({ file, start, end, text }, index) => {
    const same = other.edits[index];
    return same?.file === file && same.start === start && same.end === end && same.text === text;
  });
}

/** The module's sessions need no path to be opened. */
function opensByItself(module: string, { groups, host }: PlanContext): boolean {
  const text = groups.flatMap(({ creates }) => creates).find(({ file }) => file === module)?.text ?? host.read(module);
  return text !== undefined && /\bopen: \(\) =>/.test(text);
}

/** Without a path (`""`), what opens by itself. */
function initCall(init: string, sessions: string, path: string): string {
  return `${init}(${[sessions, path].filter((argument) => argument !== "").join(", ")})`;
}

function whatToWrite(path: string): string {
  return `write \`${initCall(RUNTIME.exports.initSessionFactory, "sessions", path)}\` before the program serves and \`await ${RUNTIME.exports.closeSessions}()\` after its last request`;
}

/** The module that the shared session's fix finds or makes; only such a module exports its factory. */
function sessionModuleOf(finding: Finding, context: PlanContext): string | undefined {
  const need = context.groups.find(({ id }) => id === `${useSharedSession.name}:${finding.fingerprint}`)?.imports.find(({ from, name }) => "file" in from && name === RUNTIME.exports.getSession);
  return need !== undefined && "file" in need.from ? need.from.file : undefined;
}

/** A client with a pool of its own is shared without a factory of the runtime: it has no path and nothing to open. */
function hasFactory(finding: Finding, context: PlanContext): boolean {
  const shared = context.groups.find(({ id }) => id === `${useSharedSession.name}:${finding.fingerprint}`);
  return shared?.imports.some(({ from }) => "package" in from && from.package === RUNTIME.specifier) === true;
}

const PATH_LIKE = /^(db|database|sqlite|data)_?(path|file|filename|url)$/i;

/** A string, or a variable of the environment, also with a string to fall back on. */
const EVERYWHERE = /^(?:process\.env(?:\.\w+|\[["']\w+["']\])!?(?:\s*(?:\?\?|\|\|)\s*)?)?(?:"[^"\\\n]+"|'[^'\\\n]+')?$/;

/** The one expression in the start-up function that is called as the sessions' key is called elsewhere. */
function pathAt(tree: Tree, call: ts.CallExpression, detail: SessionPerCallDetail): string | undefined {
  const scope: ts.Node = enclosingFunction(call) ?? tree.source;
  // A key that says the same everywhere is the path.
  if (detail.keyText !== undefined && EVERYWHERE.test(detail.keyText)) return detail.keyText;
  const statement = statementOf(call);
  const key = /(\w+)$/.exec(detail.keyText ?? "")?.[1];
  const named = (name: string): boolean => PATH_LIKE.test(name) || (key !== undefined && name === key && /path|file|url/i.test(name));
  const found = new Set<string>();
  walk(scope, (node) => {
    if (ts.isPropertyAccessExpression(node) && named(node.name.text) && isChain(node)) found.add(node.getText(tree.source));
    else if (ts.isIdentifier(node) && named(node.text) && isReference(node) && !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node)) found.add(node.text);
  });
  for (const text of [...found]) {
    const root = text.split(".")[0] ?? text;
    if (!visibleBefore(tree, scope, statement, root)) found.delete(text);
  }
  return found.size === 1 ? [...found][0] : undefined;
}

function isChain(node: ts.Expression): boolean {
  return ts.isIdentifier(node) || (ts.isPropertyAccessExpression(node) && node.questionDotToken === undefined && isChain(node.expression));
}

/** A parameter, something declared earlier in the function, or the file's own. */
function visibleBefore(tree: Tree, scope: ts.Node, statement: ts.Statement | undefined, name: string): boolean {
  if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => boundNames(parameter.name).some(({ text }) => text === name))) return true;
  const until = statement?.getStart(tree.source) ?? 0;
  for (let block: ts.Node | undefined = statement?.parent; block !== undefined; block = block.parent) {
    if (declarationsOf(block).some((declared) => declared.text === name && (ts.isSourceFile(block) ? !ts.isSourceFile(scope) || declared.end <= until : declared.end <= until))) return true;
  }
  return false;
}

interface Names {
  init: string;
  close: string;
  sessions: string;
}

function imports(group: EditGroup, tree: Tree, module: string, closes = true): Names {
  const { initSessionFactory, closeSessions } = RUNTIME.exports;
  const runtime = (name: string): string => {
    const local = localNameFor(tree, name, RUNTIME.specifier);
    group.imports.push({ file: tree.file, from: { package: RUNTIME.specifier }, name, as: local, kind: "named" });
    return local;
  };
  const close = closes ? runtime(closeSessions) : "";
  const init = runtime(initSessionFactory);
  const sessions = localNameFor(tree, "sessions", undefined);
  group.imports.push({ file: tree.file, from: { file: module }, name: "sessions", as: sessions, kind: "named" });
  return { init, close, sessions };
}

/** A statement directly in a block or file, so that others can stand beside it. */
function placeOf(tree: Tree, call: ts.CallExpression, path: string): { statement: ts.Statement; indent: string } {
  const statement = statementOf(call);
  if (statement === undefined || !(ts.isBlock(statement.parent) || ts.isSourceFile(statement.parent))) {
    throw new CannotFix(`the start-up call is part of a larger expression: ${whatToWrite(path)}`);
  }
  return { statement, indent: indentAt(tree.text, statement.getStart(tree.source)) };
}

/** `app.listen(…)`: where `app` was made, here or in the project's function that makes it. Else the `listen` itself. */
function madeAt(tree: Tree, call: ts.CallExpression, context: PlanContext): { tree: Tree; call: ts.CallExpression } {
  const receiver = isListen(call) ? unwrap(call.expression.expression) : undefined;
  if (receiver === undefined || !ts.isIdentifier(receiver)) return { tree, call };
  const declaration = tree.symbolAt(receiver)?.valueDeclaration;
  const initializer = declaration !== undefined && ts.isVariableDeclaration(declaration) ? declaration.initializer : undefined;
  const made = initializer && madeBy(ts.isAwaitExpression(unwrap(initializer)) ? (unwrap(initializer) as ts.AwaitExpression).expression : initializer);
  if (made === undefined || !ts.isCallExpression(made) || !ts.isIdentifier(made.expression)) return { tree, call };
  const from = importedFrom(tree.source, made.expression.text);
  if (from?.specifier === "fastify") return { tree, call: made };
  const file = from === undefined ? tree.file : resolveRelative(tree.file, from.specifier, context.host);
  const target = file === undefined ? undefined : context.trees.get(file);
  const name = from === undefined || from.name === "default" ? made.expression.text : from.name;
  const server = target && serverIn(target, name);
  return target !== undefined && server !== undefined ? { tree: target, call: server } : { tree, call };
}

function isListen(call: ts.CallExpression): call is ts.CallExpression & { expression: ts.PropertyAccessExpression } {
  return ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === "listen";
}

/** `Fastify(…)` inside the function of that name. */
function serverIn(tree: Tree, name: string): ts.CallExpression | undefined {
  let found: ts.CallExpression | undefined;
  walk(tree.source, (node) => {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression) || importedFrom(tree.source, node.expression.text)?.specifier !== "fastify") return;
    const around = enclosingFunction(node);
    if (around !== undefined && labelOf(around) === name) found ??= node;
  });
  return found;
}

/** After the server is made, so that what prepares the database (folders, migrations) has run; before anything is served. */
function fastify(group: EditGroup, tree: Tree, call: ts.CallExpression, path: string, module: string): void {
  const { statement, indent } = placeOf(tree, call, path);
  if (isListen(call)) {
    // Hooks can be added until the server listens.
    const server = call.expression.expression.getText(tree.source);
    const { init, close, sessions } = imports(group, tree, module);
    const style = styleOf(tree.source);
    const start = statement.getStart(tree.source);
    const lines = [`${initCall(init, sessions, path)}${style.semi}`, ...closingHook(server, close, style), ""];
    group.edits.push({ file: tree.file, start, end: start, text: lines.join(`\n${indent}`) });
    return;
  }
  const app = statement !== undefined && ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : undefined;
  if (app === undefined || !ts.isIdentifier(app.name) || app.initializer === undefined || madeBy(app.initializer) !== call) {
    throw new CannotFix(`the server is not kept in a variable where it is made: ${whatToWrite(path)}`);
  }
  const { init, close, sessions } = imports(group, tree, module);
  const style = styleOf(tree.source);
  const { file } = tree;
  const start = statement.getStart(tree.source);
  group.edits.push({ file, start, end: start, text: `${initCall(init, sessions, path)}${style.semi}\n${indent}` });
  group.edits.push(afterLine(tree, statement, closingHook(app.name.text, close, style), indent));
}

function closingHook(server: string, close: string, style: Style): string[] {
  return [`${server}.addHook(${style.quote}onClose${style.quote}, async () => {`, `${style.indent}await ${close}()${style.semi}`, `})${style.semi}`];
}

/** `Fastify({…})`, also with a type provider or a decoration chained to it. */
function madeBy(initializer: ts.Expression): ts.Expression {
  let node = unwrap(initializer);
  while (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && ts.isCallExpression(unwrap(node.expression.expression))) node = unwrap(node.expression.expression);
  return node;
}

function afterLine(tree: Tree, statement: ts.Statement, lines: readonly string[], indent: string): { file: string; start: number; end: number; text: string } {
  const at = nextLine(tree.text, statement.end);
  const text = lines.map((line) => `${indent}${line}\n`).join("");
  return { file: tree.file, start: at, end: at, text: tree.text[at - 1] === "\n" ? text : `\n${text}` };
}

/** Nest's own hooks run when the application closes; signals close it once it is told to listen to them. */
function nest(group: EditGroup, tree: Tree, call: ts.CallExpression, path: string, module: string, context: PlanContext): void {
  const root = rootModuleOf(tree, call, context);
  if (root === undefined || !isListen(call)) throw new CannotFix(`the application's root module was not found: ${whatToWrite(path)}`);
  const { statement, indent } = placeOf(tree, call, path);
  closeAtShutdown(group, root, whatToWrite(path));
  const { init, sessions } = imports(group, tree, module, false);
  const { semi } = styleOf(tree.source);
  const start = statement.getStart(tree.source);
  const isTold = /\benableShutdownHooks\b|\bSIG(TERM|INT)\b/.test(tree.text);
  const lines = [`${initCall(init, sessions, path)}${semi}`, ...(isTold ? [] : [`${call.expression.expression.getText(tree.source)}.enableShutdownHooks()${semi}`]), ""];
  group.edits.push({ file: tree.file, start, end: start, text: lines.join(`\n${indent}`) });
}

/** Express has no hooks: the session opens before `listen`, and closes when a signal stops the server. */
function express(group: EditGroup, tree: Tree, call: ts.CallExpression, path: string, module: string): void {
  if (!ts.isPropertyAccessExpression(call.expression) || call.expression.name.text !== "listen") {
    throw new CannotFix(`where the server begins to listen is not known: ${whatToWrite(path)}`);
  }
  if (/\bSIG(TERM|INT)\b/.test(tree.text)) throw new CannotFix(`the program handles signals itself: ${whatToWrite(path)}`);
  const { statement, indent } = placeOf(tree, call, path);
  const { file, source } = tree;
  const style = styleOf(source);
  const start = statement.getStart(source);
  const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : undefined;
  const names = namesIn(source);
  let server = "server";
  let prefix = "";
  if (declared !== undefined) {
    if (!ts.isIdentifier(declared.name) || declared.initializer === undefined || unwrap(declared.initializer) !== call) throw new CannotFix(`the server is not kept in a variable of its own: ${whatToWrite(path)}`);
    server = declared.name.text;
  } else {
    if (!ts.isExpressionStatement(statement) || unwrap(statement.expression) !== call) throw new CannotFix(`the server is not kept in a variable of its own: ${whatToWrite(path)}`);
    if (names.has(server)) server = "httpServer";
    prefix = `const ${server} = `;
  }
  const { init, close, sessions } = imports(group, tree, module);
  group.edits.push({ file, start, end: start, text: `${initCall(init, sessions, path)}${style.semi}\n${indent}${prefix}` });
  const unit = style.indent;
  const quote = style.quote;
  group.edits.push(
    afterLine(
      tree,
      statement,
      [
        `for (const signal of [${quote}SIGINT${quote}, ${quote}SIGTERM${quote}]) {`,
        `${unit}process.once(signal, () => {`,
        `${unit}${unit}${server}.close(() => void ${close}().finally(() => process.exit(0)))${style.semi}`,
        `${unit}})${style.semi}`,
        `}`,
      ],
      indent,
    ),
  );
}
