import { registry } from "./registry.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { Driver, EngineSettings } from "./types.js";

/** A class of databases as `better-sqlite3` exports it. */
// The options differ between versions and forks; whoever gives the class has their type.
export type BetterSqlite3Class<Options = never> = new (path: string, options?: Options) => SqliteConnection;

const DEFAULTS: EngineSettings = {
  journalMode: "wal",
  synchronous: "normal",
  foreignKeys: true,
  tempStore: "memory",
  cacheSize: -64_000,
  mmapSize: 268_435_456,
  busyTimeoutMs: 10_000,
  checkpoint: "worker",
};

/**
 * The driver for better-sqlite3. Sessions are the library's own `Database` objects, of the type of the class given.
 *
 * Unless the factory's `engine` says otherwise: `journal_mode=WAL`, `synchronous=NORMAL`, `foreign_keys=ON`,
 * `temp_store=MEMORY`, `cache_size=-64000`, `mmap_size=268435456`, busy timeout 10,000 ms, checkpoints in a thread.
 *
 * @param Database What `import Database from "better-sqlite3"` gives.
 * @param options Given to the constructor as they are.
 */
export function betterSqlite3<Class extends BetterSqlite3Class>(
  Database: Class,
  options?: ConstructorParameters<Class>[1],
): Driver<InstanceType<Class>> {
  return {
    // One file may well have a session that writes and one that only reads.
    name: isReadonly(options) ? "better-sqlite3 (readonly)" : "better-sqlite3",
    defaults: DEFAULTS,
    open: (path) => new Database(path, options) as InstanceType<Class>,
    isOpen: (session) => session.open,
    close,
    connection: (session) => session,
    recognizes: (session): session is InstanceType<Class> => isSqliteConnection(session),
  };
}

function isReadonly(options: unknown): boolean {
  return typeof options === "object" && options !== null && "readonly" in options && options.readonly === true;
}

function close(session: SqliteConnection): void {
  if (!session.open) return;
  try {
    // SQLite itself checkpoints only when the last connection of all processes closes. A log that others no longer see is
    // left to it: it copies what is in there only if nobody else has the file open.
    if (registry.states.get(session)?.guard.failed !== true && !session.readonly && !session.memory && !session.inTransaction) session.exec("PRAGMA busy_timeout=0;PRAGMA wal_checkpoint(PASSIVE)");
  } catch {
    // Nothing is lost with a log that stays as it is: whoever opens the file next reads it.
  } finally {
    session.close();
  }
}

export type { SqliteConnection, SqliteStatement } from "./sqlite-connection.js";
