import { ts } from "ts-morph";
import type { TextEdit } from "../../src/core/edit.js";
import { oncePerFile, walk } from "./tree.js";
import type { Tree } from "./tree.js";

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

/** The offset after the line's ending, or the end of the text. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

export function indentAt(text: string, at: number): string {
  const start = lineStart(text, at);
  return /^[ \t]*/.exec(text.slice(start, at))?.[0] ?? "";
}

export function startsLine(text: string, at: number): boolean {
  return text.slice(lineStart(text, at), at).trim() === "";
}

function endsLine(text: string, at: number): boolean {
  const end = nextLine(text, at);
  return text.slice(at, end).trim() === "";
}

/** Removes the range, together with its line or lines when nothing else stands on them. */
export function removal(tree: Tree, start: number, end: number): TextEdit {
  const { text, file } = tree;
  if (startsLine(text, start) && endsLine(text, end)) {
    let from = lineStart(text, start);
    const to = nextLine(text, end);
    // A blank line before would be left dangling before a closing brace.
    const rest = /^[ \t]*[}\])]/.test(text.slice(to));
    if (rest) {
      const previous = lineStart(text, from - 1);
      if (from > 0 && text.slice(previous, from).trim() === "") from = previous;
    }
    return { file, start: from, end: to, text: "" };
  }
  let to = end;
  while (text[to] === " " || text[to] === "\t") to++;
  return { file, start, end: startsLine(text, start) || text[to] !== "\r" ? to : end, text: "" };
}

/** Ranges whose inside must keep its line beginnings: the literal parts of templates. */
export const literalRanges = oncePerFile((source): readonly { start: number; end: number }[] => {
  const ranges: { start: number; end: number }[] = [];
  walk(source, (node) => {
    if (
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node) ||
      ts.isJsxText(node) ||
      (ts.isStringLiteral(node) && node.getText(source).includes("\n"))
    ) {
      ranges.push({ start: node.getStart(source), end: node.end });
    }
  });
  return ranges;
});

function lineStartsIn(tree: Tree, start: number, end: number): number[] {
  const literals = literalRanges(tree.source);
  const starts: number[] = [];
  for (let at = lineStart(tree.text, start) < start ? nextLine(tree.text, start) : start; at < end; at = nextLine(tree.text, at)) {
    if (at >= tree.text.length) break;
    if (!literals.some((range) => range.start < at && at < range.end)) starts.push(at);
    if (nextLine(tree.text, at) === at) break;
  }
  return starts;
}

/** Takes one level of indentation from every line that starts in the range, template literals aside. */
export function dedent(tree: Tree, start: number, end: number, unit: string): TextEdit[] {
  const edits: TextEdit[] = [];
  for (const at of lineStartsIn(tree, start, end)) {
    const leading = /^[ \t]*/.exec(tree.text.slice(at, at + 200))?.[0] ?? "";
    const cut = leading.startsWith(unit) ? unit.length : leading.startsWith("\t") ? 1 : Math.min(leading.length, unit.length);
    if (cut > 0) edits.push({ file: tree.file, start: at, end: at + cut, text: "" });
  }
  return edits;
}

/** Adds one level of indentation to every line that starts in the range and is not blank. */
export function indent(tree: Tree, start: number, end: number, unit: string): TextEdit[] {
  return lineStartsIn(tree, start, end)
    .filter((at) => tree.text.slice(at, nextLine(tree.text, at)).trim() !== "")
    .map((at) => ({ file: tree.file, start: at, end: at, text: unit }));
}

/** Every comment of the file, as written. */
export const comments = oncePerFile((source): readonly { start: number; end: number; text: string }[] => {
  const text = source.text;
  const found = new Map<number, { start: number; end: number; text: string }>();
  const add = (ranges: readonly ts.CommentRange[] | undefined): void => {
    for (const { pos, end } of ranges ?? []) found.set(pos, { start: pos, end, text: text.slice(pos, end) });
  };
  const visit = (node: ts.Node): void => {
    // JSX text is no code: what looks like a comment in it is text.
    if (ts.isJsxText(node)) return;
    if (node.getChildCount(source) === 0) {
      add(ts.getLeadingCommentRanges(text, node.pos));
      add(ts.getTrailingCommentRanges(text, node.end));
    }
    for (const child of node.getChildren(source)) {
      if (!ts.isJSDoc(child)) visit(child);
    }
  };
  visit(source);
  add(ts.getLeadingCommentRanges(text, 0));
  return [...found.values()].filter(({ text: one }) => !one.startsWith("#!")).sort((a, b) => a.start - b.start);
});

/** A comment's words, whatever its indentation. */
export function commentKey(comment: string): string {
  return comment.replace(/\s*\r?\n\s*/g, "\n").trim();
}

/** The comments of `before` that are missing in `after`, counted as a multiset. */
export function lostComments(before: ts.SourceFile, after: ts.SourceFile): string[] {
  const left = new Map<string, number>();
  for (const { text } of comments(after)) left.set(commentKey(text), (left.get(commentKey(text)) ?? 0) + 1);
  return comments(before)
    .map(({ text }) => text)
    .filter((text) => {
      const count = left.get(commentKey(text)) ?? 0;
      left.set(commentKey(text), count - 1);
      return count === 0;
    });
}
