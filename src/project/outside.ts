import path from "node:path";
import { isObject, isText, JsonFiles } from "./json-file.js";
import { Packages } from "./packages.js";
import type { Resolver } from "./resolve.js";
import { packageName } from "./ts-paths.js";

const IN_THE_TREE = /^(?:workspace|file|link|portal):/;
const FIELDS = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"];

/**
 * The team's own packages that the scanned files import and that were not scanned with them. What happens in there is
 * not known, so a clean report means less.
 */
export function unscannedPackages(root: string, files: ReadonlyMap<string, { specifiers: string[] }>, resolver: Resolver, json = new JsonFiles()): string[] {
  const packages = new Packages(json, []);
  const found = new Set<string>();
  for (const [file, { specifiers }] of files) {
    for (const specifier of specifiers) {
      if (/^[./#]|:/.test(specifier)) continue;
      const name = packageName(specifier);
      if (found.has(name) || resolver.resolve(file, specifier) !== undefined) continue;
      const manifest = packages.owner(path.dirname(path.join(root, file)))?.manifest ?? {};
      const versions = FIELDS.map((field) => manifest[field]).map((table) => (isObject(table) ? table[name] : undefined));
      if (versions.some((version) => isText(version) && IN_THE_TREE.test(version))) found.add(name);
    }
  }
  return [...found].sort();
}
