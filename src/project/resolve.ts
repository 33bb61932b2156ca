import { builtinModules } from "node:module";
import path from "node:path";
import { JsonFiles } from "./json-file.js";
import { aliasTarget, entryTargets, importTargets, Packages } from "./packages.js";
import type { Package } from "./packages.js";
import { isInside, toRelative } from "./paths.js";
import { packageName, pathCandidates, PathSettingsReader } from "./ts-paths.js";

export interface Resolver {
  /**
   * The file of the scanned set that `specifier` means in `fromFile` (both relative to the root), or `undefined` for
   * what lies outside: installed packages, Node's own modules, assets.
   */
  resolve(fromFile: string, specifier: string): string | undefined;
  /** The same resolver over more files: those that a fix is about to create. */
  withFiles(added: Iterable<string>): Resolver;
}

/**
 * Resolves imports inside a tree that need not be installed or built: source files stand for what a build would make
 * of them. Relative imports (`.js` for `.ts`, no extension, folders), tsconfig `paths` and `baseUrl`, workspace
 * packages by name, a package's own name, `#imports`, and the aliases of `module-alias`.
 */
export function createResolver(root: string, files: Iterable<string>, manifests: string[], json = new JsonFiles()): Resolver {
  const packages = new Packages(json, manifests.map((file) => path.join(root, file)));
  const settings = new PathSettingsReader(json, (name, folder) => packages.named(name, folder)?.folder);
  return new TreeResolver({ root, packages, settings }, new Set(files));
}

interface Tree {
  root: string;
  packages: Packages;
  settings: PathSettingsReader;
}

const BUILTIN = new Set(builtinModules);
const EXTENSIONS = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];
/** What an import's extension may stand for, as TypeScript has it. */
const SOURCES_OF: Record<string, string[]> = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
};
const BUILT_FILE = /(?:\.d)?\.[cm]?[jt]sx?$/;
const BUILD_FOLDER = /^(?:dist|build|lib|out|output|esm|cjs|es|commonjs|module|types|typings|node|default|import|require)(?:[-_.].*)?$/;

class TreeResolver implements Resolver {
  private readonly cache = new Map<string, string | undefined>();
  /** By importer and specifier: the same is asked again and again, and to put a key together takes longer than to look it up. */
  private readonly asked = new Map<string, Map<string, string | undefined>>();

  constructor(
    private readonly tree: Tree,
    private readonly files: ReadonlySet<string>,
  ) {}

  withFiles(added: Iterable<string>): Resolver {
    const fresh = [...added].filter((file) => !this.files.has(file));
    return fresh.length === 0 ? this : new TreeResolver(this.tree, new Set([...this.files, ...fresh]));
  }

  resolve(fromFile: string, specifier: string): string | undefined {
    let known = this.asked.get(fromFile);
    if (!known) this.asked.set(fromFile, (known = new Map<string, string | undefined>()));
    const answer = known.get(specifier);
    if (answer !== undefined || known.has(specifier)) return answer;
    const found = this.ofFolder(fromFile, specifier);
    known.set(specifier, found);
    return found;
  }

  private ofFolder(fromFile: string, specifier: string): string | undefined {
    // Everything depends on the importer's folder alone.
    const folder = path.posix.dirname(fromFile);
    const key = `${folder}\0${specifier}`;
    if (!this.cache.has(key)) {
      const found = this.find(path.join(this.tree.root, folder), specifier.replace(/\?.*$/, ""), 0);
      this.cache.set(key, found);
    }
    return this.cache.get(key);
  }

  private find(folder: string, specifier: string, depth: number): string | undefined {
    if (/^\.{1,2}(?:\/|$)/.test(specifier)) return this.fileOrFolder(path.resolve(folder, specifier));
    if (specifier === "" || path.isAbsolute(specifier) || BUILTIN.has(specifier) || depth > 4) return undefined;
    // `node:fs`, `bun:sqlite`, `https://…`; an alias may be written so as well.
    if (specifier.includes(":")) return this.viaAliases(folder, specifier);
    return this.viaImports(folder, specifier, depth) ?? this.viaTsconfig(folder, specifier) ?? this.viaAliases(folder, specifier) ?? this.viaPackage(folder, specifier);
  }

  private viaImports(folder: string, specifier: string, depth: number): string | undefined {
    if (!specifier.startsWith("#")) return undefined;
    const owner = this.tree.packages.owner(folder);
    if (!owner) return undefined;
    for (const target of importTargets(owner.manifest, specifier)) {
      const found = target.startsWith(".") ? this.source(owner, target) : this.find(folder, target, depth + 1);
      if (found) return found;
    }
    return undefined;
  }

