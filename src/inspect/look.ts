import { realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { parseDatabaseHeader, readStart } from "./database-header.js";
import type { DatabaseHeader } from "./database-header.js";
import { DatabaseFileError } from "./errors.js";
import { findLockUses, readLockTable } from "./lock-table.js";
import type { LockUse } from "./lock-table.js";
import { framesOf, INDEX_BYTES, parseWalHeader, parseWalIndex } from "./wal-index.js";
import type { WalIndex } from "./wal-index.js";

/** The files of one database as they lie on disk at one moment. */
export interface FilesLook {
  /** Absolute, symbolic links followed: SQLite puts the log beside the file that a link leads to. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** `undefined` for an empty file. */
  readonly header: DatabaseHeader | undefined;
  readonly wal: { readonly size: number; readonly frames: number; readonly checkpointSequence: number | undefined } | undefined;
  /** What the `-shm` file says, where it is there and can be read. */
  readonly index: WalIndex | undefined;
  readonly hasIndex: boolean;
  /** Bytes of a `-journal` file; `hot` says that its header is a journal's: a transaction runs, or was cut short. */
  readonly journal: { readonly size: number; readonly hot: boolean } | undefined;
}

/** A rollback journal begins with these bytes: https://www.sqlite.org/fileformat2.html#the_rollback_journal */
const JOURNAL_MAGIC = Buffer.from("d9d505f920a163d7", "hex");

/**
 * @throws {DatabaseFileError} `NO_SUCH_DATABASE` where there is no such file, `NOT_A_DATABASE` for a folder or a file of another kind,
 *   `DATABASE_UNREADABLE` where this user may not read it.
 */
export function lookAtFiles(file: string): FilesLook {
  const path = findDatabase(file);
  const bytes = readOrFail(path);
  const header = parseDatabaseHeader(bytes);
  if (header === "not a database") {
    throw new DatabaseFileError("NOT_A_DATABASE", `${file} is no SQLite database: it does not begin with "SQLite format 3".`, "An encrypted database (SQLCipher) looks like this, too; its locks can be watched with `sessionfix top`.");
  }
  const size = statSync(path).size;
  const shmPath = `${path}-shm`;
  const index = tryRead(shmPath, INDEX_BYTES);
  return {
    path, size, header,
    wal: lookAtWal(`${path}-wal`, header?.pageSize ?? 4096),
    hasIndex: index !== undefined,
    index: index === undefined ? undefined : parseWalIndex(index),
    journal: lookAtJournal(`${path}-journal`),
  };
}

/** Absolute path of the file that SQLite would work on. @throws {DatabaseFileError} */
export function findDatabase(file: string): string {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined) throw new DatabaseFileError("NO_SUCH_DATABASE", `There is no file ${file}.`, `Looked in ${process.cwd()}. Give the path that the application opens; relative paths begin at the application's working folder.`);
  if (!stats.isFile()) throw new DatabaseFileError("NOT_A_DATABASE", `${file} is ${stats.isDirectory() ? "a folder" : "not a regular file"}.`, "Give the path of the database file itself.");
  return realpathSync(resolve(file));
}

function readOrFail(path: string): Buffer {
  try {
    return readStart(path, 100);
  } catch (error) {
    throw new DatabaseFileError("DATABASE_UNREADABLE", `${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`, "Run as the user that the application runs as.");
  }
}

function tryRead(path: string, bytes: number): Buffer | undefined {
  try {
    return readStart(path, bytes);
  } catch {
    return undefined;
  }
}

function lookAtWal(path: string, pageSize: number): FilesLook["wal"] {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  const header = parseWalHeader(tryRead(path, 32) ?? Buffer.alloc(0));
  return { size, frames: framesOf(size, header?.pageSize ?? pageSize), checkpointSequence: header?.checkpointSequence };
}

function lookAtJournal(path: string): FilesLook["journal"] {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return undefined;
  return { size, hot: tryRead(path, 8)?.equals(JOURNAL_MAGIC) === true };
}

/** Who uses the file now. */
export type UsesLook = { readonly known: true; readonly uses: readonly LockUse[] } | { readonly known: false; readonly reason: string };

export function lookAtUses(path: string, journal: "wal" | "rollback", platform: NodeJS.Platform = process.platform, readTable: () => string | undefined = readLockTable): UsesLook {
  if (platform !== "linux") return { known: false, reason: `who holds a lock can be told on Linux only; this is ${platform}` };
  const table = readTable();
  if (table === undefined) return { known: false, reason: "/proc/locks cannot be read here" };
  return { known: true, uses: findLockUses(path, table, journal) };
}
