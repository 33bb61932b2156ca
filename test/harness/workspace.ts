import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: the nearest folder above this code whose package is `sessionfix`. */
export function repositoryRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: string };
      if (name === "sessionfix") return folder;
    }
    const parent = dirname(folder);
    if (parent === folder) throw new Error("the harness must run inside the sessionfix repository");
    folder = parent;
  }
}

export interface Workspace {
  path: string;
  remove(): void;
}

/** A temporary folder from which the repository's dependencies can be imported. */
export function createWorkspace(prefix: string): Workspace {
  const path = mkdtempSync(join(tmpdir(), `sessionfix-${prefix}-`));
  symlinkSync(join(repositoryRoot(), "node_modules"), join(path, "node_modules"), "junction");
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}
