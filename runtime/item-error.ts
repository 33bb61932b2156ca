import { SessionError } from "./errors.js";

/**
 * Primary result codes that speak of the file, the lock or the machine, so that the next item would meet them too, or
 * whose transaction may be gone: https://www.sqlite.org/rescode.html and, on rolling back by itself,
 * https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction.
 */
const ENDS_RUN: ReadonlyMap<number, string> = new Map([
  [2, "INTERNAL"], [3, "PERM"], [4, "ABORT"], [5, "BUSY"], [6, "LOCKED"], [7, "NOMEM"], [8, "READONLY"], [9, "INTERRUPT"], [10, "IOERR"],
  [11, "CORRUPT"], [13, "FULL"], [14, "CANTOPEN"], [15, "PROTOCOL"], [22, "NOLFS"], [26, "NOTADB"],
]);
const NAMES: ReadonlySet<string> = new Set(ENDS_RUN.values());

/** Libraries wrap errors in errors of their own; none does it more often than this. */
const MOST_CAUSES = 8;

/** Whether `error`, thrown by an item's handler, is about more than the item. */
export function endsRun(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < MOST_CAUSES && typeof at === "object" && at !== null; depth++) {
    if (at instanceof SessionError || isOfSqlite(at)) return true;
    at = "cause" in at ? at.cause : undefined;
  }
  return false;
}

/** better-sqlite3 gives the (extended) code's name as `code`, node:sqlite its number as `errcode`. */
function isOfSqlite(error: object): boolean {
  if ("errcode" in error && typeof error.errcode === "number") return ENDS_RUN.has(error.errcode & 0xff);
  if (!("code" in error) || typeof error.code !== "string") return false;
  const primary = /^SQLITE_([A-Z]+)/.exec(error.code)?.[1];
  return primary !== undefined && NAMES.has(primary);
}
