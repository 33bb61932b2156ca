import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const folders = new Set<string>();
process.once("exit", removeScratch);

/** A temporary folder, which is gone when the process ends, however it ends but by SIGKILL. */
export function makeScratch(): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), "sessionfix-verify-"));
  folders.add(folder);
  return folder;
}

/** Removes one temporary folder, or all that are left. */
export function removeScratch(folder?: string | number): void {
  for (const each of typeof folder === "string" ? [folder] : folders) {
    folders.delete(each);
    rmSync(each, { recursive: true, force: true, maxRetries: 3 });
  }
}
