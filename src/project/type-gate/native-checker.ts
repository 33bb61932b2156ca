import { countInto, isForeign, isLayout, pathUnder } from "./checker.js";
import type { Checker, Diagnostics, Overlay } from "./checker.js";
import type { NativeDiagnostic, NativeProgram } from "./native-api.js";
import type { NativeServer } from "./native-server.js";

export interface NativeProject {
  /** Path of the tsconfig. */
  path: string;
  /** The tsconfig's own JSON, without what it extends. */
  raw: { compilerOptions?: object };
  /** The files that the tsconfig names; the others come with them. */
  fileNames: readonly string[];
  /** Diagnostics of declarations are asked for as well. */
  declaration: boolean;
  version: string;
}

/** Asks the server of TypeScript 7. Throws where its answers cannot be relied on. */
export class NativeChecker implements Checker {
  readonly title: string;
  readonly #named: ReadonlySet<string>;

  /** @param runtimeTypes where the runtime's types are, by specifier, when it is not installed. */
  constructor(
    private readonly server: NativeServer,
    private readonly project: NativeProject,
    runtimeTypes: Readonly<Record<string, string[]>> = {},
  ) {
    this.title = project.version;
    this.#named = new Set(project.fileNames.map((name) => pathUnder(server.root, name)));
    if (Object.keys(runtimeTypes).length === 0) return;
    const { raw, path } = project;
    server.showConfig(path, JSON.stringify({ ...raw, compilerOptions: { ...raw.compilerOptions, paths: { ...server.pathsOf(path), ...runtimeTypes } } }));
  }

  diagnostics(overlay: Overlay): Diagnostics {
    const program = this.server.program(this.project.path, overlay);
    const names = program.getSourceFileNames();
    this.#assertSeen(new Set(names.map((name) => pathUnder(this.server.root, name))), overlay);
    const found: Diagnostics = new Map();
    const lines = new LineCounter(this.server);
    const add = (diagnostic: NativeDiagnostic): void => {
      const { code, text, pos, fileName } = diagnostic;
      if (typeof code !== "number" || typeof text !== "string" || typeof pos !== "number") throw new Error("its diagnostics have another shape");
      const file = fileName === undefined ? "" : pathUnder(this.server.root, fileName);
      if (isLayout(code) || (isDeclarationFile(file) && isForeign(file))) return;
      countInto(found, { file, line: file === "" ? 0 : lines.lineAt(file, pos), code, message: flatten(diagnostic) });
    };
    // File by file: asked for all at once, it checks in parallel, and which place is blamed for one mistake varies from time to time.
    for (const name of names) {
      if (isDeclarationFile(name) && isForeign(pathUnder(this.server.root, name))) continue;
      for (const diagnostic of this.#ofFile(program, name)) add(diagnostic);
    }
    // Those of settings name the tsconfig; no edit changes them.
    for (const diagnostic of program.getProgramDiagnostics()) {
      if (diagnostic.fileName !== undefined && !diagnostic.fileName.endsWith(".json")) add(diagnostic);
    }
    return found;
  }

  #ofFile(program: NativeProgram, name: string): NativeDiagnostic[] {
    return [...program.getSyntacticDiagnostics(name), ...program.getSemanticDiagnostics(name), ...(this.project.declaration ? program.getDeclarationDiagnostics(name) : [])];
  }

  /** An edit that the server has not seen must not pass for one that breaks nothing. */
  #assertSeen(files: ReadonlySet<string>, overlay: Overlay): void {
    for (const file of overlay.keys()) {
      if (this.#named.has(file) && !files.has(file)) throw new Error(`it leaves ${file} out of ${pathUnder(this.server.root, this.project.path)}`);
    }
    for (const file of files) {
      if (!this.server.isUpToDate(file)) throw new Error(`it did not read the changed ${file}`);
    }
  }
}

function isDeclarationFile(name: string): boolean {
  return /\.d\.(?:[^./]+\.)?[cm]?ts$/.test(name);
}

/** A chain of messages, one a line, as TypeScript up to 6 puts it. */
function flatten({ text, messageChain = [] }: NativeDiagnostic, depth = 0): string {
  return [`${"  ".repeat(depth)}${text}`, ...messageChain.map((each) => flatten(each, depth + 1))].join("\n");
}

class LineCounter {
  readonly #starts = new Map<string, number[]>();

  constructor(private readonly server: NativeServer) {}

  /** From 1. */
  lineAt(file: string, position: number): number {
    let starts = this.#starts.get(file);
    if (starts === undefined) {
      starts = [...this.server.textOf(file).replace(/^\uFEFF/, "").matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((found) => found.index + found[0].length);
      this.#starts.set(file, starts);
    }
    const next = starts.findIndex((start) => start > position);
    return (next === -1 ? starts.length : next) + 1;
  }
}