  private viaTsconfig(folder: string, specifier: string): string | undefined {
    const nearest = this.tree.settings.nearest(folder, this.tree.root);
    if (!nearest) return undefined;
    for (const settings of [nearest, ...nearest.references.map((file) => this.tree.settings.read(file))]) {
      for (const candidate of pathCandidates(settings, specifier)) {
        const found = this.fileOrFolder(candidate) ?? this.mappedBack(candidate);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** Of the packages around it any may be the one that the process starts in, whose aliases hold for all of its modules. */
  private viaAliases(folder: string, specifier: string): string | undefined {
    for (const owner of this.tree.packages.owners(folder)) {
      if (!isInside(this.tree.root, owner.folder)) return undefined;
      const target = aliasTarget(owner.manifest, specifier);
      const absolute = target === undefined ? undefined : path.resolve(owner.folder, target);
      const found = absolute === undefined ? undefined : (this.fileOrFolder(absolute) ?? this.guess(owner.folder, absolute));
      if (found) return found;
    }
    return undefined;
  }

  private viaPackage(folder: string, specifier: string): string | undefined {
    const name = packageName(specifier);
    const target = this.tree.packages.named(name, folder);
    if (!target || !isInside(this.tree.root, target.folder)) return undefined;
    return this.entry(target, specifier === name ? "." : `./${specifier.slice(name.length + 1)}`);
  }

  private entry(target: Package, subpath: string): string | undefined {
    for (const file of entryTargets(target.manifest, subpath)) {
      const found = this.source(target, file);
      if (found) return found;
    }
    const usual = subpath === "." ? ["src/index", "source/index", "index", "src/main", "lib/index"] : [subpath, `src/${subpath}`];
    for (const guess of usual) {
      const found = this.file(path.join(target.folder, guess));
      if (found) return found;
    }
    return undefined;
  }

  /** The source of a file that a manifest names: where the tsconfig says the build comes from, the file itself, the usual places. */
  private source(target: Package, file: string): string | undefined {
    const absolute = path.resolve(target.folder, file);
    const settings = this.tree.settings.nearest(target.folder, target.folder);
    if (settings?.outDir !== undefined && settings.outDir !== target.folder && isInside(settings.outDir, absolute)) {
      const inside = path.relative(settings.outDir, absolute);
      const roots = settings.rootDir === undefined ? [path.join(target.folder, "src"), target.folder] : [settings.rootDir];
      for (const rootDir of roots) {
        const found = this.file(path.join(rootDir, inside));
        if (found) return found;
      }
    }
    return this.file(absolute) ?? this.guess(target.folder, absolute);
  }

  /** `paths` may point at another package's build: `"@team/db": ["../db/dist"]`. */
  private mappedBack(absolute: string): string | undefined {
    const owner = this.tree.packages.owner(absolute);
    if (!owner || !isInside(this.tree.root, owner.folder) || owner.folder === absolute) return undefined;
    return this.source(owner, path.relative(owner.folder, absolute)) ?? this.guess(owner.folder, path.join(absolute, "index"));
  }

  /** `dist/esm/db/index.js` → `src/db/index`, by taking one build folder after the other away. */
  private guess(folder: string, absolute: string): string | undefined {
    const parts = path.relative(folder, absolute).split(path.sep);
    while (parts.length > 1 && BUILD_FOLDER.test(parts[0] ?? "")) {
      parts.shift();
      for (const base of ["src", "source", ""]) {
        const found = this.file(path.join(folder, base, ...parts));
        if (found) return found;
      }
    }
    return undefined;
  }

  private fileOrFolder(absolute: string): string | undefined {
    const found = this.file(absolute);
    if (found) return found;
    const inner = isInside(this.tree.root, absolute) ? this.tree.packages.at(absolute) : undefined;
    return inner ? this.entry(inner, ".") : undefined;
  }

  /** The file of the set that a path without, with, or with a built file's extension means, or the folder's index. */
  private file(absolute: string): string | undefined {
    const name = toRelative(this.tree.root, absolute);
    const extension = BUILT_FILE.exec(name)?.[0] ?? "";
    const stem = extension === "" ? name : name.slice(0, -extension.length);
    const sources = extension.startsWith(".d.") ? EXTENSIONS : (SOURCES_OF[extension] ?? []);
    const candidates = [
      ...sources.map((source) => stem + source),
      name,
      ...EXTENSIONS.map((source) => name + source),
      ...EXTENSIONS.map((source) => `${name === "" ? "" : `${name}/`}index${source}`),
    ];
    return candidates.find((candidate) => this.files.has(candidate));
  }
}
