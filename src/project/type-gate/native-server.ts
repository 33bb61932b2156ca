import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { pathUnder } from "./checker.js";
import type { Overlay } from "./checker.js";
import type { NativeCompiler } from "./compilers.js";
import type { NativeApi, NativeApiModule, NativeProgram, NativeSnapshot } from "./native-api.js";
import { VirtualFiles } from "./virtual-files.js";

/** The first run of a program from a cold disk takes its time. */
const START_MS = 60_000;

/** The server process of the user's TypeScript 7, with the projects that were asked for, under one overlay after another. */
export class NativeServer {
  readonly #files: VirtualFiles;
  readonly #api: NativeApi;
  /** Config files that are shown with other settings, by path under the root. */
  readonly #configs = new Map<string, string>();
  readonly #opened = new Set<string>();
  #overlay: Overlay | undefined;
  #snapshot: NativeSnapshot | undefined;
  /** After a request that failed nobody knows what the server has seen. */
  #failure: Error | undefined;

  private constructor(
    readonly root: string,
    { API }: NativeApiModule,
  ) {
    this.#files = new VirtualFiles(root);
    this.#api = new API({ cwd: root, fs: this.#files });
  }

  /** Throws where the compiler cannot be asked: its program for this platform is missing, or its API is another one. */
  static async start(compiler: NativeCompiler, root: string): Promise<NativeServer> {
    const require = createRequire(join(compiler.folder, "package.json"));
    const entry = require.resolve("typescript/unstable/sync");
    assertRuns(compiler);
    const module = (await import(pathToFileURL(entry).href)) as Partial<NativeApiModule>;
    if (typeof module.API !== "function") throw new Error("typescript/unstable/sync exports no API");
    return new NativeServer(root, { API: module.API });
  }

  /** The program of a tsconfig under the overlay. */
  program(config: string, overlay: Overlay): NativeProgram {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#update(config, overlay);
      const project = this.#snapshot?.getProject(config);
      if (project === undefined) throw new Error(`it does not open ${pathUnder(this.root, config)}`);
      return project.program;
    } catch (error) {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      throw this.#failure;
    }
  }

  #update(config: string, overlay: Overlay): void {
    if (this.#overlay === overlay && this.#opened.has(config)) return;
    const fileChanges = this.#files.show(new Map([...this.#configs, ...overlay]));
    this.#overlay = overlay;
    const next = this.#api.updateSnapshot({ fileChanges, openProjects: [config] });
    this.#opened.add(config);
    this.#snapshot?.dispose();
    this.#snapshot = next;
  }

  /** A tsconfig as the server shall see it, from the next program on. */
  showConfig(config: string, text: string): void {
    this.#configs.set(pathUnder(this.root, config), text);
    this.#overlay = undefined;
  }

  /** The server lets go of a project. */
  release(config: string): void {
    this.#opened.delete(config);
    const next = this.#api.updateSnapshot({ closeProjects: [config] });
    this.#snapshot?.dispose();
    this.#snapshot = next;
  }

  /** A tsconfig's path aliases, their targets absolute. */
  pathsOf(config: string): Record<string, string[]> {
    const { paths = {}, pathsBasePath } = this.#api.parseConfigFile(config).options;
    const base = pathsBasePath ?? join(config, "..");
    return Object.fromEntries(Object.entries(paths).map(([pattern, targets]) => [pattern, targets.map((target) => join(base, target))]));
  }

  isUpToDate(path: string): boolean {
    return this.#files.isUpToDate(path);
  }

  /** A file's text under the overlay; empty when there is none. */
  textOf(path: string): string {
    try {
      return this.#files.text(path) ?? readFileSync(join(this.root, path), "utf8");
    } catch {
      return "";
    }
  }

  /** Ends the process. */
  close(): void {
    // The client ends it by a signal at which it complains of what was "canceled", into this program's own error output.
    const { client } = this.#api as { client?: { channel?: { child?: { kill?: (signal: "SIGKILL") => boolean } } } };
    try {
      this.#snapshot?.dispose();
      client?.channel?.child?.kill?.("SIGKILL");
      this.#api.close();
    } catch {
      // It has ended already.
    }
  }
}

/** A program that cannot be started would be told by an event that the API has no listener for. */
function assertRuns({ folder, version }: NativeCompiler): void {
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { bin?: { tsc?: string } };
  const { stdout, stderr, error } = spawnSync(process.execPath, [join(folder, bin?.tsc ?? "bin/tsc"), "--version"], { encoding: "utf8", timeout: START_MS });
  if (error !== undefined) throw error;
  if (!stdout.includes(version)) throw new Error(/\b\w*Error: .+/.exec(stderr)?.[0] ?? "its program does not start");
}
