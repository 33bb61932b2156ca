import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const HELPER = `import Database from "better-sqlite3";

export const db = new Database("app.db");

/** Runs the work in one transaction. */
export function whole<T>(work: () => T): T {
  db.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    db.exec("COMMIT");
    return result;
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
`;

const APP = `import { db, whole } from "./db.js";

export function importAll(names: readonly string[]): number {
  const insert = db.prepare("INSERT INTO items (name) VALUES (?)");
  let done = 0;
  whole(() => {
    for (const name of names) {
      insert.run(name);
      done += 1;
    }
  });
  return done;
}
`;

const MAIN = `import { importAll } from "./app.js";
import { db } from "./db.js";

db.exec("DROP TABLE IF EXISTS items; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad'))");
const names = Array.from({ length: 23 }, (_, n) => \`n\${n}\`);
const total = importAll(names);
const items = db.prepare("SELECT * FROM items").all();
db.exec("DELETE FROM items");
let failed = "nothing";
try {
  importAll([...names, "bad"]);
} catch (error) {
  failed = (error as Error).message;
}
console.log(JSON.stringify({ total, items, failed, left: db.prepare("SELECT * FROM items").all().length }));
`;

describe("batches through a program's own helper that begins by hand", () => {
  it("run the helper once a batch", async () => {
    const { read, applied, manual, before, after } = await batch({ "src/db.ts": HELPER, "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([1, []]);
    expect(read("src/db.ts")).toBe(HELPER);
    expect(read("src/app.ts")).toMatchInlineSnapshot(`
      "import { batchedTransactionSync } from "sessionfix-runtime";
      import { db, whole } from "./db.js";

      export function importAll(names: readonly string[]): number {
        const insert = db.prepare("INSERT INTO items (name) VALUES (?)");
        let done = 0;
        batchedTransactionSync(
          (work: (tx?: unknown) => void) => whole(work),
          names,
          (name) => {
            insert.run(name);
            done += 1;
          },
          { batchSize: 10, label: "importAll" },
        );
        return done;
      }
      "
    `);
    expect(after).toEqual({ ...(before as object), left: 20 });
    expect(before).toMatchObject({ total: 23, left: 0, failed: "CHECK constraint failed: name <> 'bad'" });
  });

  it("are left to the reader where the helper gives back what runs them", async () => {
    const helper = HELPER.replace("whole<T>(work: () => T): T {", "whole<T>(work: () => T): () => T {\n  return () => {").replace(/\}\n$/, "  };\n}\n");
    const { applied, manual } = await batch({ "src/db.ts": helper, "src/app.ts": APP.replace("whole(() =>", "const run = whole(() =>").replace("  });\n", "  });\n  run();\n") });
    expect(applied).toBe(0);
    expect(manual).toEqual(["a function of the program gives back what runs it, and no codemod takes that apart"]);
  });
});
