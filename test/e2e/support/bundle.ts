import { chmodSync, cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Metafile } from "esbuild";
import type { TestProject } from "vitest/node";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

declare module "vitest" {
  export interface ProvidedContext {
    /** The command line as it is shipped, and what went into each of its files. */
    commandLine: { folder: string; outputs: Metafile["outputs"] };
  }
}

/** Bundles the command line as it is shipped into a folder of its own: once, for every test that starts it. */
export default async function setUp(project: TestProject): Promise<() => void> {
  const { TOOL_ENTRY_POINTS } = (await import(new URL("../../../scripts/lib/entry-points.mjs", import.meta.url).href)) as { TOOL_ENTRY_POINTS: Record<string, string> };
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-cli-")));
  symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
  cpSync(path.join(ROOT, "package.json"), path.join(folder, "package.json"));
  const { metafile } = await build({
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
  // Tests of permissions start it as somebody else.
  chmodSync(folder, 0o755);
  project.provide("commandLine", { folder, outputs: metafile.outputs });
  return () => rmSync(folder, { recursive: true, force: true });
}
