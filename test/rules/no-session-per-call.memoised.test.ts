import { runTable } from "./lib/table.js";

const ROUTE = `
        const app = express();
        app.get("/things", async (req, res) => {
          const db = await getDb();
          res.json(db.prepare("SELECT * FROM things").all());
        });`;

const IMPORTS = `
        import Database from "better-sqlite3";
        import express from "express";`;

runTable({
  rule: "no-session-per-call",
  theme: "memoised and not quite",
  valid: [
    { name: "a state that the opening leaves, looked at by each tick", code: `
        const sqlite3 = require("sqlite3");
        const State = { INIT: "init", IDLE: "idle" };
        let db;
        function open() {
          return new Promise((resolve, reject) => {
            db = new sqlite3.Database("alarms.db", (error) => (error ? reject(error) : resolve()));
          });
        }
        function Alarms() {
          var timer = null;
          var state = State.INIT;
          this.start = function () {
            timer = setInterval(function () { check(); }, 1000);
          };
          this.stop = function () {
            return new Promise(function (resolve) {
              clearInterval(timer);
              state = State.INIT;
              resolve();
            });
          };
          var check = function () {
            if (state === State.INIT) {
              open().then(function () {
                state = State.IDLE;
              });
            } else if (state === State.IDLE) {
              db.all("SELECT * FROM alarms", () => {});
            }
          };
        }
        module.exports = { create: () => new Alarms() };` },
    { name: "??=", code: `${IMPORTS}
        let db;
        function getDb() {
          return (db ??= new Database("app.db"));
        }${ROUTE}` },
    { name: "if (!db)", code: `${IMPORTS}
        let db = null;
        function getDb() {
          if (!db) {
            db = new Database("app.db");
            db.pragma("journal_mode = WAL");
          }
          return db;
        }${ROUTE}` },
    { name: "early return of what is there", code: `${IMPORTS}
        let instance;
        function getDb() {
          if (instance !== undefined) return instance;
          const fresh = new Database("app.db");
          instance = fresh;
          return instance;
        }${ROUTE}` },
    { name: "globalThis, so that it survives hot reloads", code: `${IMPORTS}
        const createDb = () => new Database("app.db");
        const shared = globalThis.__db || createDb();
        if (process.env.NODE_ENV !== "production") globalThis.__db = shared;
        const getDb = () => shared;${ROUTE}` },
    { name: "globalThis inside the getter", code: `${IMPORTS}
        function getDb() {
          globalThis.__db ??= new Database("app.db");
          return globalThis.__db;
        }${ROUTE}` },
    { name: "a Map by path", code: `${IMPORTS}
        const open = new Map();
        function getDb(file = "app.db") {
          let db = open.get(file);
          if (!db) {
            db = new Database(file);
            open.set(file, db);
          }
          return db;
        }${ROUTE}` },
    { name: "a cache of the program's own, asked and filled by its methods", code: {
      "src/clients.js": `
        export class ClientStorage {
          static getCached(file) { return caches.find(file); }
          static setCached(file, client) { caches.insert(file, client); }
        }`,
      "src/app.js": `${IMPORTS}
        import { ClientStorage } from "./clients.js";
        const createDb = (file) => new Database(file);
        function getDb(file = "app.db") {
          const cached = ClientStorage.getCached(file);
          if (cached) return cached;
          const fresh = createDb(file);
          ClientStorage.setCached(file, fresh);
          return fresh;
        }${ROUTE}` } },
    { name: "has, then set", code: `${IMPORTS}
        const open = new Map();
        function getDb(file = "app.db") {
          if (!open.has(file)) open.set(file, new Database(file));
          return open.get(file);
        }${ROUTE}` },
    { name: "once() of a utility package", code: `
        import once from "lodash/once";${IMPORTS}
        const getDb = once(() => new Database("app.db"));${ROUTE}` },
    { name: "a package whose default export memoises", code: `
        import memoize from "p-memoize";${IMPORTS}
        const getDb = memoize(async () => new Database("app.db"));${ROUTE}` },
    { name: "a memoiser of the project's own", code: `${IMPORTS}
        function lazy(make) {
          let value;
          return () => (value ??= make());
        }
        const getDb = lazy(() => new Database("app.db"));${ROUTE}` },
    { name: "a memoiser by another name", code: `
        import { remember } from "@epic-web/remember";${IMPORTS}
        const db = remember("db", () => new Database("app.db"));
        const getDb = () => db;${ROUTE}` },
    { name: "a memoised promise with dynamic imports", code: `
        import express from "express";
        let pending;
        function getDb() {
          pending ??= (async () => {
            const { default: Database } = await import("better-sqlite3");
            return new Database("app.db");
          })();
          return pending;
        }${ROUTE}` },
    { name: "a static field of a class", code: `${IMPORTS}
        class Store {
          static #db;
          static get db() {
            if (!Store.#db) Store.#db = new Database("app.db");
            return Store.#db;
          }
        }
        const getDb = () => Store.db;${ROUTE}` },
    { name: "a singleton's getInstance", code: `${IMPORTS}
        class Store {
          static instance;
          static getInstance() {
            if (!Store.instance) Store.instance = new Store();
            return Store.instance;
          }
          constructor() {
            this.db = new Database("app.db");
          }
        }
        const getDb = () => Store.getInstance().db;${ROUTE}` },
    { name: "kept in a closure that is made once", code: `${IMPORTS}
        const getDb = (() => {
          let db;
          return () => (db ??= new Database("app.db"));
        })();${ROUTE}` },
    { name: "kept in a closure of a factory that start-up calls", code: `${IMPORTS}
        function createStore(file) {
          let db;
          return {
            get() {
              if (!db) db = new Database(file);
              return db;
            },
          };
        }
        const store = createStore("app.db");
        const getDb = () => store.get();${ROUTE}` },
    { name: "emptied by a close function", code: `${IMPORTS}
        let db;
        function getDb() {
          if (!db) db = new Database("app.db");
          return db;
        }
        export function closeDb() {
          db?.close();
          db = undefined;
        }${ROUTE}` },
    { name: "opened again when the path changes", code: `${IMPORTS}
        let db;
        let openedPath;
        function getDb() {
          const file = process.env.DB_PATH ?? "app.db";
          if (!db || openedPath !== file) {
            db?.close();
            db = new Database(file);
            openedPath = file;
          }
          return db;
        }${ROUTE}` },
    { name: "a promise kept so that the first callers share one open", code: `
        import { open } from "sqlite";
        import sqlite3 from "sqlite3";
        import express from "express";
        let pending = null;
        async function getDb() {
          if (!pending) {
            pending = open({ filename: "app.db", driver: sqlite3.Database });
          }
          return pending;
        }${ROUTE}` },
    { name: "the fields of an object that is made once", code: `${IMPORTS}
        const state = { db: null };
        function getDb() {
          if (state.db === null) state.db = new Database("app.db");
          return state.db;
        }${ROUTE}` },
    { name: "a new pool takes the place of one that has failed", code: `
        import { Pool } from "pg";
        let pool;
        const reconnect = async () => {
          for (let i = 0; i < 10; i++) {
            const next = new Pool();
            try {
              await next.query("SELECT 1");
              next.on("error", reconnect);
              pool = next;
              return;
            } catch {
              await sleep(1000);
            }
          }
        };
        export function getPool() {
          if (!pool) {
            pool = new Pool();
            pool.on("error", reconnect);
          }
          return pool;
        }
        app.get("/things", async (req, res) => res.json(await getPool().query("SELECT * FROM things")));` },
    { name: "a global variable by its bare name", code: `
        import { Pool } from "pg";
        declare global {
          var POOL: Pool | null;
        }
        if (typeof globalThis.POOL === "undefined") globalThis.POOL = null;
        export function getPool(): Pool {
          if (!POOL) {
            POOL = new Pool();
          }
          return POOL;
        }
        app.get("/things", async (req, res) => res.json(await getPool().query("SELECT * FROM things")));` },
    { name: "a pool that is asked for a client before it is handed out", code: `
        import { createPool } from "mysql2/promise";
        let pool;
        export const connect = async () => {
          if (pool) {
            try {
              const client = await pool.getConnection();
              client.release();
              return pool;
            } catch (error) {
              pool = undefined;
            }
          }
          pool = await createPool({ host: "localhost" });
          return pool;
        };
        app.get("/things", async (req, res) => res.json(await (await connect()).query("SELECT * FROM things")));` },
    { name: "a flag that asks for another set of models, which nobody sets", code: `${IMPORTS}
        let cached;
        const models = (file) => {
          const db = new Database(file);
          return { things: () => db.prepare("SELECT * FROM things").all() };
        };
        function init(file = "app.db", fresh = false) {
          if (fresh) return models(file);
          if (!cached) cached = models(file);
          return cached;
        }
        const app = express();
        app.get("/things", (req, res) => res.json(init().things()));
        app.get("/others", (req, res) => res.json(init("others.db").things()));` },
    { name: "a flag that asks for another one, which nobody sets", code: `${IMPORTS}
        let db;
        const open = (file) => new Database(file);
        export function getDb(file = "app.db", fresh = false) {
          if (fresh) return open(file);
          if (!db) db = open(file);
          return db;
        }${ROUTE}` },
    { name: "two options of which either asks for another one, and nobody sets either", code: `${IMPORTS}
        let db;
        const open = (file) => new Database(file);
        export function getDb(options = {}) {
          if (options.cache === false || options.fresh) return open("app.db");
          if (!db) db = open("app.db");
          return db;
        }
        const app = express();
        app.get("/things", (req, res) => res.json(getDb().prepare("SELECT * FROM things").all()));
        app.get("/others", (req, res) => res.json(getDb({ cache: true }).prepare("SELECT * FROM others").all()));` },
    { name: "a flag says that the pool is there, and is taken back where opening failed", code: `
        import express from "express";
        import pg from "pg";
        class Store {
          pool;
          ready = false;
          get() {
            if (this.ready) {
              return this.pool;
            } else {
              this.pool = new pg.Pool({ host: process.env.HOST });
              this.pool.on("error", () => {
                this.ready = false;
              });
              try {
                this.ready = true;
              } catch {
                this.ready = false;
                return null;
              }
              return this.pool;
            }
          }
        }
        const store = new Store();
        express().get("/things", async (req, res) => res.json(await store.get().query("SELECT * FROM things")));` },
    { name: "parts of a table by name, ended and emptied before they are made anew", code: `
        import { EventEmitter } from "node:events";
        import pg from "pg";
        class Store {
          static instance() {
            if (!Store._instance) Store._instance = new Store();
            return Store._instance;
          }
          constructor() {
            this.pools = { main: { size: 10, instance: null }, reports: { size: 2, instance: null } };
            this.certificates = new EventEmitter();
            this.certificates.on("update", () => this.reconnect());
          }
          open(name) {
            const pool = this.pools[name];
            const options = { host: process.env.HOST };
            if (!pool.instance) {
              pool.instance = new pg.Pool({ ...options, max: pool.size });
              pool.instance.on("error", console.error);
            }
          }
          connect() {
            for (const name of Object.keys(this.pools)) this.open(name);
          }
          disconnect() {
            for (const name of Object.keys(this.pools)) {
              const pool = this.pools[name];
              if (pool && pool.instance) {
                pool.instance.end();
                pool.instance = null;
              }
            }
          }
          reconnect() {
            this.disconnect();
            this.connect();
          }
        }
        Store.instance().connect();` },
  ],
  invalid: [
    { name: "a state that only says that the last tick is over", code: `${IMPORTS}
        let state = "idle";
        setInterval(() => {
          if (state === "idle") {
            state = "busy";
            const db = new Database("app.db");
            db.prepare("DELETE FROM jobs WHERE done = 1").run();
            db.close();
            state = "idle";
          }
        }, 60_000);`, findings: [{ line: 7, message: "opens a new better-sqlite3 session", fix: "safe", why: [4, 7], sessions: "1" }] },
    { name: "a flag that asks for another one, which somebody sets", code: `${IMPORTS}
        let db;
        export function getDb(fresh = false) {
          if (fresh) return new Database("app.db");
          if (!db) db = new Database("app.db");
          return db;
        }
        const app = express();
        app.get("/things", async (req, res) => {
          res.json(getDb(true).prepare("SELECT * FROM things").all());
        });`, findings: [{ line: 5, message: "opens a new better-sqlite3 session each time it is called, and 1 place does so per request", fix: "review", reason: "the factory's parameters decide more than the path", related: [11], sessions: "1", why: [10, 11, 5] }] },
    { name: "the variable is local: nothing is kept", code: `${IMPORTS}
        function getDb() {
          let db;
          if (!db) db = new Database("app.db");
          return db;
        }${ROUTE}`,
      findings: [{ line: 5, message: "`getDb` opens a new", fix: "safe", related: [10], why: [9, 10, 5], sessions: "1" }] },
    { name: "kept, but never asked for", code: `${IMPORTS}
        let db;
        function getDb() {
          db = new Database("app.db");
          return db;
        }${ROUTE}`,
      findings: [{ line: 5, message: "opens a new better-sqlite3 session", fix: "safe", related: [10], why: [9, 10, 5], sessions: "1" }] },
    { name: "emptied again each time", code: `${IMPORTS}
        let db;
        function getDb() {
          db ??= new Database("app.db");
          const current = db;
          db = undefined;
          return current;
        }${ROUTE}`,
      findings: [{ line: 5, message: "`getDb` opens a new", fix: "safe", related: [12], why: [11, 12, 5], sessions: "1" }] },
    { name: "the Map is made anew each time", code: `${IMPORTS}
        function getDb(file = "app.db") {
          const open = new Map();
          if (!open.has(file)) open.set(file, new Database(file));
          return open.get(file);
        }${ROUTE}`,
      findings: [{ line: 5, message: "`getDb` opens a new", fix: "safe", related: [10], why: [9, 10, 5], sessions: "1" }] },
    { name: "the closure that keeps it is made per request", code: `${IMPORTS}
        function createStore(file) {
          let db;
          return {
            get() {
              if (!db) db = new Database(file);
              return db;
            },
          };
        }
        const app = express();
        app.get("/things", (req, res) => {
          const store = createStore("app.db");
          res.json(store.get().prepare("SELECT * FROM things").all());
        });`,
      findings: [{ line: 7, message: "opens a new better-sqlite3 session", fix: "safe", related: [15], why: [13, 15] }] },
    { name: "what is tried first is another one", code: `
        import { createPool } from "mysql2/promise";
        let replica;
        export const connect = async () => {
          if (replica) {
            try {
              return await replica.getConnection();
            } catch (error) {
              replica = undefined;
            }
          }
          return createPool({ host: "localhost" });
        };
        app.get("/things", async (req, res) => res.json(await (await connect()).query("SELECT * FROM things")));`, findings: [{ line: 11, message: "opens a new mysql2 session", library: "mysql2", fix: "review", reason: "the session is opened asynchronously", related: [13], why: [13, 13, 11], sessions: "1" }] },
    { name: "only a flag is remembered", code: `${IMPORTS}
        let migrated = false;
        function getDb() {
          const db = new Database("app.db");
          if (!migrated) {
            db.exec("CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)");
            migrated = true;
          }
          return db;
        }${ROUTE}`,
      findings: [{ line: 5, message: "`getDb` opens a new", fix: "safe", related: [14], why: [13, 14, 5], sessions: "1" }] },
    { name: "a flag that is taken back each time", code: `${IMPORTS}
        let ready = false;
        let db;
        function getDb() {
          if (!ready) {
            db = new Database("app.db");
            ready = true;
          }
          if (process.env.FRESH) ready = false;
          return db;
        }${ROUTE}`,
      findings: [{ line: 7, message: "`getDb` opens a new", fix: "safe", related: [15], why: [14, 15, 7], sessions: "1" }] },
    { name: "a cache of statements is no cache of sessions", code: `${IMPORTS}
        const statements = new Map();
        function getDb() {
          const db = new Database("app.db");
          if (!statements.has("all")) statements.set("all", "SELECT * FROM things");
          return db;
        }${ROUTE}`,
      findings: [{ line: 5, message: "`getDb` opens a new", fix: "safe", related: [11], why: [10, 11, 5], sessions: "1" }] },
    { name: "what is asked and filled is no cache", code: `${IMPORTS}
        import { users } from "./users.js";
        function getDb(name = "app.db") {
          const user = users.getUser(name);
          if (user) return user;
          const db = new Database("app.db");
          users.addUser(name, db);
          return db;
        }${ROUTE}`,
      findings: [{ line: 7, message: "`getDb` opens a new", fix: "review", reason: "the factory's parameters decide more than the path", related: [13], why: [12, 13, 7], sessions: "1" }] },
    { name: "React's cache() lives as long as one request", code: `
        import { cache } from "react";
        import Database from "better-sqlite3";
        import express from "express";
        const getDb = cache(() => new Database("app.db"));${ROUTE}`,
      findings: [{ line: 4, message: "`getDb` opens a new", fix: "safe", related: [7], why: [6, 7, 4], sessions: "1" }] },
  ],
});
