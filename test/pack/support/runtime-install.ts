import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { npm, pack, root } from "./pack.js";
import type { Packed } from "./pack.js";

export const NAME = "sessionfix-runtime";

interface Manifest {
  exports: Record<string, string | Record<"import" | "require", { types: string; default: string }>>;
}

/** An entry as it is imported, with the files that its two conditions lead to. */
export interface Entry {
  specifier: string;
  import: { types: string; default: string };
  require: { types: string; default: string };
}

export interface Installed {
  /** The consumer's folder. */
  folder: string;
  /** The package in it. */
  at: string;
  packed: Packed;
  remove: () => void;
}

/** The packed runtime in a project of its own, by npm, without a registry and with an empty cache. */
export function installRuntime(): Installed {
  // The real path: compilers name files by it.
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-runtime-pack-")));
  const packed = pack(NAME, folder);
  const consumer = path.join(folder, "consumer");
  mkdirSync(consumer);
  writeFileSync(path.join(consumer, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  npm(["install", path.join("..", packed.filename), "--offline", "--cache", path.join(folder, "cache"), "--no-audit", "--no-fund"], consumer);
  return { folder: consumer, at: path.join(consumer, "node_modules", NAME), packed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** From the source's manifest, which is the one that is packed, so that tests can be named after the entries. */
export function entries(): Entry[] {
  const { exports } = JSON.parse(readFileSync(path.join(root, "runtime/package.json"), "utf8")) as Manifest;
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === "string" ? [] : [{ specifier: path.posix.join(NAME, subpath), import: target.import, require: target.require }],
  );
}

export function sizeOf(folder: string): { files: number; bytes: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return { files: files.length, bytes: files.reduce((sum, file) => sum + statSync(path.join(file.parentPath, file.name)).size, 0) };
}

/** Node's types beside the package, as any consumer has them, and no others: copies, because links would lead to the project's own. */
export function addNodeTypes(folder: string): void {
  for (const name of ["@types/node", "undici-types"]) cpSync(path.join(root, "node_modules", name), path.join(folder, "node_modules", name), { recursive: true });
}

type NewerNode = { program: string; version: string } | { reason: string };

export interface NodeProgram {
  title: string;
  program: string | undefined;
  /** A better-sqlite3 that this Node can load. */
  driver: string;
}

/** The Node at hand and the newer one. Without the newer one, its title says why. */
export async function nodePrograms(): Promise<NodeProgram[]> {
  const { newerNode } = (await import(new URL("../../../scripts/lib/newer.mjs", import.meta.url).href)) as { newerNode: () => NewerNode };
  const newer = newerNode();
  return [
    { title: `Node ${process.versions.node}`, program: process.execPath, driver: path.join(root, "node_modules/better-sqlite3") },
    {
      title: "reason" in newer ? `a newer Node (${newer.reason})` : `Node ${newer.version}`,
      program: "reason" in newer ? undefined : newer.program,
      driver: path.join(root, "node_modules/better-sqlite3-13"),
    },
  ];
}

export interface Compiler {
  title: string;
  /** `undefined` where it is not installed. */
  tsc: string | undefined;
}

export function compilers(): Compiler[] {
  return ["node_modules/typescript5", "node_modules/typescript", "scripts/newer/node_modules/typescript"].map((place) => {
    const at = path.join(root, place);
    if (!existsSync(at)) return { title: `the TypeScript of ${place} (not installed; \`npm run vitest:newer\` installs it)`, tsc: undefined };
    const { version } = JSON.parse(readFileSync(path.join(at, "package.json"), "utf8")) as { version: string };
    return { title: `TypeScript ${version}`, tsc: path.join(at, "bin/tsc") };
  });
}
