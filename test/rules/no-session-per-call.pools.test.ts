import { runTable } from "./lib/table.js";

const IMPORTS = `
        import Database from "better-sqlite3";
        import express from "express";
        const app = express();`;

const ROUTES = `
        app.get("/things", (req, res) => res.json(reader().prepare("SELECT * FROM things").all()));
        app.get("/others", (req, res) => res.json(reader().prepare("SELECT * FROM others").all()));`;

/** A pool of readers that is filled by `fill` when `empty` says that there are none. */
const pool = (empty: string, fill: string, declare = "let readers = []; let next = 0;") => `${IMPORTS}
        ${declare}
        function reader() {
          if (${empty}) { ${fill} }
          next = (next + 1) % readers.length;
          return readers[next];
        }${ROUTES}`;

runTable({
  rule: "no-session-per-call",
  theme: "pools of sessions",
  valid: [
    { name: "opened together when there are none yet", code: pool("readers.length === 0", `readers = [new Database("app.db"), new Database("app.db")];`) },
    { name: "made by Array.from", code: pool("readers.length === 0", `readers = Array.from({ length: 2 }, () => { const db = new Database("app.db"); db.pragma("query_only = 1"); return db; });`) },
    { name: "pushed one by one", code: pool("!readers.length", `for (let i = 0; i < 2; i++) readers.push(new Database("app.db"));`) },
    { name: "pushed by a helper that is asked nothing", code: pool("readers.length == 0", `for (let i = 0; i < 2; i++) { const db = new Database("app.db"); readers.push(db); }`) },
    { name: "given back where there are some", code: `${IMPORTS}
        const readers = [];
        function reader() {
          if (readers.length !== 0) return readers[0];
          const db = new Database("app.db");
          readers.push(db);
          return db;
        }${ROUTES}` },
  ],
  invalid: [
    { name: "the list is the call's own", code: pool("readers.length === 0", `readers.push(new Database("app.db"));`, "let next = 0;").replace("function reader() {", "function reader() { const readers = [];"),
      findings: [{ line: 6, message: "`reader` opens a new better-sqlite3", fix: "safe", sessions: "1", why: [11, 11, 6], related: [10, 11] }] },
    { name: "another list is empty", code: pool("req.length === 0", `readers.push(new Database("app.db"));`).replaceAll("reader()", "reader(req)"),
      findings: [{ line: 6, message: "opens a new better-sqlite3", fix: "review", reason: "parameters decide", sessions: "1", why: [11, 11, 6], related: [10, 11] }] },
  ],
});
