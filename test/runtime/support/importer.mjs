// A resumable import in a process of its own, to be killed at any moment.
//   node importer.mjs <runtime.mjs> <database> <form> <count>
// Prints a line for each committed batch, and "end <report>" when it is through.
import { writeSync } from "node:fs";
import Database from "better-sqlite3";

const [runtimeUrl, path, form, count] = process.argv.slice(2);
const { batchedTransaction, batchedTransactionSync } = await import(runtimeUrl);

const db = new Database(path);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = NORMAL");
const insert = db.prepare("INSERT INTO row (item, part, text) VALUES (?, ?, ?)");
const count1 = db.prepare("UPDATE tally SET items = items + 1, total = total + ?");

function* items() {
  for (let id = 0; id < Number(count); id++) yield { id, text: `text ${(id * 7919) % 1_000}`, bad: id % 37 === 5 };
}
async function* later() {
  for (const item of items()) {
    if (item.id % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    yield item;
  }
}

/** Not idempotent: what is done twice shows, in the tally and in the rows' identities. */
function write(item) {
  insert.run(item.id, 1, item.text);
  count1.run(item.id);
  if (item.bad) throw new Error(`item ${item.id} is bad`);
  insert.run(item.id, 2, item.text);
}
async function writeLater(item) {
  await null;
  write(item);
  if (item.id % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
}

const say = (line) => writeSync(1, `${line}\n`);
const options = { batchSize: 7, resume: "import", onItemError: "skip", timeoutMs: 30_000, onProgress: ({ items: done, resumed }) => { say(`${resumed + done}`); } };
const forms = {
  sync: () => batchedTransactionSync(db, items(), write, options),
  array: () => batchedTransaction(db, [...items()], write, options),
  async: () => batchedTransaction(db, later(), writeLater, options),
};
say("begin");
const { items: done, resumed, skipped, alreadyDone } = await forms[form]();
db.close();
say(`end ${JSON.stringify({ items: done, resumed, skipped, alreadyDone })}`);
