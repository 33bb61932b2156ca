import { ts } from "ts-morph";
import type { Region, TextEdit } from "../../src/core/edit.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import { keptComments } from "./kept-comments.js";
import { styleOf } from "./style.js";
import { comments, dedent, indentAt, lineStart, nextLine, removal, startsLine } from "./text.js";
import { CannotFix } from "./transform.js";
import { declarationsOf, enclosingFunction, nodeOf, walk } from "./tree.js";
import type { Tree, Trees } from "./tree.js";

export interface CloseRemoval {
  edits: TextEdit[];
  notes: string[];
  /** The statements whose lines move. */
  claims: Region[];
  /** Comments that spoke of nothing but a close that goes. */
  drops: string[];
}

type Close = SessionPerCallDetail["closes"][number];

export const AT_THE_ENDS = "at start-up or shutdown";

const BYSTANDER = /(^|\/)(__tests__|__mocks__|tests?|e2e|spec|scripts?|bin|seeds?|migrations?)\/|\.(test|spec|e2e|bench)\.[cm]?[jt]sx?$/;

/** Tests and scripts end when they are done: what they close, they close for themselves. */
export function isBystander(file: string): boolean {
  return BYSTANDER.test(file);
}

/**
 * Takes out every `close()` of what is shared from now on, with the `finally` that held nothing else and a `try` that
 * then guards nothing. `keeps` says which calls close a session that stays the caller's own.
 */
export function removeCloses(trees: Trees, closes: readonly Close[], keeps: (file: string, call: ts.CallExpression) => boolean): CloseRemoval {
  const result: CloseRemoval = { edits: [], notes: [], claims: [], drops: [] };
  for (const file of new Set(closes.map((close) => close.file))) {
    if (isBystander(file)) continue;
    const tree = trees.get(file);
    if (tree === undefined) throw new CannotFix(`${file}, which closes the session, could not be read`);
    const targets: { statement: ts.Statement; once: boolean }[] = [];
    for (const close of closes.filter((one) => one.file === file)) {
      const call = nodeOf(tree.source, close.span, ts.isCallExpression);
      if (call === undefined) throw new CannotFix(`the call that closes the session was not found (${file}:${close.span.line})`);
      if (keeps(file, call)) continue;
      const found = targetOf(tree, call, close, result);
      if (found !== undefined) targets.push({ statement: found, once: close.once });
      if (close.once && found !== undefined) result.notes.push(`${file}:${close.span.line} closed the session ${AT_THE_ENDS}, which would now close it for everybody: that call goes`);
    }
    take(tree, [...new Set(targets.map(({ statement }) => statement))], result);
  }
  return result;
}

/** An argument whose loss nobody notices: a value, or a function that at most writes to the console or throws the error it is given. */
function isIdle(argument: ts.Expression): boolean {
  if (!ts.isArrowFunction(argument) && !ts.isFunctionExpression(argument)) return ts.isLiteralExpression(argument) || argument.kind === ts.SyntaxKind.TrueKeyword || argument.kind === ts.SyntaxKind.FalseKeyword || ts.isObjectLiteralExpression(argument);
  let idle = true;
  walk(argument.body, (node) => {
    if (ts.isCallExpression(node) && !/^(console|log|logger)\.\w+$/.test(node.expression.getText())) idle = false;
    if (ts.isAwaitExpression(node) || ts.isDeleteExpression(node) || ts.isPostfixUnaryExpression(node) || ts.isNewExpression(node)) idle = false;
    if (ts.isBinaryExpression(node) && node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.operatorToken.kind <= ts.SyntaxKind.LastAssignment) idle = false;
  });
  return idle;
}

