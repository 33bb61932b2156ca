import path from "node:path";
import { isObject, isText } from "./json-file.js";
import type { JsonFiles, JsonObject } from "./json-file.js";
import { bestPattern } from "./ts-paths.js";

export interface Package {
  folder: string;
  manifest: JsonObject;
}

/** The packages of the tree by name, and the package that a folder belongs to. All folders are absolute. */
export class Packages {
  private readonly byName = new Map<string, Package[]>();

  constructor(
    private readonly json: JsonFiles,
    manifestFiles: string[],
  ) {
    for (const file of manifestFiles) {
      const manifest = json.read(file);
      const name = manifest?.["name"];
      if (!manifest || !isText(name)) continue;
      this.byName.set(name, [...(this.byName.get(name) ?? []), { folder: path.dirname(file), manifest }]);
    }
  }

  /** Of several packages with one name (fixtures, templates), the one nearest to the importer. */
  named(name: string, fromFolder: string): Package | undefined {
    const candidates = this.byName.get(name) ?? [];
    return candidates.reduce<Package | undefined>(
      (best, candidate) => (!best || shared(candidate.folder, fromFolder) > shared(best.folder, fromFolder) ? candidate : best),
      undefined,
    );
  }

  owner(folder: string): Package | undefined {
    for (let at = folder; ; at = path.dirname(at)) {
      const manifest = this.json.read(path.join(at, "package.json"));
      if (manifest) return { folder: at, manifest };
      if (at === path.dirname(at)) return undefined;
    }
  }

  /** The packages that a folder lies in, the innermost first. */
  *owners(folder: string): Generator<Package> {
    for (let at: string | undefined = folder; at !== undefined; ) {
      const owner = this.owner(at);
      if (owner) yield owner;
      at = owner && path.dirname(owner.folder) !== owner.folder ? path.dirname(owner.folder) : undefined;
    }
  }

  at(folder: string): Package | undefined {
    const manifest = this.json.read(path.join(folder, "package.json"));
    return manifest ? { folder, manifest } : undefined;
  }
}

function shared(a: string, b: string): number {
  const left = a.split(path.sep);
  const right = b.split(path.sep);
  const difference = left.findIndex((part, index) => part !== right[index]);
  return difference < 0 ? left.length : difference;
}

/** The files, as the manifest writes them, that stand for `.` or `./sub`: likely sources first, then what a build makes. */
export function entryTargets(manifest: JsonObject, subpath: string): string[] {
  const targets: string[] = [];
  const add = (value: unknown) => {
    if (isText(value)) targets.push(value);
  };
  if (subpath === ".") add(manifest["source"]);
  if (manifest["exports"] !== undefined) targets.push(...mapTargets(manifest["exports"], subpath));
  if (subpath === ".") {
    for (const field of ["module", "main", "types", "typings"]) add(manifest[field]);
  }
  return targets;
}

/** The targets of a `#name` in the manifest's `imports`. */
export function importTargets(manifest: JsonObject, specifier: string): string[] {
  return isObject(manifest["imports"]) ? mapTargets(manifest["imports"], specifier) : [];
}

/**
 * What the manifest's `_moduleAliases` make of a specifier, relative to its folder. The package `module-alias` reads them when the program
 * starts (https://github.com/ilearnio/module-alias); an alias stands for itself and for what follows it after a slash.
 */
export function aliasTarget(manifest: JsonObject, specifier: string): string | undefined {
  const aliases = manifest["_moduleAliases"];
  if (!isObject(aliases)) return undefined;
  const alias = Object.keys(aliases)
    .filter((name) => specifier === name || specifier.startsWith(`${name}/`))
    .sort((a, b) => b.length - a.length)[0];
  const target = alias === undefined ? undefined : aliases[alias];
  return alias !== undefined && isText(target) ? target + specifier.slice(alias.length) : undefined;
}

/**
 * All targets of a key under every condition, in order: which condition the user's program runs with is not known, and
 * they are builds of the same source.
 */
function mapTargets(map: unknown, key: string): string[] {
  const isSubpathMap = isObject(map) && Object.keys(map).some((name) => name.startsWith(".") || name.startsWith("#"));
  if (!isSubpathMap) return key === "." ? leaves(map) : [];
  const match = bestPattern(Object.keys(map), key);
  if (!match) return [];
  return leaves(map[match.pattern]).map((target) => target.replaceAll("*", () => match.star));
}

function leaves(value: unknown): string[] {
  if (isText(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(leaves);
  if (!isObject(value)) return [];
  return Object.values(value).flatMap(leaves);
}
