import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

/** What stands for `sqlite3`, whose binary is not everywhere. */
const DRIVER = { sqlite3: fileURLToPath(new URL("helpers/sqlite3-on-better-sqlite3.ts", import.meta.url)) };

const SETUP = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)";
const STATE = "SELECT * FROM things ORDER BY id";
const REQUESTS = ["POST /things/a", "POST /things/b", "POST /things/a", ["GET /things", "GET /things", "GET /things"], "POST /things/c", "GET /things"];

const APP = `import express from "express";
import { open } from "sqlite";
import sqlite3 from "sqlite3";

const FILE = "app.db";
export const app = express();

app.post("/things/:name", async (req, res) => {
  const db = await open({ filename: FILE, driver: sqlite3.Database });
  try {
    await db.run("INSERT INTO things (name) VALUES (?)", req.params.name);
  } finally {
    await db.close();
  }
  res.json("added");
});

app.get("/things", async (_req, res) => {
  // all of them
  const db = await open({ filename: "./app.db", driver: sqlite3.Database });
  const rows = await db.all<{ name: string }[]>("SELECT name FROM things ORDER BY id");
  await db.close();
  res.json(rows.map(({ name }) => name));
});
`;

describe("sessions of sqlite", () => {
  it("that are opened in place come from one module, and one pending open is shared", async () => {
    const { read, applied, manual, left, reasons, before, after } = await share({ "src/app.ts": APP }, { setup: SETUP, requests: REQUESTS, state: STATE }, DRIVER);
    expect([manual, left, applied]).toEqual([[], [], ["use-shared-session", "use-shared-session"]]);
    expect(read("src/app.ts")).toBe(`import express from "express";
import { getSession } from "./session.js";

const FILE = "app.db";
export const app = express();

app.post("/things/:name", async (req, res) => {
  const db = await getSession(FILE);
  await db.run("INSERT INTO things (name) VALUES (?)", req.params.name);
  res.json("added");
});

app.get("/things", async (_req, res) => {
  // all of them
  const db = await getSession("./app.db");
  const rows = await db.all<{ name: string }[]>("SELECT name FROM things ORDER BY id");
  res.json(rows.map(({ name }) => name));
});
`);
    expect(read("src/session.ts")).toBe(`import { createSessionFactory } from "sessionfix-runtime";
import { open } from "sqlite";
import sqlite3 from "sqlite3";

// One session a file for the whole process: opened at first use, shared by every caller.
export const sessions = createSessionFactory({
  open: (path: string) => open({ filename: path, driver: sqlite3.Database }),
});

export const getSession = sessions.getSession;
`);
    expect(reasons[0]).toContain("lives as long as the process");
    expect(before?.state).toHaveLength(3);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([8, 1]);
  });
});