/** The statement that does nothing but close; expressions are dealt with at once. */
function targetOf(tree: Tree, call: ts.CallExpression, close: Close, result: CloseRemoval): ts.Statement | undefined {
  let node: ts.Node = call;
  for (;;) {
    const { parent }: ts.Node = node;
    const passes =
      ts.isAwaitExpression(parent) ||
      ts.isVoidExpression(parent) ||
      ts.isParenthesizedExpression(parent) ||
      ts.isNonNullExpression(parent) ||
      (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken && parent.right === node && isPlain(parent.left));
    if (!passes) break;
    node = parent;
  }
  const place = `${tree.file}:${close.span.line}`;
  if (call.arguments.some((argument) => !isIdle(argument))) throw new CannotFix(`what is to be done once the session is closed stands in the call that closes it (${place})`);
  const { parent } = node;
  if (ts.isArrowFunction(parent) && parent.body === node) {
    const settled = parent.parent;
    if (ts.isCallExpression(settled) && ts.isPropertyAccessExpression(settled.expression) && settled.expression.name.text === "finally") {
      result.edits.push({ file: tree.file, start: settled.expression.expression.end, end: settled.end, text: "" });
      return undefined;
    }
    if (close.once) {
      result.notes.push(`${place} closes the shared session when the process ends, and stays`);
      return undefined;
    }
    throw new CannotFix(`the session is closed by a callback (${place})`);
  }
  if (!ts.isExpressionStatement(parent)) throw new CannotFix(`the session is closed inside a larger expression (${place})`);
  const statement = outermost(tree, parent, result);
  if (!ts.isBlock(statement.parent) && !ts.isSourceFile(statement.parent) && !ts.isCaseOrDefaultClause(statement.parent)) {
    throw new CannotFix(`the session is closed under a condition (${place})`);
  }
  return statement;
}

/** With the conditions and the `try … catch` that held nothing else. */
function outermost(tree: Tree, close: ts.Statement, result: CloseRemoval): ts.Statement {
  let statement = close;
  for (;;) {
    const holder: ts.Node = ts.isBlock(statement.parent) && statement.parent.statements.length === 1 ? statement.parent : statement;
    const outer: ts.Node = holder.parent;
    if (ts.isTryStatement(outer) && outer.tryBlock === holder && outer.finallyBlock === undefined) {
      const kept = comments(tree.source).filter(({ start, end }) => start > outer.getStart(tree.source) && end < outer.end);
      if (kept.length > 0) {
        const line = tree.source.getLineAndCharacterOfPosition(outer.getStart(tree.source)).line + 1;
        result.notes.push(`the \`try\` around a removed \`close()\` goes with what its comment said of it (${tree.file}:${line}: ${kept.map(({ text }) => text).join(" ")})`);
        result.drops.push(...kept.map(({ text }) => text));
      }
      statement = outer;
      continue;
    }
    if (!ts.isIfStatement(outer) || outer.thenStatement !== holder || outer.elseStatement !== undefined || !isPlain(outer.expression)) break;
    statement = outer;
  }
  return statement;
}

/** A condition that only looks: names, properties and comparisons. */
function isPlain(node: ts.Node): boolean {
  let plain = true;
  walk(node, (one) => {
    if (ts.isCallExpression(one) || ts.isNewExpression(one) || ts.isAwaitExpression(one)) plain = false;
    if (ts.isBinaryExpression(one) && one.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && one.operatorToken.kind <= ts.SyntaxKind.LastAssignment) plain = false;
  });
  return plain;
}

function take(tree: Tree, statements: readonly ts.Statement[], result: CloseRemoval): void {
  const done = new Set<ts.Statement>();
  for (const statement of statements) {
    if (done.has(statement)) continue;
    const block = statement.parent;
    const attempt = ts.isBlock(block) && ts.isTryStatement(block.parent) && block.parent.finallyBlock === block ? block.parent : undefined;
    if (attempt !== undefined && ts.isBlock(block) && block.statements.every((one) => statements.includes(one))) {
      for (const one of block.statements) done.add(one);
      takeFinally(tree, attempt, block, result);
      continue;
    }
    done.add(statement);
    result.edits.push(removal(tree, statement.getStart(tree.source), statement.end));
    result.notes.push(...keptComments(tree, { start: statement.getStart(tree.source), end: statement.end }, "a removed `close()`"));
  }
}

function takeFinally(tree: Tree, attempt: ts.TryStatement, block: ts.Block, result: CloseRemoval): void {
  const { file, text, source } = tree;
  const kept = comments(source).filter(({ start, end }) => start > block.pos && end < block.end);
  if (kept.length > 0) result.notes.push(`a comment beside a removed \`close()\` was kept (${file}:${source.getLineAndCharacterOfPosition(block.getStart(source)).line + 1}): check that it still holds`);
  const outer = indentAt(text, attempt.getStart(source));
  const carried = kept.map((comment) => comment.text);
  if (attempt.catchClause !== undefined) {
    const { end } = attempt.catchClause;
    result.edits.push({ file, start: end, end: block.end, text: carried.map((comment) => `\n${outer}${comment}`).join("") });
    return;
  }
  unwrapTry(tree, attempt, carried, result);
}

