import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "./lib/run.js";
import { runTable } from "./lib/table.js";

const ONE = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");`;

/** Two connections to one file: one of them can write while the other's transaction has only read. */
const TWO = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const jobs = new Database("app.db");`;

const DRIZZLE = `
        import Database from "better-sqlite3";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        export const jobs = new Database("app.db");`;

const ELSEWHERE = "where it begins is not written here";

runTable({
  rule: "prefer-immediate-transaction",
  theme: "order, modes and connections",
  valid: [
    { name: "run in immediate mode", code: `${TWO}
        const take = db.transaction((id) => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        });
        export const sell = (id) => take.immediate(id);` },
    { name: "run in exclusive mode at once", code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        }).exclusive();` },
    { name: "writes first", code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          db.prepare("UPDATE stock SET n = n - 1 WHERE id = ?").run(id);
          return db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
        })();` },
    { name: "reads alone", code: `${TWO}
        export const report = () => db.transaction(() => ({
          stock: db.prepare("SELECT n FROM stock").all(),
          orders: db.prepare("SELECT id FROM orders").all(),
        }))();` },
    { name: "reads before it begins", code: `${TWO}
        export function sell(id) {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.transaction(() => { db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id); })();
        }` },
    { name: "reads in the branch that does not write", code: `${TWO}
        export const sell = (id, dry) => db.transaction(() => {
          if (dry) return db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          return db.prepare("UPDATE stock SET n = n - 1 WHERE id = ?").run(id);
        })();` },
    { name: "an INSERT that returns its row is no read", code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("INSERT INTO orders (thing) VALUES (?) RETURNING id").get(id);
          db.prepare("UPDATE stock SET n = n - 1 WHERE id = ?").run(row.id);
        })();` },
    { name: "SQL that is made elsewhere may write", code: `${TWO}
        export const run = (sql) => db.transaction(() => {
          const row = db.prepare(sql).get();
          db.prepare("UPDATE stock SET n = n - 1 WHERE id = ?").run(row.id);
        })();` },
    { name: "reads another database", code: `${TWO}
        const prices = new Database("prices.db");
        export const sell = (id) => db.transaction(() => {
          const row = prices.prepare("SELECT price FROM prices WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET price = ? WHERE id = ?").run(row.price, id);
        })();` },
    { name: "in memory", code: `
        import Database from "better-sqlite3";
        const db = new Database(":memory:");
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();` },
    { name: "Drizzle: told to", code: `${DRIZZLE}
        export const sell = () => db.transaction((tx) => {
          const rows = tx.select().from(things).all();
          tx.insert(things).values(rows).run();
        }, { behavior: "immediate" });` },
    { name: "a helper begins in immediate mode for its callers", code: `${DRIZZLE}
        const immediate = (work) => db.transaction(work, { behavior: "immediate" });
        export const sell = () => immediate((tx) => {
          const rows = tx.select().from(things).all();
          tx.insert(things).values(rows).run();
        });` },
    { name: "an async function on a synchronous driver: its transaction is over at the first await", code: `${DRIZZLE}
        export const sell = () => db.transaction(async (tx) => {
          const rows = await tx.select().from(things);
          await tx.insert(things).values(rows);
        });` },
    { name: "BEGIN IMMEDIATE", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export function sell(id) {
          db.exec("BEGIN IMMEDIATE");
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
          db.exec("COMMIT");
        }` },
    { name: "a server has no such lock", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle("postgres://app");
        export const sell = () => db.transaction(async (tx) => {
          const rows = await tx.select().from(things);
          await tx.insert(things).values(rows);
        });` },
    { name: "a savepoint: the outer transaction has begun", code: `${TWO}
        const take = db.transaction((id) => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        });
        export const sell = (id) => db.transaction(() => { take(id); }).immediate();` },
    { name: "a migration", file: "migrations/001.ts", code: `${TWO}
        export const up = () => db.transaction(() => {
          const rows = db.prepare("SELECT id FROM things").all();
          for (const row of rows) db.prepare("UPDATE things SET n = 1 WHERE id = ?").run(row.id);
        })();` },
    { name: "a library that the options leave out", options: { ignoreLibraries: ["better-sqlite3"] }, code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();` },
  ],
  invalid: [
    { name: "two connections to one file", code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();`, findings: [{ line: 4, message: "fails at once with SQLITE_BUSY", fix: "safe", related: [5, 6] }] },
    { name: "one connection, as far as the program shows", code: `${ONE}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();`, findings: [{ line: 3, confidence: "likely", message: "Run it with `.immediate()`", fix: "safe", related: [4, 5] }] },
    { name: "made first, run later; statements prepared outside", code: `${TWO}
        const find = db.prepare("SELECT n FROM stock WHERE id = ?");
        const save = db.prepare("UPDATE stock SET n = ? WHERE id = ?");
        const take = db.transaction((id) => {
          save.run(find.get(id).n - 1, id);
        });
        export const sell = (id) => take(id);`, findings: [{ line: 6, message: "reads before it writes", fix: "safe", related: [7, 7] }] },
    { name: "a write that is conditional on what was read", code: `${TWO}
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          if (row.n > 0) db.prepare("UPDATE stock SET n = n - 1 WHERE id = ?").run(id);
        })();`, findings: [{ line: 4, message: "reads before it writes", fix: "safe", related: [5, 6] }] },
    { name: "through helpers in another file", code: {
      "src/db.ts": `
        import Database from "better-sqlite3";
        export const db = new Database(process.env.DATABASE);`,
      "src/jobs.ts": `
        import Database from "better-sqlite3";
        export const jobs = new Database(process.env.DATABASE);`,
      "src/stock.ts": `
        import { db } from "./db.js";
        export const find = (id) => db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
        export const save = (id, n) => db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(n, id);`,
      "src/sell.ts": `
        import { db } from "./db.js";
        import { find, save } from "./stock.js";
        export const sell = (id) => db.transaction(() => { save(id, find(id).n - 1); })();`,
    }, findings: [{ file: "src/sell.ts", line: 3, message: "reads before it writes", fix: "safe", related: ["src/stock.ts:2", "src/stock.ts:3"] }] },
    { name: "the same path in two programs is two files: only likely", code: {
      "apps/shop/src/sell.ts": `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();`,
      "apps/mail/src/db.ts": `
        import Database from "better-sqlite3";
        export const db = new Database("app.db");`,
    }, findings: [{ file: "apps/shop/src/sell.ts", line: 3, confidence: "likely", message: "reads before it writes", fix: "safe", related: ["apps/shop/src/sell.ts:4", "apps/shop/src/sell.ts:5"] }] },
    { name: "a helper that is given the session", code: `
        import type Database from "better-sqlite3";
        const find = (db: Database.Database, id: string) => db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
        export const sell = (db: Database.Database, id: string) => db.transaction(() => {
          const row = find(db, id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row, id);
        })();`, findings: [{ line: 3, confidence: "likely", message: "reads before it writes", fix: "safe", related: [2, 5] }] },
    { name: "every process of a cluster has a connection", code: `
        import cluster from "node:cluster";
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        if (cluster.isPrimary) for (let n = 0; n < 4; n++) cluster.fork();
        export const sell = (id) => db.transaction(() => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        })();`, findings: [{ line: 5, message: "reads before it writes", fix: "safe", related: [6, 7] }] },
    { name: "Drizzle", code: `${DRIZZLE}
        export const sell = () => db.transaction((tx) => {
          const rows = tx.select().from(things).all();
          tx.insert(things).values(rows).run();
        });`, findings: [{ line: 6, library: "drizzle-orm", message: "behavior", fix: "safe", related: [7, 8] }] },
    { name: "Drizzle: a helper begins it for its callers", code: `${DRIZZLE}
        const inTransaction = (work) => db.transaction(work);
        export const sell = () => inTransaction((tx) => {
          const rows = tx.select().from(things).all();
          tx.insert(things).values(rows).run();
        });`, findings: [{ line: 7, library: "drizzle-orm", message: "behavior", fix: "manual", reason: ELSEWHERE, related: [8, 9] }] },
    { name: "bun:sqlite", code: `
        import { Database } from "bun:sqlite";
        const db = new Database("app.db");
        export const jobs = new Database("app.db");
        export const sell = (id) => db.transaction(() => {
          const row = db.query("SELECT n FROM stock WHERE id = ?").get(id);
          db.run("UPDATE stock SET n = n - 1 WHERE id = ?", [row.id]);
        })();`, findings: [{ line: 4, library: "bun:sqlite", message: "Run it with `.immediate()`", fix: "safe", related: [5, 6] }] },
    { name: "BEGIN as SQL", code: `
        import { DatabaseSync } from "node:sqlite";
        const db = new DatabaseSync("app.db");
        export const jobs = new DatabaseSync("app.db");
        export function sell(id) {
          db.exec("BEGIN");
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
          db.exec("COMMIT");
        }`, findings: [{ line: 5, library: "node:sqlite", message: "Begin it with `BEGIN IMMEDIATE`", fix: "safe", related: [6, 7] }] },
    { name: "deferred by name", code: `${TWO}
        const take = db.transaction((id) => {
          const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id);
          db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
        });
        export const sell = (id) => take.deferred(id);`, findings: [{ line: 4, message: "reads before it writes", fix: "manual", reason: ELSEWHERE, related: [5, 6] }] },
  ],
});

