import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { LockHolder } from "sessionfix-runtime";
import type { QueueStatus } from "../../../runtime/file-queue.js";
import { onCleanup, tempFolder } from "./database.js";

const runtime = (file: string) => fileURLToPath(new URL(`../../../runtime/${file}`, import.meta.url));

/** Bundles the runtime as it is now, with the few internals that tests look at. Returns the module's URL. */
export async function bundledRuntime(): Promise<string> {
  const outfile = join(tempFolder(), "runtime.mjs");
  const contents = [
    `export * from ${JSON.stringify(runtime("index.ts"))};`,
    `export { probeQueue, queueStatus } from ${JSON.stringify(runtime("file-queue.ts"))};`,
    `export { stateOf } from ${JSON.stringify(runtime("session-state.ts"))};`,
  ].join("\n");
  await build({ stdin: { contents, resolveDir: runtime("."), loader: "ts" }, outfile, bundle: true, format: "esm", platform: "node", target: "node20", logLevel: "error" });
  return pathToFileURL(outfile).href;
}

interface Message {
  readonly begun?: string;
  readonly done?: string;
  readonly asking?: string;
  readonly failed?: string;
  readonly finished?: string;
  readonly code?: string;
  readonly holder?: LockHolder;
  readonly status?: QueueStatus;
  readonly ticked?: number;
}

/** Waits for `condition` without keeping the processor from the other processes. The test's own timeout is the limit. */
export async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** A process with the package in it. */
export class RuntimeProcess {
  readonly messages: Message[] = [];

  constructor(readonly child: ChildProcess) {
    child.on("message", (message: Message) => this.messages.push(message));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  tell(command: string, given: Readonly<Record<string, unknown>> = {}): void {
    this.child.send({ command, ...given });
  }

  /** Asks for a transaction that ends by itself, or, with `waits`, when it is told to. */
  ask(name: string, options: { waits?: boolean; timeoutMs?: number } = {}): void {
    this.tell("ask", { name, ...options });
  }

  has(kind: "begun" | "done" | "asking" | "failed" | "finished", name: string): boolean {
    return this.messages.some((message) => message[kind] === name);
  }

  names(kind: "begun" | "done" | "asking" | "failed"): string[] {
    return this.messages.flatMap((message) => message[kind] ?? []);
  }

  /** Waits for such a message. The test's own timeout is the limit. */
  async hears(kind: "begun" | "done" | "asking" | "failed" | "finished", name: string): Promise<Message> {
    await eventually(() => this.has(kind, name));
    return this.messages.find((message) => message[kind] === name)!;
  }

  async status(): Promise<QueueStatus> {
    const count = this.#statuses().length;
    this.tell("status");
    await eventually(() => this.#statuses().length > count);
    return this.#statuses().at(-1)!;
  }

  async reaches(wanted: (status: QueueStatus) => boolean): Promise<void> {
    while (!wanted(await this.status()));
  }

  #statuses(): QueueStatus[] {
    return this.messages.flatMap((message) => message.status ?? []);
  }

  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
    this.child.kill(signal);
  }
}

export async function runtimeProcess(path: string, runtimeUrl: string, env: Readonly<Record<string, string>> = {}): Promise<RuntimeProcess> {
  const child = fork(fileURLToPath(new URL("runtime-process.mjs", import.meta.url)), [path, runtimeUrl], { execArgv: [], env: { ...process.env, ...env } });
  onCleanup(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await once(child, "message");
  return new RuntimeProcess(child);
}
