import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Every source file below a folder, as `file → text`, with "/" separators. */
export function readTree(root: string): Record<string, string> {
  const files: Record<string, string> = {};
  const visit = (dir: string): void => {
    for (const name of readdirSync(join(root, dir))) {
      if (name === "node_modules" || name === "dist") continue;
      const path = dir === "" ? name : `${dir}/${name}`;
      if (statSync(join(root, path)).isDirectory()) visit(path);
      else files[path] = readFileSync(join(root, path), "utf8");
    }
  };
  visit("");
  return files;
}
