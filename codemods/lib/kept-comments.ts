import { comments, startsLine } from "./text.js";
import type { Tree } from "./tree.js";

/**
 * What to say of the comments directly above a statement that goes, or behind it on its line: they are the team's and stay, even where they spoke of
 * what is gone alone. Whether they still hold is for a person.
 */
export function keptComments(tree: Tree, { start, end }: { start: number; end: number }, what: string): string[] {
  const { source, text } = tree;
  const all = comments(source);
  const beside: ReturnType<typeof comments>[number][] = all.filter((comment) => end <= comment.start && /^[ \t;,]*$/.test(text.slice(end, comment.start)));
  for (const comment of [...all].reverse()) {
    const next = beside[0] === undefined || beside[0].start > start ? start : beside[0].start;
    if (comment.end <= next && startsLine(text, comment.start) && /^[ \t]*\r?\n[ \t]*$/.test(text.slice(comment.end, next))) beside.unshift(comment);
  }
  const [first] = beside;
  if (first === undefined) return [];
  const line = source.getLineAndCharacterOfPosition(first.start).line + 1;
  return [`the comment beside ${what} was kept (${tree.file}:${line}: ${shown(beside.map((comment) => comment.text).join(" "))}): it may no longer hold`];
}

function shown(comment: string): string {
  const words = comment.replace(/\s+/g, " ");
  return words.length > 60 ? `${words.slice(0, 60)}…` : words;
}
