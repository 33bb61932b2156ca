/**
 * Watches better-sqlite3 from the outside: how many connections are opened, and when each holds the write lock. The
 * program under test is not changed and cannot tell.
 */
import Module, { createRequire } from "node:module";
import type Database from "better-sqlite3";
import { ConnectionLocks, LockLog } from "./lock-log.js";

export interface Observed {
  log: LockLog;
  sessionsOpened: number;
}

type Constructor = new (...args: unknown[]) => Database.Database;
interface ProbedStatement {
  readonly source: string;
  readonly readonly: boolean;
  readonly database: Database.Database;
}

const BEGIN_WITH_LOCK = /^\s*begin\s+(immediate|exclusive)\b/i;
const TRANSACTION_CONTROL = /^\s*(begin|commit|end|rollback|savepoint|release)\b/i;
const WRITING_VERB = /(^|;)\s*(insert|update|delete|replace|create|drop|alter|with)\b/i;

/** @param from file whose `import "better-sqlite3"` is to be watched: resolved as that file would. */
export function instrument(from: string): Observed {
  const require = createRequire(from);
  const path = require.resolve("better-sqlite3");
  const observed: Observed = { log: new LockLog(), sessionsOpened: 0 };
  const original = loadReplaced(require, path, (exports) => countConstructions(exports, observed));
  const connections = new WeakMap<object, ConnectionLocks>();
  const locksOf = (session: object): ConnectionLocks => {
    let locks = connections.get(session);
    if (locks === undefined) connections.set(session, (locks = new ConnectionLocks(observed.log)));
    return locks;
  };

  watchStatements(original, locksOf);
  watchExec(original, locksOf);
  return observed;
}

/**
 * Loads a CommonJS module with its exports replaced, for `require` and for `import` alike: an `import` gets what the
 * exports were when the module had just been loaded, so the replacement must be in place by then.
 */
function loadReplaced(require: NodeJS.Require, path: string, replace: (exports: Constructor) => Constructor): Constructor {
  const { _extensions: extensions } = Module as unknown as { _extensions: Record<string, Loader> };
  const load = extensions[".js"];
  if (load === undefined || require.cache[path] !== undefined) throw new Error(`${path} was loaded before the probe`);
  let original: Constructor | undefined;
  extensions[".js"] = (module, filename) => {
    load(module, filename);
    if (filename !== path) return;
    original = module.exports as Constructor;
    module.exports = replace(original);
  };
  try {
    require(path);
  } finally {
    extensions[".js"] = load;
  }
  if (original === undefined) throw new Error(`${path} is no CommonJS module`);
  return original;
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
  const prototype = original.prototype as unknown as { exec: (this: Database.Database, sql: string) => Database.Database };
  const exec = prototype.exec;
  prototype.exec = function (sql) {
    return observeCall(this, locksOf, () => exec.call(this, sql), {
      beginsWithLock: BEGIN_WITH_LOCK.test(sql),
      writes: WRITING_VERB.test(sql),
    });
  };
}

function observeCall<T>(
  session: Database.Database,
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
