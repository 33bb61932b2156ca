import { connect } from "../lib/database.mjs";
import { makeRows, nothing } from "./index.mjs";

/** This package, on a better-sqlite3 connection with the raw one's settings; its write-ahead log is copied by a thread, the drivers' default. */
export const contender = {
  id: "ours",
  title: "sessionfix-runtime",
  package: "better-sqlite3",
  async open(path, { runtime }, { checkpoint = "worker" } = {}) {
    const { batchedTransaction, batchedTransactionSync, createSessionFactory, transaction, transactionSync } = runtime;
    const sessions = createSessionFactory({ open: (file) => connect(file), engine: { checkpoint } });
    const db = sessions.getSession(path);
    const insert = db.prepare("INSERT INTO item (name, value) VALUES (?, ?)");
    const count = db.prepare("SELECT count(*) FROM item").pluck();
    const write = ({ name, value }) => insert.run(name, value);
    const patient = { timeoutMs: 60_000 };
    const batches = (options) => (rows) => batchedTransaction(db, makeRows(rows), write, { ...options, ...patient });
    return {
      session: db,
      oneRow: [
        { name: "`transactionSync(db, fn)`", run: () => transactionSync(db, () => insert.run("name", 1)), sync: true },
        { name: "`await transaction(db, fn)`", run: () => transaction(db, () => insert.run("name", 1)) },
        { name: "`await transaction(db, async fn)`", run: () => transaction(db, async () => { await insert.run("name", 1); }), asyncBody: true },
      ],
      writeOne: (mark = nothing) => transaction(db, () => { mark(); insert.run("name", 1); }, patient),
      empty: (mark = nothing) => transaction(db, () => mark(), patient),
      holdOpen: (work) => transaction(db, async () => {
        insert.run("held", 1);
        await work();
      }),
      readOne: () => count.get(),
      imports: [
        { name: "batches of 10, the default", run: batches({}) },
        { name: "`batchSize: 1_000`", run: batches({ batchSize: 1_000 }) },
        { name: "`batchSize: Infinity, maxHoldMs: 8`", run: batches({ batchSize: Infinity, maxHoldMs: 8 }), judged: true },
        { name: "`batchSize: Infinity`, `maxHoldMs` 50, the default", run: batches({ batchSize: Infinity }) },
        { name: "`batchedTransactionSync`, `Infinity`, 8", run: (rows) => { batchedTransactionSync(db, makeRows(rows), write, { batchSize: Infinity, maxHoldMs: 8, ...patient }); } },
      ],
      close: () => sessions.close(),
    };
  },
};
