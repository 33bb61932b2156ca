import { runTable } from "./lib/table.js";

/** A chat with the database that a request names; `ends` is what is done with the client that has listed the tables. */
const chat = (ends: string) => `async function clientOf(connection) {
          const config = { host: connection.host, user: connection.user, application_name: "chat" };
          if (connection.ssl) config.ssl = { ca: connection.ssl.ca };
          const client = new Client(config);
          await client.connect();
          return client;
        }
        async function tables(connection) {
          const client = await clientOf(connection);
          const { rows } = await client.query("SELECT tablename FROM pg_tables");
          ${ends}
          return rows;
        }
        async function run(connection, text) {
          const client = await clientOf(connection);
          const { rows } = await client.query(text);
          await client.end();
          return rows;
        }
        const connectorOf = (connection) => ({ tables: () => tables(connection), run: (text) => run(connection, text) });
        const Engine = { MySQL: "mysql", Other: "other" };
        const asMySQL = (connection) => (connection.engine === Engine.Other ? { ...connection, engine: Engine.MySQL, ssl: { rejectUnauthorized: true } } : connection);
        app.post("/tables", async (req, res) => {
          let connection = req.body.connection;
          if (connection.engine === Engine.Other) connection = asMySQL(connection);
          res.json(await connectorOf(connection).tables());
        });
        app.post("/run", async (req, res) => {
          let connection = req.body.connection;
          if (connection.engine === Engine.Other) connection = asMySQL(connection);
          res.json(await connectorOf(connection).run(req.body.text));
        });`;

const APP = `
        import express from "express";
        const app = express();`;

