import path from "node:path";
import { isObject, isText, textsOf } from "./json-file.js";
import type { JsonFiles, JsonObject } from "./json-file.js";

/** What module resolution needs of a tsconfig, `extends` merged in. All folders are absolute. */
export interface PathSettings {
  baseUrl?: string;
  /** `paths` with the folder that its targets are relative to. */
  paths?: { base: string; patterns: Map<string, string[]> };
  outDir?: string;
  rootDir?: string;
  /** Configs that a solution-style tsconfig points to: Vite keeps `paths` in `tsconfig.app.json`. */
  references: string[];
}

const NO_SETTINGS: PathSettings = { references: [] };

/**
 * Reads the path settings of tsconfigs. A config that extends a package which is not installed keeps its own settings:
 * an uninstalled tree must resolve, too.
 */
export class PathSettingsReader {
  private readonly cache = new Map<string, PathSettings>();

  constructor(
    private readonly json: JsonFiles,
    /** The folder of a workspace package, for `"extends": "@team/tsconfig/node.json"`. */
    private readonly packageFolder: (name: string, fromFolder: string) => string | undefined,
  ) {}

  /** The settings of the config in force for files of `folder`: the nearest `tsconfig.json` or `jsconfig.json` at or below `top`. */
  nearest(folder: string, top: string): PathSettings | undefined {
    for (let at = folder; ; at = path.dirname(at)) {
      for (const name of ["tsconfig.json", "jsconfig.json"]) {
        const file = path.join(at, name);
        if (this.json.read(file)) return this.read(file);
      }
      if (at === top || at === path.dirname(at)) return undefined;
    }
  }

  read(file: string, seen: readonly string[] = []): PathSettings {
    const known = this.cache.get(file);
    if (known) return known;
    const config = this.json.read(file);
    if (!config) return generatedSettings(file) ?? NO_SETTINGS;
    if (seen.includes(file)) return NO_SETTINGS;
    const merged: PathSettings = { references: [] };
    for (const parent of textsOf(config["extends"])) {
      const parentFile = this.locate(parent, path.dirname(file));
      if (parentFile) Object.assign(merged, this.read(parentFile, [...seen, file]), { references: [] });
    }
    Object.assign(merged, ownSettings(config, path.dirname(file)));
    this.cache.set(file, merged);
    return merged;
  }

  private locate(specifier: string, folder: string): string | undefined {
    if (/^\.{0,2}\//.test(specifier) || specifier === ".." || path.isAbsolute(specifier)) {
      return this.firstConfig(path.resolve(folder, specifier));
    }
    const name = packageName(specifier);
    const rest = specifier.slice(name.length + 1);
    const workspace = this.packageFolder(name, folder);
    if (workspace) return this.firstConfig(path.join(workspace, rest));
    for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
      const found = this.firstConfig(path.join(at, "node_modules", specifier));
      if (found) return found;
    }
    return undefined;
  }

  private firstConfig(file: string): string | undefined {
    const candidates = [file, `${file}.json`, path.join(file, "tsconfig.json")];
    return candidates.find((candidate) => this.json.read(candidate)) ?? candidates.find((candidate) => generatedSettings(candidate) !== undefined);
  }
}

/**
 * Aliases in configs that a framework writes when it first runs, and that no repository keeps: https://svelte.dev/docs/kit/$lib,
 * https://nuxt.com/docs/4.x/api/nuxt-config#alias.
 */
const GENERATED: readonly { file: RegExp; paths: Record<string, string[]> }[] = [
  { file: /^\.svelte-kit[\\/]tsconfig\.json$/, paths: { $lib: ["src/lib"], "$lib/*": ["src/lib/*"] } },
  {
    file: /^\.nuxt[\\/]tsconfig(\.\w+)?\.json$/,
    paths: { "~/*": ["app/*", "src/*", "*"], "@/*": ["app/*", "src/*", "*"], "~~/*": ["*"], "@@/*": ["*"], "#shared/*": ["shared/*"], "#server/*": ["server/*"] },
  },
];

/** What such a config says where it has not been written yet. */
function generatedSettings(file: string): PathSettings | undefined {
  const base = path.dirname(path.dirname(file));
  const known = GENERATED.find((entry) => entry.file.test(path.relative(base, file)));
  return known && { references: [], paths: { base, patterns: new Map(Object.entries(known.paths)) } };
}

function ownSettings(config: JsonObject, folder: string): Partial<PathSettings> {
  const options = isObject(config["compilerOptions"]) ? config["compilerOptions"] : {};
  const at = (value: string) => path.resolve(folder, value.replace("${configDir}", "."));
  const settings: Partial<PathSettings> = {};
  if (isText(options["baseUrl"])) settings.baseUrl = at(options["baseUrl"]);
  if (isText(options["outDir"])) settings.outDir = at(options["outDir"]);
  if (isText(options["rootDir"])) settings.rootDir = at(options["rootDir"]);
  if (isObject(options["paths"])) {
    const patterns = new Map(Object.entries(options["paths"]).map(([pattern, targets]) => [pattern, textsOf(targets)]));
    settings.paths = { base: settings.baseUrl ?? folder, patterns };
  }
  const references = Array.isArray(config["references"]) ? config["references"] : [];
  settings.references = references.flatMap((reference: unknown) => {
    if (!isObject(reference) || !isText(reference["path"])) return [];
    const target = at(reference["path"]);
    return [target.endsWith(".json") ? target : path.join(target, "tsconfig.json")];
  });
  return settings;
}

/** Absolute candidates for a specifier, best first: TypeScript takes the pattern with the longest fixed beginning. */
export function pathCandidates(settings: PathSettings, specifier: string): string[] {
  const { paths, baseUrl } = settings;
  const candidates: string[] = [];
  if (paths) {
    const match = bestPattern(paths.patterns.keys(), specifier);
    const targets = match ? (paths.patterns.get(match.pattern) ?? []) : [];
    for (const target of targets) candidates.push(path.resolve(paths.base, target.replace("${configDir}", ".").replace("*", () => match?.star ?? "")));
  }
  if (baseUrl !== undefined) candidates.push(path.resolve(baseUrl, specifier));
  return candidates;
}

/** The pattern with at most one `*` that fits a text best, and what the `*` stands for. */
export function bestPattern(patterns: Iterable<string>, text: string): { pattern: string; star: string } | undefined {
  let best: { pattern: string; star: string; fixed: number } | undefined;
  for (const pattern of patterns) {
    if (pattern === text) return { pattern, star: "" };
    const at = pattern.indexOf("*");
    if (at < 0) continue;
    const before = pattern.slice(0, at);
    const after = pattern.slice(at + 1);
    if (text.length < before.length + after.length || !text.startsWith(before) || !text.endsWith(after)) continue;
    if (!best || before.length > best.fixed) {
      best = { pattern, star: text.slice(before.length, text.length - after.length), fixed: before.length };
    }
  }
  return best;
}

/** `@scope/name` of `@scope/name/sub/path`. */
export function packageName(specifier: string): string {
  return specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}
