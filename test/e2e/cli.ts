import { spawn } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Metafile } from "esbuild";
import { afterAll, beforeAll } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const { TOOL_ENTRY_POINTS } = (await import(new URL("../../scripts/lib/entry-points.mjs", import.meta.url).href)) as { TOOL_ENTRY_POINTS: Record<string, string> };

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
  metafile: () => Metafile;
  /** The command line's program, for those who start it themselves. */
  file: () => string;
}

/** The command line, bundled as it is shipped into a folder of its own, run as a process. */
export function useCli(): Cli {
  let folder = "";
  let metafile: Metafile = { inputs: {}, outputs: {} };
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-cli-")));
    symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
    cpSync(path.join(ROOT, "package.json"), path.join(folder, "package.json"));
    const result = await build({
      entryPoints: Object.fromEntries(Object.entries(TOOL_ENTRY_POINTS).map(([name, file]) => [name, path.join(ROOT, file)])),
      outdir: path.join(folder, "dist"),
      absWorkingDir: ROOT,
      bundle: true,
      splitting: true,
      platform: "node",
      target: "node20.19",
      format: "esm",
      packages: "external",
      logLevel: "warning",
      metafile: true,
    });
    metafile = result.metafile;
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { run: (args, options) => runNode([...(options?.preload === undefined ? [] : ["--import", options.preload]), path.join(folder, "dist/cli.js"), ...args], options), metafile: () => metafile, file: () => path.join(folder, "dist/cli.js") };
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