runTable({
  rule: "no-session-per-call",
  theme: "servers that are data of the call",
  valid: [
    { name: "a server that a request names, by its parts or else as a whole, and closed", code: `
        import { Client } from "pg";
        import express from "express";
        const app = express();
        async function open(config) { const client = new Client(config); return client.connect().then(() => client); }
        async function connect(url, work) {
          const client = await open({ host: url.host }).catch(() => open(url.full));
          try { return await work(client); } finally { await client.end(); }
        }
        app.get("/tables", async (req, res) => res.json(await connect(req.query.url, (client) => client.query("SELECT tablename FROM pg_tables"))));
        app.get("/columns", async (req, res) => res.json(await connect(req.query.url, (client) => client.query("SELECT * FROM information_schema.columns"))));` },
    { name: "the user's own server, from a step's credentials, through a helper", code: `
        import knex from "knex";
        const getClient = ($) => knex({
          client: "pg",
          connection: { host: $.auth.data.host, port: Number($.auth.data.port), user: $.auth.data.user, password: $.auth.data.password },
        });
        export async function insert($) {
          const client = getClient($);
          await client($.table).insert($.values);
          client.destroy();
        }
        export async function remove($) {
          const client = getClient($);
          await client($.table).del();
          client.destroy();
        }` },
    { name: "a server by name, user and password, closed by a helper", code: `
        import { Sequelize } from "sequelize";
        async function connect({ name, username, password, connectionString, options }) {
          if (connectionString) {
            const protocol = connectionString.substring(0, connectionString.indexOf("//") + 2);
            const newConnectionString = connectionString.replace(protocol, "postgres://");
            return new Sequelize(newConnectionString, options);
          }
          return new Sequelize(name, username, password, options);
        }
        async function disconnect(client) {
          if (client) await client.close();
        }
        export async function schemaOf({ connection }) {
          let client;
          try {
            client = await connect(connection);
            return await client.getQueryInterface().showAllTables();
          } finally {
            await disconnect(client);
          }
        }
        export async function rowsOf({ connection, text }) {
          let client;
          try {
            client = await connect(connection);
            return await client.query(text);
          } finally {
            await disconnect(client);
          }
        }` },
    { name: "a server of the request, which a constant of the program's tells more of", code: `${APP}
        import { Client } from "pg";
${chat("await client.end();")}` },
    { name: "a connection that is tested", code: `${APP}
        import pg from "pg";
        app.post("/test-connection", async (req, res) => {
          const client = new pg.Client({ connectionString: req.body.url, connectionTimeoutMillis: 3000 });
          try {
            await client.connect();
            res.json({ ok: true });
          } finally {
            await client.end();
          }
        });` },
    { name: "options that are handed on whole", code: `${APP}
        import mysql from "mysql2/promise";
        async function check(config) {
          const connection = await mysql.createConnection({ ...config, host: config.host });
          try {
            await connection.query("SELECT 1");
          } finally {
            await connection.end();
          }
        }
        app.post("/check", async (req, res) => {
          await check(req.body);
          res.end();
        });` },
    { name: "an object that is one connection, to where it is told", code: `
        import mysql from "mysql2/promise";
        class Client {
          constructor(target) { this.target = target; }
          async connect() {
            const { target } = this;
            this.client = await mysql.createConnection({ host: target.host, user: target.user });
          }
          async disconnect() { this.client.destroy(); }
        }
        export async function runQuery(sql, target) {
          const client = new Client(target);
          await client.connect();
          const rows = await client.client.query(sql);
          await client.disconnect();
          return rows;
        }` },
    { name: "an object that is one connection, to a file that it is told", code: `
        import sqlite3 from "sqlite3";
        export class Client {
          constructor(private readonly target: { filename: string }) {}
          connect() { this.db = new sqlite3.Database(this.target.filename); }
          disconnect() { this.db.close(); }
        }
        const wrap = (handler) => (...args) => handler(...args);
        export const query = wrap(async (req, res) => {
          const client = new Client(req.body.target);
          client.connect();
          client.db.all(req.body.sql, (error, rows) => { client.disconnect(); res.json(rows); });
        });` },
    { name: "the file that a window's user has chosen, by an object that is that connection; a script names its own", code: {
        "src/store.ts": `
        import knex from "knex";
        export class Store {
          constructor(path) {
            this.path = path ?? ":memory:";
            this.parameters = { client: "better-sqlite3", connection: { filename: this.path }, useNullAsDefault: true, asyncStackTraces: process.env.NODE_ENV === "development" };
          }
          static async countryOf(path) {
            const store = new Store(path);
            await store.connect();
            const [row] = await store.knex("settings").where({ name: "country" });
            await store.close();
            return row.value;
          }
          async connect() {
            this.knex = knex(this.parameters);
            await this.knex.raw("PRAGMA foreign_keys = ON");
          }
          async close() { await this.knex.destroy(); }
        }
`,
        "src/manager.ts": `
        import { Store } from "./store.js";
        export class Manager {
          async open(path) {
            const country = await Store.countryOf(path);
            this.store = new Store(path);
            await this.store.connect();
            return country;
          }
        }
`,
        "scripts/profile.ts": `
        import { Manager } from "../src/manager.js";
        import { sample } from "../src/sample.js";
        await new Manager().open("profile.db");
        await sample("sample.db", new Manager());`,
        "src/sample.ts": `
        export async function sample(path, manager) { await manager.open(path); }`,
        "src/main.ts": `
        import { ipcMain } from "electron";
        import { Manager } from "./manager.js";
        const manager = new Manager();
        const answered = async (work) => ({ data: await work() });
        ipcMain.handle("open", async (_, path) => answered(async () => await manager.open(path)));` } },
    { name: "a server behind a tunnel, if it has one", code: `${APP}
        import mysql from "mysql2/promise";
        import { openTunnel } from "tunnels";
        const optionsOf = (target, way) => ({ host: way?.host ?? target.host, port: way?.port ?? target.port });
        async function ask(target, sql) {
          let tunnel = null;
          if (target.tunnel) tunnel = await openTunnel(target);
          const way = tunnel ? { host: tunnel.host, port: tunnel.port } : undefined;
          let connection = null;
          try {
            connection = await mysql.createConnection(optionsOf(target, way));
            return await connection.query(sql);
          } finally {
            if (connection) await connection.end();
          }
        }
        app.post("/ask", async (req, res) => { res.json(await ask(req.body.target, req.body.sql)); });
        app.get("/version", async (req, res) => { res.json(await ask(req.body.target, "SELECT version()")); });` },
    { name: "a server that stands in a table of servers", code: `${APP}
        import Database from "better-sqlite3";
        import pg from "pg";
        const own = new Database("own.db");
        const parsed = (text, otherwise) => (text ? JSON.parse(text) : otherwise);
        const listServers = () => parsed(own.prepare("SELECT value FROM settings WHERE name = ?").get("servers").value, []);
        app.get("/sizes", async (req, res) => {
          const server = listServers().find((each) => each.name === "first");
          const client = new pg.Client({ host: server.host, user: server.user });
          await client.connect();
          res.json(await client.query("SELECT 1"));
          await client.end();
        });` },
    { name: "an object that is one connection, told by the class that its class extends, to a server out of a table", code: {
        "src/remote.ts": `
        export class Remote {
          constructor(target) { this.target = target; }
        }`,
        "src/servers.ts": `
        import Database from "better-sqlite3";
        const own = new Database("own.db");
        export const servers = () => JSON.parse(own.prepare("SELECT value FROM settings WHERE name = ?").get("servers").value);`,
        "src/mysql.ts": `
        import mysql from "mysql2/promise";
        import { Remote } from "./remote.js";
        export class MysqlRemote extends Remote {
          async connect() { this.client = await mysql.createConnection({ host: this.target.host }); }
          async ask(sql) {
            await this.connect();
            const rows = await this.client.query(sql);
            await this.client.end();
            return rows;
          }
        }`,
        "src/app.ts": `
        import express from "express";
        import { MysqlRemote } from "./mysql.js";
        import { servers } from "./servers.js";
        const app = express();
        app.get("/tables", async (req, res) => {
          const server = servers().find((each) => each.name === req.query.name);
          res.json(await new MysqlRemote(server).ask("SHOW TABLES"));
        });
        app.get("/users", async (req, res) => {
          const server = servers().find((each) => each.name === req.query.name);
          res.json(await new MysqlRemote(server).ask("SHOW USERS"));
        });` } },
    { name: "a file that a table of databases names", code: `${APP}
        import Database from "better-sqlite3";
        const own = new Database("own.db");
        app.post("/count", (req, res) => {
          const { path } = JSON.parse(own.prepare("SELECT place FROM databases WHERE id = ?").get(req.body.id).place);
          const other = new Database(path);
          res.json(other.prepare("SELECT count(*) FROM things").get());
          other.close();
        });` },
    { name: "options with others added", code: `${APP}
        import pg from "pg";
        app.post("/check", async (req, res) => {
          const { target } = req.body;
          const client = new pg.Client({ ...target, connectionTimeoutMillis: 500 });
          await client.connect();
          await client.end();
          res.end();
        });` },
    { name: "a second connection to the server of an object, to stop a query on it", code: `${APP}
        import pg from "pg";
        class Remote {
          target = null;
          async connect(given) {
            this.target = { host: given.host, user: given.user, ssl: given.ssl ? { rejectUnauthorized: false } : undefined };
            this.client = new pg.Client(this.target);
            await this.client.connect();
          }
          async disconnect() { await this.client.end(); }
          async stop(id) {
            const other = new pg.Client(this.target);
            await other.connect();
            await other.query("SELECT pg_cancel_backend($1)", [id]);
            await other.end();
          }
        }
        const remote = new Remote();
        app.post("/connect", async (req, res) => { await remote.connect(req.body); res.end(); });
        app.post("/stop", async (req, res) => { await remote.stop(req.body.id); res.end(); });` },
    { name: "an object for the server that a header names, closed again, and one for the program's own at start-up", code: `${APP}
        import pg from "pg";
        const DEFAULTS = { max: 1 };
        const init = (config) => {
          let pool = new pg.Pool(config);
          return {
            async query(sql) { return pool.query(sql); },
            async end() { const ended = pool; pool = null; await ended.end(); },
          };
        };
        class Inspector {
          constructor(config) {
            const { query, end } = init(config);
            this.query = query;
            this.end = end;
          }
        }
        function configOf(request) {
          const connectionString = request.headers.pg;
          return { ...DEFAULTS, connectionString };
        }
        async function writeTypes() {
          const inspector = new Inspector({ ...DEFAULTS, connectionString: process.env.PG });
          console.log(await inspector.query("SELECT typname FROM pg_type"));
          await inspector.end();
        }
        if (process.env.GENERATE) await writeTypes();
        app.get("/tables", async (request, res) => {
          const inspector = new Inspector(configOf(request));
          res.json(await inspector.query("SELECT tablename FROM pg_tables"));
          await inspector.end();
        });
        app.get("/roles", async (request, res) => {
          const config = configOf(request);
          const inspector = new Inspector(config);
          res.json(await inspector.query("SELECT rolname FROM pg_roles"));
          await inspector.end();
        });` },
  ],
  invalid: [
    { name: "a gateway: requests name a server, or one of the configuration", code: `
        import { Client } from "pg";
        import express from "express";
        const app = express();
        async function connect(url, work) {
          const client = new Client({ connectionString: url });
          await client.connect();
          try { return await work(client); } finally { await client.end(); }
        }
        const tables = (url) => connect(url, (client) => client.query("SELECT tablename FROM pg_tables"));
        app.get("/tables", async (req, res) => res.json(await tables(req.query.url)));
        app.get("/own/tables", async (req, res) => res.json(await tables(process.env.DATABASE_URL)));`,
      findings: [{ line: 5, confidence: "likely", message: "opens a new pg session", library: "pg", fix: "manual", reason: "some requests name the database themselves", why: [11, 11, 9, 5], related: [9], sessions: "1" }] },
    { name: "a server of the request, which one of its users leaves open: a client for all would be wrong", code: `${APP}
        import { Client } from "pg";
${chat("")}`, findings: [{ line: 7, message: "2 places do so per request", confidence: "likely", library: "pg", fix: "manual", reason: "close it where it is used", related: [12, 18], why: [31, 34, 23, 18, 7], sessions: "1" }] },
    { name: "an object that opens what it was told whenever it needs it", code: `${APP}
        import mysql from "mysql2/promise";
        class Remote {
          constructor(target) { this.target = target; }
          #open() { return mysql.createConnection({ host: this.target.host }); }
          async names() { return (await this.#open()).query("SHOW TABLES"); }
          async users() { return (await this.#open()).query("SHOW USERS"); }
        }
        app.post("/names", async (req, res) => { res.json(await new Remote(req.body.target).names()); });
        app.post("/users", async (req, res) => { res.json(await new Remote(req.body.target).users()); });`,
      findings: [{ line: 6, confidence: "likely", message: "opens a new mysql2 session", library: "mysql2", fix: "manual", reason: "each object is told its own database", related: [7, 8], why: [10, 10, 7, 6], sessions: "1" }] },
    { name: "what a platform hands over as the environment", code: `
        import pg from "pg";
        export default {
          async fetch(request, env) {
            const client = new pg.Client({ connectionString: env.DATABASE_URL });
            await client.connect();
            const { rows } = await client.query("SELECT 1");
            await client.end();
            return Response.json(rows);
          },
        };`, findings: [{ line: 4, confidence: "likely", message: "opens a new pg session each time it runs", library: "pg", fix: "manual", reason: "no codemod yet" }] },
    { name: "constants with others added", code: `${APP}
        import pg from "pg";
        const server = { host: "db", user: "shop" };
        app.get("/users", async (req, res) => {
          const client = new pg.Client({ ...server, connectionTimeoutMillis: 500 });
          await client.connect();
          res.json(await client.query("SELECT * FROM users"));
          await client.end();
        });`, findings: [{ line: 6, message: "opens a new pg session each time it runs", library: "pg", fix: "manual", reason: "no codemod yet", why: [5, 6], sessions: "1" }] },
    { name: "the application's own, by the environment", code: `${APP}
        import pg from "pg";
        app.get("/users", async (req, res) => {
          const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
          await client.connect();
          res.json(await client.query("SELECT * FROM users"));
          await client.end();
        });`, findings: [{ line: 5, message: "opens a new pg session each time it runs", library: "pg", fix: "manual", reason: "no codemod yet", why: [4, 5], sessions: "1" }] },
    { name: "an object that is one connection, to the application's own database", code: `${APP}
        import mysql from "mysql2/promise";
        class Client {
          constructor(host) { this.host = host; }
          async connect() { this.client = await mysql.createConnection({ host: this.host }); }
          async disconnect() { await this.client.end(); }
        }
        app.get("/users", async (req, res) => {
          const client = new Client(process.env.DB_HOST);
          await client.connect();
          res.json(await client.client.query("SELECT * FROM users"));
          await client.disconnect();
        });`, findings: [{ line: 6, message: "`Client.connect` opens a new mysql2 session", library: "mysql2", fix: "manual", reason: "no codemod yet", related: [11], why: [9, 11, 6], sessions: "1" }] },
    { name: "a helper that is given the configuration", code: `${APP}
        import pg from "pg";
        const config = { host: "db", database: "shop" };
        const connect = (options) => new pg.Pool({ host: options.host, database: options.database });
        app.get("/users", async (req, res) => {
          const pool = connect(config);
          res.json(await pool.query("SELECT * FROM users"));
          await pool.end();
        });`, findings: [{ line: 5, message: "`connect` opens a new pg session each time it is called", library: "pg", fix: "review", reason: "parameters decide more", related: [7], why: [6, 7, 5], sessions: "1" }] },
    { name: "one that is never closed is lost, whatever it connects to", code: `${APP}
        import pg from "pg";
        app.post("/query", async (req, res) => {
          const pool = new pg.Pool({ connectionString: req.body.url });
          res.json(await pool.query(req.body.sql));
        });`, findings: [{ line: 5, message: "opens a new pg session", library: "pg", fix: "review", reason: "as long as the process", why: [4, 5], sessions: "1" }] },
    { name: "only the password is the caller's", code: `${APP}
        import pg from "pg";
        app.post("/query", async (req, res) => {
          const client = new pg.Client({ host: "db", password: req.body.password });
          await client.connect();
          await client.end();
          res.end();
        });`, findings: [{ line: 5, message: "opens a new pg session", library: "pg", fix: "manual", reason: "no codemod yet", why: [4, 5], sessions: "1" }] },
    { name: "the program's own at start-up, and the program's own for each request", code: `${APP}
        import pg from "pg";
        const connect = (config) => new pg.Pool(config);
        async function migrate() { const pool = connect({ connectionString: process.env.PG }); await pool.query("SELECT 1"); await pool.end(); }
        await migrate();
        app.get("/users", async (req, res) => {
          const pool = connect({ connectionString: process.env.PG });
          res.json(await pool.query("SELECT * FROM users"));
          await pool.end();
        });`, findings: [{ line: 4, message: "`connect` opens a new pg session each time it is called", library: "pg", fix: "review", reason: "parameters decide more", related: [8], why: [7, 8, 4], sessions: "1" }] },
  ],
});
