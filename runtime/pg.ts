import { hostname } from "node:os";
import { SessionOptionError } from "./errors.js";
import { checkNumber } from "./options.js";
import { PgServer } from "./pg/pg-server.js";
import { checkPgOptions } from "./pg/run.js";
import type { PgPool, PgSettings } from "./pg/types.js";
import { serverOf, withoutPassword } from "./server.js";
import type { Driver } from "./types.js";

/** A class of pools as `pg` exports it. */
// The options differ between versions; whoever gives the class has their type.
export type PgPoolClass<Options = never> = new (options?: Options) => PgPool;

/**
 * The driver for PostgreSQL 9.6 or newer, through `pg` 8. A session is a `Pool` of the class given, one for each URL and
 * thread; in transactions `tx` is one of its clients.
 *
 * `getSession()` returns the pool at once; `await factory.ready()` at start-up waits for the server's first answer and
 * rejects with what is wrong. The first transaction does so otherwise.
 *
 * @param Pool What `import { Pool } from "pg"` gives.
 * @param options Given to the constructor as they are; the factory's `path` is the `connectionString`.
 * @param settings What holds for each transaction that does not say otherwise.
 */
export function pg<Class extends PgPoolClass>(Pool: Class, options?: ConstructorParameters<Class>[0], settings: PgSettings = {}): Driver<InstanceType<Class>> {
  checkPgOptions(settings);
  if (settings.answerTimeoutMs !== undefined) checkNumber("settings.answerTimeoutMs", settings.answerTimeoutMs, 1);
  return {
    name: "pg",
    defaults: {},
    open: (path, engine) => {
      checkUrl(path);
      if (Object.keys(engine).length > 0) throw new SessionOptionError("engine names settings of SQLite, which a PostgreSQL server does not have. Leave it out of the factory, and give pg() the pool's options and settings.");
      const common = { fallback_application_name: `node ${process.pid} on ${hostname()}`, ...(options as object | undefined), connectionString: path };
      const pool = new Pool(common as never) as InstanceType<Class>;
      const observing = { ...common, max: 1, min: 0, allowExitOnIdle: true, idleTimeoutMillis: 10_000, connectionTimeoutMillis: 2_000, statement_timeout: 2_000 };
      const server = new PgServer(pool, path, settings, () => newObserver(Pool, observing));
      server.ready().catch((error: unknown) => {
        process.emitWarning(`The server of the session for ${withoutPassword(path)} cannot be used: ${error instanceof Error ? error.message : String(error)}`, { type: "SessionfixWarning", code: "SESSIONFIX_SERVER" });
      });
      return pool;
    },
    isOpen: (session) => serverOf(session)?.isOpen() ?? false,
    close: (session) => session.end(),
    recognizes: (session): session is InstanceType<Class> => serverOf(session) instanceof PgServer,
  };
}

function newObserver(Pool: PgPoolClass, options: object): PgPool {
  const pool = new Pool(options as never);
  pool.on("error", () => {});
  return pool;
}

function checkUrl(path: string): void {
  if (!/^(?:postgres|postgresql|socket):/i.test(path)) throw new SessionOptionError(`path is ${JSON.stringify(path)}; with pg() it must be a URL such as postgres://user@host:5432/database.`);
}

export type { PgClient, PgIsolation, PgPool, PgResult, PgSettings, PgTransactionOptions } from "./pg/types.js";
