import { describe, expect, it } from "vitest";
import { link } from "./link.js";

const OPEN = `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3"; const db = new Database("a.db"); const orm = drizzle(db); const add = db.prepare("INSERT INTO t VALUES (?)");\n`;
const project = (text: string) => link({ "a.ts": OPEN + text });
const sites = (text: string) => project(text).transactions.map(({ style, mode, bodies, invocations, fromParameter }) => ({ style, mode, bodies: bodies.length, invocations: invocations.length, fromParameter }));
const site = { style: "wrapper", mode: "default", bodies: 1, invocations: 1, fromParameter: false };

describe("transactions", () => {
  it.each<[string, string, object[]]>([
    ["a wrapper, run at once", `db.transaction(() => {})();`, [site]],
    ["a wrapper, run later, twice", `const run = db.transaction(() => {}); run(); run();`, [{ ...site, invocations: 2 }]],
    ["a wrapper that nobody runs", `const run = db.transaction(() => {});`, [{ ...site, invocations: 0 }]],
    ["immediate", `const run = db.transaction(() => {}); run.immediate();`, [{ ...site, mode: "immediate" }]],
    ["exclusive", `db.transaction(() => {}).exclusive();`, [{ ...site, mode: "exclusive" }]],
    ["a named function", `function body() {} db.transaction(body)();`, [site]],
    ["Drizzle's callback", `orm.transaction((tx) => {});`, [{ ...site, style: "callback", invocations: 0 }]],
    ["Drizzle's behavior", `orm.transaction((tx) => {}, { behavior: "immediate" });`, [{ ...site, style: "callback", mode: "immediate", invocations: 0 }]],
    ["a helper", `function inTx(fn) { return db.transaction(fn)(); } inTx(() => {}); inTx(() => {});`, [{ ...site, bodies: 2, fromParameter: true }]],
    ["SQL", `function f() { db.exec("BEGIN"); add.run(1); db.exec("COMMIT"); }`, [{ ...site, style: "sql", invocations: 0 }]],
    ["SQL, immediate", `function f() { db.exec("BEGIN IMMEDIATE"); db.exec("COMMIT"); }`, [{ ...site, style: "sql", mode: "immediate", invocations: 0 }]],
    ["SQL in helpers", `function begin(d) { d.exec("BEGIN IMMEDIATE"); } const end = (d) => d.exec("COMMIT"); function f() { begin(db); add.run(1); end(db); }`, [{ ...site, style: "sql", mode: "immediate", invocations: 0 }]],
    ["SQL in methods, and a helper of those that has all of it", `class Store { run(sql) { return db.prepare(sql).run(); } begin() { return this.run("BEGIN"); } commit() { return this.run("COMMIT"); } async whole(fn) { await this.begin(); await fn(); await this.commit(); } } function f(s) { return new Store().whole(() => add.run(1)); }`, [{ ...site, style: "sql", invocations: 0 }]],
    ["not SQL in a helper that begins only now and then", `function begin(d) { if (!d.inTransaction) d.exec("BEGIN"); } function f() { begin(db); add.run(1); db.exec("COMMIT"); }`, []],
    ["not SQL in a helper that ends it as well", `function reset(d) { d.exec("BEGIN"); d.exec("COMMIT"); } function f() { reset(db); add.run(1); db.exec("COMMIT"); }`, [{ ...site, style: "sql", invocations: 0 }]],
    ["not where all callers hand one over, through another function", `function write(rows, options) { if (options?.tx) return rows.map((row) => options.tx.run(row)); return orm.transaction((tx) => rows.map((row) => tx.run(row))); }
      const move = (rows, options) => write(rows, options); export const save = (rows) => move(rows, { tx: {} });`, []],
    ["where one caller hands none over, through another function", `function write(rows, options) { if (options?.tx) return rows.map((row) => options.tx.run(row)); return orm.transaction((tx) => rows.map((row) => tx.run(row))); }
      const move = (rows, options) => write(rows, options); export const save = (rows) => move(rows, { tx: {} }); export const put = (rows) => move(rows);`, [{ ...site, style: "callback", invocations: 0 }]],
    ["not SQL without an end", `function f() { db.exec("BEGIN"); }`, []],
    ["not a namesake", `const other = { transaction(fn) { return fn; } }; other.transaction(() => {})();`, []],
  ])("%s", (_name, text, expected) => {
    expect(sites(text)).toEqual(expected);
  });
});

describe("loops that a transaction holds", () => {
  const held = (text: string) => {
    const facts = project(text);
    return facts.transactions.flatMap((tx) => facts.writers.heldLoops(tx).map(({ path, writes, loop }) => [loop.kind, path.length, writes.length]));
  };
  it.each<[string, string, unknown[]]>([
    ["in its body", `db.transaction((rows) => { for (const row of rows) add.run(row); })(all);`, [["for-of", 0, 1]]],
    ["an array method's", `db.transaction((rows) => { rows.forEach((row) => add.run(row)); })(all);`, [["callback", 0, 1]]],
    ["through a helper", `function save(rows) { for (const row of rows) add.run(row); } db.transaction((rows) => save(rows))(all);`, [["for-of", 1, 1]]],
    ["with a helper that writes", `function save(row) { add.run(row); } db.transaction((rows) => { for (const row of rows) save(row); })(all);`, [["for-of", 0, 1]]],
    ["between BEGIN and COMMIT", `function f(rows) { for (const a of rows) add.run(a); db.exec("BEGIN"); for (const b of rows) add.run(b); db.exec("COMMIT"); }`, [["for-of", 0, 1]]],
    ["not one that only reads", `const get = db.prepare("SELECT 1"); db.transaction((rows) => { for (const row of rows) get.get(row); })(all);`, []],
    ["not one outside", `const run = db.transaction((row) => { add.run(row); }); for (const row of rows) run(row);`, []],
  ])("%s", (_name, text, expected) => {
    expect(held(text)).toEqual(expected);
  });
});
