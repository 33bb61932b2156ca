import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { inject } from "vitest";
import type { ProvidedContext } from "vitest";
import type {} from "./support/bundle.js";

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Who runs it: root may read everything, so tests of permissions run as somebody else. */
  uid?: number;
  /** Reads nothing, as `| head` does once it has enough. */
  closeStdout?: boolean;
  /** What a person would type. */
  input?: string;
  /** A module that runs before the command line, in its process. */
  preload?: string;
}

export interface Cli {
  run(args: string[], options?: RunOptions): Promise<Run>;
  /** What went into each file of the bundle. */
  outputs: ProvidedContext["commandLine"]["outputs"];
  /** The command line's program, for those who start it themselves. */
  file: string;
}

/** The command line as `support/bundle.ts` has made it, run as a process. */
export function useCli(): Cli {
  const { folder, outputs } = inject("commandLine");
  const file = path.join(folder, "dist/cli.js");
  return { run: (args, options) => runNode([...(options?.preload === undefined ? [] : ["--import", options.preload]), file, ...args], options), outputs, file };
}

function runNode(args: string[], { cwd = tmpdir(), env = {}, uid, closeStdout = false, input }: RunOptions = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      // The test runner asks for colours by these; a user's shell does not.
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, DEBUG: undefined, ...env },
      stdio: ["pipe", "pipe", "pipe"],
      ...(uid === undefined ? {} : { uid }),
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    if (closeStdout) child.stdout.destroy();
    const run: Run = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (run.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (run.stderr += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...run, code }));
  });
}

export const STACK_TRACE = /^\s+at .+:\d+:\d+\)?$/m;
