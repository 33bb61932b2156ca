import { runTable } from "./lib/table.js";

const IMPORTS = `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();`;

runTable({
  rule: "no-session-per-call",
  theme: "sessions kept on an object that has no class",
  valid: [
    { name: "a function that is lent its object", code: `${IMPORTS}
        interface Adapter { db?: Database.Database; connect(): Promise<void> }
        async function connect(this: Adapter) {
          if (!this.db) this.db = new Database("app.db");
        }
        const adapter = (): Adapter => ({ db: undefined, connect });
        const store = adapter();
        app.get("/things", async (req, res) => {
          await store.connect();
          res.json([]);
        });` },
    { name: "a method of an object of the module", code: `${IMPORTS}
        const store = {
          db: undefined as Database.Database | undefined,
          get() {
            if (!this.db) this.db = new Database("app.db");
            return this.db;
          },
        };
        app.get("/things", (req, res) => res.json(store.get().prepare("SELECT * FROM things").all()));` },
    { name: "a method of an object that is made once", code: `${IMPORTS}
        function makeStore() {
          return {
            db: undefined as Database.Database | undefined,
            get() {
              if (!this.db) this.db = new Database("app.db");
              return this.db;
            },
          };
        }
        const store = makeStore();
        app.get("/things", (req, res) => res.json(store.get().prepare("SELECT * FROM things").all()));` },
    { name: "a method of a prototype", file: "src/app.js", code: `
        const Database = require("better-sqlite3");
        const app = require("express")();
        function Store() {}
        Store.prototype.get = function () {
          if (!this.db) this.db = new Database("app.db");
          return this.db;
        };
        const store = new Store();
        app.get("/things", (req, res) => res.json(store.get().prepare("SELECT * FROM things").all()));` },
  ],
  invalid: [
    { name: "an object that each request makes anew", code: `${IMPORTS}
        function makeStore() {
          return {
            db: undefined as Database.Database | undefined,
            get() {
              if (!this.db) this.db = new Database("app.db");
              return this.db;
            },
          };
        }
        app.get("/things", (req, res) => res.json(makeStore().get().prepare("SELECT * FROM things").all()));`,
      findings: [{ line: 8, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", related: [13], why: [13, 13] }] },
    { name: "a function that each request calls with `new`", file: "src/app.js", code: `
        const Database = require("better-sqlite3");
        const app = require("express")();
        function Store() {
          if (!this.db) this.db = new Database("app.db");
        }
        app.get("/things", (req, res) => res.json(new Store().db.prepare("SELECT * FROM things").all()));`,
      findings: [{ line: 4, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", related: [6], why: [6, 6] }] },
    { name: "a function that is lent its object and asks for nothing", code: `${IMPORTS}
        interface Adapter { db?: Database.Database; connect(): Promise<void> }
        async function connect(this: Adapter) {
          this.db = new Database("app.db");
        }
        const adapter = (): Adapter => ({ db: undefined, connect });
        const store = adapter();
        app.get("/things", async (req, res) => {
          await store.connect();
          res.json([]);
        });`,
      findings: [{ line: 6, message: "opens a new better-sqlite3 session each time it runs", fix: "safe", related: [11], why: [10, 11, 6], sessions: "1" }] },
  ],
});
