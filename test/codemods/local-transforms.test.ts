import { runLocal } from "./helpers/local.js";

const TWO = `
  import Database from "better-sqlite3";
  const db = new Database("app.db");
  const other = new Database("app.db");
  other.exec("DELETE FROM things");`;

runLocal("prefer-immediate-transaction", "immediate-transaction", [
  { name: "better-sqlite3: the run gets its mode", before: `${TWO}
    const take = db.transaction((id: number) => {
      const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };
      db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id); // 🚚 one less
    });
    export const sell = (id: number) => take(id);
    `, after: `${TWO}
    const take = db.transaction((id: number) => {
      const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };
      db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id); // 🚚 one less
    });
    export const sell = (id: number) => take.immediate(id);
    ` },
  { name: "run at once, with tabs and CRLF", before: `${TWO}
    export function sell(id: number) {\r
    \tdb.transaction(() => {\r
    \t\tconst row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };\r
    \t\tdb.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);\r
    \t})();\r
    }\r
    `, after: `${TWO}
    export function sell(id: number) {\r
    \tdb.transaction(() => {\r
    \t\tconst row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };\r
    \t\tdb.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);\r
    \t}).immediate();\r
    }\r
    ` },
  { name: "run in two places: where each begins is for people", before: `${TWO}
    const take = db.transaction((id: number) => {
      const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };
      db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
    });
    export const sell = (id: number) => take(id);
    export const lend = (id: number) => take(id);
    `, reason: "begin it in immediate mode there" },
]);

const ONE = `
  import Database from "better-sqlite3";
  const db = new Database("app.db");
  const add = db.prepare("INSERT INTO things (name) VALUES (?)");`;

const RUNTIME_ONE = ONE.replace(/;$/m, ';\n  import { transaction } from "sessionfix-runtime";');

runLocal("no-async-sync-transaction", "sync-transaction-body", [
  { name: "nothing is awaited, and the promise goes nowhere", before: `${ONE}
    export function save(name: string) {
      db.transaction(async () => {
        add.run(name);
      })();
    }
    `, after: `${ONE}
    export function save(name: string) {
      db.transaction(() => {
        add.run(name);
      })();
    }
    ` },
  { name: "nothing is awaited, and callers may use the promise", before: `${ONE}
    export const save = db.transaction(async (name: string) => {
      add.run(name);
    });
    `, after: `${ONE}
    export const save = db.transaction((name: string) => {
      add.run(name);
    });
    `, safety: "review", reason: "callers may rely on the promise" },
  { name: "something is awaited, in a transaction that nobody is seen to run", before: `${ONE}
    export const save = db.transaction(async (name: string) => {
      await fetch(name);
      add.run(name);
    });
    `, reason: "has to move out of it" },
  { name: "something is awaited, and it is run where it is made", before: `${ONE}
    export async function save(url: string) {
      await db.transaction(async () => {
        const reply = await fetch(url); // the name
        add.run(await reply.text());
      }).immediate();
    }
    `, after: `${RUNTIME_ONE}
    export async function save(url: string) {
      await transaction(db, async () => {
        const reply = await fetch(url); // the name
        add.run(await reply.text());
      });
    }
    `, safety: "review", reason: "the file's write lock is held for as long as that awaits" },
  { name: "something is awaited, in a transaction that is kept", before: `${ONE}
    export const save = db.transaction(async (name: string, times = 1): Promise<number> => {
      for (let at = 0; at < times; at++) add.run(await Promise.resolve(name));
      return times;
    });
    const one = db.transaction(async name => await Promise.resolve(add.run(name)));
    export const both = async (name: string) => [await save(name, 2), await save.immediate(name), one.deferred(name)];
    `, after: `${RUNTIME_ONE}
    export const save = (name: string, times = 1): Promise<number> => transaction(db, async () => {
      for (let at = 0; at < times; at++) add.run(await Promise.resolve(name));
      return times;
    });
    const one = name => transaction(db, async () => await Promise.resolve(add.run(name)));
    export const both = async (name: string) => [await save(name, 2), await save(name), one(name)];
    `, safety: "review", reason: "waits for the function" },
  { name: "something is awaited, and nobody waits for it", before: `${ONE}
    const save = db.transaction(async (name: string) => {
      await fetch(name);
      add.run(name);
    });
    export function all(names: string[]) {
      for (const name of names) save(name);
    }
    `, reason: "has to move out of it" },
  { name: "something is awaited, in a transaction that a field keeps", before: `${ONE}
    export class Things {
      save = db.transaction(async (name: string) => {
        await fetch(name);
        add.run(name);
      });
      one(name: string) { return this.save.immediate(name); }
    }
    `, after: `${RUNTIME_ONE}
    export class Things {
      save = (name: string) => transaction(db, async () => {
        await fetch(name);
        add.run(name);
      });
      one(name: string) { return this.save(name); }
    }
    `, safety: "review", reason: "waits for the function" },
  { name: "something is awaited, in a transaction that a field keeps and gives away", before: `${ONE}
    export class Things {
      save = db.transaction(async (name: string) => {
        await fetch(name);
        add.run(name);
      });
      one(name: string) { return this.save.immediate(name); }
      all() { return { run: this.save }; }
    }
    `, reason: "also used other than by calling it" },
  { name: "something is awaited, in exclusive mode", before: `${ONE}
    const save = db.transaction(async (name: string) => {
      await fetch(name);
      add.run(name);
    });
    export const one = async (name: string) => await save.exclusive(name);
    `, reason: "exclusive mode" },
  { name: "something is awaited, and the transaction is passed on", before: `${ONE}
    const save = db.transaction(async (name: string) => {
      await fetch(name);
      add.run(name);
    });
    export const one = async (name: string, wrap: (work: unknown) => void) => { wrap(save); await save(name); };
    `, reason: "also used other than by calling it" },
]);

