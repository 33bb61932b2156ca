import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { batch } from "./helpers/batched.js";

const wrap = (files: Readonly<Record<string, string>>, main?: string) => batch(files, main, "wrap-loop-writes");

const APP = `import { createServer } from "node:http";
import Database from "better-sqlite3";

export const db = new Database("app.db");
db.exec("DROP TABLE IF EXISTS items; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad'), note TEXT)");

export interface Entry {
  id: number;
  name: string;
}

export function importAll(entries: readonly Entry[]): number {
  const insert = db.prepare("INSERT INTO items (id, name) VALUES (?, ?)");
  let done = 0;
  // Each entry is a row.
  for (const entry of entries) {
    if (entry.id < 0) continue; // not ours
    insert.run(entry.id, entry.name);
    done += 1;
  }
  return done;
}

export async function renameAll(entries: readonly Entry[]): Promise<void> {
  for (const { id, name } of entries) db.prepare("UPDATE items SET name = ? WHERE id = ?").run(\`\${name}!\`, id); // in order
  await Promise.resolve();
}

export class Notes {
  private readonly note: Database.Statement;

  constructor(private readonly db: Database.Database) {
    this.note = this.db.prepare("UPDATE items SET note = ? WHERE id = ?");
  }

  noteAll(entries: readonly Entry[]): void {
    entries.forEach((entry, index) => {
      this.note.run(\`note \${index}\`, entry.id);
    });
  }

  dropAll(ids: readonly number[]): void {
    const drop = this.db.prepare("DELETE FROM items WHERE id = ?");
    for (let i = 0; i < ids.length; i++) {
      drop.run(ids[i]);
    }
  }
}

const notes = new Notes(db);

export const server = createServer((request, response) => {
  const entries = JSON.parse(request.url ?? "") as Entry[];
  importAll(entries);
  void renameAll(entries);
  notes.noteAll(entries);
  notes.dropAll(entries.map(({ id }) => id));
  response.end();
});
`;

const MAIN = `import { db, importAll, Notes, renameAll } from "./app.js";

const rows = (): unknown[] => db.prepare("SELECT * FROM items").all();
const entries = Array.from({ length: 23 }, (_, id) => ({ id: id + 1, name: \`n\${id}\` }));
const total = importAll([...entries, { id: -1, name: "none" }]);
await renameAll(entries);
const notes = new Notes(db);
notes.noteAll(entries);
notes.dropAll([1, 2, 5, 7, 8, 9, 11, 13, 15, 17, 19, 21]);
const whole = { total, rows: rows() };
db.exec("DELETE FROM items");
let failed = "none";
try {
  importAll([...entries, { id: 24, name: "bad" }, { id: 25, name: "after" }]);
} catch (error) {
  failed = (error as Error).message;
}
console.log(JSON.stringify({ whole, failed, left: rows().length }));
`;

describe("wrap-loop-writes", () => {
  it("runs bare loops in batches: what is written is the same, and of a batch that fails nothing stays", async () => {
    const { read, applied, manual, before, after } = await wrap({ "src/app.ts": APP }, MAIN);
    expect([applied, manual]).toEqual([4, []]);
    expect(read("src/app.ts").slice(0, read("src/app.ts").indexOf("const notes"))).toMatchInlineSnapshot(`
      "import { createServer } from "node:http";
      import Database from "better-sqlite3";
      import { batchedTransactionSync, batchedTransaction } from "sessionfix-runtime";

      export const db = new Database("app.db");
      db.exec("DROP TABLE IF EXISTS items; CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL CHECK (name <> 'bad'), note TEXT)");

      export interface Entry {
        id: number;
        name: string;
      }

      export function importAll(entries: readonly Entry[]): number {
        const insert = db.prepare("INSERT INTO items (id, name) VALUES (?, ?)");
        let done = 0;
        // Each entry is a row.
        batchedTransactionSync(db, entries, (entry) => {
          if (entry.id < 0) return; // not ours
          insert.run(entry.id, entry.name);
          done += 1;
        }, { batchSize: 10, label: "importAll" });
        return done;
      }

      export async function renameAll(entries: readonly Entry[]): Promise<void> {
        await batchedTransaction(db, entries, ({ id, name }) => {
          db.prepare("UPDATE items SET name = ? WHERE id = ?").run(\`\${name}!\`, id);
        }, { batchSize: 10, label: "renameAll" }); // in order
        await Promise.resolve();
      }

      export class Notes {
        private readonly note: Database.Statement;

        constructor(private readonly db: Database.Database) {
          this.note = this.db.prepare("UPDATE items SET note = ? WHERE id = ?");
        }

        noteAll(entries: readonly Entry[]): void {
          batchedTransactionSync(this.db, entries, (entry, _tx, index) => {
            this.note.run(\`note \${index}\`, entry.id);
          }, { batchSize: 10, label: "noteAll" });
        }

        dropAll(ids: readonly number[]): void {
          const drop = this.db.prepare("DELETE FROM items WHERE id = ?");
          batchedTransactionSync(this.db, ids.keys(), (i) => {
            drop.run(ids[i]);
          }, { batchSize: 10, label: "dropAll" });
        }
      }

      "
    `);
    expect(before).toMatchObject({ left: 23, failed: "CHECK constraint failed: name <> 'bad'", whole: { total: 23 } });
    expect(after).toEqual({ ...(before as object), left: 20 });
  });
});
