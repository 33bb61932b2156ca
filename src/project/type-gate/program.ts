import type { Checker, Diagnostics, Overlay } from "./checker.js";
import { pathUnder } from "./checker.js";
import { InProcessChecker } from "./in-process-checker.js";
import { NativeChecker } from "./native-checker.js";
import type { NativeServers } from "./native-servers.js";
import type { ProjectConfig } from "./tsconfigs.js";

/** What one tsconfig covers, with what its compiler said of the base. */
export class Program {
  #checker: Checker | undefined;
  #baseline: { overlay: Overlay; found: Diagnostics } | undefined;

  /** @param runtimeTypes where the runtime's types are, by specifier, when it is not installed. */
  constructor(
    private readonly root: string,
    private readonly config: ProjectConfig,
    private readonly runtimeTypes: Readonly<Record<string, string[]>>,
    private readonly servers: NativeServers,
  ) {}

  /** The tsconfig and the compiler, for people. */
  get title(): string {
    return `${pathUnder(this.root, this.config.path)}, TypeScript ${this.#checker?.title ?? ""}`;
  }

  /**
   * What the compiler says before and after, the same one of both. The project's own TypeScript 7 may fail at any time:
   * then, and from then on, the bundled compiler is asked instead.
   */
  async compare(before: Overlay, after: Overlay): Promise<{ was: Diagnostics; is: Diagnostics }> {
    const { native, inProcess } = this.config.compilers;
    if (native !== undefined && !(this.#checker instanceof InProcessChecker)) {
      try {
        this.#checker ??= await this.#nativeChecker(native);
        return this.#askBoth(this.#checker, before, after);
      } catch (error) {
        this.#baseline = undefined;
        const fallback = `the project's own, ${native.version}, could not be asked: ${reasonOf(error)}`;
        this.#checker = new InProcessChecker(this.root, this.config, { ...inProcess, fallback }, this.runtimeTypes);
      }
    }
    this.#checker ??= new InProcessChecker(this.root, this.config, inProcess, this.runtimeTypes);
    return this.#askBoth(this.#checker, before, after);
  }

  #askBoth(checker: Checker, before: Overlay, after: Overlay): { was: Diagnostics; is: Diagnostics } {
    if (this.#baseline?.overlay !== before) this.#baseline = { overlay: before, found: checker.diagnostics(before) };
    return { was: this.#baseline.found, is: checker.diagnostics(after) };
  }

  async #nativeChecker(native: NonNullable<ProjectConfig["compilers"]["native"]>): Promise<NativeChecker> {
    const { path, parsed } = this.config;
    const { declaration, composite } = parsed.options;
    const raw = parsed.raw as { compilerOptions?: object };
    return new NativeChecker(await this.servers.serverOf(native), { path, raw, fileNames: parsed.fileNames, declaration: declaration === true || composite === true, version: native.version }, this.runtimeTypes);
  }
}

function reasonOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
