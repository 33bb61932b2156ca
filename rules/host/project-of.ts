import { libraryNames } from "../../src/core/catalogue/index.js";
import { buildFacts } from "../../src/core/facts/build-facts.js";
import type { ScopeManagerLike } from "../../src/core/facts/scope.js";
import { linkProject, type ProjectFacts } from "../../src/core/link/index.js";
import { guarded } from "./guard.js";
import { commentsOf, hasScopes, programOf, type SourceLike } from "./tree.js";

/** One file's facts, linked by themselves; all rules share them. `null`: the file names no database library. */
const projects = new WeakMap<object, ProjectFacts | null>();

const libraries = libraryNames();

/** What the rules are asked about a file, made once for all of them; `null` when nothing in it can matter. */
export function projectOf(source: SourceLike, file: string): ProjectFacts | null {
  let project = projects.get(source);
  if (project === undefined) {
    project = guarded(() => (namesLibrary(source.text) ? link(source, file) : null), null);
    projects.set(source, project);
  }
  return project;
}

function namesLibrary(text: string): boolean {
  return libraries.some((name) => text.includes(name));
}

function link(source: SourceLike, file: string): ProjectFacts | null {
  const { text, ast, scopeManager } = source;
  if (!hasScopes(scopeManager)) return null;
  const facts = buildFacts({ program: programOf(ast), scopeManager: scopeManager as ScopeManagerLike, text, file, comments: commentsOf(source) });
  return linkProject([facts], { resolve: () => undefined, text: () => text });
}
