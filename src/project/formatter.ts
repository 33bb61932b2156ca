import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { UsageError } from "./errors.js";
import { isObject } from "./json-file.js";

/** Formatters by package, with the files that say a project uses them and the arguments that make them read stdin. */
const FORMATTERS = [
  { package: "@biomejs/biome", bin: "biome", configs: ["biome.json", "biome.jsonc"], args: (file: string) => ["format", `--stdin-file-path=${file}`] },
  { package: "prettier", bin: "prettier", configs: [], args: (file: string) => ["--stdin-filepath", file] },
] as const;

/**
 * The project's own formatter, as a function of one file's text.
 *
 * @throws UsageError `FORMATTER_MISSING`; the function throws `FORMATTER_FAILED`.
 */
export function projectFormatter(root: string): (file: string, text: string) => Promise<string> {
  for (const formatter of FORMATTERS) {
    if (formatter.configs.length > 0 && !formatter.configs.some((name) => existsSync(path.join(root, name)))) continue;
    const script = scriptOf(root, formatter.package, formatter.bin);
    if (script !== undefined) return (file, text) => run(root, script, formatter.args(file), formatter.bin, text, file);
  }
  throw new UsageError("FORMATTER_MISSING", `--format found neither Prettier nor Biome in ${root}`, "Install the one that the project uses, or run the fix without --format: it keeps to each file's own style.");
}

function scriptOf(root: string, name: string, bin: string): string | undefined {
  const folders = createRequire(path.join(root, "package.json")).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const manifest = path.join(folder, name, "package.json");
    if (!existsSync(manifest)) continue;
    const value: unknown = JSON.parse(readFileSync(manifest, "utf8"));
    const bins = isObject(value) ? value["bin"] : undefined;
    const relative = typeof bins === "string" ? bins : isObject(bins) ? bins[bin] : undefined;
    if (typeof relative === "string") return path.join(folder, name, relative);
  }
  return undefined;
}

function run(root: string, script: string, args: readonly string[], name: string, text: string, file: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: ["pipe", "pipe", "pipe"] });
    let out = "";
    let problem = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (out += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (problem += chunk));
    // One that ends without reading is told by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(out);
      else reject(new UsageError("FORMATTER_FAILED", `${name} failed on ${file}: ${problem.trim().split("\n")[0] ?? ""}`, "Nothing was written. Run the fix without --format."));
    });
  });
}
