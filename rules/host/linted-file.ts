import { generatedMentions, libraryNames } from "../../src/core/catalogue/index.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { linkProject, type ProjectFacts } from "../../src/core/link/index.js";
import { linesAbove, moveLines } from "./embedded.js";
import { relativeName } from "./file-name.js";
import { guarded } from "./guard.js";
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

const libraries = [...libraryNames(), ...generatedMentions()];

export interface FileNames {
  filename: string;
  cwd: string;
}

/** What the rules are asked about a file, made once for all of them; `null` when nothing in it can matter. */
export function lintedFile(source: SourceLike, names: FileNames): LintedFile | null {
  let linted = files.get(source);
  if (linted === undefined) {
    linted = guarded(() => (namesLibrary(source.text) ? link(source, names) : null), null);
    files.set(source, linted);
  }
  return linted;
}

function namesLibrary(text: string): boolean {
  return libraries.some((name) => text.includes(name));
}

function link(source: SourceLike, { filename, cwd }: FileNames): LintedFile | null {
  const { text, ast, scopeManager } = source;
  if (!hasScopes(scopeManager)) return null;
  const file = relativeName(filename, cwd);
  const facts = buildFacts({ program: programOf(ast), scopeManager: scopeManager, text, file, comments: commentsOf(source) });
  const above = linesAbove(filename, text);
  moveLines(facts, above);
  return { project: linkProject([facts], { resolve: () => undefined, text: () => text }), file, above };
}
