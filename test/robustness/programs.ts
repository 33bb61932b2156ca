/** Programs as people write them, to be mutated. They import each other, so that linking has something to join. */
export const PROGRAMS: Record<string, string> = {
  "db.ts": `
import Database from "better-sqlite3";
import path from "node:path";
export type Db = Database.Database;
let shared: Db | undefined;
/** Opens it anew. */
export function open(file: string = path.join(process.cwd(), "app.db"), { readonly = false, ...rest }: { readonly?: boolean; timeout?: number } = {}): Db {
  const db = new Database(file, { readonly, ...rest });
  db.pragma("journal_mode = WAL");
  return db;
}
export const getDb = (): Db => (shared ??= open());
export const once = new Map<string, Db>();
export function byTenant(tenant: string): Db {
  const known = once.get(tenant);
  if (known) return known;
  const made = open(\`\${tenant}.db\`);
  once.set(tenant, made);
  return made;
}
export default { open, getDb, get current() { return shared; } };
`,
  "store.ts": `
import { open, getDb, type Db } from "./db";
import * as everything from "./db.js";
@injectable()
export abstract class Base<T extends object> { constructor(protected readonly db: Db, private q?: T) {} abstract all(): T[]; get handle() { return this.db; } }
export class Orders extends Base<Order> implements Iterable<Order> {
  static #cache = new Map<number, Order>(); static { this.#cache.clear(); }
  #insert = this.db.prepare("INSERT INTO orders (id, total) VALUES (?, ?)");
  all(): Order[] { return this.db.prepare("SELECT * FROM orders LIMIT 50").all() as Order[]; }
  *[Symbol.iterator]() { yield* this.all(); }
  importAll(rows: readonly Order[]) {
    const run = this.db.transaction((list: readonly Order[]) => { for (const { id, total = 0 } of list) this.#insert.run(id, total); });
    run.immediate(rows);
    let last: number | undefined;
    rows.forEach((row, i) => { last = i; if (!row) throw new Error("no row"); });
    return last!;
  }
}
interface Order { id: number; total?: number; nested: { db: Db }[] }
export namespace Legacy { export const db = everything.default.open("legacy.db"); export enum State { Open = 1, Closed = "closed" } }
export function slow(ids: number[]): Order[] { return ids.map((id) => open().prepare("SELECT * FROM orders WHERE id = ?").get(id) as Order).filter(Boolean); }
`,
  "server.ts": `
import express, { type Request, Router } from "express";
import { Orders, slow } from "./store";
import { getDb, open } from "./db";
const app = express(), router = Router();
router.post("/orders/:id", async (req: Request, res, next) => {
  try {
    const db = open();
    const orders = new Orders(db);
    await Promise.all(req.body.map(async (row: never) => orders.importAll([row])));
    outer: for (let i = 0, n = req.body.length; i < n; i += 100) { for (;;) { if (i) continue outer; else break outer; } }
    res.json({ ok: true, ...slow([1, 2, 3]) });
  } catch (error) { next(error); } finally { getDb().close(); }
});
app.use("/api", router).get("/health", (_, res) => void res.send("ok"));
if (process.env["NODE_ENV"] !== "test") app.listen(3000, () => console.log("up"));
export { app as default };
`,
  "jobs.cjs": `
"use strict";
const sqlite3 = require("sqlite3").verbose(), { open } = require("sqlite");
exports.run = async function run(items) {
  const db = await open({ filename: "jobs.db", driver: sqlite3.Database });
  await db.exec("BEGIN");
  try {
    for await (const item of items) { await db.run("UPDATE jobs SET done = 1 WHERE id = ?", item.id); }
    for (var i = items.length; i--; ) await db.run("DELETE FROM jobs WHERE id = " + i + " AND x = '" + items[i] + "'");
    await db.exec("COMMIT");
  } catch { await db.exec("ROLLBACK"); }
  do { i++; } while (i < 10 && !(i in items));
  switch (i) { case 1: return null; case 2: { break; } default: delete items[i]; }
};
module.exports.later = (cb) => setTimeout(() => cb(null, arguments), 10);
undeclared = module.exports = Object.assign({}, module.exports, { __proto__: null, "x-y": 1, [i]: 2 });
if (require.main === module) return exports.run([]);
`,
  "view.tsx": `
import React, { useState as use } from "react";
import { drizzle } from "drizzle-orm/better-sqlite3";
import Database from "better-sqlite3";
const cache: Record<string, ReturnType<typeof drizzle>> = {};
export const db = (globalThis as any).db || ((globalThis as any).db = drizzle(new Database(process.env.DB!)));
export default function View<T,>({ items = [], ...rest }: { items?: T[] }) {
  const [state, set] = use<number | null>(null);
  const tx = () => db.transaction((tx) => { items.map((item) => tx.insert(table).values(item).run()); return state?.toFixed?.(2) ?? -1; });
  return <><Foo.Bar {...rest} onClick={tx} key="x">{items.length > 0 ? items.map((i) => <b>{String(i)} text</b>) : null}</Foo.Bar>{/* nothing */}</>;
}
cache["a"] ||= db; cache.b &&= db; const re = /[/"]+/giu, big = 10n ** 2n, tag = String.raw\`a\${big}b\`;
`,
  "late.mjs": `
#!/usr/bin/env node
import { DatabaseSync } from "node:sqlite";
import data from "./data.json" with { type: "json" };
export * from "./db.js"; export * as store from "./store.js"; export { slow as "slow one", Orders as default } from "./store.js";
const { value: [first, , { deep: { er = first } = {} } = {}, ...more], ["comp" + "uted"]: x } = await import("./server.js");
function* numbers() { try { yield 1; } finally { yield* [2, 3]; } }
async function* stream() { for (const n of numbers()) yield await n; }
class Lock extends (first ?? Object) { static db = new DatabaseSync("late.db"); #held = 0; get held() { return this.#held; } set held(v) { this.#held = v; } async [Symbol.asyncDispose]() { super.toString(); } constructor(...args) { super(...args); new.target; } }
{ await using lock = new Lock(); label: while (true) { if (lock.held > 3) break label; lock.held++; } }
let a, b; [a, b = 1, ...more] = [b, a]; ({ a, b: more[0], ...b } = { a, b }); a = b = (1, 2, 3); var f = async x => await x, g = function named() { return named; };
f(...more)?.[0]?.(f === undefined ? void 0 : typeof f); new f; if (a) { ; } else if (b) f(); else { debugger; }
export const last = Array.from({ length: 10 }, (_, i) => Lock.db.prepare("INSERT INTO t VALUES (?)").run(i));
`.slice(1),
};