function unwrapTry(tree: Tree, attempt: ts.TryStatement, carried: readonly string[], result: CloseRemoval): void {
  const { file, text, source } = tree;
  const { tryBlock } = attempt;
  const start = attempt.getStart(source);
  const open = tryBlock.getStart(source) + 1;
  const close = tryBlock.end - 1;
  const outer = indentAt(text, start);
  if (namesClash(tree, attempt)) {
    // The names of the block are taken outside: it stays a block.
    result.edits.push({ file, start, end: open - 1, text: "" });
    result.edits.push({ file, start: tryBlock.end, end: attempt.end, text: carried.map((comment) => `\n${outer}${comment}`).join("") });
    return;
  }
  const wholeLines = startsLine(text, start) && text.slice(open, nextLine(text, open)).trim() === "" && startsLine(text, close);
  if (!wholeLines) {
    const first = tryBlock.statements[0];
    const last = tryBlock.statements.at(-1);
    const from = first?.getStart(source) ?? close;
    const to = last?.end ?? close;
    result.edits.push({ file, start, end: Math.max(from, open), text: "" });
    result.edits.push({ file, start: Math.max(to, open), end: attempt.end, text: carried.map((comment) => `\n${outer}${comment}`).join("") });
    return;
  }
  result.claims.push({ file, start, end: attempt.end });
  const bodyStart = nextLine(text, open);
  const bodyEnd = lineStart(text, close);
  result.edits.push({ file, start: lineStart(text, start), end: bodyStart, text: "" });
  result.edits.push(...dedent(tree, bodyStart, bodyEnd, unitOf(tree, attempt)));
  const after = text.slice(attempt.end, nextLine(text, attempt.end));
  const tail = carried.map((comment) => `${outer}${comment}\n`).join("");
  if (after.trim() === "") result.edits.push({ file, start: bodyEnd, end: nextLine(text, attempt.end), text: tail });
  else result.edits.push({ file, start: bodyEnd, end: attempt.end, text: tail + outer });
}

/** The step between the `try` and what it holds: a body indented otherwise than the file is moved by its own step. */
function unitOf(tree: Tree, attempt: ts.TryStatement): string {
  const outer = indentAt(tree.text, attempt.getStart(tree.source));
  const first = attempt.tryBlock.statements[0];
  const inner = first === undefined ? "" : indentAt(tree.text, first.getStart(tree.source));
  return inner.length > outer.length && inner.startsWith(outer) ? inner.slice(outer.length) : styleOf(tree.source).indent;
}

/** Names declared in the block that mean something else in the function around it. */
function namesClash(tree: Tree, attempt: ts.TryStatement): boolean {
  const own = new Set(declarationsOf(attempt.tryBlock).map(({ text }) => text));
  if (own.size === 0) return false;
  const start = attempt.getStart(tree.source);
  let clash = false;
  walk(enclosingFunction(attempt) ?? tree.source, (node) => {
    if (!ts.isIdentifier(node) || !own.has(node.text) || (node.pos >= start && node.end <= attempt.end)) return;
    const { parent } = node;
    if (ts.isPropertyAccessExpression(parent) && parent.name === node) return;
    if (ts.isPropertyAssignment(parent) && parent.name === node) return;
    clash = true;
  });
  return clash;
}

/** Drops moves of indentation on lines that go as a whole. */
export function settle(edits: readonly TextEdit[]): TextEdit[] {
  const unique = edits.filter(
    (edit, index) => !edits.slice(0, index).some((other) => other.file === edit.file && other.start === edit.start && other.end === edit.end && other.text === edit.text && edit.start !== edit.end),
  );
  return unique.filter(
    (edit) => edit.text !== "" || !unique.some((other) => other !== edit && other.file === edit.file && other.start <= edit.start && edit.end <= other.end && other.end - other.start > edit.end - edit.start),
  );
}
