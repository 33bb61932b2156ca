import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { runProgram, temporaryProject, TSCONFIG } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

/** The package's own build is what its consumers' compiler sees; bundles take the sources. */
const DB_PACKAGE = {
  "packages/db/package.json": '{ "name": "@shop/db", "type": "module", "exports": { ".": { "types": "./dist/index.d.ts", "default": "./dist/index.js" } } }\n',
  "packages/db/dist/index.js": 'export * from "../src/index.ts";\n',
  "packages/db/dist/index.d.ts": `import type Database from "better-sqlite3";
export interface ShopDb {
  $client: Database.Database;
  all(sql: string): unknown[];
}
export declare const opened: string[];
export declare function createDb(dbPath: string): ShopDb;
export declare function addThing(db: ShopDb, name: string): void;
`,
  "packages/db/tsconfig.json": '{ "extends": "../../tsconfig.json", "include": ["src"] }\n',
  "packages/db/src/index.ts": 'export { addThing, createDb, opened } from "./db.js";\nexport type { ShopDb } from "./db.js";\n',
  "packages/db/src/db.ts": `import Database from "better-sqlite3";

export interface ShopDb {
  $client: Database.Database;
  all(sql: string): unknown[];
}

function drizzle(client: Database.Database): ShopDb {
  return { $client: client, all: (sql) => client.prepare(sql).all() };
}

export const opened: string[] = [];

/** Opens the database and brings its tables up. */
export function createDb(dbPath: string): ShopDb {
  opened.push(dbPath);
  const sqlite = new Database(dbPath);
  sqlite.pragma("journal_mode = WAL");
  sqlite.exec("CREATE TABLE IF NOT EXISTS things (name TEXT)");
  return drizzle(sqlite);
}

export function addThing(db: ShopDb, name: string): void {
  db.$client.prepare("INSERT INTO things VALUES (?)").run(name);
}
`,
  // Two handles on one file, on purpose; and a database of its own.
  "packages/db/src/__tests__/contention.test.ts": `import { expect, it } from "vitest";
import { contend } from "./contend.js";

it("refuses the second writer", () => expect(contend("contention.db")).toBeDefined());
`,
  "packages/db/src/__tests__/contend.ts": `import { addThing, createDb } from "../db.js";

export function contend(path: string): unknown {
  const dbA = createDb(path);
  const dbB = createDb(path);
  dbA.$client.exec("BEGIN IMMEDIATE");
  dbB.$client.pragma("busy_timeout = 0");
  let refused = "";
  try {
    addThing(dbB, "b");
  } catch (error) {
    refused = (error as { code: string }).code;
  }
  dbA.$client.exec("COMMIT");
  dbA.$client.close();
  dbB.$client.close();
  const memory = createDb(":memory:");
  addThing(memory, "m");
  return { two: dbA !== dbB, refused, memory: [memory.all("SELECT * FROM things").length, createDb(":memory:").all("SELECT * FROM things").length] };
}
`,
};

