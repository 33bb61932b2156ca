import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

/** What stands for Bun's own module, which Node lacks. */
const DRIVER = { "bun:sqlite": fileURLToPath(new URL("helpers/bun-sqlite-on-better-sqlite3.ts", import.meta.url)) };
const TYPES = { "src/bun.d.ts": `/// <reference types="bun-types/sqlite" />\n` };

const BATCHES = `import { Database } from "bun:sqlite";

export const db = new Database("app.db");
db.run("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
db.run("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, what TEXT)");
const add = db.query("INSERT INTO item (name) VALUES (?)");

export function importAll(names: readonly string[]): void {
  db.transaction(() => {
    db.run("INSERT INTO log (what) VALUES ('begin')");
    for (const name of names) {
      add.run(name); // one at a time
    }
  }).immediate();
}

const saveAll = db.transaction((names: readonly string[]) => {
  for (const name of names) {
    if (name === "") continue;
    add.run(name);
  }
});

export const keep = async (names: readonly string[]) => {
  saveAll(names);
};
`;

const LOOPS = `import { Database } from "bun:sqlite";
import { createServer } from "node:http";

export const db = new Database("app.db");
db.run("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
db.run("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, what TEXT)");

export function importAll(names: readonly string[]): void {
  const add = db.query("INSERT INTO item (name) VALUES (?)");
  for (const name of names) {
    add.run(name);
  }
}

export async function keep(names: readonly string[]): Promise<void> {
  for (const work of names) db.run("INSERT INTO item (name) VALUES (?)", [work]);
}

export const server = createServer((request, response) => {
  const names = String(request.headers["x-names"]).split(",");
  importAll(names);
  void keep(names).then(() => response.end());
});
`;

const MAIN = `import { db, importAll, keep } from "./app.js";

db.run("DELETE FROM item");
db.run("DELETE FROM log");
const rows = () => db.query<{ name: string }, []>("SELECT name FROM item ORDER BY id").all().map(({ name }) => name);
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
importAll(names);
await keep(names.map((name) => \`kept \${name}\`));
const whole = rows();
const failed = await keep([...names.map((name) => \`more \${name}\`), "n1", "never"]).then(() => false, (error: Error) => /UNIQUE/.test(error.message));
console.log(JSON.stringify({ whole, failed, left: rows().length - whole.length, log: db.query("SELECT what FROM log").all() }));
`;

describe("batches of bun:sqlite", () => {
  it("are its own transactions, begun as they were", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": BATCHES, ...TYPES }, MAIN, "batch-loop-transaction", true, DRIVER);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { Database } from "bun:sqlite";
      import { batchedTransactionSync, batchedTransaction } from "sessionfix-runtime";

      export const db = new Database("app.db");
      db.run("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
      db.run("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, what TEXT)");
      const add = db.query("INSERT INTO item (name) VALUES (?)");

      export function importAll(names: readonly string[]): void {
        db.transaction(() => {
          db.run("INSERT INTO log (what) VALUES ('begin')");
        }).immediate();
        batchedTransactionSync(
          (work: (tx: undefined) => void) => db.transaction(work).immediate(undefined),
          names,
          (name) => {
            add.run(name); // one at a time
          },
          { batchSize: 10, label: "importAll" },
        );
      }

      const saveAll = async (names: readonly string[]) => {
        await batchedTransaction((work: (tx: undefined) => void) => db.transaction(work)(undefined), names, (name) => {
          if (name === "") return;
          add.run(name);
        }, { batchSize: 10, label: "saveAll" });
      };

      export const keep = async (names: readonly string[]) => {
        await saveAll(names);
      };
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ failed: true, left: 0, log: [{ what: "begin" }] });
  }, 120_000);

  it("are made of loops whose turns commit one by one", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/app.ts": LOOPS, ...TYPES }, MAIN, "wrap-loop-writes", false, DRIVER);
    expect([applied, manual]).toEqual([2, []]);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { Database } from "bun:sqlite";
      import { createServer } from "node:http";
      import { batchedTransactionSync, batchedTransaction } from "sessionfix-runtime";

      export const db = new Database("app.db");
      db.run("CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
      db.run("CREATE TABLE IF NOT EXISTS log (id INTEGER PRIMARY KEY, what TEXT)");

      export function importAll(names: readonly string[]): void {
        const add = db.query("INSERT INTO item (name) VALUES (?)");
        batchedTransactionSync((work: (tx: undefined) => void) => db.transaction(work).immediate(undefined), names, (name) => {
          add.run(name);
        }, { batchSize: 10, label: "importAll" });
      }

      export async function keep(names: readonly string[]): Promise<void> {
        await batchedTransaction((workShared: (tx: undefined) => void) => db.transaction(workShared).immediate(undefined), names, (work) => {
          db.run("INSERT INTO item (name) VALUES (?)", [work]);
        }, { batchSize: 10, label: "keep" });
      }

      export const server = createServer((request, response) => {
        const names = String(request.headers["x-names"]).split(",");
        importAll(names);
        void keep(names).then(() => response.end());
      });
      "
    `);
    expect(before).toMatchObject({ failed: true, left: 23 });
    expect(after).toEqual({ ...(before as object), left: 20 });
  }, 120_000);
});
