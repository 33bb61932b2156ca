import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import type { FromProbe, ToProbe } from "./probe/protocol.js";
import type { ProcessReport } from "./types.js";

const START_TIMEOUT_MS = 20_000;
/** A blocked loop cannot answer; the longest known block is the fixture's busy timeout of 30 s. */
const REPLY_TIMEOUT_MS = 45_000;
const STOP_TIMEOUT_MS = 2_000;
/** How much of the process's output is kept for an error message, in characters. */
const OUTPUT_TAIL = 4_000;

const running = new Set<ChildProcess>();
process.once("exit", killAllServers);

/** Ends every server process that this one started, at once. */
export function killAllServers(): void {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
}

export interface ServerOptions {
  script: string;
  probe: string;
  cwd: string;
  env: Record<string, string>;
}

/** One real process of the program under test. */
export class ServerProcess {
  readonly #child: ChildProcess;
  #output = "";
  #port = 0;

  private constructor(options: ServerOptions) {
    this.#child = fork(options.script, [], {
      cwd: options.cwd,
      env: { PATH: process.env.PATH ?? "", ...options.env },
      execArgv: ["--enable-source-maps", "--import", pathToFileURL(options.probe).href],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_TAIL);
      });
    }
  }

  /** Starts the program and waits until it listens. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const server = new ServerProcess(options);
    try {
      const message = await server.#receive("listening", START_TIMEOUT_MS);
      server.#port = message.port;
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async reset(): Promise<void> {
    const done = this.#receive("reset-done", REPLY_TIMEOUT_MS);
    this.#send({ type: "reset" });
    await done;
  }

  async report(): Promise<ProcessReport> {
    const answer = this.#receive("report", REPLY_TIMEOUT_MS);
    this.#send({ type: "report" });
    return (await answer).report;
  }

  /** Asks the program to end, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  }

  #send(message: ToProbe): void {
    if (this.#child.connected) this.#child.send(message);
  }

  #receive<T extends FromProbe["type"]>(type: T, timeoutMs: number): Promise<Extract<FromProbe, { type: T }>> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#child.off("message", onMessage);
        this.#child.off("exit", onExit);
      };
      const fail = (what: string): void => {
        finish();
        reject(new Error(`server process ${this.pid} ${what} while "${type}" was awaited\n${this.#output}`));
      };
      const onMessage = (message: FromProbe): void => {
        if (message.type !== type) return;
        finish();
        resolve(message as Extract<FromProbe, { type: T }>);
      };
      const onExit = (code: number | null, signal: string | null): void => fail(`ended (${signal ?? code})`);
      const timer = setTimeout(() => fail(`did not answer within ${timeoutMs} ms`), timeoutMs);
      this.#child.on("message", onMessage);
      this.#child.once("exit", onExit);
    });
  }
}
