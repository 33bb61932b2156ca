import { RUNTIME } from "../contract.js";
import { FRAMEWORKS } from "./frameworks/index.js";
import { LIBRARIES } from "./libraries/index.js";
import type { FileFacts, FunctionFact, TypeFact } from "../facts/types.js";
import type { AutoImportRule, CallbackRole, FileEntry, Framework, LoadedRule, TypeRule } from "./framework.js";
import { type InjectedPattern, type Library, libraryId } from "./library.js";

const bySpecifier = new Map<string, Library[]>();
for (const library of LIBRARIES) for (const specifier of library.specifiers) bySpecifier.set(specifier, [...(bySpecifier.get(specifier) ?? []), library]);
const byId = new Map<string, Library>(LIBRARIES.map((library) => [libraryId(library), library]));
const byGlobalType = new Map<string, Library>(LIBRARIES.flatMap((library) => (library.globalTypes ?? []).map((type) => [type, library] as const)));
const loaders = LIBRARIES.filter(({ loaded }) => loaded !== undefined);
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

/** What a container gives to who is decorated so. */
export function injectedBy(specifier: string, path: string): { library: Library; pattern: InjectedPattern } | undefined {
  for (const library of LIBRARIES) {
    const pattern = library.injected?.find((rule) => rule.specifier === specifier && rule.path === path);
    if (pattern) return { library, pattern };
  }
  return undefined;
}

/** The library whose loader calls functions with parameters of these names; without the first one, with a second of that name. */
export function loadedLibrary(session: string | undefined, beside: string): Library | undefined {
  return loaders.find(({ loaded }) => loaded?.params[1] === beside && (session === undefined || loaded.params[0] === session));
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

/** A path by the name under which the framework's rules know it. */
export function canonicalPath(framework: Framework, path: string): string {
  const alias = framework.aliases?.find((rule) => rule.path.test(path));
  return alias ? path.replace(alias.path, alias.as) : path;
}

/** The conventions by which a framework calls exports of this file. */
export function fileEntriesOf(facts: FileFacts): { framework: Framework; entry: FileEntry }[] {
  const { file, directives, specifiers } = facts;
  return FRAMEWORKS.flatMap((framework) =>
    (framework.fileEntries ?? []).filter(
      (entry) =>
        entry.file.test(file) &&
        (entry.directive === undefined || directives.includes(entry.directive)) &&
        (entry.without === undefined || !directives.includes(entry.without)) &&
        (entry.imports === undefined || specifiers.some((specifier) => entry.imports?.test(specifier))) &&
        (entry.takes === undefined || facts.functions.some((fn) => takesWhat(entry, facts, fn))),
    ).map((entry) => ({ framework, entry })),
  );
}

/** Whether the function has the parameters that the convention gives, as far as it asks for names. */
export function takesWhat({ takes }: FileEntry, { variables }: FileFacts, { params }: FunctionFact): boolean {
  return (takes ?? []).every((name, at) => name.test(variables[params[at]?.variable ?? -1]?.name ?? ""));
}

/** What a function's own directives say of it. */
export function directiveRole(directives: readonly string[]): CallbackRole | undefined {
  for (const framework of FRAMEWORKS) for (const { directive, role } of framework.directives ?? []) if (directives.includes(directive)) return role;
  return undefined;
}

/** The frameworks that a file imports. */
export function frameworksIn({ specifiers }: Pick<FileFacts, "specifiers">): Framework[] {
  return [...new Set(specifiers.flatMap((specifier) => frameworkOf(specifier) ?? []))];
}

/** A type that needs no import, with the framework whose it is. */
export function globalType(name: string): { framework: Framework; rule: TypeRule } | undefined {
  for (const framework of FRAMEWORKS) {
    const rule = framework.types.find(({ type, global }) => global && type === name);
    if (rule) return { framework, rule };
  }
  return undefined;
}

/** The library whose session a type is that needs no import. */
export function libraryOfGlobalType(name: string): Library | undefined {
  return byGlobalType.get(name);
}

/** The types that need no import. */
export function globalTypeNames(): string[] {
  return [...byGlobalType.keys()];
}

/** The places that an interface in `declare module` or `declare global` adds members to. */
export function augmentedPlaces({ module, path }: NonNullable<TypeFact["augments"]>): { framework: Framework; place: string }[] {
  const type = path.join(".");
  return FRAMEWORKS.flatMap((framework) =>
    (framework.augments ?? [])
      .filter((rule) => rule.type === type && (module === null ? rule.global === true : rule.global !== true && framework.specifiers.includes(module)))
      .map(({ place }) => ({ framework, place })),
  );
}

/** By which rules files that are loaded by their place share what they put on an object. */
export function loadedRules(): readonly LoadedRule[] {
  return FRAMEWORKS.flatMap(({ loaded }) => loaded ?? []);
}

/** By which rules files know what others export without an import. */
export function autoImportRules(): readonly AutoImportRule[] {
  return FRAMEWORKS.flatMap(({ autoImports }) => autoImports ?? []);
}

/** Module specifiers that a file contains that imports a database library: the prefilter looks for these. */
export function libraryNames(): string[] {
  return [...bySpecifier.keys(), RUNTIME.specifier];
}

/** Words that a file contains that imports generated code of a library, whose specifier is the project's choice, or that names a type which needs no import. */
export function mentions(): string[] {
  return [...generated.map((entry) => entry.mention), ...byGlobalType.keys()];
}
