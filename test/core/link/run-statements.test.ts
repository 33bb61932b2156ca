import { describe, expect, it } from "vitest";
import { statementOf } from "../../../src/core/link/run-statements.js";
import { callAt, link, statements } from "./link.js";

const POOL = `import pg from "pg"; const pool = new pg.Pool();`;
const SQLITE3 = `import sqlite3 from "sqlite3"; const db = new sqlite3.Database("a.db");`;
const SYNC = `import Database from "better-sqlite3"; const db = new Database("a.db");`;

/** What the call that begins with `go(` does, in a file of its own that gets `go` and what is beside it from the other. */
function kindOfGo(helpers: string, code: string): string | undefined {
  const project = link({ "db.ts": helpers, "use.ts": `import * as helpers from "./db.js";\nimport { go } from "./db.js";\n${code}` });
  return statementOf(project.graph, callAt(project, "go(").call)?.kind;
}

describe("a function that runs the SQL it is given", () => {
  it.each<[string, string]>([
    ["an async function that waits for the driver", `${POOL} export async function go(text: string, values?: unknown[]) { const result = await pool.query(text, values); return result.rows; }`],
    ["an arrow that hands the promise on", `${POOL} export const go = (text: string, values?: unknown[]) => pool.query(text, values);`],
    ["one that makes a promise of a callback", `${SQLITE3} export function go(sql: string, params: unknown[] = []) { return new Promise<void>((resolve, reject) => { db.run(sql, params, (error) => (error ? reject(error) : resolve())); }); }`],
    ["one that prepares the statement", `${SYNC} export function go(sql: string, ...params: unknown[]) { return db.prepare(sql).run(...params); }`],
    ["one that hands the text to another", `${POOL} const run = (text: string) => pool.query(text); export async function go(sql: string) { const started = Date.now(); const rows = await run(sql); console.log(Date.now() - started); return rows; }`],
    ["one that is timed by another", `${POOL} async function timed<T>(work: () => Promise<T>) { return await work(); } export async function go(sql: string) { return await timed(() => pool.query(sql)); }`],
    ["one that takes the text second", `${POOL} export async function go(text: string) { return await named("x", text); } async function named(name: string, text: string) { return await pool.query(text); }`],
    ["one with a name for what it was given", `${POOL} export async function go(text: string) { const sql = text; return await pool.query(sql); }`],
  ])("%s", (_name, helpers) => {
    expect(kindOfGo(helpers, `go("INSERT INTO t VALUES (1)");`)).toBe("write");
    expect(kindOfGo(helpers, `go("SELECT * FROM t");`)).toBe("read");
    expect(kindOfGo(helpers, `go("BEGIN");`)).toBe("begin");
    expect(kindOfGo(helpers, "const table = process.argv[2]; go(`DELETE FROM ${table}`);")).toBe("write");
    expect(kindOfGo(helpers, `const INSERT = "INSERT INTO t VALUES (1)"; go(INSERT);`)).toBe("write");
    expect(kindOfGo(helpers, `go(process.argv[2]);`)).toBeUndefined();
  });

  it("as a method, by its class and by an object", () => {
    const project = link({
      "db.ts": `${POOL} export class Store { constructor(private readonly pool: pg.Pool) {} async go(text: string) { return this.pool.query(text); } } export const store = { go: (text: string) => pool.query(text) };`,
      "use.ts": `import { Store, store } from "./db.js"; export async function one(made: Store) { await made.go("INSERT INTO t VALUES (1)"); } export const two = () => store.go("DELETE FROM t");`,
    });
    expect(statementOf(project.graph, callAt(project, "made.go(").call)).toMatchObject({ kind: "write", library: "pg", sql: "INSERT INTO t VALUES (1)", through: true });
    expect(statementOf(project.graph, callAt(project, "store.go(").call)?.kind).toBe("write");
  });

  it.each<[string, string]>([
    ["puts it into another text", `${POOL} export async function go(text: string) { return await pool.query("SELECT * FROM (" + text + ")"); }`],
    ["keeps it for later", `${POOL} const queue: (() => Promise<unknown>)[] = []; export function go(text: string) { queue.push(() => pool.query(text)); }`],
    ["gives back a function that would run it", `${POOL} export function go(text: string) { return () => pool.query(text); }`],
    ["writes it down", `${POOL} export function go(text: string) { console.log(text); return pool.query("SELECT 1"); }`],
  ])("is none that %s", (_name, helpers) => {
    expect(kindOfGo(helpers, `go("INSERT INTO t VALUES (1)");`)).toBeUndefined();
  });

  it("counts as one statement, not as two", () => {
    const project = link({ "a.ts": `${POOL} const go = (text: string) => pool.query(text); export async function save(names: string[]) { for (const name of names) await go("INSERT INTO t VALUES ('" + name + "')"); }` });
    expect(statements(project, "save")).toBe("names");
  });
});