const WEB = {
  "apps/web/package.json": '{ "name": "web", "type": "module" }\n',
  "apps/web/tsconfig.json": '{ "extends": "../../tsconfig.json", "compilerOptions": { "declaration": true }, "include": ["server"] }\n',
  "apps/web/server/lib/db.ts": 'export function getDbPath(): string {\n  return process.env["SHOP_DB"] ?? "shop.db";\n}\n',
  "apps/web/server/api/things.ts": `import { addThing, createDb } from "@shop/db";
import type { Request, Response } from "express";
import { getDbPath } from "../lib/db.js";

export function thingsPOST(req: Request, res: Response): void {
  const db = createDb(getDbPath());
  addThing(db, String(req.body));
  res.json({ ok: true });
}

export function thingsGET(_req: Request, res: Response): void {
  res.json(createDb(getDbPath()).all("SELECT * FROM things"));
}

export function thingsCount(_req: Request, res: Response): void {
  const db = createDb(getDbPath());
  try {
    res.json(db.all("SELECT count(*) AS n FROM things"));
  } finally {
    db.$client.close();
  }
}
`,
  "apps/web/server/api/stream.ts": `import { createDb, type ShopDb } from "@shop/db";
import type { Request, Response } from "express";
import { getDbPath } from "../lib/db.js";

function rowsOf(db: ShopDb): unknown[] {
  return db.all("SELECT * FROM things");
}

export function streamGET(req: Request, res: Response): void {
  const db = createDb(getDbPath());
  res.write(JSON.stringify(rowsOf(db)));
  const cleanup = (): void => {
    res.end();
    // Close the handle of this stream, so that a dropped stream
    // leaks none.
    try {
      db.$client.close();
    } catch {
      /* closed before */
    }
  };
  req.on("close", cleanup);
}
`,
  "apps/web/server/lib/source.ts": `import {
  createDb,
  type ShopDb,
} from "@shop/db";

export class ThingSource {
  constructor(private readonly deps: { getDbPath: () => string; makeDb?: (path: string) => ShopDb }) {}

  private db(): ShopDb {
    return createDb(this.deps.getDbPath());
  }

  list(): unknown[] {
    return this.db().all("SELECT * FROM things");
  }

  seam(): unknown[] {
    const db = (this.deps.makeDb ?? createDb)(this.deps.getDbPath());
    return db.all("SELECT 1");
  }
}
`,
  // A session of another kind has the name.
  "apps/web/server/api/login.ts": `import { createDb } from "@shop/db";
import type { Request, Response } from "express";
import { getDbPath } from "../lib/db.js";

function getSession(req: Request): string {
  return String(req.headers["cookie"]);
}

export function loginPOST(req: Request, res: Response): void {
  res.json({ cookie: getSession(req), things: createDb(getDbPath()).all("SELECT 1").length });
}
`,
  "apps/web/server/index.ts": `import { createDb } from "@shop/db";
import express from "express";
import { loginPOST } from "./api/login.js";
import { streamGET } from "./api/stream.js";
import { thingsCount, thingsGET, thingsPOST } from "./api/things.js";
import { getDbPath } from "./lib/db.js";
import { ThingSource } from "./lib/source.js";

const app = express();
const source = new ThingSource({ getDbPath });
app.get("/things", thingsGET);
app.post("/things", thingsPOST);
app.get("/things/count", thingsCount);
app.get("/things/stream", streamGET);
app.post("/login", loginPOST);
app.get("/source", (_req, res) => res.json([source.list(), source.seam()]));

function main(): void {
  createDb(getDbPath()).all("SELECT 1");
  process.once("SIGTERM", () => {
    const db = createDb(getDbPath());
    db.$client.pragma("wal_checkpoint(TRUNCATE)");
    db.$client.close();
  });
  app.listen(0);
}

main();
`,
  "apps/web/server/api/__tests__/things.test.ts": `import { createDb } from "@shop/db";
import { expect, it } from "vitest";
import { thingsGET } from "../things.js";

it("lists", () => {
  const db = createDb("things-test.db");
  expect(thingsGET).toBeDefined();
  db.$client.close();
});
`,
  "apps/web/scripts/run.ts": `import { opened } from "@shop/db";
import { contend } from "../../../packages/db/src/__tests__/contend.js";
import { loginPOST } from "../server/api/login.js";
import { streamGET } from "../server/api/stream.js";
import { thingsCount, thingsGET, thingsPOST } from "../server/api/things.js";
import { getDbPath } from "../server/lib/db.js";
import { ThingSource } from "../server/lib/source.js";

const answers: unknown[] = [];
const closers: (() => void)[] = [];
const req = { body: "one", headers: { cookie: "c" }, on: (_event: string, f: () => void) => void closers.push(f) } as never;
const res = { json: (value: unknown) => void answers.push(value), write: (text: string) => void answers.push(text), end: () => undefined } as never;
thingsPOST(req, res);
thingsGET(req, res);
streamGET(req, res);
for (const close of closers) close();
thingsCount(req, res);
thingsGET(req, res);
loginPOST(req, res);
const source = new ThingSource({ getDbPath });
answers.push(source.list(), source.seam());
const opens = opened.length;
console.log(JSON.stringify({ answers, opens, contention: contend(getDbPath()) }));
`,
};

