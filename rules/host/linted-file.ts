import { mentions, libraryNames } from "../../src/core/catalogue/index.js";
import { namesLibrary } from "../../src/core/catalogue/names-library.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { namesOf } from "../../src/core/facts/scope.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import { linkProject, type ProjectFacts } from "../../src/core/link/index.js";
import { crossFileProject } from "./cross-file.js";
import { linesAbove, moveLines } from "./embedded.js";
import { relativeName } from "./file-name.js";
import { guarded } from "./guard.js";
import type { Settings } from "./settings.js";
import { commentsOf, hasScopes, programOf, type SourceLike } from "./tree.js";

/** A file as the rules see it. */
export interface LintedFile {
  project: ProjectFacts;
  /** Its name in the project. */
  file: string;
  /** Lines of the file above the host's text, which its places are counted without. */
  above: number;
}

/** One file's facts, linked by themselves; all rules share them. `null`: nothing in the file can matter. */
const files = new WeakMap<object, LintedFile | null>();

/** Quoted names only: `pg` alone stands in every `jpg`. */
const canMatter = namesLibrary(libraryNames(), mentions());

export interface LintRequest {
  filename: string;
  cwd: string;
  settings: Settings;
}

/** What the rules are asked about a file, made once for all of them; `null` when nothing in it can matter. */
export function lintedFile(source: SourceLike, request: LintRequest): LintedFile | null {
  let linted = files.get(source);
  if (linted === undefined) {
    const { settings } = request;
    linted = (settings.crossFile ? guarded(() => acrossFiles(source, request), null) : null) ?? guarded(() => (canMatter(source.text) ? alone(source, request) : null), null);
    files.set(source, linted);
  }
  return linted;
}

function acrossFiles(source: SourceLike, { filename, cwd, settings: { cacheDir } }: LintRequest): LintedFile | null {
  const { text } = source;
  const linked = crossFileProject({ filename, cwd, text, cacheDir, facts: (file) => factsOf(source, file) });
  return linked ? { ...linked, above: 0 } : null;
}

function alone(source: SourceLike, { filename, cwd }: LintRequest): LintedFile | null {
  const { text } = source;
  const file = relativeName(filename, cwd);
  const facts = factsOf(source, file);
  if (!facts) return null;
  const above = linesAbove(filename, text);
  moveLines(facts, above);
  return { project: linkProject([facts], { resolve: () => undefined, text: () => text }), file, above };
}

function factsOf(source: SourceLike, file: string): FileFacts | undefined {
  const { text, ast, scopeManager } = source;
  if (!hasScopes(scopeManager)) return undefined;
  return buildFacts({ program: programOf(ast), names: namesOf(scopeManager), text, file, comments: commentsOf(source) });
}
