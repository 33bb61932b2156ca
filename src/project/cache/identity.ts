import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { catalogueText } from "../../core/cache/catalogue-text.js";
import { CACHE_FORMAT } from "../../core/cache/envelope.js";
import { FACTS_VERSION } from "../../core/facts/types.js";
import { digest } from "./digest.js";

/**
 * Tells apart everything that decides what a scan makes of the same files: the version of the tool and of its parsers,
 * the catalogue, and the tool's own code, so that a tool under development does not believe what it said before.
 */
export function cacheIdentity(catalogue: string = catalogueText()): string {
  const tool = toolFolder();
  return digest(JSON.stringify([CACHE_FORMAT, FACTS_VERSION, tool === undefined ? "" : readText(path.join(tool, "package.json")), codeOf(tool), parsers(), catalogue])).slice(0, 32);
}

/** Where the package lies: its own `package.json` is there. */
export function toolFolder(): string | undefined {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (/"name":\s*"sessionfix"/.test(readText(path.join(folder, "package.json")))) return folder;
  }
  return undefined;
}

/** Whether what runs is what was built, and not the sources. */
export function isBuilt(tool: string): boolean {
  return path.relative(tool, fileURLToPath(import.meta.url)).split(path.sep)[0] === "dist";
}

/** Names, sizes and times of the files that run. */
function codeOf(tool: string | undefined): string[] {
  if (tool === undefined) return [];
  const folders = isBuilt(tool) ? ["dist"] : ["src", "rules"];
  return folders.flatMap((folder) => filesUnder(path.join(tool, folder)));
}

function filesUnder(folder: string): string[] {
  const found: string[] = [];
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const absolute = path.join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!/^(?:node_modules|dist|types|docs)$/.test(entry.name)) found.push(...filesUnder(absolute));
      } else if (/\.(?:js|ts)$/.test(entry.name)) {
        const { size, mtimeMs } = statSync(absolute);
        found.push(`${absolute} ${size} ${mtimeMs}`);
      }
    }
  } catch {
    // What cannot be listed cannot be told apart; the versions still are.
  }
  return found.sort();
}

function parsers(): string[] {
  const require = createRequire(import.meta.url);
  return ["oxc-parser", "@typescript-eslint/visitor-keys"].map((name) => {
    const folder = (require.resolve.paths(name) ?? []).find((base) => readText(path.join(base, name, "package.json")) !== "");
    return folder === undefined ? "" : (/"version":\s*"[^"]*"/.exec(readText(path.join(folder, name, "package.json")))?.[0] ?? "");
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
