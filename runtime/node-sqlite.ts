import { constructorOptions, nodeSqliteLibrary } from "./node-sqlite-library.js";
import type { NodeSqliteDatabase } from "./sqlite-connection.js";
import { SQLITE_DEFAULTS, closeSqlite } from "./sqlite-driver.js";
import type { Driver } from "./types.js";

/** The class `DatabaseSync` of node:sqlite. */
export type NodeSqliteClass<Options extends object = never> = new (path: string, options?: Options) => NodeSqliteDatabase;

/**
 * The driver for node:sqlite (Node ≥ 22.13). Sessions are Node's own `DatabaseSync` objects.
 *
 * Unless the factory's `engine` says otherwise: `journal_mode=WAL`, `synchronous=NORMAL`, `foreign_keys=ON`,
 * `temp_store=MEMORY`, `cache_size=-64000`, `mmap_size=268435456`, busy timeout 10,000 ms, checkpoints in a thread.
 *
 * @param DatabaseSync What `import { DatabaseSync } from "node:sqlite"` gives.
 * @param options Given to the constructor as they are.
 */
export function nodeSqlite<Class extends NodeSqliteClass>(
  DatabaseSync: Class,
  options?: ConstructorParameters<Class>[1],
): Driver<InstanceType<Class>> {
  const given: { readonly readOnly?: boolean } = options ?? {};
  return {
    // One file may well have a session that writes and one that only reads.
    name: given.readOnly === true ? "node:sqlite (readonly)" : "node:sqlite",
    defaults: SQLITE_DEFAULTS,
    open: (path) => {
      const session = (options === undefined ? new DatabaseSync(path) : new DatabaseSync(path, options)) as InstanceType<Class>;
      constructorOptions.set(session, given);
      return session;
    },
    isOpen: (session) => session.isOpen,
    close: (session) => closeSqlite(session, (own) => nodeSqliteLibrary.connect(own)),
    connection: (session) => session,
    recognizes: (session): session is InstanceType<Class> => typeof session === "object" && session !== null && nodeSqliteLibrary.recognizes(session),
  };
}

export type { NodeSqliteDatabase } from "./sqlite-connection.js";
