import { ts } from "ts-morph";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { Library } from "../../src/core/catalogue/library.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import type { Span } from "../../src/core/facts/types.js";
import { isBystander } from "./closes.js";
import { isCreation, keptIn } from "./factory.js";
import { openingOf } from "./opening.js";
import { nodeOf, walk } from "./tree.js";
import type { Tree, Trees } from "./tree.js";

type Close = SessionPerCallDetail["closes"][number];

/** What wrappers call the driver's own session. */
const INNER = new Set(["$client", "client", "connection", "conn", "sqlite", "raw", "session", "db", "database"]);

/**
 * The finding's closes, and those that the code shows besides: a close that is overlooked would close the shared session for
 * everybody. Looked for in the files that get a session, through the variable it is kept in, also by way of what an
 * ORM keeps inside (`db.$client.close()`).
 */
export function allCloses(trees: Trees, detail: SessionPerCallDetail): Close[] {
  const closes = [...detail.closes];
  for (const use of detail.uses) {
    if (isBystander(use.file) || use.context === "test") continue;
    const tree = trees.get(use.file);
    const made = tree && nodeOf(tree.source, use.span, isCreation);
    const opening = tree === undefined || made === undefined || detail.factory !== null ? undefined : openingOf(tree, made, detail);
    const kept = made && keptIn(opening?.whole ?? made);
    if (tree === undefined || kept === undefined) continue;
    for (const span of closesOf(tree, kept, new Set(["close", ...closesBy(opening?.library)]))) {
      if (closes.some((known) => known.file === use.file && known.span.start === span.start)) continue;
      closes.push({ file: use.file, span, once: use.context === "once" });
    }
  }
  return closes;
}

/** The names of what ends a session, and what ends the client that it shows. */
function closesBy(library: Library | undefined): readonly string[] {
  return [...(library?.closes ?? []), ...(libraryWithId(library?.wrapped?.library)?.closes ?? [])];
}

function closesOf(tree: Tree, kept: ts.Identifier, names: ReadonlySet<string>): Span[] {
  const symbol = tree.symbolAt(kept);
  const spans: Span[] = [];
  walk(tree.source, (node) => {
    if (!ts.isCallExpression(node) || node.arguments.length > 0 || !ts.isPropertyAccessExpression(node.expression) || !names.has(node.expression.name.text)) return;
    const root = sessionOf(node.expression.expression);
    if (root !== undefined && root.text === kept.text && symbol !== undefined && tree.symbolAt(root) === symbol) spans.push(spanOf(tree, node));
  });
  return spans;
}

/** `db` in `db`, `db!`, `db.$client`. */
function sessionOf(node: ts.Expression): ts.Identifier | undefined {
  if (ts.isIdentifier(node)) return node;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isAsExpression(node)) return sessionOf(node.expression);
  return ts.isPropertyAccessExpression(node) && INNER.has(node.name.text) ? sessionOf(node.expression) : undefined;
}

function spanOf(tree: Tree, node: ts.Node): Span {
  const start = node.getStart(tree.source);
  const from = tree.source.getLineAndCharacterOfPosition(start);
  const to = tree.source.getLineAndCharacterOfPosition(node.end);
  return { start, end: node.end, line: from.line + 1, column: from.character + 1, endLine: to.line + 1, endColumn: to.character + 1 };
}