const POOL = `
  import { Pool } from "pg";
  const pool = new Pool();
  declare const names: string[];`;
const begun = (body: string): string => `${POOL}
    export async function save() {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        ${body}
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    }
    `;
const ORDER = { safety: "review", reason: "the first error keeps the rest" } as const;

runLocal("no-parallel-in-transaction", "sequence-in-transaction", [
  { name: "a list whose results go nowhere", before: begun(`await Promise.all([client.query("DELETE FROM a"), client.query("DELETE FROM b")]);`),
    after: begun(`await client.query("DELETE FROM a");
        await client.query("DELETE FROM b");`), ...ORDER },
  { name: "a list whose results get names", before: begun(`const [a, { rows }] = await Promise.all([client.query("SELECT 1"), client.query("SELECT 2")]); console.log(a, rows);`),
    after: begun(`const a = await client.query("SELECT 1");
        const { rows } = await client.query("SELECT 2"); console.log(a, rows);`), ...ORDER },
  { name: "a list that is used as it is", before: begun(`const both = await Promise.all([client.query("SELECT 1"), client.query("SELECT 2")]); console.log(both);`),
    after: begun(`const both = [await client.query("SELECT 1"), await client.query("SELECT 2")]; console.log(both);`), ...ORDER },
  { name: "mapped, an expression", before: begun(`await Promise.all(names.map((name) => client.query("INSERT INTO t VALUES ($1)", [name])));`),
    after: begun(`for (const name of names) await client.query("INSERT INTO t VALUES ($1)", [name]);`), ...ORDER },
  { name: "mapped, a block", before: begun(`await Promise.all(names.map(async (name, index) => {
          // in the order of the list
          await client.query("INSERT INTO t VALUES ($1, $2)", [name, index]);
        }));`),
    after: begun(`for (const [index, name] of names.entries()) {
          // in the order of the list
          await client.query("INSERT INTO t VALUES ($1, $2)", [name, index]);
        }`), ...ORDER },
  { name: "mapped, and the results are kept", before: begun(`const all = await Promise.all(names.map((name) => client.query("SELECT $1", [name]))); console.log(all);`),
    after: begun(`const all = [];
        for (const name of names) all.push(await client.query("SELECT $1", [name])); console.log(all);`), ...ORDER },
  { name: "mapped, with a way out", before: begun(`await Promise.all(names.map(async (name) => {
          if (name === "") return;
          await client.query("INSERT INTO t VALUES ($1)", [name]);
        }));`), reason: "write it as a loop with `continue`" },
  { name: "a comment that would be lost", before: begun(`await Promise.all([client.query("DELETE FROM a"), /* then */ client.query("DELETE FROM b")]);`), reason: "a comment stands in what would be replaced" },
  { name: "what was started before", before: begun(`const a = client.query("DELETE FROM a"); const b = client.query("DELETE FROM b"); await Promise.all([a, b]);`), reason: "await each where it is made" },
  { name: "the first that is ready", before: begun(`await Promise.race([client.query("SELECT 1"), client.query("SELECT 2")]);`), reason: "the first error keeps the rest" },
]);

