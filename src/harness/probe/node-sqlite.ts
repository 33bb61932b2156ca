/** Watches node:sqlite as better-sqlite3 is watched. */
import { syncBuiltinESMExports } from "node:module";
import { countConstructions, locksByConnection, observeCall, TRANSACTION_CONTROL, WRITING_VERB } from "./observe.js";
import type { LocksOf, Method, Observed } from "./observe.js";

/** As much of node:sqlite as is watched: https://nodejs.org/api/sqlite.html */
interface ProbedSession {
  readonly isOpen?: boolean;
  /** Since Node 22.16 and 24.0. */
  readonly isTransaction?: boolean;
}
interface NodeSqlite {
  DatabaseSync: (new (...args: never[]) => ProbedSession) & { prototype: Record<string, Method> };
  StatementSync: { prototype: Record<string, Method> };
}

/** Does nothing where this Node has no node:sqlite. `onUse` is called when the program opens its first session. */
export function watchNodeSqlite(observed: Observed, onUse?: () => void, load: () => NodeSqlite | undefined = loadQuietly): void {
  const sqlite = load();
  if (sqlite === undefined) return;
  const locksOf = locksByConnection(observed.log);
  const { prototype } = sqlite.DatabaseSync;
  const owners = new WeakMap<object, ProbedSession>();
  const inTransaction = transactionsOf(prototype);
  watchPrepared(sqlite, owners, inTransaction, locksOf);
  const { exec } = prototype;
  if (exec !== undefined) {
    prototype["exec"] = function (this: ProbedSession, ...args: unknown[]): unknown {
      const sql = String(args[0]);
      return observeCall({ session: this, sql, writes: WRITING_VERB.test(sql), inTransaction: () => inTransaction.is(this) }, locksOf, () => inTransaction.after(this, sql, () => exec.apply(this, args)));
    };
  }
  sqlite.DatabaseSync = countConstructions(sqlite.DatabaseSync, () => {
    observed.sessionsOpened += 1;
    if (observed.watched) return;
    observed.watched = true;
    onUse?.();
  });
  syncBuiltinESMExports();
}

/** Node says once that the module is experimental; it would say so in programs that never ask for it. */
function loadQuietly(): NodeSqlite | undefined {
  const own = Object.getOwnPropertyDescriptor(process, "emitWarning");
  process.emitWarning = () => undefined;
  try {
    return process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
  } catch {
    return undefined;
  } finally {
    if (own !== undefined) Object.defineProperty(process, "emitWarning", own);
  }
}

interface Transactions {
  is: (session: ProbedSession) => boolean;
  after: <T>(session: ProbedSession, sql: string, call: () => T) => T;
}

/** Whether a session is in a transaction: as it says itself, else by the statements that begin and end one. */
function transactionsOf(prototype: object): Transactions {
  const open = new WeakSet<object>();
  const isTold = "isTransaction" in prototype;
  return {
    is: (session) => (isTold ? session.isOpen !== false && session.isTransaction === true : open.has(session)),
    after: (session, sql, call) => {
      const result = call();
      for (const [, verb = ""] of sql.matchAll(/(?:^|;)\s*(begin|commit|end|rollback(?!\s+(?:transaction\s+)?to\b))\b/gi)) {
        if (/^begin$/i.test(verb)) open.add(session);
        else open.delete(session);
      }
      return result;
    },
  };
}

function watchPrepared({ DatabaseSync, StatementSync }: NodeSqlite, owners: WeakMap<object, ProbedSession>, inTransaction: Transactions, locksOf: LocksOf): void {
  const { prepare } = DatabaseSync.prototype;
  if (prepare === undefined) throw new Error("node:sqlite's DatabaseSync has no prepare()");
  DatabaseSync.prototype["prepare"] = function (this: ProbedSession, ...args: unknown[]): unknown {
    const statement = prepare.apply(this, args) as object;
    owners.set(statement, this);
    return statement;
  };
  for (const name of ["run", "get", "all"]) {
    const method = StatementSync.prototype[name];
    if (method === undefined) throw new Error(`node:sqlite's StatementSync has no ${name}()`);
    StatementSync.prototype[name] = function (this: { readonly sourceSQL: string }, ...args: unknown[]): unknown {
      const session = owners.get(this);
      const sql = this.sourceSQL;
      if (session === undefined) return method.apply(this, args);
      const writes = WRITING_VERB.test(sql) && !TRANSACTION_CONTROL.test(sql);
      return observeCall({ session, sql, writes, inTransaction: () => inTransaction.is(session) }, locksOf, () => inTransaction.after(session, sql, () => method.apply(this, args)));
    };
  }
}
