import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { parseSync } from "oxc-parser";
import { tooDeep } from "./nesting.js";
import { withoutBom } from "../core/edit.js";

const VENDORED = /(^|\/)(node_modules|bower_components|vendor|vendored|third[_-]party|\.next|\.nuxt|\.output|generated|__generated__)\//;
/** Output when it stands beside a package.json; elsewhere a folder may well be called so. */
const OUTPUT = /(?:^|\/)(dist|build|out|coverage)\//g;
const GENERATED_NAME = /\.(min|generated|gen|bundle)\.[cm]?[jt]sx?$|\.d\.[cm]?ts$/;
const GENERATED_HEADER = /@generated\b|\bDO NOT (EDIT|MODIFY)\b|\bauto-?generated\b.*\b(file|by)\b/i;
/** A generated file says so at its top. In characters. */
const HEADER_LENGTH = 600;

/** Why a file is never edited, whatever was found in it; `undefined` when it may be. */
export function whyUntouchable(root: string, file: string, text: string | undefined): string | undefined {
  const outside = whyOutside(root, file);
  if (outside !== undefined) return outside;
  if (VENDORED.test(file) || GENERATED_NAME.test(file) || isOutput(root, file)) return "it is generated or vendored";
  if (text === undefined) return "it could not be read as UTF-8 text";
  const head = withoutBom(text).slice(0, HEADER_LENGTH);
  const comment = head.split("\n").filter((line) => /^\s*(\/\/|\/\*|\*|#)/.test(line)).join("\n");
  if (GENERATED_HEADER.test(comment)) return "it says of itself that it is generated";
  const problem = syntaxError(file, text);
  return problem === undefined ? undefined : `it does not parse: ${problem}`;
}

function isOutput(root: string, file: string): boolean {
  return [...file.matchAll(OUTPUT)].some(({ index }) => existsSync(join(root, file.slice(0, index), "package.json")));
}

/** Why a path, existing or to be created, does not stand inside the root. Symbolic links are followed. */
export function whyOutside(root: string, file: string): string | undefined {
  const top = realpathSync(root);
  const absolute = resolve(root, file);
  if (isAbsolute(file) || escapes(resolve(root), absolute)) return "it lies outside the project";
  let real: string;
  try {
    real = lstatSync(absolute, { throwIfNoEntry: false }) === undefined ? resolve(realpathSync(dirname(absolute)), absolute.slice(dirname(absolute).length + 1)) : realpathSync(absolute);
  } catch {
    return "its folder does not exist, or its link leads nowhere";
  }
  return escapes(top, real) ? "a symbolic link leads it out of the project" : undefined;
}

function escapes(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}

/** The first syntax error, in words, or `undefined`. */
export function syntaxError(file: string, text: string): string | undefined {
  const depth = tooDeep(text);
  if (depth !== undefined) return depth;
  const lang = file.endsWith(".tsx") ? "tsx" : /\.[cm]?ts$/.test(file) ? "ts" : "jsx";
  const parse = (sourceType: "unambiguous" | "commonjs"): ReturnType<typeof parseSync>["errors"] => parseSync(file, withoutBom(text), { lang, sourceType }).errors;
  let errors = parse("unambiguous");
  // CommonJS may return at its top.
  if (errors.length > 0 && parse("commonjs").length === 0) errors = [];
  const [first] = errors;
  if (first === undefined) return undefined;
  const at = first.labels[0]?.start;
  const line = at === undefined ? undefined : withoutBom(text).slice(0, at).split("\n").length;
  return `${first.message}${line === undefined ? "" : ` (line ${line})`}`;
}
