import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HarnessError } from "./errors.js";

/** A file of the built package, by its name in dist/: what other processes and threads load. @throws HarnessError `VERIFY_NO_PROBE`. */
export function packageFile(name: string): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (!isPackage(path.join(folder, "package.json"))) continue;
    const file = path.join(folder, "dist", `${name}.js`);
    if (existsSync(file)) return file;
  }
  throw new HarnessError("VERIFY_NO_PROBE", `dist/${name}.js is missing from the sessionfix package`, "Install it anew; in its own repository, build it.");
}

function isPackage(manifest: string): boolean {
  if (!existsSync(manifest)) return false;
  return (JSON.parse(readFileSync(manifest, "utf8")) as { name?: string }).name === "sessionfix";
}
