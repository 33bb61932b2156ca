import { ForeignSqliteError } from "./errors.js";
import { hasForeignSqlite, otherLibrary, refuseBeforeOpen, refuseForeignSqlite } from "./foreign-sqlite.js";
import { isAnonymous } from "./file-identity.js";
import { registry } from "./registry.js";
import { keyOf } from "./session-entry.js";
import type { SessionState } from "./session-state.js";
import type { Driver } from "./types.js";

/**
 * Connections that were opened beside another library's and refused. To close one would drop that library's locks and
 * remove the log that it writes to, so they are kept, unused, until the other one is gone.
 */
const parked = new Map<object, { readonly path: string; readonly close: () => unknown }>();

/** Before anything is opened: refuses what is known to end with two libraries on one file. */
export function guardBeforeOpen(driver: Driver | undefined, path: string | undefined): void {
  releaseParked();
  if (path === undefined || isAnonymous(path)) return;
  refuseBeforeOpen(path);
  if (driver === undefined) return;
  const library = libraryOf(driver.name);
  const file = fileOf(keyOf("", path));
  for (const entry of registry.entries.values()) {
    if (entry.driver === OPEN_FUNCTION || fileOf(entry.key) !== file || libraryOf(entry.driver) === library || !entry.isOpen()) continue;
    throw otherLibrary(path, library, libraryOf(entry.driver));
  }
}

/** What an entry calls its driver where the application opened the session with a function of its own. */
const OPEN_FUNCTION = "open";

/** Two drivers of one library differ in what they add in parentheses. */
function libraryOf(driver: string): string {
  return driver.replace(/ \(.*\)$/, "");
}

function fileOf(key: string): string {
  return key.slice(key.lastIndexOf("|") + 1);
}

/** Keeps open what must not be closed now. `false`: close it. */
export function park(session: object, reason: unknown, close: () => unknown): boolean {
  if (!(reason instanceof ForeignSqliteError) || reason.evidence !== "descriptors") return false;
  parked.set(session, { path: reason.path, close });
  return true;
}

function releaseParked(): void {
  for (const [session, { path, close }] of parked) {
    if (hasForeignSqlite(path)) continue;
    parked.delete(session);
    close();
  }
}

/** @throws {ForeignSqliteError} while another library uses the file: closing now would remove the log under its writes. */
export function guardBeforeClose({ connection, path }: SessionState): void {
  if (connection.open && !connection.memory) refuseForeignSqlite(path);
}
