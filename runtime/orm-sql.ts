import { TransactionClosedError } from "./errors.js";
import type { ResumeRow, RunnerCapabilities } from "./batch-types.js";

/** How an ORM runs plain SQL as part of one of its transactions. */
export interface TransactionSql<Tx> {
  run(tx: Tx, sql: string): Promise<void>;
  /** The rows as objects. */
  all(tx: Tx, sql: string): Promise<readonly unknown[]>;
}

const CREATE = `CREATE TABLE IF NOT EXISTS main.sessionfix_resume (
  key TEXT PRIMARY KEY NOT NULL,
  fingerprint TEXT NOT NULL,
  items INTEGER NOT NULL,
  state TEXT NOT NULL,
  checksum TEXT NOT NULL,
  updated_at TEXT NOT NULL
) WITHOUT ROWID`;

let nextSavepoint = 1;

/** Savepoints and cursors in plain SQL, for libraries whose parameters differ; values are written as literals. */
export function literalCapabilities<Tx>(sql: TransactionSql<Tx>): RunnerCapabilities<Tx> {
  const exists = async (tx: Tx): Promise<boolean> =>
    (await sql.all(tx, "SELECT 1 AS found FROM main.sqlite_master WHERE type = 'table' AND name = 'sessionfix_resume'")).length > 0;
  return {
    async savepoint<R>(tx: Tx, work: () => Promise<R>): Promise<R> {
      const name = `sessionfix_savepoint_${nextSavepoint++}`;
      await sql.run(tx, `SAVEPOINT ${name}`);
      let result: R;
      try {
        result = await work();
      } catch (error) {
        try {
          await sql.run(tx, `ROLLBACK TO ${name}`);
          await sql.run(tx, `RELEASE ${name}`);
        } catch (second) {
          throw new TransactionClosedError(`A savepoint could not be undone, because the transaction around it is gone: ${String(second)}. What failed in it: ${String(error)}`, { cause: second });
        }
        throw error;
      }
      await sql.run(tx, `RELEASE ${name}`);
      return result;
    },
    resume: {
      read: async (tx, key) => {
        if (!(await exists(tx))) return undefined;
        const [row] = await sql.all(tx, `SELECT fingerprint, items, state, checksum, updated_at AS updatedAt FROM main.sessionfix_resume WHERE key = ${text(key)}`);
        return row;
      },
      write: async (tx, { key, fingerprint, items, state, checksum, updatedAt }: ResumeRow) => {
        await assertInside(sql, tx);
        await sql.run(tx, CREATE);
        const values = [text(key), text(fingerprint), String(Math.trunc(items)), text(state), text(checksum), text(updatedAt)];
        await sql.run(tx, `INSERT OR REPLACE INTO main.sessionfix_resume (key, fingerprint, items, state, checksum, updated_at) VALUES (${values.join(", ")})`);
      },
      remove: async (tx, key) => {
        await assertInside(sql, tx);
        if (await exists(tx)) await sql.run(tx, `DELETE FROM main.sessionfix_resume WHERE key = ${text(key)}`);
      },
    },
  };
}

/**
 * After a rollback of SQLite's own (ON CONFLICT ROLLBACK, a full disk) a cursor would be committed without its batch. SQL
 * has no question for that; a second BEGIN is refused exactly inside of a transaction.
 */
async function assertInside<Tx>(sql: TransactionSql<Tx>, tx: Tx): Promise<void> {
  try {
    await sql.run(tx, "BEGIN");
  } catch {
    return;
  }
  await sql.run(tx, "ROLLBACK");
  throw new TransactionClosedError("The transaction was ended from within, by a statement of its body or by SQLite itself (ON CONFLICT ROLLBACK, a full disk), so the run's cursor cannot be part of it.");
}

/** A text as SQLite reads it. As a blob where a NUL would end the statement. */
function text(value: string): string {
  return value.includes("\0") ? `CAST(X'${Buffer.from(value).toString("hex")}' AS TEXT)` : `'${value.replaceAll("'", "''")}'`;
}
