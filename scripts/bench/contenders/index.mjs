// Each contender opens a file of its own connection and does the same jobs in its own idiom. What it cannot do it leaves out:
//
//   oneRow       [{ name, run }]: one row in a transaction, in each of its ways
//   writeOne(mark), empty(mark)   a transaction of one row, of none; `mark` is called inside
//   holdOpen(work)                an asynchronous transaction that writes a row and awaits `work`
//   readOne()                     the number of rows that a reader outside of any transaction sees
//   imports      [{ name, run(rows) }]: that many rows
//   close()
import { BUSY_TIMEOUT_MS } from "../lib/database.mjs";

const IDS = ["raw", "ours", "drizzle", "kysely", "knex", "typeorm"];
export { BUSY_TIMEOUT_MS };

export async function loadContender(id) {
  return (await import(`./${id}.mjs`)).contender;
}

/** Those whose package is installed; the names of the others. */
export async function loadContenders() {
  const found = [];
  const missing = [];
  for (const id of IDS) {
    try {
      found.push(await loadContender(id));
    } catch (error) {
      if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") throw error;
      missing.push(id);
    }
  }
  return { found, missing };
}

export const nothing = () => {};

/** The rows of an import, made as they are asked for. */
export function* makeRows(count) {
  for (let n = 0; n < count; n++) yield { name: `item ${n}`, value: n / 2 };
}

export function* inChunks(rows, size) {
  let chunk = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