describe("prefer-immediate-transaction: suggestions", () => {
  const suggested = (code: string): string[] =>
    findingsOf(ruleNamed("prefer-immediate-transaction"), { "src/app.ts": code }).flatMap(({ suggestions = [] }) =>
      suggestions.map(({ edits }) => edits.reduceRight((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), code)),
    );

  it.each([
    ["a wrapper that is run at once", `import Database from "better-sqlite3";\nconst db = new Database("a.db");\nexport const f = () => db.transaction(() => { db.prepare("SELECT 1 FROM t").get(); db.exec("DELETE FROM t"); })();`, "})();", "}).immediate();"],
    [
      "a wrapper that is run at one place",
      `import Database from "better-sqlite3";\nconst db = new Database("a.db");\nconst run = db.transaction(() => { db.prepare("SELECT 1 FROM t").get(); db.exec("DELETE FROM t"); });\nexport const f = () => run("x");`,
      'run("x")',
      'run.immediate("x")',
    ],
    [
      "Drizzle",
      `import { drizzle } from "drizzle-orm/better-sqlite3";\nconst db = drizzle("a.db");\nexport const f = () => db.transaction((tx) => { tx.select().from(t).all(); tx.delete(t).run(); });`,
      "tx.delete(t).run(); })",
      'tx.delete(t).run(); }, { behavior: "immediate" })',
    ],
    [
      "BEGIN as SQL",
      `import { DatabaseSync } from "node:sqlite";\nconst db = new DatabaseSync("a.db");\nexport function f() { db.exec('BEGIN TRANSACTION'); db.prepare("SELECT 1 FROM t").get(); db.exec("DELETE FROM t"); db.exec("COMMIT"); }`,
      "'BEGIN TRANSACTION'",
      "'BEGIN IMMEDIATE TRANSACTION'",
    ],
  ])("%s", (_, code, before, after) => {
    expect(suggested(code)).toEqual([code.replace(before, after)]);
  });

  it("are none where a wrapper is run at two places, which may differ", () => {
    const code = `import Database from "better-sqlite3";\nconst db = new Database("a.db");\nconst run = db.transaction(() => { db.prepare("SELECT 1 FROM t").get(); db.exec("DELETE FROM t"); });\nexport const f = () => run();\nexport const g = () => run();`;
    expect(suggested(code)).toEqual([]);
  });
});
