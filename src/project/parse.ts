import { parseSync, rawTransferSupported, type OxcError, type ParserOptions, type ParseResult } from "oxc-parser";
import { isNode, type Node } from "../core/facts/ast.js";
import type { Names } from "../core/facts/scope.js";
import { tooDeep } from "./nesting.js";
import { resolveNames } from "./scopes/resolve-names.js";

export interface ParsedSource {
  ok: true;
  program: Node;
  comments: { range: [number, number]; value: string }[];
  names: Names;
  /** What the offsets count in: the text without its byte order mark. */
  text: string;
}

export interface ParseFailure {
  ok: false;
  /** What is wrong, with `line:column` where there is a place. */
  reason: string;
}

/**
 * Parses a JavaScript or TypeScript file and resolves its bindings. Never throws: a file that cannot be read as code
 * gives a reason. A file without `import` or `export` may be a CommonJS module, a script or a module.
 */
export function parseSource(file: string, text: string): ParsedSource | ParseFailure {
  const source = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const depth = tooDeep(source);
  if (depth !== undefined) return { ok: false, reason: depth };
  try {
    const result = parseAsAny(file, source);
    const error = result.errors.find(({ severity }) => isError(severity));
    if (error) return { ok: false, reason: describe(error, source) };
    const program: unknown = result.program;
    if (!isProgram(program)) return { ok: false, reason: "the parser gave no program" };
    const comments = result.comments.map(({ start, end, value }): ParsedSource["comments"][number] => ({ range: [start, end], value }));
    return { ok: true, program, comments, names: resolveNames(program), text: source };
  } catch (error) {
    if (error instanceof RangeError) return { ok: false, reason: "nested too deeply to be analysed" };
    return { ok: false, reason: `could not be analysed: ${error instanceof Error ? error.message : String(error)}` };
  }
}

function parseAsAny(file: string, source: string): ParseResult {
  // Without `range`: `start` and `end` say the same, and the tree takes half the space.
  const options: ParserOptions = { astType: "ts", preserveParens: false, lang: languageOf(file) };
  const first = parse(file, source, options);
  if (first.errors.length === 0 || first.module.hasModuleSyntax) return first;
  // Without `import` or `export` to tell, `await` at the top level makes it a module, `return` a CommonJS module.
  for (const sourceType of ["module", "commonjs"] as const) {
    const again = parse(file, source, { ...options, sourceType });
    if (again.errors.length === 0) return again;
  }
  return first;
}

let isRaw = false;

/**
 * From here on the parser's tree is read where it lies instead of out of text, where that can be done (from Node 22 on). It pays for a few megabytes of source
 * in all; doing it for some files and not for others does not, since the trees are the same in content alone. The parser asks for 6 GiB of addresses a thread,
 * of which it touches what it needs; Windows counts them as used.
 */
export function readTreesInPlace(): void {
  isRaw = rawTransferSupported() && process.platform !== "win32";
}

function parse(file: string, source: string, options: ParserOptions): ParseResult {
  if (isRaw) {
    try {
      // Not among its declared options yet.
      const raw = { ...options, experimentalRawTransfer: true };
      return parseSync(file, source, raw);
    } catch {
      // No such addresses to be had (`ulimit -v`), or a text that is too long.
      isRaw = false;
    }
  }
  return parseSync(file, source, options);
}

function languageOf(file: string): ParserOptions["lang"] {
  const name = file.toLowerCase();
  if (/\.d\.[cm]?ts$/.test(name) || /\.d\.[^./]+\.ts$/.test(name)) return "dts";
  if (name.endsWith(".tsx")) return "tsx";
  if (/\.[cm]?ts$/.test(name)) return "ts";
  // Plenty of `.js` files hold JSX, and nothing else reads differently with it.
  return "jsx";
}

function isProgram(value: unknown): value is Node {
  return isNode(value) && value.type === "Program";
}

function describe(error: OxcError, source: string): string {
  const label = error.labels[0];
  if (!label) return error.message;
  const before = source.slice(0, label.start).split(/\r\n|[\n\r\u2028\u2029]/);
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${error.message}`;
}

/** oxc-parser declares an enum whose values are these words; only its type is there at compile time. */
function isError(severity: string): boolean {
  return severity === "Error";
}