const DRIZZLE = `
  import { drizzle } from "drizzle-orm/node-postgres";
  import { things } from "./schema.js";
  const db = drizzle(process.env.DATABASE_URL!);`;

runLocal("no-outer-session-in-transaction", "use-transaction-handle", [
  { name: "a statement in the body", before: `${DRIZZLE}
    export const save = (name: string) => db.transaction(async (tx) => {
      await tx.insert(things).values({ name });
      await db.delete(things); // the old ones
    });
    `, after: `${DRIZZLE}
    export const save = (name: string) => db.transaction(async (tx) => {
      await tx.insert(things).values({ name });
      await tx.delete(things); // the old ones
    });
    ` },
  { name: "a statement in an array method's function", before: `${DRIZZLE}
    export const save = (names: string[]) => db.transaction(async (tx) => {
      await tx.delete(things);
      await Promise.allSettled(names.map(async (name) => {
        await db.insert(things).values({ name });
      }));
    });
    `, after: `${DRIZZLE}
    export const save = (names: string[]) => db.transaction(async (tx) => {
      await tx.delete(things);
      await Promise.allSettled(names.map(async (name) => {
        await tx.insert(things).values({ name });
      }));
    });
    `, safety: "review", reason: "its error is caught inside the transaction" },
  { name: "a session that is called itself", before: `
    import knex from "knex";
    const db = knex({ client: "pg" });
    export const order = (line: object) => db.transaction(async (trx) => {
      await trx("orders").insert({ open: true });
      await db("lines").insert(line);
      await db<{ id: number }>("lines").where({ id: 1 }).del();
    });
    `, after: `
    import knex from "knex";
    const db = knex({ client: "pg" });
    export const order = (line: object) => db.transaction(async (trx) => {
      await trx("orders").insert({ open: true });
      await trx("lines").insert(line);
      await trx<{ id: number }>("lines").where({ id: 1 }).del();
    });
    ` },
  { name: "the handle's name means something else there", before: `${DRIZZLE}
    export const save = (names: string[]) => db.transaction(async (tx) => {
      await tx.insert(things).values({ name: "a" });
      for (const tx of names) console.log(tx);
      await db.delete(things);
    });
    `, reason: "means something else here" },
  { name: "the function takes no handle", before: `${DRIZZLE}
    export const save = (name: string) => db.transaction(async () => {
      await db.insert(things).values({ name });
    });
    `, reason: "give the function the handle as its parameter" },
]);

