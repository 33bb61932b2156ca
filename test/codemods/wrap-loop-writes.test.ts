import { isBuiltin } from "node:module";
import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { batch } from "./helpers/batched.js";
import { fixOnce } from "./helpers/rounds.js";

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

const NODE_SQLITE = `import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";

export const db = new DatabaseSync("app.db");
db.exec("DROP TABLE IF EXISTS items; CREATE TABLE items (name TEXT)");

export async function saveAll(names: readonly string[]): Promise<void> {
  names.forEach((name) => db.prepare("INSERT INTO items (name) VALUES (?)").run(name));
  await Promise.resolve();
}

export const server = createServer((request, response) => {
  void saveAll(JSON.parse(request.url ?? "") as string[]);
  response.end();
});
`;

it("wraps loops on node:sqlite", async () => {
  const main = `import { db, saveAll } from "./app.js";
await saveAll(Array.from({ length: 12 }, (_, n) => \`n\${n}\`));
console.log(JSON.stringify(db.prepare("SELECT * FROM items").all()));
`;
  // Node 20 has no node:sqlite: there the text alone is looked at.
  const { read, applied, before, after } = await wrap({ "src/app.ts": NODE_SQLITE }, isBuiltin("node:sqlite") ? main : undefined);
  expect(applied).toBe(1);
  expect(read("src/app.ts")).toContain(`  await batchedTransaction(db, names, (name) => db.prepare("INSERT INTO items (name) VALUES (?)").run(name), { batchSize: 10, label: "saveAll" });\n  await`);
  expect(after).toEqual(before);
});

it("wraps one of two equal loops, of which the other is left", async () => {
  const { applied, manual, read } = await wrap({
    "src/app.ts": APP.replace("  return done;", "  for (const entry of entries) {\n    try {\n      insert.run(entry.id, entry.name);\n    } catch {\n      done -= 1;\n    }\n  }\n  return done;"),
  });
  expect([applied, manual]).toEqual([4, [expect.stringContaining("a turn catches errors")]]);
  expect(read("src/app.ts")).toContain("    try {\n      insert.run(entry.id, entry.name);\n    } catch {");
});

it("keeps CRLF, quotes and a file without semicolons, and takes the batch size that is asked for", () => {
  const { text, groups } = fix("const insert = db.prepare('INSERT INTO t (a) VALUES (?)')\nfunction run(list) {\n  for (const one of list) {\n    insert.run(one)\n  }\n}\n", { plain: true, batchSize: 50 });
  expect(groups[0]?.reason).toContain("waits for up to 50 turns");
  expect(text).toContain("  batchedTransactionSync(db, list, (one) => {\r\n    insert.run(one)\r\n  }, { batchSize: 50, label: 'run' })\r\n}");
});

const HEAD = `import { createServer } from "node:http";
import Database from "better-sqlite3";

const db = new Database("app.db");
const insert = db.prepare("INSERT INTO t (a) VALUES (?)");
`;
const SERVER = `
createServer((request, response) => {
  run(JSON.parse(request.url));
  response.end();
});
`;

function fix(code: string, { plain = false, batchSize }: { plain?: boolean; batchSize?: number } = {}) {
  const whole = (plain ? HEAD.split("\n").slice(0, 4).join("\n") : HEAD) + "\n" + code + SERVER;
  const styled = plain ? whole.replaceAll('"', "'").replaceAll(";\n", "\n").replaceAll("\n", "\r\n") : whole;
  const files = { "src/app.js": styled };
  const found = findingsOf(ruleNamed("no-autocommit-in-loop"), files);
  const fixed = fixOnce(files, found, batchSize === undefined ? {} : { batchSize });
  return { found, ...fixed, text: fixed.files["src/app.js"] ?? "" };
}

it.each([
  ["a parameter", "function save(own, list) {\n  for (const one of list) own.exec(`INSERT INTO t (a) VALUES (${Number(one)})`);\n}\nfunction run(list) {\n  save(db, list);\n}\n"],
  ["a part of one", "function save({ own }, list) {\n  const add = own.prepare(\"INSERT INTO t (a) VALUES (?)\");\n  for (const one of list) add.run(one);\n}\nfunction run(list) {\n  save({ own: db }, list);\n}\n"],
])("names the session by %s", (_name, code) => {
  const { text, manual } = fix(code);
  expect(manual).toEqual([]);
  expect(text).toContain("  batchedTransactionSync(own, list, (one) => {");
});

it("does not name it by a parameter that is set anew", () => {
  const { manual } = fix("function save(own, list) {\n  own = new Database(\"b.db\");\n  for (const one of list) own.prepare(\"INSERT INTO t (a) VALUES (?)\").run(one);\n}\nfunction run(list) {\n  save(db, list);\n}\n");
  expect(manual.map(({ reason }) => reason)).toEqual([expect.stringContaining("has no name at the loop")]);
});

const loop = (turn: string, more = "") => `${more}
function run(list) {
  for (const one of list) {
    insert.run(one);
    ${turn}
  }
}
`;

