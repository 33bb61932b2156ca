import { relative, resolve, sep } from "node:path";
import { diagnosticKey } from "./same-diagnostic.js";

/** A diagnostic that was not there before. */
export interface NewDiagnostic {
  /** Relative to the root, "/" separators; empty for one that belongs to no file. */
  file: string;
  line: number;
  code: number;
  message: string;
}

/** Texts over what is on disk, by file, relative to the root. */
export type Overlay = ReadonlyMap<string, string>;

/** What was found, by what makes two diagnostics the same. */
export type Diagnostics = Map<string, { count: number; first: NewDiagnostic }>;

/** A compiler's view of one tsconfig's program under one overlay after another. */
export interface Checker {
  /** For people: the compiler's version, and why it is not the project's own where it is not. */
  readonly title: string;
  /** Syntactic and semantic ones, and those of declarations where the tsconfig asks for declarations. */
  diagnostics(overlay: Overlay): Diagnostics;
}

/** "Not under rootDir", "not listed in the project": where output would go. Nothing is emitted here. */
const LAYOUT_CODES = new Set([6059, 6307]);

export function isLayout(code: number): boolean {
  return LAYOUT_CODES.has(code);
}

/** A file's name as overlays and diagnostics have it. */
export function pathUnder(root: string, name: string): string {
  return relative(root, resolve(name)).split(sep).join("/");
}

/** Outside of the root, or of a package: what such a declaration file lacks is a matter of what is installed, not of an edit. */
export function isForeign(path: string): boolean {
  return path.startsWith("../") || path.includes("node_modules/");
}

export function countInto(found: Diagnostics, diagnostic: NewDiagnostic): void {
  const key = `${diagnostic.file}|${diagnosticKey(diagnostic.code, diagnostic.message)}`;
  const known = found.get(key);
  if (known === undefined) found.set(key, { count: 1, first: diagnostic });
  else known.count++;
}