runLocal("require-release", "release-in-finally", [
  { name: "given back at the end only", before: `${POOL}
    export async function load() {
      const client = await pool.connect();
      // all of them
      const { rows } = await client.query("SELECT 1");
      console.log(rows);
      client.release();
    }
    `, after: `${POOL}
    export async function load() {
      const client = await pool.connect();
      try {
        // all of them
        const { rows } = await client.query("SELECT 1");
        console.log(rows);
      } finally {
        client.release();
      }
    }
    ` },
  { name: "never given back", before: `${POOL}
    export async function load() {
      const client = await pool.connect();
      return (await client.query("SELECT 1")).rows;
    }
    `, after: `${POOL}
    export async function load() {
      const client = await pool.connect();
      try {
        return (await client.query("SELECT 1")).rows;
      } finally {
        client.release();
      }
    }
    ` },
  { name: "a transaction is begun on it, and nothing rolls it back", before: `${POOL}
    export async function save() {
      const client = await pool.connect();
      await client.query("BEGIN");
      await client.query("DELETE FROM things");
      await client.query("COMMIT");
      client.release();
    }
    `, reason: "the next user of the connection works inside it" },
  { name: "what was read is used after it is given back", before: `${POOL}
    export async function load() {
      const client = await pool.connect();
      const { rows } = await client.query("SELECT 1");
      client.release();
      return rows;
    }
    `, reason: "`rows` is used after it is given back" },
  { name: "an await stands before the `try`", before: `${POOL}
    export async function load() {
      const client = await pool.connect();
      await client.query("SELECT 0");
      try {
        return (await client.query("SELECT 1")).rows;
      } finally {
        client.release();
      }
    }
    `, reason: "put everything after it into a `try`" },
]);

runLocal("require-engine-config", "tune-engine", [
  { name: "node:sqlite without a timeout", before: `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync("app.db");

    export function save(name: string) {
      db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
    }
    `, after: `
    import { DatabaseSync } from "node:sqlite";
    const db = new DatabaseSync("app.db");
    db.exec("PRAGMA busy_timeout = 5000");
    db.exec("PRAGMA journal_mode = WAL");

    export function save(name: string) {
      db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
    }
    `, safety: "review", reason: "waits for up to 5 s before it fails, and on this synchronous driver the whole process waits with it; WAL stays with the file" },
  { name: "what is said of the opening stays on its line", before: `
    import Database from "better-sqlite3";
    const db = new Database("app.db"); // one file
    export const save = (name: string) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
    `, after: `
    import Database from "better-sqlite3";
    const db = new Database("app.db"); // one file
    db.pragma("journal_mode = WAL");
    export const save = (name: string) => db.prepare("INSERT INTO things (name) VALUES (?)").run(name);
    `, safety: "review", reason: "WAL stays with the file" },
  { name: "better-sqlite3 without WAL, single quotes and no semicolons", before: `
    import Database from 'better-sqlite3'
    const db = new Database('app.db')
    export const save = (name: string) => db.prepare('INSERT INTO things (name) VALUES (?)').run(name)
    `, after: `
    import Database from 'better-sqlite3'
    const db = new Database('app.db')
    db.pragma('journal_mode = WAL')
    export const save = (name: string) => db.prepare('INSERT INTO things (name) VALUES (?)').run(name)
    `, safety: "review", reason: "WAL stays with the file" },
]);

runLocal("no-long-busy-timeout", "tune-engine", [
  { name: "better-sqlite3's option", before: `
    import Database from "better-sqlite3";
    export const db = new Database("app.db", { timeout: 60_000 });
    `, after: `
    import Database from "better-sqlite3";
    export const db = new Database("app.db", { timeout: 10_000 });
    `, safety: "review", reason: "a shorter wait shows it as SQLITE_BUSY" },
  { name: "the pragma", before: `
    import Database from "better-sqlite3";
    export const db = new Database("app.db");
    db.pragma("busy_timeout = 30000");
    `, after: `
    import Database from "better-sqlite3";
    export const db = new Database("app.db");
    db.pragma("busy_timeout = 10000");
    `, safety: "review", reason: "a shorter wait shows it as SQLITE_BUSY" },
]);

runLocal("no-io-in-transaction", "move-io-out", [
  { name: "a request within a transaction", before: `${POOL}
    export async function save(name: string) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        await client.query("INSERT INTO things VALUES ($1)", [name]);
        await fetch("https://example.org/hook");
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    }
    `, reason: "an outbox table" },
]);
