import { RUNTIME } from "../contract.js";
import { FRAMEWORKS } from "./frameworks/index.js";
import { LIBRARIES } from "./libraries/index.js";
import type { Framework } from "./framework.js";
import { type Library, libraryId } from "./library.js";

const bySpecifier = new Map<string, Library[]>();
for (const library of LIBRARIES) for (const specifier of library.specifiers) bySpecifier.set(specifier, [...(bySpecifier.get(specifier) ?? []), library]);
const byId = new Map<string, Library>(LIBRARIES.map((library) => [libraryId(library), library]));
const generated = LIBRARIES.flatMap((library) => (library.generated ? [{ library, ...library.generated }] : []));
const frameworkBySpecifier = new Map<string, Framework>(
  FRAMEWORKS.flatMap((framework) => framework.specifiers.map((specifier) => [specifier, framework] as const)),
);
const frameworkByGlobal = new Map<string, Framework>(
  FRAMEWORKS.flatMap((framework) => (framework.globals ?? []).map((name) => [name, framework] as const)),
);

/** The library that a module specifier leads to, where it leads to no file of the project. */
export function libraryOf(specifier: string): Library | undefined {
  return bySpecifier.get(specifier)?.[0] ?? generated.find((entry) => entry.specifier.test(specifier))?.library;
}

/** All entries of the library that a module specifier leads to: one for each kind of session that it makes. */
export function librariesOf(specifier: string): readonly Library[] {
  const library = libraryOf(specifier);
  return bySpecifier.get(specifier) ?? (library ? [library] : []);
}

/** By what tokens and facts of the analysis carry: see `libraryId`. */
export function libraryWithId(id: string | undefined): Library | undefined {
  return id === undefined ? undefined : byId.get(id);
}

/** The package's name, as people know it, of a library's id. */
export function packageName(id: string): string {
  return byId.get(id)?.name ?? id;
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

/** Text that a file contains that imports a database library: the prefilter looks for these. */
export function libraryNames(): string[] {
  return [...bySpecifier.keys(), ...generated.map((entry) => entry.mention), RUNTIME.specifier];
}