function workspace(files: Readonly<Record<string, string>>, link: Readonly<Record<string, string>>): TemporaryProject {
  const project = temporaryProject({ "package.json": '{ "private": true, "type": "module", "workspaces": ["apps/*", "packages/*"] }\n', ...files }, { ...TSCONFIG, include: [] });
  for (const [from, to] of Object.entries(link)) {
    mkdirSync(dirname(join(project.root, from)), { recursive: true });
    symlinkSync(join(project.root, to), join(project.root, from));
  }
  return project;
}

const LINK = { "apps/web/node_modules/@shop/db": "packages/db" };

async function fix(project: TemporaryProject): Promise<FixOutcome> {
  const scan = await scanProject({ root: project.root, tests: true });
  return fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true },
  });
}

describe("a factory that tests, start-up and shutdown call as well as requests", () => {
  const files: Record<string, string> = { ...DB_PACKAGE, ...WEB };
  let project: TemporaryProject;
  let outcome: FixOutcome;
  let before: Record<string, unknown>;
  let after: Record<string, unknown>;

  beforeAll(async () => {
    project = workspace(files, LINK);
    const run = async (): Promise<Record<string, unknown>> => {
      for (const name of ["shop.db", "shop.db-wal", "shop.db-shm"]) project.write(name, "");
      const printed = await runProgram(project, "apps/web/scripts/run.ts", [], { "@shop/db": "packages/db/src/index.ts" });
      for (const name of readdirSync(project.root).filter((one) => one.startsWith(".run-"))) rmSync(join(project.root, name));
      return JSON.parse(printed) as Record<string, unknown>;
    };
    before = await run();
    outcome = await fix(project);
    after = await run();
  }, 60_000);

  afterAll(() => project.remove());

  it("rewrites the per-call uses alone, and type-checks in the consumers' own program", () => {
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    expect(outcome.applied.map(({ transform, file, safety }) => [transform, file, safety])).toEqual([["use-shared-session", "packages/db/src/db.ts", "review"]]);
    expect(outcome.checks[0]).toMatch(/^types: apps\/web\/tsconfig.json/);
    expect(outcome.diffs.map(({ file }) => file)).toEqual([
      "apps/web/server/api/login.ts",
      "apps/web/server/api/stream.ts",
      "apps/web/server/api/things.ts",
      "apps/web/server/lib/session.ts",
      "apps/web/server/lib/source.ts",
    ]);
  });

  it("opens through the factory as the package imports it, beside what says which database it is", () => {
    expect(project.read("apps/web/server/lib/session.ts")).toMatchInlineSnapshot(`
      "import { createSessionFactory, type SessionFactory } from "sessionfix-runtime";
      import { createDb, type ShopDb } from "@shop/db";

      // One session a file for the whole process: opened at first use, shared by every caller.
      export const sessions: SessionFactory<ShopDb> = createSessionFactory({
        open: createDb,
        close: (db) => void db.$client.close(),
      });

      export function getSession(path: string): ShopDb {
        return sessions.getSession(path);
      }
      "
    `);
  });

  it("writes what a person would", () => {
    const text = (file: string): string => files[file] ?? "";
    expect(project.read("apps/web/server/api/things.ts")).toBe(
      text("apps/web/server/api/things.ts")
        .replace("import { addThing, createDb }", "import { addThing }")
        .replace('import { getDbPath } from "../lib/db.js";\n', 'import { getDbPath } from "../lib/db.js";\nimport { getSession } from "../lib/session.js";\n')
        .replaceAll("createDb(", "getSession(")
        .replace(/  try \{\n    res\.json\((.*)\);\n  \} finally \{\n    db\.\$client\.close\(\);\n  \}\n/, "  res.json($1);\n"),
    );
    expect(project.read("apps/web/server/api/stream.ts")).toBe(
      text("apps/web/server/api/stream.ts")
        .replace("import { createDb, type ShopDb }", "import { type ShopDb }")
        .replace('import { getDbPath } from "../lib/db.js";\n', 'import { getDbPath } from "../lib/db.js";\nimport { getSession } from "../lib/session.js";\n')
        .replace("createDb(", "getSession(")
        .replace(/(\/\/ leaks none\.\n)[^]*?\n    \}\n/, "$1"),
    );
    expect(project.read("apps/web/server/lib/source.ts")).toBe(
      text("apps/web/server/lib/source.ts")
        .replace("  createDb,\n", "")
        .replace('} from "@shop/db";\n', '} from "@shop/db";\nimport { getSession } from "./session.js";\n')
        .replace("return createDb(", "return getSession(")
        .replace("?? createDb)", "?? getSession)"),
    );
    expect(project.read("apps/web/server/api/login.ts")).toContain('import { getSession as getSharedSession } from "../lib/session.js";');
    expect(project.read("apps/web/server/api/login.ts")).toContain("things: getSharedSession(getDbPath())");
  });

  it("names each close that goes, the comment that goes with its `try`, and the one that stays", () => {
    expect(outcome.applied[0]?.reason).toMatchInlineSnapshot(`"the session closed at apps/web/server/api/stream.ts:17 lived as long as its stream or job, and is the process's own now: that \`close()\` goes; the \`try\` around a removed \`close()\` goes with what its comment said of it (apps/web/server/api/stream.ts:16: /* closed before */); the comment beside a removed \`close()\` was kept (apps/web/server/api/stream.ts:14: // Close the handle of this stream, so that a dropped stream…): it may no longer hold"`);
  });

  it("answers as before, from one session; contention and memory mean what they meant", () => {
    expect(after["answers"]).toEqual(before["answers"]);
    expect([before["opens"], after["opens"]]).toEqual([8, 1]);
    expect(after["contention"]).toEqual(before["contention"]);
    expect(after["contention"]).toEqual({ two: true, refused: "SQLITE_BUSY", memory: [1, 0] });
  });

  it("is silent after, and has nothing more to do", async () => {
    expect((await scanProject({ root: project.root, tests: true })).findings.filter(({ rule }) => rule === "no-session-per-call")).toEqual([]);
    const again = await fix(project);
    expect([again.applied, again.diffs]).toEqual([[], []]);
  });

  it("a use that is written later finds the module that is there", async () => {
    project.write("apps/web/server/api/late.ts", files["apps/web/server/api/things.ts"]?.replaceAll("things", "late") ?? "");
    project.write("apps/web/server/index.ts", project.read("apps/web/server/index.ts").replace("import { getDbPath }", 'import { lateGET } from "./api/late.js";\nimport { getDbPath }').replace('app.get("/things", thingsGET);', 'app.get("/things", thingsGET);\napp.get("/late", lateGET);'));
    const again = await fix(project);
    expect(again.diffs.map(({ file, created }) => [file, created])).toEqual([["apps/web/server/api/late.ts", false]]);
    expect(project.read("apps/web/server/api/late.ts")).toContain('import { getSession } from "../lib/session.js";');
  });
});

