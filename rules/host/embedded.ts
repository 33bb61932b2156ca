import type { FileFacts } from "../../src/core/facts/types.js";
import { readText } from "./disk.js";

const COMPONENT = /\.(?:vue|svelte|astro)$/i;
const BREAK = /\r\n|[\n\r\u2028\u2029]/g;

/**
 * How many lines of the file stand above the text that the host handed out. oxlint hands each `<script>` of a component
 * out by itself and moves what is reported to its place; what a message says of lines has to be moved here. Parsers of ESLint's
 * give the whole file: 0.
 */
export function linesAbove(filename: string, text: string): number {
  if (!COMPONENT.test(filename) || text.trim() === "") return 0;
  const whole = readText(filename);
  const at = whole?.indexOf(text) ?? -1;
  // Twice the same script, or an editor that has more than the disk: then the place is not known.
  if (whole === undefined || at <= 0 || whole.includes(text, at + 1)) return 0;
  return whole.slice(0, at).match(BREAK)?.length ?? 0;
}

/** Moves every span of the facts down. */
export function moveLines(facts: FileFacts, by: number): void {
  if (by !== 0) move(facts, by, new Set());
}

function move(value: unknown, by: number, seen: Set<object>): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if ("line" in value && "endLine" in value && typeof value.line === "number" && typeof value.endLine === "number") {
    value.line += by;
    value.endLine += by;
  }
  for (const part of Object.values(value)) move(part, by, seen);
}
