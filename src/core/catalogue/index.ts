import { RUNTIME } from "../contract.js";
import { FRAMEWORKS } from "./frameworks/index.js";
import { LIBRARIES } from "./libraries/index.js";
import type { Framework } from "./framework.js";
import type { Library } from "./library.js";

const bySpecifier = new Map<string, Library>(LIBRARIES.flatMap((library) => library.specifiers.map((specifier) => [specifier, library] as const)));
const frameworkBySpecifier = new Map<string, Framework>(
  FRAMEWORKS.flatMap((framework) => framework.specifiers.map((specifier) => [specifier, framework] as const)),
);
const frameworkByGlobal = new Map<string, Framework>(
  FRAMEWORKS.flatMap((framework) => (framework.globals ?? []).map((name) => [name, framework] as const)),
);

export function libraryOf(specifier: string): Library | undefined {
  return bySpecifier.get(specifier);
}

export function libraryNamed(name: string): Library | undefined {
  return LIBRARIES.find((library) => library.name === name);
}

export function frameworkOf(specifier: string): Framework | undefined {
  return frameworkBySpecifier.get(specifier);
}

export function frameworkOfGlobal(name: string): Framework | undefined {
  return frameworkByGlobal.get(name);
}

/** What a framework calls by file convention: `route.ts`'s `GET`. */
export function fileEntryOf(file: string, exportName: string): string | undefined {
  for (const framework of FRAMEWORKS)
    for (const { file: pattern, entry } of framework.fileEntries ?? []) {
      const label = pattern.test(file) ? entry(exportName) : undefined;
      if (label !== undefined) return label;
    }
  return undefined;
}

export function hasFileEntries(file: string): boolean {
  return FRAMEWORKS.some((framework) => framework.fileEntries?.some((entry) => entry.file.test(file)));
}

/** All module specifiers that lead to a database library: the text prefilter looks for them. */
export function libraryNames(): string[] {
  return [...bySpecifier.keys(), RUNTIME.specifier];
}
