import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { ts as TS } from "ts-morph";
import { RUNTIME } from "../core/contract.js";
import { contentHash } from "../core/edit.js";
import { diagnosticKey } from "./same-diagnostic.js";
import { Configs, LIB_FOLDER } from "./tsconfigs.js";
import type { ProjectConfig } from "./tsconfigs.js";

/** A diagnostic that was not there before. */
export interface NewDiagnostic {
  /** Relative to the root, "/" separators; empty for one that belongs to no file. */
  file: string;
  line: number;
  code: number;
  message: string;
}

export type Overlay = ReadonlyMap<string, string>;

/** "Not under rootDir", "not listed in the project": where output would go. Nothing is emitted here. */
const LAYOUT_CODES = new Set([6059, 6307]);

type Diagnostics = Map<string, { count: number; first: NewDiagnostic }>;

/** The compiler's view of a project under one overlay after another; unchanged files are parsed and checked once. */
class Checker {
  readonly #sources = new Map<string, { text: string | undefined; source: TS.SourceFile }>();
  #overlay: Overlay = new Map();
  #builder: TS.SemanticDiagnosticsBuilderProgram | undefined;
  #baseline: { overlay: Overlay; found: Diagnostics } | undefined;
  readonly #host: TS.CompilerHost;
  readonly #options: TS.CompilerOptions;
  readonly #root: string;
  readonly config: ProjectConfig;

