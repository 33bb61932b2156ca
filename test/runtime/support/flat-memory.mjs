// Runs a batched transaction over so many generated items in a small heap, and prints the most memory that it took.
//   node --max-old-space-size=… flat-memory.mjs <runtime.mjs> <sync|async> <count>
import Database from "better-sqlite3";

const [runtimeUrl, form, count] = process.argv.slice(2);
const { batchedTransaction } = await import(runtimeUrl);
const db = new Database(":memory:");
db.exec("CREATE TABLE sum (items INTEGER, total INTEGER); INSERT INTO sum VALUES (0, 0)");
const add = db.prepare("UPDATE sum SET items = items + 1, total = total + ?");

function* items() {
  for (let id = 0; id < Number(count); id++) yield { id, text: `item ${id}` };
}
// One promise an item.
async function* later() {
  yield* items();
}

let largest = 0;
const report = await batchedTransaction(db, form === "sync" ? items() : later(), ({ id }) => { add.run(id); }, {
  batchSize: 1_000, resume: "import", onItemError: "skip",
  onProgress: ({ batches }) => { if (batches % 50 === 0) largest = Math.max(largest, process.memoryUsage().heapUsed); },
});
console.log(JSON.stringify({ items: report.items, largestHeapMb: largest / 2 ** 20, sum: db.prepare("SELECT items, total FROM sum").raw().get() }));
