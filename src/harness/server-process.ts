import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { Control } from "./control.js";
import { HarnessError } from "./errors.js";
import { killTree } from "./kill-tree.js";
import { CONTROL_VARIABLE } from "./probe/protocol.js";
import { waitForAnswer } from "./ready.js";
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
  for (const child of running) killTree(child, "SIGKILL");
  running.clear();
}

export interface ServerOptions {
  command: string;
  args: readonly string[];
  /** JavaScript file of the preload. */
  probe: string;
  cwd: string;
  /** All of the environment but PATH. */
  env: Record<string, string>;
  /** Where the program will listen. Default: told by the probe, as soon as it listens anywhere. */
  port?: number;
  /** Asked with GET until it is answered with a status below 500. Default: none, a program that listens is ready. */
  readyPath?: string;
  /** Default 20 s. */
  startTimeoutMs?: number;
}

/** One real server of the program under test, with the processes that it starts. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #control: Control;
  #output = "";
  #port: number;

  private constructor(options: ServerOptions, control: Control, port: number) {
    const preload = `--import=${pathToFileURL(options.probe).href}`;
    this.#port = port;
    this.#control = control;
    this.#child = spawn(options.command, options.args, {
      cwd: options.cwd,
      env: {
        PATH: process.env["PATH"] ?? "",
        ...options.env,
        NODE_OPTIONS: [options.env["NODE_OPTIONS"], preload].filter(Boolean).join(" "),
        [CONTROL_VARIABLE]: control.address,
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that what a package manager's script starts ends with it.
      detached: process.platform !== "win32",
      shell: process.platform === "win32" && !/\.exe$/i.test(options.command),
    });
    running.add(this.#child);
    this.#child.once("exit", () => running.delete(this.#child));
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_TAIL);
      });
    }
  }

  /**
   * Starts the program and waits until it listens.
   *
   * @throws HarnessError `VERIFY_SERVER_ENDED` or `VERIFY_SERVER_SILENT`, with the end of what it printed.
   */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    let hear: (port: number) => void = () => undefined;
    const heard = new Promise<number>((resolve) => (hear = resolve));
    const control = await Control.open((port) => hear(port));
    const server = new ServerProcess(options, control, options.port ?? 0);
    try {
      await server.#within(options.startTimeoutMs ?? START_TIMEOUT_MS, "it listens", async (signal) => {
        server.#port = options.port ?? (await heard);
        if (options.port !== undefined || options.readyPath !== undefined) await waitForAnswer(server.#port, options.readyPath, signal);
      });
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
    await this.#within(REPLY_TIMEOUT_MS, "it answers the harness", () => this.#control.reset());
  }

  /** What each watched process of this server did since the last reset. None when no process could be watched. */
  async report(): Promise<ProcessReport[]> {
    return this.#within(REPLY_TIMEOUT_MS, "it answers the harness", () => this.#control.report());
  }

  /** Asks the program to end, and ends it when it does not. */
  async stop(): Promise<void> {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) {
      const exited = once(this.#child, "exit");
      killTree(this.#child, "SIGTERM");
      const timer = setTimeout(() => killTree(this.#child, "SIGKILL"), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    }
    // What the program had started and left behind goes when its line to the harness does.
    killTree(this.#child, "SIGKILL");
    this.#control.close();
  }

  /** Does `work`, unless the process ends or the time runs out before. */
  async #within<T>(timeoutMs: number, what: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    let stopWaiting = (): void => undefined;
    const trouble = new Promise<never>((_, reject) => {
      const fail = (code: "VERIFY_SERVER_ENDED" | "VERIFY_SERVER_SILENT", text: string): void =>
        reject(new HarnessError(code, `server process ${this.pid} ${text}\n${this.#output}`.trimEnd(), "Start it by hand with the scenario's command to see why."));
      const onExit = (code: number | null, signal: string | null): void => fail("VERIFY_SERVER_ENDED", `ended (${signal ?? code}) before ${what}`);
      // The output is complete when the streams are closed, which is after the exit.
      const onClose = (code: number | null, signal: string | null): void => onExit(code, signal);
      const onError = (error: Error): void => fail("VERIFY_SERVER_ENDED", `could not be started: ${error.message}`);
      const timer = setTimeout(() => fail("VERIFY_SERVER_SILENT", `was given ${timeoutMs} ms until ${what}, in vain`), timeoutMs);
      this.#child.once("close", onClose).once("error", onError);
      stopWaiting = () => {
        clearTimeout(timer);
        this.#child.off("close", onClose).off("error", onError);
      };
      if (this.#child.exitCode !== null) onExit(this.#child.exitCode, this.#child.signalCode);
    });
    try {
      return await Promise.race([work(over.signal), trouble]);
    } finally {
      stopWaiting();
      over.abort();
    }
  }
}