  constructor(root: string, config: ProjectConfig, runtimeTypes: Record<string, string[]>) {
    this.#root = root;
    this.config = config;
    const { ts } = config.compiler;
    const { parsed } = config;
    this.#options = { ...parsed.options, noEmit: true, incremental: false, composite: false, tsBuildInfoFile: undefined };
    if (Object.keys(runtimeTypes).length > 0) {
      this.#options.paths = { ...parsed.options.paths, ...runtimeTypes };
    }
    const host = ts.createCompilerHost(this.#options, true);
    const libs = config.compiler.libs?.(this.#options);
    const fileExists = (name: string): boolean => libs?.has(name) === true || host.fileExists(name);
    const readFile = (name: string): string | undefined => libs?.get(name) ?? host.readFile(name);
    this.#host = {
      ...host,
      ...(libs === undefined ? {} : { getDefaultLibLocation: () => LIB_FOLDER, getDefaultLibFileName: (options) => `${LIB_FOLDER}/${ts.getDefaultLibFileName(options)}` }),
      fileExists: (name) => this.#overlayText(name) !== undefined || fileExists(name),
      readFile: (name) => this.#overlayText(name) ?? readFile(name),
      getSourceFile: (name, languageVersion) => {
        const over = this.#overlayText(name);
        const known = this.#sources.get(name);
        if (known !== undefined && known.text === over) return known.source;
        const text = over ?? readFile(name);
        if (text === undefined) return undefined;
        // The builder keeps what it knows of a file as long as its version stays.
        const source = Object.assign(ts.createSourceFile(name, text, languageVersion, true), { version: contentHash(text) });
        this.#sources.set(name, { text: over, source });
        return source;
      },
    };
  }

  /** A declaration file of a package: what it lacks is a matter of what is installed, not of an edit. */
  #isForeign(file: TS.SourceFile | undefined): boolean {
    if (file?.isDeclarationFile !== true) return false;
    const path = relative(this.#root, resolve(file.fileName)).split(sep).join("/");
    return path.startsWith("../") || path.includes("node_modules/");
  }

  #overlayText(name: string): string | undefined {
    const path = relative(this.#root, resolve(name)).split(sep).join("/");
    return this.#overlay.get(path);
  }

  /** The diagnostics before any of the changes that are being tried; kept until another overlay is the base. */
  baseline(overlay: Overlay): Diagnostics {
    if (this.#baseline?.overlay !== overlay) this.#baseline = { overlay, found: this.diagnostics(overlay) };
    return this.#baseline.found;
  }

  diagnostics(overlay: Overlay): Diagnostics {
    const { ts } = this.config.compiler;
    this.#overlay = overlay;
    const { parsed } = this.config;
    const builder = ts.createSemanticDiagnosticsBuilderProgram(parsed.fileNames, this.#options, this.#host, this.#builder, undefined, parsed.projectReferences);
    this.#builder = builder;
    const all = [...builder.getSyntacticDiagnostics(), ...builder.getSemanticDiagnostics()];
    if (parsed.options.declaration === true || parsed.options.composite === true) all.push(...builder.getDeclarationDiagnostics());
    const found: Diagnostics = new Map();
    for (const one of all) {
      if (LAYOUT_CODES.has(one.code) || this.#isForeign(one.file)) continue;
      const file = one.file === undefined ? "" : relative(this.#root, one.file.fileName).split(sep).join("/");
      const message = ts.flattenDiagnosticMessageText(one.messageText, "\n");
      const line = one.file === undefined || one.start === undefined ? 0 : one.file.getLineAndCharacterOfPosition(one.start).line + 1;
      const key = `${file}|${diagnosticKey(one.code, message)}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { count: 1, first: { file, line, code: one.code, message } });
      else known.count++;
    }
    return found;
  }
}

/** A module, or its types, cannot be found; the last one: a module of Node that its installed types do not have. */
const NOT_FOUND: ReadonlySet<number> = new Set([2307, 7016, 2591]);

/** A path is another file in each folder. */
function ofFile(message: string): boolean {
  return /'\.{0,2}\//.test(message);
}

/**
 * Finds what the user's own compiler says of a change that it did not say before. Files that no tsconfig covers pass
 * by. Built once for a fix run: the baseline is checked when first needed.
 */
export class TypeGate {
  readonly #root: string;
  readonly #configs: Configs;
  readonly #checkers = new Map<string, Checker>();
  readonly #unchecked = new Set<string>();
  /** The runtime could be found nowhere, so that its own import is no reason to refuse. */
  #runtimeMissing = false;
  readonly notes = new Set<string>();

  constructor(root: string) {
    this.#root = resolve(root);
    this.#configs = new Configs(root);
  }

  /** Diagnostics under `after` that are not there under `before`. Both map file → text over what is on disk. */
  async newDiagnostics(before: Overlay, after: Overlay): Promise<NewDiagnostic[]> {
    const changed = [...after].filter(([file, text]) => before.get(file) !== text).map(([file]) => file);
    const fresh: NewDiagnostic[] = [];
    for (const checker of await this.#checkersFor(changed, before)) {
      const was = checker.baseline(before);
      // What is not installed is missing in every file that asks for it, also in one that asks for the first time.
      const lacking = new Set([...was.values()].filter(({ first }) => NOT_FOUND.has(first.code) && !ofFile(first.message)).map(({ first }) => diagnosticKey(first.code, first.message)));
      for (const [key, { count, first }] of checker.diagnostics(after)) {
        if (count > (was.get(key)?.count ?? 0) && !lacking.has(diagnosticKey(first.code, first.message)) && !this.#excused(first)) fresh.push(first);
      }
    }
    return fresh;
  }

  /** What was checked with what, for the outcome's list of checks. */
  summary(): string[] {
    const lines = [...this.#checkers.values()].map(({ config }) => {
      const path = relative(this.#root, config.path).split(sep).join("/");
      return `types: ${path}, TypeScript ${config.compiler.version}${config.compiler.fallback === undefined ? "" : ` (sessionfix's own: ${config.compiler.fallback})`}`;
    });
    if (this.#unchecked.size > 0) lines.push(`types: ${this.#unchecked.size} file${this.#unchecked.size === 1 ? "" : "s"} that no tsconfig covers (not checked)`);
    return lines;
  }

  #excused(diagnostic: NewDiagnostic): boolean {
    return this.#runtimeMissing && NOT_FOUND.has(diagnostic.code) && diagnostic.message.includes(RUNTIME.specifier);
  }

  async #checkersFor(files: readonly string[], before: Overlay): Promise<Checker[]> {
    const found = new Set<Checker>();
    for (const file of files) {
      // A created file belongs to the program of those that import it.
      if (!before.has(file) && !existsSync(join(this.#root, file))) continue;
      const config = await this.#configs.configFor(file);
      if (config === undefined) {
        this.#unchecked.add(file);
        continue;
      }
      let checker = this.#checkers.get(config.path);
      if (checker === undefined) {
        checker = new Checker(this.#root, config, this.#typesOfRuntime(config));
        this.#checkers.set(config.path, checker);
      }
      found.add(checker);
    }
    return [...found];
  }

  /** Where the runtime's types are, when the package that the tsconfig belongs to has not installed it yet. */
  #typesOfRuntime(config: ProjectConfig): Record<string, string[]> {
    const dir = dirname(config.path);
    if (packageFolder(join(dir, "package.json"), RUNTIME.specifier) !== undefined) return {};
    const place = relative(this.#root, dir).split(sep).join("/");
    this.notes.add(
      `${RUNTIME.specifier} is not installed in ${place === "" ? "this project" : place}: install it ${place === "" ? "" : "there "}before running the changed program (npm install ${RUNTIME.specifier})`,
    );
    const own = packageFolder(fileURLToPath(import.meta.url), RUNTIME.specifier);
    const types: Record<string, string[]> = {};
    for (const specifier of [RUNTIME.specifier, ...Object.values(RUNTIME.drivers).map((driver) => driver.specifier)]) {
      const entry = own === undefined ? undefined : join(own, "dist", specifier === RUNTIME.specifier ? "index.d.ts" : `${specifier.slice(RUNTIME.specifier.length + 1)}.d.ts`);
      if (entry === undefined || !existsSync(entry)) {
        this.#runtimeMissing = true;
        this.notes.add(`the types of ${RUNTIME.specifier} could not be found: what the changed code does with it was not checked`);
        return {};
      }
      types[specifier] = [entry];
    }
    return types;
  }
}

/** The folder from which `from` would load the package. */
function packageFolder(from: string, name: string): string | undefined {
  const require = createRequire(from);
  for (const base of require.resolve.paths(name) ?? []) {
    const folder = join(base, name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return undefined;
}
