import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const APP = `import { DatabaseSync } from "node:sqlite";

export const db = new DatabaseSync("app.db");

export async function importAll(names: readonly string[]): Promise<number> {
  const insert = db.prepare("INSERT INTO items (name) VALUES (?)");
  let done = 0;
  db.exec("BEGIN IMMEDIATE");
  try {
    db.exec("INSERT INTO log (what) VALUES ('begin')");
    for (const name of names) {
      insert.run(name);
      done += 1;
    }
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
  return done;
}

export function saveAll(names: readonly string[]): void {
  db.exec("BEGIN");
  for (const name of names) db.prepare("INSERT INTO items (name) VALUES (?)").run(name);
  db.exec("COMMIT");
}
`;

const MAIN = `import { db, importAll, saveAll } from "./app.js";

db.exec("DROP TABLE IF EXISTS items; DROP TABLE IF EXISTS log; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad')); CREATE TABLE log (what TEXT)");
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = await importAll(names);
saveAll(names);
const whole = { total, items: db.prepare("SELECT * FROM items").all(), log: db.prepare("SELECT * FROM log").all() };
db.exec("DELETE FROM items");
const failed = await importAll([...names, "bad"]).then(() => "none", (error: Error) => error.message);
console.log(JSON.stringify({ whole, failed, left: db.prepare("SELECT * FROM items").all().length }));
`;

describe("batches of node:sqlite", () => {
  it("take the place of BEGIN and COMMIT", async () => {
    // Node 20 has no node:sqlite: there the text alone is looked at.
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": APP }, isBuiltin("node:sqlite") ? MAIN : undefined);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { DatabaseSync } from "node:sqlite";
      import { batchedTransaction, transaction, batchedTransactionSync } from "sessionfix-runtime";

      export const db = new DatabaseSync("app.db");

      export async function importAll(names: readonly string[]): Promise<number> {
        const insert = db.prepare("INSERT INTO items (name) VALUES (?)");
        let done = 0;
        await transaction(db, () => {
          db.exec("INSERT INTO log (what) VALUES ('begin')");
        });
        await batchedTransaction(
          db,
          names,
          (name) => {
            insert.run(name);
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        return done;
      }

      export function saveAll(names: readonly string[]): void {
        batchedTransactionSync(db, names, (name) => {
          db.prepare("INSERT INTO items (name) VALUES (?)").run(name);
        }, { batchSize: 10, label: "saveAll" });
      }
      "
    `);
    if (before === undefined) return;
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ left: 0, failed: "CHECK constraint failed: name <> 'bad'", whole: { total: 23 } });
  });
});
