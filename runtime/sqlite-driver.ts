import { accessOf } from "./access.js";
import type { Connection } from "./connection.js";
import type { EngineSettings } from "./types.js";

/** What each SQLite driver asks of the sessions that it opens, where the factory's `engine` says nothing else. */
export const SQLITE_DEFAULTS: EngineSettings = {
  journalMode: "wal",
  synchronous: "normal",
  foreignKeys: true,
  tempStore: "memory",
  cacheSize: -64_000,
  mmapSize: 268_435_456,
  busyTimeoutMs: 10_000,
  checkpoint: "worker",
};

/** Closes a session after a last look at its write-ahead log; `connect` is for one that this package has not met. */
export function closeSqlite<S extends object>(session: S & { close(): unknown }, connect: (session: S) => Connection): void {
  const state = accessOf(session)?.state;
  const connection = state?.connection ?? connect(session);
  if (!connection.open) return;
  try {
    // SQLite itself checkpoints only when the last connection of all processes closes. A log that others no longer see is
    // left to it: it copies what is in there only if nobody else has the file open.
    if (state?.guard.failed !== true && !connection.readonly && !connection.memory && !connection.inTransaction) connection.exec("PRAGMA busy_timeout=0;PRAGMA wal_checkpoint(PASSIVE)");
  } catch {
    // Nothing is lost with a log that stays as it is: whoever opens the file next reads it.
  } finally {
    session.close();
  }
}
