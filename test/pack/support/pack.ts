import { execFileSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../..");

export const PACKAGES = { sessionfix: ".", "eslint-plugin-sessionfix": "rules", "sessionfix-runtime": "runtime" };

export interface Packed {
  filename: string;
  size: number;
  unpackedSize: number;
  files: { path: string }[];
}

export function npm(args: string[], cwd: string): string {
  return execFileSync("npm", args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
}

/** What `npm publish` would send. `npm test` has built: a test that builds on its own would test something else than what is shipped. */
export function pack(name: keyof typeof PACKAGES, folder: string): Packed {
  const [packed] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder], path.join(root, PACKAGES[name]))) as [Packed];
  return packed;
}