describe("wrap-loop-writes leaves to a person", () => {
  it.each([
    ["a turn whose failure is passed over", "function run(list) {\n  for (const one of list) {\n    try {\n      insert.run(one);\n    } catch (error) {\n      console.error(error);\n    }\n  }\n}\n", "a turn catches errors"],
    ["a turn that waits", loop("await note(one);", "async function note(one) {\n  console.log(one);\n}").replace("function run", "async function run"), "a turn waits"],
    ["a turn with a transaction of its own", loop("both(one);", 'const both = db.transaction((one) => db.exec("UPDATE c SET n = n + 1"));'), "`both` begins a transaction of its own"],
    ["a turn that calls what begins one", loop("both(one);", 'function both(one) {\n  db.exec("BEGIN");\n  console.log(db.prepare("SELECT 1").get());\n  db.exec("COMMIT");\n}'), "`both` "],
    ["a turn that changes the session", loop('db.pragma("wal_checkpoint(PASSIVE)");'), "`db.pragma` runs a statement that may not stand in a transaction"],
    ["a turn that writes through a function as well", loop("count();", 'function count() {\n  db.prepare("UPDATE c SET n = n + 1").run();\n}'), "`count` writes as well"],
    ["rows that are read meanwhile", 'function run() {\n  for (const one of db.prepare("SELECT a FROM t").iterate()) insert.run(one.a);\n}\n', "the rows are read while the loop runs"],
    ["two sessions", loop("also.run(one);", 'const other = new Database("b.db");\nconst also = other.prepare("INSERT INTO u (a) VALUES (?)");'), "writes on several sessions"],
    ["a session without a name", "function getDb() {\n  return db;\n}\nfunction run(list) {\n  for (const one of list) getDb().prepare(\"INSERT INTO t (a) VALUES (?)\").run(one);\n}\n", "has no name at the loop"],
    ["a session that changes", 'let current = new Database("b.db");\ncurrent = new Database("c.db");\nfunction run(list) {\n  for (const one of list) current.prepare("INSERT INTO t (a) VALUES (?)").run(one);\n}\n', "has no name at the loop"],
    ["a session that only the constructor knows", 'class Store {\n  constructor(given) {\n    this.insert = given.prepare("INSERT INTO t (a) VALUES (?)");\n  }\n  save(list) {\n    for (const one of list) this.insert.run(one);\n  }\n}\nconst store = new Store(db);\nfunction run(list) {\n  store.save(list);\n}\n', "has no name at the loop"],
  ])("%s", (_name, code, reason) => {
    const { found, groups, manual } = fix(code);
    expect(found).toMatchObject([{ confidence: "proven", fix: "manual", fixReason: expect.stringContaining(reason) as unknown }]);
    expect(manual.map((one) => one.reason)).toEqual([found[0]?.fixReason]);
    expect(groups).toEqual([]);
  });

  it.each([
    ["a name that means something else there", "function run(list) {\n  const db = new Map();\n  for (const one of list) insert.run(one, db.get(one));\n}\n", "`db` means something else at the loop"],
    ["a name that the loop's variable hides", "function run(list) {\n  for (const db of list) insert.run(db);\n}\n", "`db` means something else at the loop"],
    ["a list that may be missing", "function run(list) {\n  list?.forEach((one) => insert.run(one));\n}\n", "only where there is a list"],
    ["a list that grows meanwhile", "function run(list) {\n  for (const one of list) {\n    insert.run(one.id);\n    list.push(...one.more);\n  }\n}\n", "changes the length of `list`"],
    ["a Map", "function run(list) {\n  const byName = new Map(list);\n  byName.forEach((one) => insert.run(one));\n}\n", "`forEach` of a Map"],
    ["a `var` that lives on", "function run(list) {\n  for (const one of list) {\n    var last = one;\n    insert.run(one);\n  }\n  return last;\n}\n", "a turn declares a `var`"],
    ["a loop inside an expression", "const run = (list) => list.forEach((one) => insert.run(one));\n", "part of a larger expression"],
  ])("what only the text shows: %s", (_name, code, reason) => {
    const { groups, manual } = fix(code);
    expect(groups).toEqual([]);
    expect(manual.map((one) => one.reason)).toEqual([expect.stringContaining(reason)]);
  });

  it("the loop around a loop that it wraps", () => {
    const { text, groups, manual } = fix(loop("for (const tag of one.tags.split()) insert.run(tag);"));
    // The two are one finding, at the inner one; what is left is reported once that is wrapped.
    expect(manual).toEqual([]);
    expect(groups).toHaveLength(1);
    expect(text).toContain("    batchedTransactionSync(db, one.tags.split(), (tag) => {\n      insert.run(tag);\n    }, {");
    const after = findingsOf(ruleNamed("no-autocommit-in-loop"), { "src/app.js": text });
    expect(after).toMatchObject([{ fix: "manual", fixReason: "`batchedTransactionSync` begins a transaction of its own" }]);
  });

  it("a loop that writes in a loop inside, which is likely only", () => {
    const { groups, manual } = fix(loop("insert.run(one.id);\n    for (const tag of one.tags) insert.run(tag);"));
    expect(manual.map((one) => one.reason)).toEqual([expect.stringContaining("writes as well, in a loop or function inside the turn")]);
    expect(groups).toEqual([]);
  });

  it("what is likely only", () => {
    const { groups, manual, found } = fix("function run(list) {\n  for (const one of list) if (one.kind === list.kind) insert.run(one);\n}\n");
    expect(found).toMatchObject([{ confidence: "likely", fix: "manual", detail: { kind: "none" } }]);
    expect([groups, manual]).toEqual([[], []]);
  });
});
