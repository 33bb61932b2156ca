import type { Span } from "./types.js";

/** Turns offsets into spans. Lines end as ECMAScript says: `\n`, `\r`, `\r\n`, U+2028 and U+2029. */
export class Lines {
  readonly #starts: number[] = [0];
  /** Offsets come mostly in order: the last answer is the best first guess. */
  #last = 0;

  constructor(text: string) {
    const breaks = /\r\n|[\n\r\u2028\u2029]/g;
    for (let match = breaks.exec(text); match; match = breaks.exec(text)) this.#starts.push(breaks.lastIndex);
  }

  span(start: number, end: number): Span {
    const line = this.#lineAt(start);
    const column = start - (this.#starts[line] ?? 0) + 1;
    const endLine = this.#lineAt(end);
    return { start, end, line: line + 1, column, endLine: endLine + 1, endColumn: end - (this.#starts[endLine] ?? 0) + 1 };
  }

  #lineAt(offset: number): number {
    const starts = this.#starts;
    const guess = this.#last;
    if ((starts[guess] ?? 0) <= offset && offset < (starts[guess + 1] ?? Infinity)) return guess;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    this.#last = low;
    return low;
  }
}
