import { availableParallelism } from "node:os";
import path from "node:path";
import ignore from "ignore";
import { globalTypeNames, libraryNames, mentions } from "../core/catalogue/index.js";
import type { DetectOptions } from "../../rules/detect.js";
import { defaultCacheFolder } from "./cache/folder.js";
import { ScanCache } from "./cache/scan-cache.js";
import { discoverFiles } from "./discover.js";
import type { DiscoveredFiles } from "./discover.js";
import { JsonFiles } from "./json-file.js";
import { Project } from "./project.js";
import { createResolver } from "./resolve.js";
import type { Resolver } from "./resolve.js";
import { detectOptions } from "./rule-choice.js";
import type { ScanOptions } from "./scan.js";
import { readSources } from "./sources.js";
import type { Sources } from "./sources.js";
import { namesLibrary } from "./specifiers.js";

/** The files under the paths that were named, read; nothing is parsed or resolved before it is asked for. */
export interface OpenTree {
  root: string;
  detect: DetectOptions;
  cache: ScanCache | undefined;
  paths: string[];
  found: DiscoveredFiles;
  sources: Sources;
  json: JsonFiles;
  resolver: () => Resolver;
  project: () => Project;
}

/**
 * Finds and reads the sources. What a scan and the matrix look at is the same.
 *
 * @throws UsageError `PATH_NOT_FOUND` or `UNKNOWN_RULE`.
 */
export async function openTree(options: ScanOptions): Promise<OpenTree> {
  const root = path.resolve(options.root);
  const detect = detectOptions(options);
  const isSeed = namesLibrary(libraryNames(), mentions());
  const folder = options.cache === false ? undefined : (options.cache ?? defaultCacheFolder(root));
  const cache = folder === undefined ? undefined : new ScanCache(folder, root);
  const paths = options.paths?.length ? options.paths : [root];
  const discovered = await discoverFiles(root, paths);
  const found = options.ignores?.length ? withoutIgnored(discovered, options.ignores) : discovered;
  const { onProgress } = options;
  const sources = readSources({ root, files: found.files, isSeed, cache, onFile: onProgress && ((done, total) => onProgress({ phase: "reading", done, total })) });
  addDeclarations(sources, readSources({ root, files: found.declarations, isSeed: namesLibrary([], globalTypeNames()), cache }));

  const json = new JsonFiles();
  let made: Project | undefined;
  const resolver = lazy(() => createResolver(root, sources.entries.keys(), found.manifests, json));
  const project = () => (made ??= new Project({ root, resolver: resolver(), entries: sources.entries, namesLibrary: isSeed, detect, place: belowNamed(root, options.paths ?? []), tests: options.tests ?? false, cache, jobs: options.jobs ?? defaultJobs() }));
  return { root, detect, cache, paths, found, sources, json, resolver, project };
}

/** Of declaration files those that speak of a library's global type; nobody misses what one that cannot be read would have said. */
function addDeclarations(sources: Sources, { entries, contents }: Sources): void {
  for (const [file, entry] of entries) if (entry.namesLibrary) sources.entries.set(file, entry);
  sources.contents.push(...contents);
}

function withoutIgnored(found: DiscoveredFiles, patterns: readonly string[]): DiscoveredFiles {
  const rules = ignore().add([...patterns]);
  return { ...found, files: found.files.filter((file) => !rules.ignores(file)), declarations: found.declarations.filter((file) => !rules.ignores(file)), skipped: found.skipped.filter(({ file }) => file === "." || !rules.ignores(file)) };
}

/** With more, the one thread that joins the facts is what the others wait for. */
const MOST_JOBS = 5;

function defaultJobs(): number {
  return Math.min(availableParallelism(), MOST_JOBS);
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** `test/fixtures/shop/src/db.ts` is `src/db.ts` to who named `test/fixtures/shop`. */
function belowNamed(root: string, paths: readonly string[]): (file: string) => string {
  const named = paths
    .map((each) => path.relative(root, path.resolve(root, each)).replaceAll(path.sep, "/"))
    .filter((each) => each !== "")
    .sort((a, b) => b.length - a.length);
  return (file) => {
    const above = named.find((each) => file === each || file.startsWith(`${each}/`));
    return above === undefined ? file : file.slice(above.length + 1) || path.posix.basename(file);
  };
}
