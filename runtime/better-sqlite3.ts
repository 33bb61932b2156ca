import { betterSqlite3Library, constructorOptions } from "./better-sqlite3-library.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import { SQLITE_DEFAULTS, closeSqlite } from "./sqlite-driver.js";
import type { Driver } from "./types.js";

/** A class of databases as `better-sqlite3` exports it. */
// The options differ between versions and forks; whoever gives the class has their type.
export type BetterSqlite3Class<Options = never> = new (path: string, options?: Options) => SqliteConnection;

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
    defaults: SQLITE_DEFAULTS,
    open: (path) => {
      const session = new Database(path, options) as InstanceType<Class>;
      constructorOptions.set(session, options);
      return session;
    },
    isOpen: (session) => session.open,
    close: (session) => closeSqlite(session, (own) => betterSqlite3Library.connect(own)),
    connection: (session) => session,
    recognizes: (session): session is InstanceType<Class> => isSqliteConnection(session),
  };
}

function isReadonly(options: unknown): boolean {
  return typeof options === "object" && options !== null && "readonly" in options && options.readonly === true;
}

export type { SqliteConnection, SqliteStatement } from "./sqlite-connection.js";
