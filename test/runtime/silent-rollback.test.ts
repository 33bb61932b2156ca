import { expect, test } from "vitest";
import { TransactionClosedError, transaction, transactionSync } from "sessionfix-runtime";
import { committed, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

test.each(["transaction", "transactionSync"])("promise 8: after a rollback of SQLite's own a nested %s is refused, and does not commit on its own", async (kind) => {
  const path = tempDatabase();
  const db = openByHand(path);
  insert(db, "taken");
  let nested: unknown;
  const error = await rejection(transaction(db, async (tx) => {
    insert(tx, "undone");
    try {
      tx.prepare("INSERT OR ROLLBACK INTO item (name) VALUES ('taken')").run();
    } catch {
      // the body goes on regardless
    }
    try {
      if (kind === "transaction") await transaction(tx, (inner) => insert(inner, "on its own"));
      else transactionSync(tx, (inner) => insert(inner, "on its own"));
    } catch (caught) {
      nested = caught;
    }
  }));
  expect(error).toBeInstanceOf(TransactionClosedError);
  expect(nested).toBeInstanceOf(TransactionClosedError);
  expect(committed(path)).toEqual(["taken"]);
});
