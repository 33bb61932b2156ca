import { isUtf8 } from "node:buffer";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { ioReason } from "./discover.js";

export type SourceText = { ok: true; text: string } | { ok: false; reason: string };

/** Nothing that people write is larger; what a build writes is. In bytes. */
const LARGEST = 4 * 1024 * 1024;
/** How much of a file that is too large anyway is looked at, to say why it is. In bytes. */
const SAMPLE = 64 * 1024;
/** Below this size long lines are harmless, and hand-written data files have them. In characters. */
const SMALLEST_MINIFIED = 20_000;
/** Characters a line, on average. Written code has 30 to 40. */
const MINIFIED_LINE = 500;
/** Share of spaces below which long lines are code. Minified bundles have 1 to 7 %, English prose 15 to 18 %. */
const DENSE = 0.1;
/** More of a file than this in lines as long as that, and in so many of them: one alone is an image or a key in a file written by hand. */
const LONG_SHARE = 1 / 3;
const SEVERAL = 10;
/** One zero byte in fewer than so many bytes: binary. */
const ZERO_SHARE = 200;
/** The native parser recurses, and takes the whole process with it somewhere above 5,000 open brackets (measured). */
const DEEPEST = 3_000;

/** The bytes of a source file, or why it is left out. */
export type SourceBytes = { ok: true; bytes: Buffer } | { ok: false; reason: string };

/** The bytes of one source file of this size, or one sentence that says why they are not looked at. Fast: one read, no promise. */
export function readBytes(absolute: string, size: number): SourceBytes {
  try {
    if (size > LARGEST) return { ok: false, reason: describeLarge(sample(absolute), size) };
    return { ok: true, bytes: readFileSync(absolute) };
  } catch (error) {
    return { ok: false, reason: ioReason(error) };
  }
}

/** The text of one source file without its byte order mark, or one sentence that says why it is left out. */
export function readSource(absolute: string): SourceText {
  try {
    const source = readBytes(absolute, statSync(absolute).size);
    return source.ok ? decode(source.bytes) : source;
  } catch (error) {
    return { ok: false, reason: ioReason(error) };
  }
}

/** As `readSource`, for bytes at hand. */
export function decode(content: Uint8Array): SourceText {
  const bytes = Buffer.isBuffer(content) ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { ok: false, reason: "UTF-16 text; save it as UTF-8" };
  }
  if (isBinary(bytes)) return { ok: false, reason: "binary, not source text" };
  if (!isUtf8(bytes)) return { ok: false, reason: "not UTF-8 text" };
  const text = bytes.toString("utf8").replace(/^\uFEFF/, "");
  if (hasLongLines(text) && isDense(text)) return { ok: false, reason: "minified or generated: very long lines" };
  if (isTooDeep(bytes)) return { ok: false, reason: `brackets nested more than ${DEEPEST.toLocaleString("en-US")} deep` };
  return { ok: true, text };
}

function sample(absolute: string): Uint8Array {
  const file = openSync(absolute, "r");
  try {
    const buffer = new Uint8Array(SAMPLE);
    return buffer.subarray(0, readSync(file, buffer, 0, SAMPLE, 0));
  } finally {
    closeSync(file);
  }
}

function describeLarge(head: Uint8Array, size: number): string {
  const megabytes = `${(size / 1024 / 1024).toFixed(1)} MB`;
  if (isBinary(head)) return `binary, not source text (${megabytes})`;
  if (hasLongLines(new TextDecoder().decode(head))) return `minified or generated: very long lines (${megabytes})`;
  return `too large to be written by hand (${megabytes}; the limit is ${LARGEST / 1024 / 1024} MB)`;
}

/** A zero byte here and there stands in a string, as what joins the parts of a key; binary files are full of them. */
function isBinary(bytes: Uint8Array): boolean {
  const looked = bytes.subarray(0, SAMPLE);
  let zeros = 0;
  for (let at = looked.indexOf(0); at !== -1; at = looked.indexOf(0, at + 1)) if (++zeros * ZERO_SHARE > looked.length) return true;
  return false;
}

/** A file of long lines; or one of which they are a large part, as in a bundle whose statements' texts have lines of their own. */
function hasLongLines(text: string): boolean {
  if (text.length < SMALLEST_MINIFIED) return false;
  let lines = 1;
  let [long, longLines] = [0, 0];
  for (let start = 0; start < text.length; lines++) {
    const end = text.indexOf("\n", start);
    const length = (end < 0 ? text.length : end) - start;
    if (length > MINIFIED_LINE) {
      long += length;
      longLines++;
    }
    start += length + 1;
  }
  return text.length / lines > MINIFIED_LINE || (longLines >= SEVERAL && long / text.length > LONG_SHARE);
}

/** Prose kept in long string literals has as many spaces as any prose; minified code has next to none. */
function isDense(text: string): boolean {
  let spaces = 0;
  let looked = 0;
  for (let start = 0; start < text.length && looked < SAMPLE; ) {
    const found = text.indexOf("\n", start);
    const end = found < 0 ? text.length : found;
    if (end - start > MINIFIED_LINE) {
      for (let at = start; at < end; at++) if (text.charCodeAt(at) === 0x20) spaces++;
      looked += end - start;
    }
    start = end + 1;
  }
  return looked > 0 && spaces / looked < DENSE;
}

/** Counts brackets in strings and comments, too: far from the limit that does no harm, and it needs no parser. */
function isTooDeep(bytes: Uint8Array): boolean {
  if (bytes.length <= DEEPEST) return false;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at];
    if (code === 0x28 || code === 0x5b || code === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (code === 0x29 || code === 0x5d || code === 0x7d) {
      if (depth > 0) depth--;
    }
  }
  return false;
}
