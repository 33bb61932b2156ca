import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

/** What stands for `sqlite3`, whose binary is not everywhere. */
const DRIVER = { sqlite3: fileURLToPath(new URL("helpers/sqlite3-on-better-sqlite3.ts", import.meta.url)) };

const PROGRAM = {
  setup: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  requests: ["POST /things/a", "POST /things/b", "POST /things/a", ["GET /things", "GET /things"]],
  state: "SELECT * FROM things ORDER BY id",
};

const APP = `import express from "express";
import sqlite3 from "sqlite3";

export const app = express();

app.post("/things/:name", (req, res) => {
  const db = new sqlite3.Database("app.db");
  db.run("INSERT INTO things (name) VALUES (?)", [req.params.name], (error) => {
    if (error) res.status(409).json("there");
    else res.json("added");
    db.close((failed) => {
      if (failed) console.error(failed.message);
    });
  });
});

app.get("/things", (_req, res) => {
  const db = new sqlite3.Database("app.db");
  db.all("SELECT name FROM things ORDER BY id", (_error, rows) => {
    res.json(rows);
    db.close();
  });
});
`;

describe("sessions of sqlite3", () => {
  it("that are opened in place come from one module, and are not closed by those who used them", async () => {
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": APP }, PROGRAM, DRIVER);
    expect([manual, left, reasons.length]).toEqual([[], [], 2]);
    expect(read("src/app.ts")).toBe(`import express from "express";
import { getSession } from "./session.js";

export const app = express();

app.post("/things/:name", (req, res) => {
  const db = getSession("app.db");
  db.run("INSERT INTO things (name) VALUES (?)", [req.params.name], (error) => {
    if (error) res.status(409).json("there");
    else res.json("added");
  });
});

app.get("/things", (_req, res) => {
  const db = getSession("app.db");
  db.all("SELECT name FROM things ORDER BY id", (_error, rows) => {
    res.json(rows);
  });
});
`);
    expect(read("src/session.ts")).toContain("createSessionFactory({ open: (path: string) => new sqlite3.Database(path) });");
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 1]);
  });

  it.each([
    ["a transaction, which takes in what others run", `db.run("BEGIN"); db.run("INSERT INTO things (name) VALUES ('x')"); db.run("COMMIT", () => res.json("ok"));`, "a transaction takes in what others run meanwhile"],
    ["what a close is waited for", `db.run("DELETE FROM things", () => db.close(() => res.json("ok")));`, "what is to be done once the session is closed"],
  ])("stay where there is %s", async (_, body, reason) => {
    const app = `import express from "express";\nimport sqlite3 from "sqlite3";\n\nexport const app = express();\napp.post("/things", (_req, res) => {\n  const db = new sqlite3.Database("app.db");\n  ${body}\n});\n`;
    const { read, manual } = await share({ "src/app.ts": app });
    expect(read("src/app.ts")).toBe(app);
    expect(manual.join()).toContain(reason);
  });
});
