import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { DatabaseFileError } from "./errors.js";

export interface QuickCheck {
  /** What `PRAGMA quick_check` said, line by line; `["ok"]` for a sound file. */
  readonly lines: readonly string[];
  /** Which SQLite looked: `node:sqlite`, `better-sqlite3`, `sqlite3 (shell)`. */
  readonly by: string;
}

const SQL = "PRAGMA quick_check(20)";

/**
 * `PRAGMA quick_check` (https://www.sqlite.org/pragma.html#pragma_quick_check) by the first SQLite that is at hand, read-only: it reads the
 * whole file and holds a read lock meanwhile, so in rollback-journal mode nobody can commit, and in WAL mode the log grows.
 *
 * @param from Folder whose better-sqlite3 may be used.
 * @throws {DatabaseFileError} `NO_SQLITE_TO_CHECK_WITH`.
 */
export function quickCheck(path: string, from: string): QuickCheck {
  const found = byNode(path) ?? byBetterSqlite3(path, from) ?? byShell(path);
  if (found !== undefined) return found;
  throw new DatabaseFileError("NO_SQLITE_TO_CHECK_WITH", "There is no SQLite here to check the file with.", "Use Node 22.13 or newer, run it in a project that has better-sqlite3 installed, or install the sqlite3 shell.");
}

type Row = Record<string, unknown>;

interface NodeSqlite {
  DatabaseSync: new (path: string, options: object) => { prepare(sql: string): { all(): Row[] }; close(): void };
}

function byNode(path: string): QuickCheck | undefined {
  // Where the module is experimental Node says so on stderr, once.
  const module = process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
  if (module === undefined) return undefined;
  return attempt("node:sqlite", () => {
    const session = new module.DatabaseSync(path, { readOnly: true });
    try {
      return session.prepare(SQL).all();
    } finally {
      session.close();
    }
  });
}

interface BetterSqlite3 {
  new (path: string, options: object): { prepare(sql: string): { all(): Row[] }; close(): void };
}

function byBetterSqlite3(path: string, from: string): QuickCheck | undefined {
  let Database: BetterSqlite3;
  try {
    Database = createRequire(join(from, "package.json"))("better-sqlite3") as BetterSqlite3;
  } catch {
    return undefined;
  }
  return attempt("better-sqlite3", () => {
    const session = new Database(path, { readonly: true });
    try {
      return session.prepare(SQL).all();
    } finally {
      session.close();
    }
  });
}

/** What SQLite says of a file that it cannot even read is the check's outcome, too. */
function attempt(by: string, run: () => Row[]): QuickCheck {
  try {
    return { by, lines: run().map((row) => String(Object.values(row)[0])) };
  } catch (error) {
    return { by, lines: [error instanceof Error ? error.message : String(error)] };
  }
}

function byShell(path: string): QuickCheck | undefined {
  const { error, stdout, stderr } = spawnSync("sqlite3", ["-readonly", "-batch", path, SQL], { encoding: "utf8" });
  if (error !== undefined) return undefined;
  return { by: "sqlite3 (shell)", lines: `${stdout}\n${stderr}`.split("\n").map((line) => line.trim()).filter((line) => line !== "") };
}
