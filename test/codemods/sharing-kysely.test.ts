import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const PROGRAM = {
  setup: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  requests: [["POST /things/a", "POST /things/b", "POST /things/c"], "POST /things/a", ["GET /things", "GET /things"]],
  state: "SELECT name FROM things ORDER BY name",
};

const ROUTES = (open: string): string => `export const app = express();

app.post("/things/:name", async (req, res) => {
${open}
  try {
    await db.transaction().execute(async (trx) => {
      await trx.insertInto("things").values({ name: req.params.name }).execute();
      await trx.selectFrom("things").selectAll().execute();
    });
    res.json("added");
  } catch {
    res.status(409).json("there");
  } finally {
    await db.destroy();
  }
});

app.get("/things", async (_req, res) => {
${open}
  res.json(await db.selectFrom("things").select("name").orderBy("name").execute());
  await db.destroy();
});
`;

const HEAD = `import Database from "better-sqlite3";
import express from "express";
import { type Generated, Kysely, SqliteDialect } from "kysely";
`;
const TABLES = `
interface Tables {
  things: { id: Generated<number>; name: string };
}

`;
const NESTED = `  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database("app.db") }) });`;
const CARRIED = `  const client = new Database("app.db");
  const dialect = new SqliteDialect({ database: client });
  const db = new Kysely<Tables>({ dialect });`;

describe("sessions of Kysely", () => {
  it.each([["in one expression", NESTED], ["step by step", CARRIED]])("are shared as a whole, so that transactions wait for each other: made %s", async (_, open) => {
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": HEAD + TABLES + ROUTES(open) }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toContain(`const sessions = createSessionFactory({
  open: (path: string) => new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(path) }) }),
  close: (db) => db.destroy(),
});`);
    expect(read("src/app.ts").match(/^ {2}const db = sessions\.getSession\("app\.db"\);\n {2}(try|res)/gm)).toHaveLength(2);
    expect(read("src/app.ts").match(/destroy/g)).toHaveLength(1);
    expect(reasons[0]).toContain("waits for itself");
    expect(before?.state).toHaveLength(3);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([6, 1]);
  });

  it("come from a module where their tables are imported", async () => {
    const types = `import type { Generated } from "kysely";\nexport interface Tables {\n  things: { id: Generated<number>; name: string };\n}\n`;
    const head = `import Database from "better-sqlite3";\nimport express from "express";\nimport { Kysely, SqliteDialect } from "kysely";\nimport type { Tables } from "./types.js";\n\n`;
    const { read, manual, left, before, after } = await share({ "src/app.ts": head + ROUTES(NESTED), "src/types.ts": types }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/session.ts")).toContain(`import { type Tables } from "./types.js";`);
    expect(read("src/app.ts")).toMatch(/^import express from "express";\nimport \{ getSession \} from "\.\/session\.js";\n\nexport const app/);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect(after?.sessions).toBe(1);
  });

  it("stay where the driver's own session is used besides", async () => {
    const used = CARRIED.replace(";\n", `;\n  client.pragma("journal_mode = WAL");\n`);
    const app = HEAD + TABLES + ROUTES(used);
    const { read, manual } = await share({ "src/app.ts": app });
    expect(read("src/app.ts")).toBe(app);
    expect(manual.join()).toContain("must be shared with it");
  });
});
