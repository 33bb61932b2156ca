import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "classes",
  valid: [
    {
      name: "the constructor opens, and the class is built once",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class ThingRepository {
          constructor(file) {
            this.db = new Database(file);
          }
          list() {
            return this.db.prepare("SELECT * FROM things").all();
          }
        }
        const things = new ThingRepository("app.db");
        const app = express();
        app.get("/things", (req, res) => res.json(things.list()));
      `,
    },
    {
      name: "a field's initialiser, and the class is built once",
      code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        class ThingRepository {
          #db = new DatabaseSync("app.db");
          list() {
            return this.#db.prepare("SELECT * FROM things").all();
          }
        }
        const things = new ThingRepository();
        const app = express();
        app.get("/things", (req, res) => res.json(things.list()));
      `,
    },
    {
      name: "a container builds the decorated class",
      code: `
        import Database from "better-sqlite3";
        import { Injectable } from "@nestjs/common";

        @Injectable()
        export class DatabaseService {
          private readonly db: Database.Database;
          constructor() {
            this.db = new Database(process.env.DB_PATH!);
          }
          all(sql: string) {
            return this.db.prepare(sql).all();
          }
        }
      `,
    },
    {
      name: "an object for each address, kept in a Map, which opens when it is started and is started once",
      code: `
        import pg from "pg";
        import express from "express";
        class Queue {
          #config; #pool; #starting = null;
          constructor(config) {
            this.#config = config;
          }
          async start() {
            if (this.#starting) return this.#starting;
            this.#starting = this.#open();
            return this.#starting;
          }
          async #open() {
            this.#pool = new pg.Pool({ ...this.#config, application_name: "queue" });
            return this;
          }
          add(job) {
            return this.#pool.query("INSERT INTO jobs (body) VALUES ($1)", [job]);
          }
        }
        const queues = new Map();
        const starting = new Map();
        async function queueOf(address, schema) {
          const key = address + schema;
          const known = queues.get(key);
          if (known) return known;
          const pending = starting.get(key);
          if (pending) return pending;
          const queue = new Queue({ connectionString: address, schema });
          const started = queue.start().then(() => {
            queues.set(key, queue);
            starting.delete(key);
            return queue;
          });
          starting.set(key, started);
          return started;
        }
        const app = express();
        app.post("/jobs", async (req, res) => res.json(await (await queueOf(req.body.address, "app")).add(req.body.job)));
        app.post("/mails", async (req, res) => res.json(await (await queueOf(req.body.address, "mail")).add(req.body.mail)));
      `,
    },
    {
      name: "a lazy getter keeps it in the instance, which is built once",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class Store {
          _db;
          get db() {
            if (!this._db) this._db = new Database("app.db");
            return this._db;
          }
        }
        const store = new Store();
        const app = express();
        app.get("/things", (req, res) => res.json(store.db.prepare("SELECT * FROM things").all()));
      `,
    },
    {
      name: "a repository that nobody in sight builds keeps its session",
      code: `
        import Database from "better-sqlite3";
        export class ThingRepository {
          private db: Database.Database;
          constructor(file: string) {
            this.db = new Database(file);
          }
          list(): unknown[] {
            return this.db.prepare("SELECT * FROM things").all();
          }
        }
      `,
    },
    {
      name: "built per request around the shared session",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        class ThingRepository {
          constructor(db) {
            this.db = db;
          }
          list() {
            return this.db.prepare("SELECT * FROM things").all();
          }
        }
        const app = express();
        app.get("/things", (req, res) => res.json(new ThingRepository(db).list()));
      `,
    },
    {
      name: "connect() of a class that start-up calls",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        class Store {
          connect() {
            this.db = new Database("app.db");
          }
        }
        const store = new Store();
        const app = Fastify();
        app.addHook("onReady", async () => store.connect());
        app.get("/things", async () => store.db.prepare("SELECT * FROM things").all());
      `,
    },
    {
      name: "a private open() that the memoised accessor alone calls",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class Store {
          #db = null;
          #open() {
            const db = new Database("app.db");
            db.pragma("journal_mode = WAL");
            return db;
          }
          session() {
            this.#db ??= this.#open();
            return this.#db;
          }
        }
        const store = new Store();
        const app = express();
        app.get("/things", (req, res) => res.json(store.session().prepare("SELECT * FROM things").all()));
      `,
    },
  ],
  invalid: [
    {
      name: "_getSession() makes one each time: the reference document's shape",
      code: `
        import Database from "better-sqlite3";
        import Fastify from "fastify";
        class ThingRepository {
          constructor(private readonly file: string) {}
          private _getSession(): Database.Database {
            return new Database(this.file);
          }
          list() {
            const session = this._getSession();
            try {
              return session.prepare("SELECT * FROM things").all();
            } finally {
              session.close();
            }
          }
          byId(id: string) {
            const session = this._getSession();
            try {
              return session.prepare("SELECT * FROM things WHERE id = ?").get(id);
            } finally {
              session.close();
            }
          }
        }
        const things = new ThingRepository("app.db");
        const app = Fastify();
        app.get("/things", async () => things.list());
        app.get("/things/:id", async (request) => things.byId((request.params as { id: string }).id));
      `,
      findings: [{ line: 6, message: "`ThingRepository._getSession` opens a new better-sqlite3 session each time it is called, and 2 places do so", fix: "safe", related: [9, 17], why: [27, 27, 9, 6], sessions: "1" }],
    },
    {
      name: "the constructor opens, and the class is built per request",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class ThingRepository {
          constructor(file) {
            this.db = new Database(file);
          }
          list() {
            return this.db.prepare("SELECT * FROM things").all();
          }
        }
        const app = express();
        app.get("/things", (req, res) => {
          const things = new ThingRepository("app.db");
          res.json(things.list());
        });
      `,
      findings: [{ line: 5, message: "`new ThingRepository()` opens a new", fix: "safe", related: [13], why: [12, 13, 5], sessions: "1" }],
    },
    {
      name: "a field's initialiser, and the class is built per request",
      code: `
        import { DatabaseSync } from "node:sqlite";
        import express from "express";
        class ThingRepository {
          #db = new DatabaseSync("app.db");
          list() {
            return this.#db.prepare("SELECT * FROM things").all();
          }
        }
        const app = express();
        app.get("/things", (req, res) => res.json(new ThingRepository().list()));
      `,
      findings: [{ line: 4, message: "opens a new node:sqlite", library: "node:sqlite", fix: "safe", related: [10], why: [10, 10, 4], sessions: "1" }],
    },
    {
      name: "inherited from an abstract base class",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        abstract class BaseRepository {
          protected session(): Database.Database {
            return new Database("app.db");
          }
        }
        class ThingRepository extends BaseRepository {
          list() {
            return this.session().prepare("SELECT * FROM things").all();
          }
        }
        const things = new ThingRepository();
        const app = express();
        app.get("/things", (req, res) => res.json(things.list()));
      `,
      findings: [{ line: 5, message: "`BaseRepository.session` opens a new", fix: "safe", related: [10], why: [15, 15, 10, 5], sessions: "1" }],
    },
    {
      name: "a lazy getter of an instance that is built per request",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class Store {
          get db() {
            this._db ??= new Database("app.db");
            return this._db;
          }
        }
        const app = express();
        app.get("/things", (req, res) => {
          const store = new Store();
          res.json(store.db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 5, message: "opens a new better-sqlite3", fix: "safe", why: [10] }],
    },
    {
      name: "a getter that opens each time it is read",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class Store {
          get db() {
            return new Database("app.db");
          }
        }
        const store = new Store();
        const app = express();
        app.get("/things", (req, res) => {
          res.json(store.db.prepare("SELECT * FROM things").all());
        });
      `,
      findings: [{ line: 5, message: "`Store.db` opens a new", fix: "safe", why: [10] }],
    },
    {
      name: "a static factory method",
      code: `
        import Database from "better-sqlite3";
        import express from "express";
        class Connections {
          static open() {
            return new Database("app.db");
          }
        }
        const app = express();
        app.get("/things", (req, res) => res.json(Connections.open().prepare("SELECT * FROM things").all()));
      `,
      findings: [{ line: 5, message: "`Connections.open` opens a new", fix: "safe", related: [9], why: [9, 9, 5], sessions: "1" }],
    },
    {
      name: "a method of a container's service opens per call",
      code: `
        import Database from "better-sqlite3";
        import { Injectable } from "@nestjs/common";

        @Injectable()
        export class ThingService {
          list() {
            const db = new Database("app.db");
            try {
              return db.prepare("SELECT * FROM things").all();
            } finally {
              db.close();
            }
          }
        }
      `,
      findings: [{ line: 7, message: "`ThingService.list` opens a new", confidence: "likely", fix: "safe" }],
    },
    {
      name: "the methods of an exported repository, one session each",
      code: `
        import Database from "better-sqlite3";
        export class ThingRepository {
          open() {
            return new Database("app.db");
          }
          list() {
            const db = this.open();
            const rows = db.prepare("SELECT * FROM things").all();
            db.close();
            return rows;
          }
          remove(id) {
            const db = this.open();
            db.prepare("DELETE FROM things WHERE id = ?").run(id);
            db.close();
          }
        }
      `,
      findings: [{ line: 4, message: "`ThingRepository.open` opens a new", fix: "safe", related: [7, 13] }],
    },
  ],
});
