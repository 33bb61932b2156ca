import { createRequire } from "node:module";
import path from "node:path";
import { HarnessError } from "./errors.js";

export type Value = string | number | bigint | Uint8Array | null;
export type Row = Record<string, Value>;

/** A database opened by the harness itself: for set-up, invariants and digests. */
export interface OpenedDatabase {
  /** Runs one statement and gives its rows. */
  all(sql: string, ...parameters: Value[]): Row[];
  /** Runs one or more statements. */
  exec(sql: string): void;
  close(): void;
}

export interface OpenOptions {
  /** Default false. */
  readonly?: boolean;
  /** Folders whose own SQLite driver may be used, in this order; then the harness's own, then Node's. Default none. */
  drivers?: readonly string[];
}

interface Driver {
  prepare(sql: string): { all(...parameters: Value[]): Row[] };
  exec(sql: string): unknown;
  close(): void;
}
type Constructor = new (path: string, options?: object) => Driver;

/**
 * Opens a database file with better-sqlite3, or with node:sqlite where there is none.
 *
 * @throws HarnessError `VERIFY_NO_DRIVER` when neither is there; the driver's own error when the file is no database.
 */
export function openDatabase(file: string, { readonly = false, drivers = [] }: OpenOptions = {}): OpenedDatabase {
  const session = open(file, readonly, drivers);
  return {
    all: (sql, ...parameters) => session.prepare(sql).all(...parameters),
    exec: (sql) => void session.exec(sql),
    close: () => session.close(),
  };
}

function open(file: string, readonly: boolean, drivers: readonly string[]): Driver {
  for (const from of [...drivers.map((folder) => path.join(folder, "package.json")), import.meta.url]) {
    const Database = load(from, "better-sqlite3");
    if (Database !== undefined) return new (Database as Constructor)(file, { readonly });
  }
  const node = load(import.meta.url, "node:sqlite") as { DatabaseSync: Constructor } | undefined;
  if (node !== undefined) return new node.DatabaseSync(file, { readOnly: readonly });
  throw new HarnessError("VERIFY_NO_DRIVER", `${file} cannot be looked into: there is no SQLite driver`, "Install better-sqlite3 in the project, or use Node 22.13 or newer.");
}

function load(from: string, name: string): unknown {
  try {
    return createRequire(from)(name) as unknown;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "MODULE_NOT_FOUND" || code === "ERR_UNKNOWN_BUILTIN_MODULE") return undefined;
    throw error;
  }
}
