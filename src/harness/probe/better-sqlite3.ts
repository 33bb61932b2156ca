/**
 * Watches better-sqlite3 from the outside: how many connections are opened, and when each holds the write lock. The
 * program under test is not changed and cannot tell.
 */
import Module from "node:module";
import { countConstructions, locksByConnection, observeCall, TRANSACTION_CONTROL, WRITING_VERB } from "./observe.js";
import type { LocksOf, Method, Observed } from "./observe.js";

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
type Loader = (module: NodeJS.Module, filename: string) => void;

/** better-sqlite3's main file, wherever a package manager puts it, also under the name of another version. */
const DRIVER = /[\\/]better-sqlite3[^\\/]*[\\/]lib[\\/]index\.js$/;

/**
 * Watches each copy of better-sqlite3 that the process loads from now on. Its exports are replaced as its file is
 * loaded, for `require` and for `import` alike: an `import` gets what the exports were at that moment.
 */
export function watchBetterSqlite3(observed: Observed, onLoad?: () => void): void {
  const { _extensions: extensions } = Module as unknown as { _extensions: Record<string, Loader> };
  const load = extensions[".js"];
  if (load === undefined) throw new Error("this Node loads no CommonJS");
  extensions[".js"] = (module, filename) => {
    load(module, filename);
    if (!DRIVER.test(filename)) return;
    const original = module.exports as Constructor;
    const locksOf = locksByConnection(observed.log);
    watchStatements(original, locksOf);
    watchExec(original, locksOf);
    module.exports = countConstructions(original, () => { observed.sessionsOpened += 1; });
    observed.watched = true;
    onLoad?.();
  };
}

function callOn(session: ProbedSession, sql: string, writes: boolean) {
  return { session, sql, writes, inTransaction: () => session.open && session.inTransaction };
}

/** Statements of `db.transaction()` are run through the same prototype, so BEGIN and COMMIT are seen as well. */
function watchStatements(original: Constructor, locksOf: LocksOf): void {
  const scratch = new original(":memory:");
  const prototype = Object.getPrototypeOf(scratch.prepare("SELECT 1")) as Record<string, Method>;
  scratch.close();
  for (const name of ["run", "get", "all"]) {
    const method = prototype[name];
    if (method === undefined) throw new Error(`better-sqlite3's Statement has no ${name}()`);
    prototype[name] = function (this: ProbedStatement, ...args: unknown[]): unknown {
      return observeCall(callOn(this.database, this.source, !this.readonly && !TRANSACTION_CONTROL.test(this.source)), locksOf, () => method.apply(this, args));
    };
  }
}

function watchExec(original: Constructor, locksOf: LocksOf): void {
  const prototype = original.prototype as unknown as { exec: (this: ProbedSession, sql: string) => ProbedSession };
  const { exec } = prototype;
  prototype.exec = function (sql) {
    return observeCall(callOn(this, sql, WRITING_VERB.test(sql)), locksOf, () => exec.call(this, sql));
  };
}
