import { Client, Pool } from "pg";
import { describe, expect, test } from "vitest";
import { SessionClosedError, batchedTransaction, createSessionFactory, initSessionFactory, transaction } from "sessionfix-runtime";
import { absence, byHand, committed, insert, session, useServer } from "./support/server.js";

describe.skipIf(absence !== undefined)(`on PostgreSQL${absence === undefined ? "" : ` (skipped: ${absence})`}`, () => {
  const server = useServer();
  test("smoke", async () => {
    const { db, factory } = session(server);
    expect(db).toBeInstanceOf(Pool);
    expect(await factory.ready()).toBe(db);
    const n = await transaction(db, async (tx) => { await insert(tx, "a"); expect(tx).toBeInstanceOf(Client); return (await tx.query<{ n: number }>("select 1 as n")).rows[0]!.n; });
    expect(n).toBe(1);
    expect(await committed(server)).toEqual(["a"]);
    const r = await batchedTransaction(db, ["x", "y", "z"], async (name, tx) => { await insert(tx, name); }, { batchSize: 2, retries: 1 });
    expect(r).toMatchObject({ items: 3, batches: 2 });
    void byHand; void createSessionFactory; void initSessionFactory; void SessionClosedError;
  });
});
