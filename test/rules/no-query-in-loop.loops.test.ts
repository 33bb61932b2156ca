import { runTable, type Expected } from "./lib/table.js";

const PG = `
        import { Pool } from "pg";
        const pool = new Pool();`;
const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;
const DRIZZLE = `
        import { Pool } from "pg";
        import { and, desc, eq, gte } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { things } from "./schema.js";
        const db = drizzle(new Pool());`;

const found = (line: number, loop: number, more: Partial<Expected> = {}): Expected => ({
  line,
  related: [loop],
  library: "pg",
  message: "waits for a pg query of its own (N + 1)",
  confidence: "likely",
  fix: "manual",
  reason: "put them together by key",
  ...more,
});
const PRISMA_FOUND = { library: "@prisma/client", message: "@prisma/client query of its own (N + 1): read all of them with one query, by `findMany` with `in`" };

runTable({
  rule: "no-query-in-loop",
  theme: "loops, libraries and helpers",
  valid: [
    { name: "one query for the list", code: `${PG}
        export const load = (ids: number[]) => pool.query("SELECT * FROM things WHERE id = ANY($1)", [ids]);` },
    { name: "a query that does not ask for the loop's variable", code: `${PG}
        export async function wait(ids: number[]) {
          for (const id of ids) {
            await pool.query("SELECT 1");
            console.log(id);
          }
        }` },
    { name: "a synchronous driver", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const one = db.prepare("SELECT * FROM things WHERE id = ?");
        export const load = (ids: number[]) => ids.map((id) => one.get(id));
        export function print(ids: number[]) {
          for (const id of ids) console.log(db.prepare("SELECT * FROM things WHERE id = ?").get(id));
        }` },
    { name: "a synchronous driver, awaited all the same", code: `
        import Database from "better-sqlite3";
        import { eq } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/better-sqlite3";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await db.select().from(things).where(eq(things.id, id)));
        }` },
    { name: "SQLite in this process, asynchronously", code: `
        import { createClient } from "@libsql/client";
        const db = createClient({ url: "file:app.db" });
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await db.execute({ sql: "SELECT * FROM things WHERE id = ?", args: [id] }));
        }` },
    { name: "pages by a cursor", code: `${PRISMA}
        export async function all() {
          let cursor = 0;
          while (true) {
            const rows = await prisma.thing.findMany({ where: { id: { gt: cursor } }, take: 100 });
            if (rows.length === 0) return;
            cursor = rows[rows.length - 1].id;
          }
        }` },
    { name: "each turn goes on from the last one's result", code: `${PRISMA}
        export async function resolve(names: string[]) {
          let parent = 0;
          for (const name of names) {
            const folder = await prisma.folder.findUniqueOrThrow({ where: { parent, name } });
            parent = folder.id;
          }
          return parent;
        }` },
    { name: "the list grows from the results", code: `${PG}
        export async function tree(root: number) {
          const queue = JSON.parse(await readRoots(root));
          for (const id of queue) {
            const children = await pool.query("SELECT id FROM folders WHERE parent = $1", [id]);
            queue.push(...children.rows);
          }
        }` },
    { name: "a retry, and a search that ends", code: `${PG}
        export async function find(attempts: number[], hosts: string[]) {
          for (const n of attempts) console.log(await pool.query("SELECT * FROM things WHERE n = $1", [n]));
          for (const host of hosts) {
            const { rows } = await pool.query("SELECT * FROM sites WHERE host = $1", [host]);
            if (rows[0]) return rows[0];
          }
        }` },
    { name: "turns that write", code: `${PG}
        export async function merge(names: string[]) {
          for (const name of names) {
            const { rows } = await pool.query("SELECT id FROM things WHERE name = $1", [name]);
            if (rows.length === 0) await pool.query("INSERT INTO things (name) VALUES ($1)", [name]);
          }
        }` },
    { name: "turns that write in a helper", code: `${PRISMA}
        const add = (name: string) => prisma.thing.create({ data: { name } });
        export async function merge(names: string[]) {
          for (const name of names) {
            const thing = await prisma.thing.findUnique({ where: { name } });
            if (!thing) await add(name);
          }
        }` },
    { name: "a request each turn", code: `${PRISMA}
        export async function notify(ids: string[]) {
          for (const id of ids) {
            const user = await prisma.user.findUnique({ where: { id } });
            await fetch("https://example.org/" + user.name);
          }
        }` },
    { name: "lists that the program bounds", code: `${PG}
        const KINDS = ["a", "b"];
        export async function count(ids: number[]) {
          for (const kind of KINDS) console.log(await pool.query("SELECT count(*) FROM things WHERE kind = $1", [kind]));
          for (const id of ids.slice(0, 5)) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }` },
    { name: "rows of a query with a limit among its options", code: `${PRISMA}
        export async function newest() {
          const posts = await prisma.post.findMany({ orderBy: { at: "desc" }, take: 20 });
          for (const post of posts) console.log(await prisma.user.findFirst({ where: { id: post.authorId } }));
        }` },
    { name: "the keys of an object", code: `${PG}
        export async function check(changes: object) {
          for (const key of Object.keys(changes)) console.log(await pool.query("SELECT * FROM settings WHERE key = $1", [key]));
        }` },
    { name: "the values of an enumeration, kept in a variable", code: `${PRISMA}
        import { Kind } from "@prisma/client";
        export async function counts() {
          const kinds = Object.values(Kind);
          return Promise.all(kinds.map(async (kind) => {
            const count = await prisma.thing.count({ where: { kind } });
            return { kind, count };
          }));
        }` },
    { name: "a tree, level by level", code: `${PRISMA}
        export class Folders {
          async read(id: string) {
            const folder = await prisma.folder.findFirst({ where: { id } });
            const folders = await prisma.folder.findMany({ where: { parent: folder.id } });
            const inner = await Promise.all(folders.map(({ id }) => this.read(id)));
            return { folder, inner };
          }
        }` },
    { name: "chunks", code: `${PRISMA}
        export async function load(chunks: number[][]) {
          const all = [];
          for (const chunk of chunks) all.push(await prisma.thing.findMany({ where: { id: { in: chunk } } }));
          return all;
        }` },
    { name: "a list each turn already", code: `${PG}
        export async function load(groups: { ids: number[] }[]) {
          for (const { ids } of groups) console.log(await pool.query("SELECT * FROM things WHERE id = ANY($1)", [ids]));
        }` },
    { name: "locks on purpose", code: `${PG}
        export async function lockAll(ids: number[]) {
          const client = await pool.connect();
          try {
            await client.query("BEGIN");
            for (const id of ids) await client.query("SELECT * FROM things WHERE id = $1 FOR UPDATE", [id]);
            await client.query("COMMIT");
          } finally {
            client.release();
          }
        }` },
    { name: "locks on purpose by a method", code: `${DRIZZLE}
        export const lockAll = (ids: number[]) => db.transaction(async (tx) => {
          for (const id of ids) console.log(await tx.select().from(things).where(eq(things.id, id)).for("update"));
        });` },
    { name: "Prisma's findUnique in one tick", code: `${PRISMA}
        export const load = (ids: number[]) => Promise.all(ids.map((id) => prisma.thing.findUnique({ where: { id } })));
        export const names = (ids: number[]) => Promise.all(ids.map(async (id) => (await prisma.thing.findUnique({ where: { id } }))?.name));` },
    { name: "collected for one transaction", code: `${PRISMA}
        export const load = (kinds: string[]) => prisma.$transaction(kinds.map((kind) => prisma.thing.count({ where: { kind } })));` },
    { name: "the function of a DataLoader", code: `${PG}
        import DataLoader from "dataloader";
        export const usersOf = () => new DataLoader(async (ids: readonly number[]) => Promise.all(ids.map((id) => pool.query("SELECT * FROM users WHERE id = $1", [id]))));` },
    { name: "a function that is passed to a DataLoader, and one that is called after its batch", code: `${PG}
        import DataLoader from "dataloader";
        export async function readThings(ids: readonly number[]) {
          const all = [];
          for (const id of ids) all.push(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
          return all;
        }
        export const thingsOf = () => new DataLoader(readThings);
        export async function batchUsers(ids: readonly number[]) {
          const all = [];
          for (const id of ids) all.push(await pool.query("SELECT * FROM users WHERE id = $1", [id]));
          return all;
        }` },
    { name: "asked once a key", code: `${PG}
        export async function label(rows: { user: number }[]) {
          const known = new Map();
          for (const { user } of rows) {
            if (known.has(user)) continue;
            known.set(user, await pool.query("SELECT * FROM users WHERE id = $1", [user]));
          }
          return known;
        }` },
    { name: "a helper that keeps what it read", code: `${PG}
        const known = new Map();
        async function user(id: number) {
          const before = known.get(id);
          if (before) return before;
          const { rows } = await pool.query("SELECT * FROM users WHERE id = $1", [id]);
          known.set(id, rows[0]);
          return rows[0];
        }
        export async function label(ids: number[]) {
          for (const id of ids) console.log(await user(id));
        }` },
    { name: "a helper wrapped in a cache", code: `${PG}
        import { cache } from "react";
        const user = cache(async (id: number) => (await pool.query("SELECT * FROM users WHERE id = $1", [id])).rows[0]);
        export async function label(ids: number[]) {
          for (const id of ids) console.log(await user(id));
        }` },
    { name: "a read two functions away", code: `${PG}
        const user = async (id: number) => (await pool.query("SELECT * FROM users WHERE id = $1", [id])).rows[0];
        const nameOf = async (id: number) => (await user(id)).name;
        export async function label(ids: number[]) {
          for (const id of ids) console.log(await nameOf(id));
        }` },
    { name: "a helper that does not ask for the loop's variable", code: `${PG}
        const settings = async (name: string) => (await pool.query("SELECT * FROM settings")).rows.filter((row) => row.name === name);
        export async function label(names: string[]) {
          for (const name of names) console.log(await settings(name));
        }` },
    { name: "a branch", code: `${PG}
        export async function label(rows: { user?: number }[]) {
          for (const row of rows) if (row.user) console.log(await pool.query("SELECT * FROM users WHERE id = $1", [row.user]));
        }` },
    { name: "another table each turn", code: `${PG}
        export async function count(tables: string[]) {
          for (const table of tables) console.log(await pool.query(\`SELECT count(*) FROM \${table}\`));
        }` },
    { name: "another database each turn", code: `
        import { Pool } from "pg";
        export async function check(tenants: { id: number, pool: Pool }[]) {
          for (const { id, pool } of tenants) console.log(await pool.query("SELECT * FROM tenants WHERE id = $1", [id]));
        }` },
    { name: "the newest few of each", code: `${DRIZZLE}
        export async function newest(kinds: string[]) {
          for (const kind of kinds) console.log(await db.select().from(things).where(eq(things.kind, kind)).orderBy(desc(things.at)).limit(3));
        }` },
    { name: "the newest of each", code: `${PRISMA}
        export async function newest(kinds: string[]) {
          for (const kind of kinds) console.log(await prisma.thing.findFirst({ where: { kind }, orderBy: { at: "desc" } }));
        }` },
    { name: "ranges and patterns", code: `${DRIZZLE}
        export async function count(starts: number[]) {
          for (const start of starts) console.log(await db.select().from(things).where(and(eq(things.kind, "a"), gte(things.at, start))));
        }
        export async function find(words: string[]) {
          const pool = new Pool();
          for (const word of words) console.log(await pool.query("SELECT * FROM things WHERE name ILIKE $1", [word]));
        }` },
    { name: "periods", code: `${PG}
        export async function count(lastMonths: number[]) {
          for (const month of lastMonths) console.log(await pool.query("SELECT count(*) FROM things WHERE date_trunc('month', at) = $1", [month]));
        }` },
    { name: "promises that nobody awaits here", code: `${PG}
        export function start(ids: number[]) {
          return ids.map((id) => pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }` },
    { name: "start-up", code: `${PG}
        for (const id of JSON.parse(process.env.IDS)) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));` },
    { name: "a migration by name", code: `${PG}
        export async function migrateThings(ids: number[]) {
          for (const id of ids) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }` },
    { name: "a script", file: "scripts/print.ts", code: `${PG}
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }` },
    { name: "Map.get", code: `${PG}
        const known = new Map();
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await known.get(id), pool);
        }` },
    { name: "left out by option", options: { ignoreLibraries: ["pg"] }, code: `${PG}
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }` },
  ],
  invalid: [
    { name: "in a route", code: `${PG}
        import express from "express";
        const app = express();
        app.post("/things", async (req, res) => {
          const all = [];
          for (const id of req.body.ids) {
            const { rows } = await pool.query("SELECT * FROM things WHERE id = $1", [id]);
            all.push(rows[0]);
          }
          res.json(all);
        });`, findings: [found(8, 7, { confidence: "proven", why: [5], message: "over `ids` waits for a pg query of its own (N + 1): read all of them with one query, by `= ANY($1)`" })] },
    { name: "callers out of sight", code: `${PG}
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }`, findings: [found(4, 4)] },
    { name: "a name that only ends like a period's", code: `${PG}
        export async function print(updates: { id: number }[]) {
          for (const { id } of updates) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [id]));
        }`, findings: [found(4, 4)] },
    { name: "by index", code: `${PG}
        export async function print(ids: number[]) {
          for (let i = 0; i < ids.length; i++) console.log(await pool.query("SELECT * FROM things WHERE id = $1", [ids[i]]));
        }`, findings: [found(4, 4)] },
    { name: "what the turn computes from its variable", code: `${PG}
        export async function print(rows: { user: { id: number } }[]) {
          for (const { user } of rows) {
            const key = String(user.id);
            console.log(await pool.query("SELECT * FROM users WHERE key = $1", [key]));
          }
        }`, findings: [found(6, 4)] },
    { name: "rows of another query", code: `${PRISMA}
        export async function authors() {
          const posts = await prisma.post.findMany();
          const all = [];
          for (const post of posts) all.push(await prisma.user.findUnique({ where: { id: post.authorId } }));
          return all;
        }`, findings: [found(6, 6, PRISMA_FOUND)] },
    { name: "Prisma in one tick, but not findUnique", code: `${PRISMA}
        export const counts = (ids: number[]) => Promise.all(ids.map((id) => prisma.post.count({ where: { authorId: id } })));`, findings: [found(3, 3, PRISMA_FOUND)] },
    { name: "an async callback", code: `${PRISMA}
        export const counts = (users: { id: number }[]) => Promise.all(users.map(async (user) => {
          const posts = await prisma.post.findMany({ where: { authorId: user.id } });
          return { ...user, posts };
        }));`, findings: [found(4, 3, PRISMA_FOUND)] },
    { name: "two reads at once in each turn are one finding", code: `${PRISMA}
        export async function counts(ids: number[]) {
          for (const id of ids) {
            const [posts, notes] = await Promise.all([
              prisma.post.count({ where: { userId: id } }),
              prisma.note.count({ where: { userId: id } }),
            ]);
            console.log(posts, notes);
          }
        }`, findings: [found(6, 4, { ...PRISMA_FOUND, related: [4, 7] })] },
    { name: "Drizzle on a server", code: `${DRIZZLE}
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await db.select().from(things).where(eq(things.id, id)).limit(1));
        }`, findings: [found(7, 7, { library: "drizzle-orm", message: "drizzle-orm query of its own (N + 1): read all of them with one query, by `inArray`" })] },
    { name: "Drizzle's queries with a function", code: `${DRIZZLE}
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await db.query.things.findFirst({ where: (t, { eq }) => eq(t.id, id) }));
        }`, findings: [found(7, 7, { library: "drizzle-orm", message: "drizzle-orm query" })] },
    { name: "Knex", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await db("things").where({ id }).first());
        }`, findings: [found(4, 4, { library: "knex", message: "by `whereIn`" })] },
    { name: "TypeORM", code: `
        import { DataSource } from "typeorm";
        import { Thing } from "./thing.js";
        const source = new DataSource({ type: "postgres" });
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await source.getRepository(Thing).findOneBy({ id }));
        }`, findings: [found(5, 5, { library: "typeorm", message: "by `In(list)`" })] },
    { name: "mysql2", code: `
        import mysql from "mysql2/promise";
        const pool = mysql.createPool({ host: "db" });
        export async function print(ids: number[]) {
          for (const id of ids) console.log(await pool.query("SELECT * FROM things WHERE id = ?", [id]));
        }`, findings: [found(4, 4, { library: "mysql2", message: "by `IN (…)`, a join, or a batch loader" })] },
    { name: "through a helper", code: `${PG}
        async function user(id: number) {
          const { rows } = await pool.query("SELECT * FROM users WHERE id = $1", [id]);
          return rows[0];
        }
        export async function label(ids: number[]) {
          for (const id of ids) console.log(await user(id));
        }`, findings: [found(8, 8, { message: "over `ids` calls `user`, which waits for a pg query of its own (N + 1)" })] },
    { name: "through a class in another file", code: {
        "src/users.ts": `
          import { PrismaClient } from "@prisma/client";
          export class Users {
            prisma = new PrismaClient();
            byId(id: number) { return this.prisma.user.findUnique({ where: { id } }); }
          }`,
        "src/label.ts": `
          import { Users } from "./users.js";
          const users = new Users();
          export async function label(rows: { user: number }[]) {
            for (const row of rows) console.log(await users.byId(row.user));
          }` }, findings: [{ ...found(4, 4), ...PRISMA_FOUND, message: "calls `users.byId`, which waits for a @prisma/client query", file: "src/label.ts", related: ["src/label.ts:4"] }] },
  ],
});
