import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

/** What stands for Bun's own module, which Node lacks. */
const DRIVER = { "bun:sqlite": fileURLToPath(new URL("helpers/bun-sqlite-on-better-sqlite3.ts", import.meta.url)) };
const TYPES = `/// <reference types="bun-types/sqlite" />\n`;

const APP = `import { Database } from "bun:sqlite";
import express from "express";

export const app = express();

app.post("/things/:name", (req, res) => {
  const db = new Database("app.db");
  try {
    db.query("INSERT INTO things (name) VALUES (?)").run(req.params.name);
    res.json("added");
  } catch {
    res.status(409).json("there");
  } finally {
    db.close();
  }
});

app.get("/things", (_req, res) => {
  const db = new Database("app.db", { create: true, strict: true });
  res.json(db.query("SELECT name FROM things ORDER BY id").all());
  db.close(true);
});
`;

const PROGRAM = {
  setup: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  requests: ["POST /things/a", "POST /things/b", "POST /things/a", "GET /things", "GET /things"],
  state: "SELECT * FROM things ORDER BY id",
};

describe("sessions of bun:sqlite", () => {
  it("come from one module for each way to open them", async () => {
    const { read, manual, left, before, after } = await share({ "src/app.ts": APP, "src/bun.d.ts": TYPES }, PROGRAM, DRIVER);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).not.toContain("close(");
    expect(read("src/session.ts")).toContain("createSessionFactory({ open: (path: string) => new Database(path) });");
    expect(read("src/db-session.ts")).toContain("new Database(path, { create: true, strict: true })");
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 2]);
  });
});
