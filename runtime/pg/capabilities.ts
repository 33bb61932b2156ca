import type { ResumeRow, RunnerCapabilities } from "../batch-types.js";
import type { ServerClient } from "../types.js";

/** What batches need beyond a transaction: savepoints for `onItemError`, a place for the cursor of `resume`. */
export const pgCapabilities: RunnerCapabilities<ServerClient> = {
  savepoint: async (tx, work) => {
    await tx.query("SAVEPOINT sessionfix_item");
    try {
      const result = await work();
      await tx.query("RELEASE SAVEPOINT sessionfix_item");
      return result;
    } catch (error) {
      await tx.query("ROLLBACK TO SAVEPOINT sessionfix_item");
      await tx.query("RELEASE SAVEPOINT sessionfix_item");
      throw error;
    }
  },
  resume: {
    // A statement on a table that is not there would end the transaction.
    read: async (tx, key) => {
      const [found] = await rows(tx, "SELECT to_regclass('sessionfix_resume') IS NOT NULL AS there", []);
      if (found?.["there"] !== true) return undefined;
      const [row] = await rows(tx, `SELECT key, fingerprint, items, state, checksum, updated_at AS "updatedAt" FROM sessionfix_resume WHERE key = $1 FOR UPDATE`, [key]);
      return row;
    },
    write: async (tx, row: ResumeRow) => {
      // As text and double precision, so that the values come back as they went: the checksum is over them.
      await tx.query("CREATE TABLE IF NOT EXISTS sessionfix_resume (key text PRIMARY KEY, fingerprint text NOT NULL, items double precision NOT NULL, state text NOT NULL, checksum text NOT NULL, updated_at text NOT NULL)");
      await rows(tx, `INSERT INTO sessionfix_resume (key, fingerprint, items, state, checksum, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (key) DO UPDATE SET fingerprint = $2, items = $3, state = $4, checksum = $5, updated_at = $6`, [row.key, row.fingerprint, row.items, row.state, row.checksum, row.updatedAt]);
    },
    remove: async (tx, key) => {
      const [found] = await rows(tx, "SELECT to_regclass('sessionfix_resume') IS NOT NULL AS there", []);
      if (found?.["there"] === true) await rows(tx, "DELETE FROM sessionfix_resume WHERE key = $1", [key]);
    },
  },
};

async function rows(tx: ServerClient, text: string, values: readonly unknown[]): Promise<Record<string, unknown>[]> {
  const client = tx as unknown as { query(text: string, values: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }> };
  return (await client.query(text, values)).rows;
}
