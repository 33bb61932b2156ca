import type { ResumeRow, ResumeStore } from "./batch-types.js";
import { OpenBatch } from "./item-savepoint.js";
import type { Connection, PreparedStatement } from "./connection.js";

const TABLE = "main.sessionfix_resume";
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  key TEXT PRIMARY KEY NOT NULL,
  fingerprint TEXT NOT NULL,
  items INTEGER NOT NULL,
  state TEXT NOT NULL,
  checksum TEXT NOT NULL,
  updated_at TEXT NOT NULL
) WITHOUT ROWID`;

interface ResumeStatements {
  readonly read: PreparedStatement;
  readonly write: PreparedStatement;
  readonly remove: PreparedStatement;
}

const prepared = new WeakMap<Connection, ResumeStatements>();

/** The cursors in the table `sessionfix_resume` of the session's own database. To be used inside of its transactions. */
export class SessionStore implements ResumeStore<unknown> {
  readonly #session: unknown;

  constructor(session: unknown) {
    this.#session = session;
  }

  read(_tx: unknown, key: string): unknown {
    const { connection } = new OpenBatch(this.#session);
    return orWithoutTable(() => statementsOf(connection).read.get(key), () => undefined);
  }

  write(_tx: unknown, { key, fingerprint, items, state, checksum, updatedAt }: ResumeRow): void {
    const batch = new OpenBatch(this.#session);
    const { connection } = batch;
    // A cursor that is written after a rollback of SQLite's own would be committed without what it says is done.
    batch.assertWhole();
    const write = (): void => { statementsOf(connection).write.run(key, fingerprint, items, state, checksum, updatedAt); };
    orWithoutTable(write, () => {
      connection.exec(CREATE);
      write();
    });
  }

  remove(_tx: unknown, key: string): void {
    const batch = new OpenBatch(this.#session);
    batch.assertWhole();
    orWithoutTable(() => { statementsOf(batch.connection).remove.run(key); }, () => {});
  }
}

/** Also where the table was there when the statement was prepared, and its creation has been rolled back since. */
function orWithoutTable<R>(work: () => R, otherwise: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table: main.sessionfix_resume")) return otherwise();
    throw error;
  }
}

function statementsOf(connection: Connection): ResumeStatements {
  let statements = prepared.get(connection);
  if (statements === undefined) {
    statements = {
      read: connection.prepare(`SELECT fingerprint, items, state, checksum, updated_at AS updatedAt FROM ${TABLE} WHERE key = ?`),
      write: connection.prepare(`INSERT OR REPLACE INTO ${TABLE} (key, fingerprint, items, state, checksum, updated_at) VALUES (?, ?, ?, ?, ?, ?)`),
      remove: connection.prepare(`DELETE FROM ${TABLE} WHERE key = ?`),
    };
    prepared.set(connection, statements);
  }
  return statements;
}
