import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { RUNTIME } from "../../core/contract.js";
import type { NewDiagnostic, Overlay } from "./checker.js";
import { NativeServers } from "./native-servers.js";
import { Program } from "./program.js";
import { typesOfRuntime } from "./runtime-types.js";
import { diagnosticKey } from "./same-diagnostic.js";
import { Configs } from "./tsconfigs.js";
import type { ProjectConfig } from "./tsconfigs.js";

export type { NewDiagnostic, Overlay } from "./checker.js";

/** A module, or its types, cannot be found; the last one: a module of Node that its installed types do not have. */
const NOT_FOUND: ReadonlySet<number> = new Set([2307, 7016, 2591]);

/** A path is another file in each folder. */
function ofFile(message: string): boolean {
  return /'\.{0,2}\//.test(message);
}

/**
 * Finds what the user's own compiler says of a change that it did not say before. Files that no tsconfig covers pass
 * by. Built once for a fix run: the baseline is checked when first needed. To be closed: TypeScript 7 runs as a process of its own.
 */
export class TypeGate {
  readonly #root: string;
  readonly #configs: Configs;
  readonly #programs = new Map<string, Program>();
  readonly #servers: NativeServers;
  readonly #unchecked = new Set<string>();
  /** The runtime could be found nowhere, so that its own import is no reason to refuse. */
  #runtimeMissing = false;
  readonly notes = new Set<string>();

  constructor(root: string) {
    this.#root = resolve(root);
    this.#configs = new Configs(root);
    this.#servers = new NativeServers(this.#root);
  }

  /** Diagnostics under `after` that are not there under `before`. Both map file → text over what is on disk. */
  async newDiagnostics(before: Overlay, after: Overlay): Promise<NewDiagnostic[]> {
    const changed = [...after].filter(([file, text]) => before.get(file) !== text).map(([file]) => file);
    const fresh: NewDiagnostic[] = [];
    for (const program of await this.#programsFor(changed, before)) {
      const { was, is } = await program.compare(before, after);
      // What is not installed is missing in every file that asks for it, also in one that asks for the first time.
      const lacking = new Set([...was.values()].filter(({ first }) => NOT_FOUND.has(first.code) && !ofFile(first.message)).map(({ first }) => diagnosticKey(first.code, first.message)));
      for (const [key, { count, first }] of is) {
        if (count > (was.get(key)?.count ?? 0) && !lacking.has(diagnosticKey(first.code, first.message)) && !this.#excused(first)) fresh.push(first);
      }
    }
    return fresh;
  }

  /** What was checked with what, for the outcome's list of checks. */
  summary(): string[] {
    const lines = [...this.#programs.values()].map(({ title }) => `types: ${title}`);
    if (this.#unchecked.size > 0) lines.push(`types: ${this.#unchecked.size} file${this.#unchecked.size === 1 ? "" : "s"} that no tsconfig covers (not checked)`);
    return lines;
  }

  /** Ends what runs beside this process. What was found stays. */
  close(): void {
    this.#servers.close();
  }

  #excused(diagnostic: NewDiagnostic): boolean {
    return this.#runtimeMissing && NOT_FOUND.has(diagnostic.code) && diagnostic.message.includes(RUNTIME.specifier);
  }

  async #programsFor(files: readonly string[], before: Overlay): Promise<Program[]> {
    const found = new Set<Program>();
    for (const file of files) {
      // A created file belongs to the program of those that import it: they change along with it, or have before.
      if (!existsSync(join(this.#root, file))) {
        if (before.has(file)) for (const program of this.#programs.values()) found.add(program);
        continue;
      }
      const config = await this.#configs.configFor(file);
      if (config === undefined) this.#unchecked.add(file);
      else found.add(this.#programOf(config));
    }
    return [...found];
  }

  #programOf(config: ProjectConfig): Program {
    let program = this.#programs.get(config.path);
    if (program === undefined) {
      const { paths, isMissing, notes } = typesOfRuntime(this.#root, config.path);
      this.#runtimeMissing ||= isMissing;
      for (const note of notes) this.notes.add(note);
      program = new Program(this.#root, config, paths, this.#servers);
      this.#programs.set(config.path, program);
    }
    return program;
  }
}
