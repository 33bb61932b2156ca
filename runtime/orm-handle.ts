import { libraryOf } from "./session-state.js";
import type { ResumeRow, RunnerCapabilities } from "./batch-types.js";
import type { SqliteSession } from "./sqlite-connection.js";
import { runTransaction } from "./transaction.js";

/** Whether `value` is a handle that this package's own transactions can be begun on. */
export function isHandle(value: unknown): value is SqliteSession {
  return libraryOf(value) !== undefined;
}

const TABLE = "main.sessionfix_resume";
const CREATE = `CREATE TABLE IF NOT EXISTS ${TABLE} (
  key TEXT PRIMARY KEY NOT NULL,
  fingerprint TEXT NOT NULL,
  items INTEGER NOT NULL,
  state TEXT NOT NULL,
  checksum TEXT NOT NULL,
  updated_at TEXT NOT NULL
) WITHOUT ROWID`;

interface Statement {
  run(...params: unknown[]): unknown;
  get(...params: unknown[]): unknown;
}

/** What a runner can do whose transactions are those of this package on the ORM's own handle. */
export function handleCapabilities<Tx>(handleOf: (tx: Tx) => SqliteSession): RunnerCapabilities<Tx> {
  const savepoint = <R>(tx: Tx, work: () => Promise<R>): Promise<R> => {
    return runTransaction(handleOf(tx), work, {}, undefined, savepoint);
  };
  // Through the guard: after a rollback of SQLite's own a cursor would be committed without its batch.
  const prepare = (tx: Tx, sql: string): Statement => handleOf(tx).prepare(sql);
  return {
    savepoint,
    resume: {
      read: (tx, key) => orWithoutTable(
        () => prepare(tx, `SELECT fingerprint, items, state, checksum, updated_at AS updatedAt FROM ${TABLE} WHERE key = ?`).get(key),
        () => undefined,
      ),
      write: (tx, { key, fingerprint, items, state, checksum, updatedAt }: ResumeRow) => {
        const write = () => {
          prepare(tx, `INSERT OR REPLACE INTO ${TABLE} (key, fingerprint, items, state, checksum, updated_at) VALUES (?, ?, ?, ?, ?, ?)`)
            .run(key, fingerprint, items, state, checksum, updatedAt);
        };
        orWithoutTable(write, () => {
          handleOf(tx).exec(CREATE);
          write();
        });
      },
      remove: (tx, key) => orWithoutTable(() => { prepare(tx, `DELETE FROM ${TABLE} WHERE key = ?`).run(key); }, () => {}),
    },
  };
}

function orWithoutTable<R>(work: () => R, otherwise: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && error.message.includes("no such table: main.sessionfix_resume")) return otherwise();
    throw error;
  }
}
