import type { ts as TS } from "ts-morph";
import { contentHash } from "../../core/edit.js";
import { countInto, isForeign, isLayout, pathUnder } from "./checker.js";
import type { Checker, Diagnostics, Overlay } from "./checker.js";
import { LIB_FOLDER } from "./compilers.js";
import type { Compiler } from "./compilers.js";
import { Declarations } from "./declarations.js";
import type { ProjectConfig } from "./tsconfigs.js";

/** Asks a compiler that runs in this process; unchanged files are parsed and checked once. */
export class InProcessChecker implements Checker {
  readonly #sources = new Map<string, { text: string | undefined; source: TS.SourceFile }>();
  #overlay: Overlay = new Map();
  #builder: TS.SemanticDiagnosticsBuilderProgram | undefined;
  readonly #host: TS.CompilerHost;
  readonly #options: TS.CompilerOptions;

  /** @param runtimeTypes where the runtime's types are, by specifier, when it is not installed. */
  constructor(
    private readonly root: string,
    private readonly config: ProjectConfig,
    private readonly compiler: Compiler,
    runtimeTypes: Readonly<Record<string, string[]>>,
  ) {
    const { ts } = compiler;
    const { parsed } = config;
    this.#options = { ...parsed.options, noEmit: true, incremental: false, composite: false, tsBuildInfoFile: undefined };
    if (Object.keys(runtimeTypes).length > 0) {
      this.#options.paths = { ...parsed.options.paths, ...runtimeTypes };
    }
    const host = ts.createCompilerHost(this.#options, true);
    const libs = compiler.libs?.(this.#options);
    const fileExists = (name: string): boolean => libs?.has(name) === true || host.fileExists(name);
    const readFile = (name: string): string | undefined => libs?.get(name) ?? host.readFile(name);
    const declarations = new Declarations(ts, this.#options);
    const isShared = (name: string): boolean => /\.d\.[cm]?ts$/.test(name) && isForeign(pathUnder(root, name));
    this.#host = {
      ...host,
      ...(libs === undefined ? {} : { getDefaultLibLocation: () => LIB_FOLDER, getDefaultLibFileName: (options) => `${LIB_FOLDER}/${ts.getDefaultLibFileName(options)}` }),
      fileExists: (name) => this.#overlayText(name) !== undefined || fileExists(name),
      // Where there is no folder, no file is looked for.
      directoryExists: (name) => this.#isOverlayFolder(name) || host.directoryExists?.(name) !== false,
      readFile: (name) => this.#overlayText(name) ?? readFile(name),
      getSourceFile: (name, languageVersion) => {
        const over = this.#overlayText(name);
        const known = this.#sources.get(name);
        if (known !== undefined && known.text === over) return known.source;
        const parse = (): TS.SourceFile | undefined => {
          const text = over ?? readFile(name);
          // The builder keeps what it knows of a file as long as its version stays.
          return text === undefined ? undefined : Object.assign(ts.createSourceFile(name, text, languageVersion, true), { version: contentHash(text) });
        };
        const source = over === undefined && isShared(name) ? declarations.get(name, languageVersion, parse) : parse();
        if (source !== undefined) this.#sources.set(name, { text: over, source });
        return source;
      },
    };
  }

  get title(): string {
    const { version, fallback } = this.compiler;
    return `${version}${fallback === undefined ? "" : ` (sessionfix's own: ${fallback})`}`;
  }

  #isForeign(file: TS.SourceFile | undefined): boolean {
    return file?.isDeclarationFile === true && isForeign(pathUnder(this.root, file.fileName));
  }

  #overlayText(name: string): string | undefined {
    return this.#overlay.get(pathUnder(this.root, name));
  }

  #isOverlayFolder(name: string): boolean {
    const inside = `${pathUnder(this.root, name)}/`;
    return [...this.#overlay.keys()].some((file) => file.startsWith(inside));
  }

  diagnostics(overlay: Overlay): Diagnostics {
    const { ts } = this.compiler;
    this.#overlay = overlay;
    const { parsed } = this.config;
    const builder = ts.createSemanticDiagnosticsBuilderProgram(parsed.fileNames, this.#options, this.#host, this.#builder, undefined, parsed.projectReferences);
    this.#builder = builder;
    const all = [...builder.getSyntacticDiagnostics(), ...builder.getSemanticDiagnostics()];
    if (parsed.options.declaration === true || parsed.options.composite === true) all.push(...builder.getDeclarationDiagnostics());
    const found: Diagnostics = new Map();
    for (const { code, file, start, messageText } of all) {
      if (isLayout(code) || this.#isForeign(file)) continue;
      countInto(found, {
        file: file === undefined ? "" : pathUnder(this.root, file.fileName),
        line: file === undefined || start === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1,
        code,
        message: ts.flattenDiagnosticMessageText(messageText, "\n"),
      });
    }
    return found;
  }
}
