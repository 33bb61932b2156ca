import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The plugin's package as the build makes it, for the tests of one file. Its folder is known once the tests run. */
export function pluginPackage(): { folder: string } {
  const made = { folder: "" };
  beforeAll(() => {
    made.folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-plugin-")));
    execFileSync(process.execPath, [path.join(ROOT, "scripts/build-plugin.mjs"), made.folder]);
  }, 60_000);
  afterAll(() => rmSync(made.folder, { recursive: true, force: true }));
  return made;
}
