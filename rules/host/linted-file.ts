import { mentions, libraryNames } from "../../src/core/catalogue/index.js";
import { namesLibrary } from "../../src/core/catalogue/names-library.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import { namesOf } from "../../src/core/facts/scope.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import type { Finding } from "../../src/core/finding.js";
import { linkProject } from "../../src/core/link/index.js";
import type { Rule } from "../rule.js";
import { acrossFiles } from "./cross-file.js";
import { linesAbove, moveLines } from "./embedded.js";
import { relativeName } from "./file-name.js";
import { guarded } from "./guard.js";
import type { Settings } from "./settings.js";
import { commentsOf, hasScopes, programOf, type SourceLike } from "./tree.js";

/** A file as the rules see it. */
export interface LintedFile {
  /** What a rule finds in it. `options` are complete; `likely` findings are among the answer, or may be missing where nobody wants them. */
  detect(rule: Rule, options: object, likely: boolean): readonly Finding[];
  /** Lines of the file above the host's text, which its places are counted without. */
  above: number;
}

/** All rules share a file's facts, and what these were linked with. `null`: nothing in the file can matter. */
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
    linted = (request.settings.crossFile ? guarded(() => withOthers(source, request), null) : null) ?? guarded(() => alone(source, request), null);
    files.set(source, linted);
  }
  return linted;
}

function withOthers(source: SourceLike, request: LintRequest): LintedFile | null {
  const { filename, cwd, settings } = request;
  const across = acrossFiles({ filename, cwd, text: source.text, cacheDir: settings.cacheDir, facts: (file) => factsOf(source, file) });
  if (!across) return null;
  let byItself: { file: LintedFile | null } | undefined;
  return {
    detect(rule, options, likely) {
      const found = across.found(rule, options, likely);
      if (found) return found;
      const project = guarded(() => across.project(), undefined);
      if (project) return rule.detect(across.file, project, options);
      byItself ??= { file: alone(source, request) };
      return byItself.file?.detect(rule, options, likely) ?? [];
    },
    // A scan has no files that are embedded in others.
    above: 0,
  };
}

function alone(source: SourceLike, { filename, cwd }: LintRequest): LintedFile | null {
  const { text } = source;
  if (!canMatter(text)) return null;
  const file = relativeName(filename, cwd);
  const facts = factsOf(source, file);
  if (!facts) return null;
  const above = linesAbove(filename, text);
  moveLines(facts, above);
  const project = linkProject([facts], { resolve: () => undefined, text: () => text });
  return { detect: (rule, options) => rule.detect(file, project, options), above };
}

function factsOf(source: SourceLike, file: string): FileFacts | undefined {
  const { text, ast, scopeManager } = source;
  if (!hasScopes(scopeManager)) return undefined;
  return buildFacts({ program: programOf(ast), names: namesOf(scopeManager), text, file, comments: commentsOf(source) });
}
