import { lineEnding } from "../../src/core/edit.js";
import type { TextEdit } from "../../src/core/edit.js";
import { literalRanges, nextLine } from "./text.js";
import type { Tree } from "./tree.js";

/**
 * Writes a region anew out of kept pieces of the old text, in their old order, and new text between them. Only what
 * lies between kept pieces becomes an edit, so that kept bytes stay untouched.
 */
export class Rewrite {
  readonly #edits: TextEdit[] = [];
  #at: number;
  #pending = "";

  constructor(
    readonly tree: Tree,
    start: number,
  ) {
    this.#at = start;
  }

  write(text: string): this {
    this.#pending += text;
    return this;
  }

  /** Keeps the bytes of the range; `inner` edits inside it are made on the way. */
  keep(start: number, end: number, inner: readonly TextEdit[] = []): this {
    let at = start;
    for (const edit of [...inner].sort((a, b) => a.start - b.start)) {
      this.#keep(at, edit.start);
      this.#pending += edit.text;
      at = edit.end;
    }
    return this.#keep(at, end);
  }

  /** Keeps the range with every further line's indentation changed from `from` to `to`, template literals aside. */
  keepAt(start: number, end: number, from: string, to: string, edits: readonly TextEdit[] = []): this {
    if (from === to) return this.keep(start, end, edits);
    const { text, source } = this.tree;
    const literals = literalRanges(source);
    const inner: TextEdit[] = [...edits];
    for (let at = nextLine(text, start); at < end; at = nextLine(text, at)) {
      if (literals.some((range) => range.start < at && at < range.end)) continue;
      if (text.startsWith(from, at) && text.slice(at, nextLine(text, at)).trim() !== "") {
        inner.push({ file: this.tree.file, start: at, end: at + from.length, text: to });
      }
    }
    return this.keep(start, end, inner);
  }

  #keep(start: number, end: number): this {
    if (start >= end) return this;
    this.#flush(start);
    this.#at = end;
    return this;
  }

  #flush(start: number): void {
    const { file, text } = this.tree;
    const old = text.slice(this.#at, start);
    // In the file's own line ending, so that a line that stays is seen to stay.
    const fresh = lineEnding(text) === "\n" ? this.#pending : this.#pending.replace(/\r?\n/g, "\r\n");
    if (old !== fresh) this.#edits.push(narrowed({ file, start: this.#at, end: start, text: fresh }, old));
    this.#pending = "";
  }

  /** All edits; the region ends at `end`. */
  finish(end: number): TextEdit[] {
    this.#flush(end);
    this.#at = end;
    return this.#edits;
  }
}

/** Without the whitespace that both sides begin and end with. */
function narrowed(edit: TextEdit, old: string): TextEdit {
  let head = 0;
  while (head < old.length && head < edit.text.length && old[head] === edit.text[head] && /\s/.test(old[head] ?? "")) head++;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < edit.text.length - head &&
    old[old.length - 1 - tail] === edit.text[edit.text.length - 1 - tail] &&
    /\s/.test(old[old.length - 1 - tail] ?? "")
  ) {
    tail++;
  }
  return { ...edit, start: edit.start + head, end: edit.end - tail, text: edit.text.slice(head, edit.text.length - tail) };
}
