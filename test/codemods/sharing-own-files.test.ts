import { describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "../project/tree.js";

const DB = `import Database from "better-sqlite3";

export function createDb(file) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  return db;
}
`;
const TRIAL = `import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createDb } from "./db.js";

/** A board of its own for each trial. */
export function trial() {
  const folder = mkdtempSync(path.join(tmpdir(), "trial-"));
  return { board: createDb(path.join(folder, "board.db")), folder };
}
`;
const RUNNER = `export const createDriver = (task, db) => ({ run: () => db.prepare("SELECT * FROM things WHERE task = ?").all(task) });

export class Runner {
  constructor(make) {
    this.make = make;
  }
  start(task) {
    return this.make(task).run();
  }
}
`;
const SERVER = `import express from "express";
import { createDb } from "./db.js";
import { createDriver, Runner } from "./runner.js";
import { trial } from "./trial.js";

const app = express();
app.get("/things", (request, response) => response.json(createDb("app.db").prepare("SELECT * FROM things LIMIT 9").all()));
app.get("/others", (request, response) => response.json(createDb("app.db").prepare("SELECT * FROM others LIMIT 9").all()));
app.post("/tasks", (request, response) => {
  const db = createDb("app.db");
  response.json(new Runner((task) => createDriver(task, db)).start(request.body.task));
});
app.post("/trial", (request, response) => response.json(trial().board.prepare("SELECT 1").get()));
app.listen(3000);
`;
const TEST = `import { createDb } from "../src/db.js";
import { createDriver, Runner } from "../src/runner.js";

test("runs", () => {
  const runner = new Runner((task) => createDriver(task, createDb("test.db")));
  expect(runner.start("a")).toEqual([]);
});
`;

describe("use-shared-session: a factory that some ask for a file of their own", () => {
  it("is shared by those that ask for the same one; nothing is reported of the others, nor of what a test lends", async () => {
    const root = tree({ "package.json": `{ "type": "module" }\n`, "src/db.js": DB, "src/trial.js": TRIAL, "src/runner.js": RUNNER, "src/server.js": SERVER, "test/runner.test.js": TEST });
    const scan = await scanProject({ root, tests: true, cache: false });
    const outcome = await fixProject({ root, findings: scan.findings, redetect: (overlay) => scan.redetect(overlay), codemods, options: { review: true, dryRun: true, allowDirty: true } });
    expect(outcome.refused).toEqual([]);
    expect(outcome.applied.map(({ transform }) => transform)).toEqual(["use-shared-session"]);
    const after = new Map(outcome.changes.map((change) => [change.file, change.after]));
    expect(after.has("src/trial.js")).toBe(false);
    expect(after.has("test/runner.test.js")).toBe(false);
    expect(after.get("src/server.js")).not.toContain("createDb(");
    expect(scan.redetect(new Map([...after].flatMap(([file, text]) => (text === null ? [] : [[file, text] as const])))).filter(({ rule }) => rule === "no-session-per-call")).toEqual([]);
  });
});
