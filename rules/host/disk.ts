import { readFileSync } from "node:fs";

/** The only reading of files in the plugin, beside the cache's. `undefined` when there is nothing to read. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
}
