import type { NativeCompiler } from "./compilers.js";
import { assertKnows } from "./native-proof.js";
import { NativeServer } from "./native-server.js";

/** The servers of a gate: one for each TypeScript 7 that its project has. */
export class NativeServers {
  readonly #started = new Map<string, Promise<NativeServer>>();
  readonly #running = new Set<NativeServer>();

  constructor(private readonly root: string) {}

  /** Rejects where the compiler cannot be asked, or answers wrongly. */
  serverOf(compiler: NativeCompiler): Promise<NativeServer> {
    let started = this.#started.get(compiler.folder);
    if (started === undefined) this.#started.set(compiler.folder, (started = this.#start(compiler)));
    return started;
  }

  async #start(compiler: NativeCompiler): Promise<NativeServer> {
    const server = await NativeServer.start(compiler, this.root);
    this.#running.add(server);
    assertKnows(server);
    return server;
  }

  close(): void {
    for (const server of this.#running) server.close();
    this.#running.clear();
    this.#started.clear();
  }
}
