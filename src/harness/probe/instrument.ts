/**
 * Watches better-sqlite3 from the outside: how many connections are opened, and when each holds the write lock. The
 * program under test is not changed and cannot tell.
 */
import Module from "node:module";
import { ConnectionLocks, LockLog } from "./lock-log.js";

export interface Observed {
  log: LockLog;
  sessionsOpened: number;
  /** Whether the driver was loaded. */
  watched: boolean;
}

export interface WatchOptions {
  /** Called when the driver is loaded. Default: nothing. */
  onLoad?: () => void;
  /** For whom the process works at the moment. Default: nobody. */
  labelOf?: () => string | undefined;
}

/** As much of better-sqlite3 as is watched. */
interface ProbedSession {
  readonly open: boolean;
  readonly inTransaction: boolean;
  prepare(sql: string): object;
  close(): void;
}
type Constructor = new (...args: unknown[]) => ProbedSession;
interface ProbedStatement {
  readonly source: string;
  readonly readonly: boolean;
  readonly database: ProbedSession;
}

/** better-sqlite3's main file, wherever a package manager puts it, also under the name of another version. */
const DRIVER = /[\\/]better-sqlite3[^\\/]*[\\/]lib[\\/]index\.js$/;

const BEGIN_WITH_LOCK = /^\s*begin\s+(immediate|exclusive)\b/i;
const TRANSACTION_CONTROL = /^\s*(begin|commit|end|rollback|savepoint|release)\b/i;
const WRITING_VERB = /(^|;)\s*(insert|update|delete|replace|create|drop|alter|with)\b/i;

/**
 * Watches each copy of better-sqlite3 that the process loads from now on. Its exports are replaced as its file is
 * loaded, for `require` and for `import` alike: an `import` gets what the exports were at that moment.
 */
export function watchDriver({ onLoad, labelOf }: WatchOptions = {}): Observed {
  const observed: Observed = { log: new LockLog(labelOf), sessionsOpened: 0, watched: false };
  const { _extensions: extensions } = Module as unknown as { _extensions: Record<string, Loader> };
  const load = extensions[".js"];
  if (load === undefined) throw new Error("this Node loads no CommonJS");
  extensions[".js"] = (module, filename) => {
    load(module, filename);
    if (!DRIVER.test(filename)) return;
    module.exports = watch(module.exports as Constructor, observed);
    observed.watched = true;
    onLoad?.();
  };
  return observed;
}

function watch(original: Constructor, observed: Observed): Constructor {
  const connections = new WeakMap<object, ConnectionLocks>();
  const locksOf = (session: object): ConnectionLocks => {
    let locks = connections.get(session);
    if (locks === undefined) connections.set(session, (locks = new ConnectionLocks(observed.log)));
    return locks;
  };
  watchStatements(original, locksOf);
  watchExec(original, locksOf);
  return countConstructions(original, observed);
}

function countConstructions(original: Constructor, observed: Observed): Constructor {
  const counting: Constructor = new Proxy(original, {
    construct(target, args, newTarget) {
      observed.sessionsOpened += 1;
      return Reflect.construct(target, args, newTarget === counting ? target : newTarget) as object;
    },
    apply(target, thisArg, args) {
      observed.sessionsOpened += 1;
      return Reflect.apply(target as unknown as Method, thisArg, args);
    },
  });
  return counting;
}

type LocksOf = (session: object) => ConnectionLocks;
type Method = (...args: unknown[]) => unknown;
type Loader = (module: NodeJS.Module, filename: string) => void;

/** Statements of `db.transaction()` are run through the same prototype, so BEGIN and COMMIT are seen as well. */
function watchStatements(original: Constructor, locksOf: LocksOf): void {
  const scratch = new original(":memory:");
  const prototype = Object.getPrototypeOf(scratch.prepare("SELECT 1")) as Record<string, Method>;
  scratch.close();
  for (const name of ["run", "get", "all"]) {
    const method = prototype[name];
    if (method === undefined) throw new Error(`better-sqlite3's Statement has no ${name}()`);
    prototype[name] = function (this: ProbedStatement, ...args: unknown[]): unknown {
      const source = this.source;
      return observeCall(this.database, locksOf, () => method.apply(this, args), {
        beginsWithLock: BEGIN_WITH_LOCK.test(source),
        writes: !this.readonly && !TRANSACTION_CONTROL.test(source),
      });
    };
  }
}

function watchExec(original: Constructor, locksOf: LocksOf): void {
  const prototype = original.prototype as unknown as { exec: (this: ProbedSession, sql: string) => ProbedSession };
  const exec = prototype.exec;
  prototype.exec = function (sql) {
    return observeCall(this, locksOf, () => exec.call(this, sql), {
      beginsWithLock: BEGIN_WITH_LOCK.test(sql),
      writes: WRITING_VERB.test(sql),
    });
  };
}

function observeCall<T>(
  session: ProbedSession,
  locksOf: LocksOf,
  call: () => T,
  kind: { beginsWithLock: boolean; writes: boolean },
): T {
  const facts = { ...kind, startedAt: epochMs(), inTransactionBefore: session.inTransaction };
  let error: unknown;
  try {
    return call();
  } catch (caught) {
    error = caught;
    throw caught;
  } finally {
    locksOf(session).observe({
      ...facts,
      endedAt: epochMs(),
      inTransactionAfter: session.open && session.inTransaction,
      busy: isBusy(error),
      failed: error !== undefined,
    });
  }
}

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && code.startsWith("SQLITE_BUSY");
}

export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
