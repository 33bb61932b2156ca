import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import type { Finding } from "../../src/core/finding.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { sessionFinding } from "./helpers/findings.js";
import type { SessionOptions } from "./helpers/findings.js";
import { runProgram, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const FILES: Record<string, string> = {
  // One factory with a schema in it, wrapped, and more callers than are changed one by one.
  "src/wrapped/db.ts": `import Database from "better-sqlite3";

export class Orm {
  constructor(readonly $client: Database.Database) {}
  count(): number {
    return this.$client.prepare<[], { n: number }>("SELECT count(*) AS n FROM t").get()?.n ?? 0;
  }
}

export const opened: string[] = [];

/** Opens the database and brings its tables up. */
export function createDb(dbPath: string): Orm {
  opened.push(dbPath);
  const sqlite = new Database(dbPath);
  sqlite.pragma("journal_mode = WAL");
  sqlite.exec("CREATE TABLE IF NOT EXISTS t (v TEXT)");
  return new Orm(sqlite);
}
`,
  "src/wrapped/use.ts": `import { createDb, opened } from "./db.js";

function add(path: string, value: string): void {
  const db = createDb(path);
  try {
    db.$client.prepare("INSERT INTO t VALUES (?)").run(value);
  } finally {
    db.$client.close();
  }
}
function one(path: string): number {
  return createDb(path).count();
}
function two(path: string): number {
  return createDb(path).count();
}
function three(path: string): boolean {
  return createDb(path) === createDb(path);
}

export async function run(path: string): Promise<unknown> {
  add(path, "x");
  add(path, "y");
  return { counts: [one(path), two(path)], same: three(path), opens: opened.length };
}
`,
  // An asynchronous factory that answers a failure with null.
  "src/nulls/common.ts": `import Database from "better-sqlite3";

export let fails = 0;
export const state = { attempts: 0 };

async function open(options: { filename: string }): Promise<Database.Database> {
  state.attempts += 1;
  if (fails > 0) {
    fails -= 1;
    throw new Error("not yet");
  }
  return new Database(options.filename);
}

export function failNext(): void {
  fails = 1;
}

async function dbConnection(): Promise<Database.Database | null> {
  let conn: Database.Database | null = null;
  try {
    conn = await open({
      filename: "nulls.db",
    });
    conn.pragma("busy_timeout = 5000");
  } catch {
    // answered with null
  }
  return conn;
}

export { dbConnection };
`,
  "src/nulls/use.ts": `import { dbConnection, failNext, state } from "./common.js";

async function read(): Promise<number | null> {
  const conn = await dbConnection();
  if (!conn) return null;
  const row = conn.prepare<[], { one: number }>("SELECT 1 AS one").get();
  conn.close();
  return row?.one ?? 0;
}

export async function run(_path: string): Promise<unknown> {
  failNext();
  const values = [await read(), await read(), await read()];
  const [a, b] = await Promise.all([dbConnection(), dbConnection()]);
  return { values, same: a === b, opens: state.attempts };
}
`,
  // Opened and closed in place, in two files.
  "src/inline/a.ts": `import Database from "better-sqlite3";

export function write(path: string): void {
  const db = new Database(path, { timeout: 5000 });
  try {
    db.exec("CREATE TABLE IF NOT EXISTS t (v TEXT)");
    db.prepare("INSERT INTO t VALUES ('z')").run();
  } finally {
    db.close();
  }
}
`,
  "src/inline/b.ts": `import Database from "better-sqlite3";
import { write } from "./a.js";

function handle(path: string): Database.Database {
  return new Database(path, { timeout: 5000 });
}

export async function run(path: string): Promise<unknown> {
  write(path);
  write(path);
  const rows = handle(path).prepare("SELECT v FROM t").pluck().all();
  return { rows, same: handle(path) === handle(path) };
}
`,
  // A method of a base class.
  "src/method/repo.ts": `import Database from "better-sqlite3";

class Base {
  constructor(private readonly dbPath: string) {}

  protected get session(): Database.Database {
    return new Database(this.dbPath);
  }
}

class Repo extends Base {
  touch(): unknown[] {
    const session = this.session;
    session.exec("CREATE TABLE IF NOT EXISTS t (v TEXT)");
    const rows = session.prepare("SELECT * FROM t").all();
    session.close();
    return rows;
  }
  get both(): [Database.Database, Database.Database] {
    return [this.session, this.session];
  }
}

export async function run(path: string): Promise<unknown> {
  const repo = new Repo(path);
  const [a, b] = repo.both;
  return { rows: [repo.touch(), repo.touch()], same: a === b };
}
`,
  "src/main.ts": `import { run as inline } from "./inline/b.js";
import { run as method } from "./method/repo.js";
import { run as nulls } from "./nulls/use.js";
import { run as wrapped } from "./wrapped/use.js";

const states: Record<string, unknown> = {};
for (const [name, run] of Object.entries({ wrapped, nulls, inline, method })) states[name] = await run(\`\${process.argv[2] ?? "run"}-\${name}.db\`);
console.log(JSON.stringify(states));
`,
};

const FINDS: Record<string, { file: string; still: string; options: SessionOptions }> = {
  wrapped: {
    file: "src/wrapped/db.ts",
    still: "export function createDb(dbPath: string): Orm {\n  opened",
    options: {
      open: "new Database(",
      key: "dbPath",
      factory: { marker: "export function createDb", name: "createDb", kind: "function", async: false, params: ["dbPath"], keyParam: 0, bare: false },
      closes: [{ file: "src/wrapped/use.ts", marker: "db.$client.close(" }],
      uses: [0, 1, 2, 3, 4].map((nth) => ({ file: "src/wrapped/use.ts", marker: "createDb(", nth })),
    },
  },
  nulls: {
    file: "src/nulls/common.ts",
    still: "conn = await open({",
    options: {
      open: "open({",
      key: '"nulls.db"',
      factory: { marker: "async function dbConnection", name: "dbConnection", kind: "function", async: true, params: [], bare: false },
      closes: [{ file: "src/nulls/use.ts", marker: "conn.close(" }],
      uses: [{ file: "src/nulls/use.ts", marker: "dbConnection(" }],
    },
  },
  inlineA: { file: "src/inline/a.ts", still: "const db = new Database(", options: { open: "new Database(", key: "path", options: "{ timeout: 5000 }", closes: [{ file: "src/inline/a.ts", marker: "db.close(" }], uses: [] } },
  inlineB: { file: "src/inline/b.ts", still: "return new Database(", options: { open: "new Database(", key: "path", options: "{ timeout: 5000 }", closes: [], uses: [] } },
  method: {
    file: "src/method/repo.ts",
    still: "return new Database(",
    options: {
      open: "new Database(",
      key: "this.dbPath",
      factory: { marker: "protected get session", name: "session", kind: "getter", async: false, params: [], bare: true },
      closes: [{ file: "src/method/repo.ts", marker: "session.close(" }],
      uses: [],
    },
  },
};

function detect(texts: Readonly<Record<string, string>>): Finding[] {
  return Object.values(FINDS).flatMap(({ file, still, options }) => ((texts[file] ?? "").includes(still) ? [sessionFinding(texts, file, options)] : []));
}

describe("shared sessions, executed", () => {
  let project: TemporaryProject;
  let outcome: FixOutcome;
  let before: Record<string, Record<string, unknown>>;
  let after: Record<string, Record<string, unknown>>;

  beforeAll(async () => {
    project = temporaryProject(FILES);
    before = JSON.parse(await runProgram(project, "src/main.ts")) as typeof before;
    for (const name of ["run-wrapped.db", "run-inline.db", "run-method.db", "nulls.db"]) project.write(name, "");
    outcome = await fixProject({
      root: project.root,
      findings: detect(FILES),
      redetect: (overlay) => detect({ ...FILES, ...Object.fromEntries(overlay) }),
      codemods,
      options: { review: true, dryRun: false, allowDirty: false },
    });
    after = JSON.parse(await runProgram(project, "src/main.ts")) as typeof after;
  }, 60_000);

  afterAll(() => project.remove());

  it("type-checks and needs one round", () => {
    expect(outcome.takenBack).toEqual([]);
    expect(outcome.refused).toEqual([]);
    expect(outcome.manual).toEqual([]);
    expect(outcome.applied.map(({ file, safety }) => [file, safety])).toEqual([
      ["src/wrapped/db.ts", "safe"],
      ["src/nulls/common.ts", "review"],
      ["src/inline/a.ts", "safe"],
      ["src/inline/b.ts", "safe"],
      ["src/method/repo.ts", "safe"],
    ]);
  });

  it("a factory opens once for all its callers", () => {
    expect(before["wrapped"]).toEqual({ counts: [2, 2], same: false, opens: 6 });
    expect(after["wrapped"]).toEqual({ counts: [2, 2], same: true, opens: 1 });
  });

  it("a failed open is answered with null once, and is tried again", () => {
    expect(before["nulls"]).toEqual({ values: [null, 1, 1], same: false, opens: 5 });
    expect(after["nulls"]).toEqual({ values: [null, 1, 1], same: true, opens: 2 });
  });

  it("two files share by path", () => {
    expect(before["inline"]).toEqual({ rows: ["z", "z"], same: false });
    expect(after["inline"]).toEqual({ rows: ["z", "z"], same: true });
  });

  it("a getter gives the same session each time", () => {
    expect(before["method"]).toEqual({ rows: [[], []], same: false });
    expect(after["method"]).toEqual({ rows: [[], []], same: true });
  });
});
