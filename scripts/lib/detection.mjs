import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** For esbuild's `define`: a name for the analysis and the rules as they are, so that two bundles know whether they would find the same. */
export function detection(root) {
  const hash = createHash("sha256");
  for (const folder of ["src/core", "rules"])
    for (const file of readdirSync(path.join(root, folder), { recursive: true }).sort())
      if (/\.ts$/.test(file) && !/(?:^|[\\/])(?:dist|node_modules)[\\/]/.test(file)) hash.update(`${file}\0`).update(readFileSync(path.join(root, folder, file)));
  return { SESSIONFIX_DETECTION: JSON.stringify(hash.digest("hex").slice(0, 16)) };
}
