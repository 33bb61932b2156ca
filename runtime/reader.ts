import { SessionBusyError } from "./errors.js";
import type { SessionState } from "./session-state.js";
import type { Connection, PreparedStatement } from "./connection.js";

/** Calls that shape what statements mean on a connection, such as `function`, to be repeated on its reader. */
export type Extra = readonly [method: string, args: readonly unknown[]];

const FUNCTIONS = "SELECT group_concat(name || '/' || narg, ' ') FROM (SELECT DISTINCT name, narg FROM pragma_function_list WHERE builtin = 0 ORDER BY name, narg)";

/**
 * The connection that serves reads of other tasks while an asynchronous transaction is open on the session: with a
 * write-ahead log it sees what is committed and neither waits nor is waited for. Opened at the first such read.
 *
 * @throws {SessionBusyError} where a second connection would not see the same database, or give the same statement
 *   another meaning: in memory, with temporary tables, or with functions that are unknown here.
 */
export function readerOf(state: SessionState): Connection {
  if (state.path === "") throw unreadable(state, "a database in memory has one connection only");
  if (hasTemporaryTables(state)) throw unreadable(state, "temporary tables are seen by one connection only");
  if (state.reader?.connection.open !== true || state.reader.extras !== state.extras.length) {
    closeReader(state);
    state.reader = { connection: openReader(state), extras: state.extras.length };
  }
  return state.reader.connection;
}

function openReader(state: SessionState): Connection {
  const connection = state.library.openReader(state.session, state.path);
  if (connection === undefined) throw unreadable(state, "no second connection can be opened");
  connection.exec("PRAGMA query_only = ON; PRAGMA busy_timeout = 0");
  const target = connection as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [method, args] of state.extras) target[method]?.(...args);
  if (functionsOf(connection) !== functionsOf(state.connection)) {
    connection.close();
    throw unreadable(state, "functions were defined on it before this package knew it");
  }
  return connection;
}

export function closeReader(state: SessionState): void {
  const { reader } = state;
  state.reader = undefined;
  if (reader?.connection.open === true) reader.connection.close();
}

const temporary = new WeakMap<SessionState, PreparedStatement>();

function hasTemporaryTables(state: SessionState): boolean {
  let statement = temporary.get(state);
  if (statement === undefined) temporary.set(state, (statement = state.connection.prepare("SELECT 1 FROM temp.sqlite_schema LIMIT 1")));
  return statement.get() !== undefined;
}

function functionsOf(connection: Connection): string {
  return JSON.stringify(connection.prepare(FUNCTIONS).get() ?? null);
}

function unreadable(state: SessionState, why: string): SessionBusyError {
  const label = state.open?.label ?? "a transaction";
  return new SessionBusyError(
    `"${label}" is open on the session for ${state.path || "a database in memory"}, and a read of another task cannot be served beside it: ${why}. Read inside of await transaction(), which waits its turn, or keep the body of "${label}" synchronous.`,
  );
}