describe("a factory of which some per-call uses cannot be pointed elsewhere", () => {
  const files: Record<string, string> = {
    "src/db.ts": `import Database from "better-sqlite3";

export interface OpenOptions {
  timeout?: number;
}

export function openStore(file: string, options: OpenOptions = {}): Database.Database {
  const db = new Database(file, options);
  db.exec("CREATE TABLE IF NOT EXISTS t (v TEXT)");
  return db;
}
`,
    "src/server.ts": `import express from "express";
import { openStore } from "./db.js";
import * as stores from "./db.js";

const app = express();
app.get("/a", (_req, res) => res.json(openStore("app.db").prepare("SELECT 1").all()));
app.get("/b", (_req, res) => res.json(openStore("app.db").prepare("SELECT 2").all()));
app.get("/slow", (_req, res) => res.json(openStore("app.db", { timeout: 60_000 }).prepare("SELECT 3").all()));
app.get("/named", (_req, res) => res.json(stores.openStore("app.db").prepare("SELECT 4").all()));
app.listen(0);
`,
    "src/db.test.ts": `import { it } from "vitest";
import { openStore } from "./db.js";

it("opens", () => void openStore(":memory:").close());
`,
  };

  it("shares the others, says so, and is reported for what is left", async () => {
    const project = temporaryProject(files);
    try {
      const outcome = await fix(project);
      expect([outcome.refused, outcome.takenBack]).toEqual([[], []]);
      expect(outcome.applied[0]?.reason).toMatchInlineSnapshot(`"2 per-call uses stay as they are, since they call \`openStore\` otherwise than by its imported name with the path alone (src/server.ts:8, src/server.ts:9)"`);
      expect(project.read("src/db.ts")).toBe(files["src/db.ts"]);
      expect(project.read("src/db.test.ts")).toBe(files["src/db.test.ts"]);
      expect(project.read("src/server.ts")).toBe(
        files["src/server.ts"]?.replace('import * as stores from "./db.js";\n', 'import * as stores from "./db.js";\nimport { getSession } from "./session.js";\n').replaceAll(' res.json(openStore("app.db")', ' res.json(getSession("app.db")'),
      );
      const left = (await scanProject({ root: project.root, tests: true })).findings;
      expect(left.map(({ rule, related }) => [rule, related.map(({ span }) => span.line)])).toEqual([["no-session-per-call", [9, 10]]]);
      const again = await fix(project);
      expect(again.diffs).toEqual([]);
      expect(again.manual.map(({ reason }) => reason)).toMatchInlineSnapshot(`
        [
          "some callers of \`openStore\` keep a session of their own, and its per-call uses cannot be changed one by one: none of its per-call uses calls it by its name with nothing but the path",
        ]
      `);
    } finally {
      project.remove();
    }
  });

  it("does not share in the factory after all when only those and tests are left", async () => {
    const opens = files["src/db.ts"]?.replace(", options: OpenOptions = {}", "").replace("(file, options)", "(file)") ?? "";
    const server = files["src/server.ts"]?.replace(", { timeout: 60_000 }", "") ?? "";
    const project = temporaryProject({ ...files, "src/db.ts": opens, "src/server.ts": server, "src/db.test.ts": files["src/db.test.ts"]?.replace(":memory:", "own.db") ?? "" });
    try {
      const outcome = await fix(project);
      expect(outcome.applied).toHaveLength(1);
      expect(project.read("src/db.ts")).toBe(opens);
      expect(project.read("src/server.ts")).toContain('res.json(stores.openStore("app.db")');
      expect((await fix(project)).diffs).toEqual([]);
    } finally {
      project.remove();
    }
  });

  it("is left alone when a close may belong to either side", async () => {
    const server = `import express from "express";
import type Database from "better-sqlite3";
import { openStore } from "./db.js";

function done(db: Database.Database): void {
  db.close();
}

const app = express();
app.get("/a", (_req, res) => {
  const db = openStore("app.db");
  res.json(db.prepare("SELECT 1").all());
  done(db);
});
process.once("SIGTERM", () => {
  const db = openStore("app.db");
  db.pragma("wal_checkpoint(TRUNCATE)");
  db.close();
  done(openStore("app.db"));
});
for (const route of ["/b", "/c"]) app.get(route, (_req, res) => res.json(openStore("app.db").prepare("SELECT 2").all()));
app.get("/d", (_req, res) => res.json(openStore("app.db").prepare("SELECT 3").all()));
app.get("/e", (_req, res) => res.json(openStore("app.db").prepare("SELECT 4").all()));
app.listen(0);
`;
    const project = temporaryProject({ ...files, "src/server.ts": server });
    try {
      const outcome = await fix(project);
      expect(outcome.diffs).toEqual([]);
      expect(outcome.manual.find(({ transform }) => transform === "use-shared-session")?.reason).toBe(
        "whether what is closed at src/server.ts:6 is shared or its caller's own cannot be told: some callers keep a session of their own",
      );
    } finally {
      project.remove();
    }
  });
});
