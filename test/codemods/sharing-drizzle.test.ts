import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const PROGRAM = {
  setup: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  requests: ["POST /things/a", "POST /things/b", "POST /things/a", ["GET /things", "GET /things"]],
  state: "SELECT * FROM things ORDER BY id",
};

const SCHEMA = `import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const things = sqliteTable("things", { id: integer("id").primaryKey(), name: text("name").notNull() });
`;

const ROUTES = `export const app = express();

app.post("/things/:name", (req, res) => {
  const db = drizzle(new Database("app.db"), { schema });
  try {
    db.transaction((tx) => {
      tx.insert(schema.things).values({ name: req.params.name }).run();
    });
    res.json(db.$client.inTransaction);
  } catch {
    res.status(409).json("there");
  } finally {
    db.$client.close();
  }
});

app.get("/things", (_req, res) => {
  const db = drizzle(new Database("app.db"), { schema });
  res.json(db.query.things.findMany().sync());
  db.$client.close();
});
`;

const SHARED_ROUTES = `export const app = express();

app.post("/things/:name", (req, res) => {
  const db = getSession("app.db");
  try {
    db.transaction((tx) => {
      tx.insert(schema.things).values({ name: req.params.name }).run();
    });
    res.json(db.$client.inTransaction);
  } catch {
    res.status(409).json("there");
  }
});

app.get("/things", (_req, res) => {
  const db = getSession("app.db");
  res.json(db.query.things.findMany().sync());
});
`;

describe("sessions of Drizzle", () => {
  it("are shared with the wrapper around them, which keeps its schema and its $client", async () => {
    const app = `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\nimport express from "express";\nimport * as schema from "./schema.js";\n\n${ROUTES}`;
    const { read, manual, left, before, after } = await share({ "src/app.ts": app, "src/schema.ts": SCHEMA }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toBe(`import express from "express";\nimport * as schema from "./schema.js";\nimport { getSession } from "./session.js";\n\n${SHARED_ROUTES}`);
    expect(read("src/session.ts")).toBe(`import { createSessionFactory } from "sessionfix-runtime";
import { drizzle } from "drizzle-orm/better-sqlite3";
import Database from "better-sqlite3";
import * as schema from "./schema.js";

// One session a file for the whole process: opened at first use, shared by every caller.
export const sessions = createSessionFactory({
  open: (path: string) => drizzle(new Database(path), { schema }),
  close: (db) => void db.$client.close(),
});

export const getSession = sessions.getSession;
`);
    expect(before?.state).toHaveLength(2);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 1]);
  });

  it("are shared at the top of the file where the wrapper takes what only that file has", async () => {
    const app = `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\nimport { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";\nimport express from "express";\n\nconst schema = { things: sqliteTable("things", { id: integer("id").primaryKey(), name: text("name").notNull() }) };\n\n${ROUTES}`;
    const { read, manual, left, before, after } = await share({ "src/app.ts": app }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toContain(`
// One session a file for the whole process: opened at first use, shared by every caller.
const sessions = createSessionFactory({
  open: (path: string) => drizzle(new Database(path), { schema }),
  close: (db) => void db.$client.close(),
});
`);
    expect(read("src/app.ts").match(/sessions\.getSession\("app\.db"\)/g)).toHaveLength(2);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 1]);
  });

  it("that are opened by their path come from one module, too", async () => {
    const app = `import { drizzle } from "drizzle-orm/better-sqlite3";\nimport express from "express";\nimport * as schema from "./schema.js";\n\n${ROUTES.replaceAll("new Database(\"app.db\")", "\"app.db\"")}`;
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": app, "src/schema.ts": SCHEMA }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toBe(`import express from "express";\nimport * as schema from "./schema.js";\nimport { getSession } from "./session.js";\n\n${SHARED_ROUTES}`);
    expect(read("src/session.ts")).toContain("open: (path: string) => drizzle(path, { schema }),");
    expect(reasons[0]).toContain("lives as long as the process");
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 1]);
  });

  it("over a pool are made once, with the pool", async () => {
    const app = `import { drizzle } from "drizzle-orm/node-postgres";
import express from "express";
import { Pool } from "pg";
import { things } from "./schema.js";

export const app = express();
app.get("/things", async (_req, res) => {
  const db = drizzle(new Pool({ connectionString: process.env.DATABASE_URL }));
  res.json(await db.select().from(things));
  await db.$client.end();
});
`;
    const schema = `import { pgTable, serial, text } from "drizzle-orm/pg-core";\n\nexport const things = pgTable("things", { id: serial("id").primaryKey(), name: text("name") });\n`;
    const { read, manual, left } = await share({ "src/app.ts": app, "src/schema.ts": schema });
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/session.ts")).toContain(`open: () => drizzle(new Pool({ connectionString: process.env.DATABASE_URL })),`);
    expect(read("src/session.ts")).toContain("close: (db) => db.$client.end(),");
    expect(read("src/app.ts")).toContain("const db = getSession();\n  res.json(await db.select().from(things));\n});");
  });

  it.each([
    ["a schema of the tenant", `drizzle(new Database("app.db"), { schema: req.params as never })`, "depends on `req`"],
    ["a logger that is made for the call", `drizzle(new Database("app.db"), { logger: loggerOf() })`, "depends on `loggerOf()`"],
  ])("stay where they are opened with %s", async (_, open, reason) => {
    const app = `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\nimport express from "express";\n\nexport const loggerOf = () => false;\nexport const app = express();\napp.get("/things", (req, res) => {\n  const db = ${open};\n  res.json([req.url, db.all("SELECT * FROM things")]);\n});\n`;
    const { read, manual } = await share({ "src/app.ts": app });
    expect(read("src/app.ts")).toBe(app);
    expect(manual.join()).toContain(reason);
  });

  it("of two modules that mean something else by the same text are not taken for one", async () => {
    const routes = (name: string): string => `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\nimport express from "express";\nimport * as schema from "./schema.js";\n\nexport const ${name} = express();\n${name}.get("/", (_req, res) => {\n  const db = drizzle(new Database("app.db"), { schema });\n  res.json(db.query.things.findMany().sync());\n});\n`;
    const { manual, read } = await share({ "src/a/a.ts": routes("a"), "src/a/schema.ts": SCHEMA, "src/b/b.ts": routes("b"), "src/b/schema.ts": SCHEMA });
    expect(manual).toHaveLength(1);
    expect(manual[0]).toContain("the runtime would take the two for one");
    expect(read("src/a/a.ts")).not.toBe(routes("a"));
    expect(read("src/b/b.ts")).toBe(routes("b"));
  });

  it("are imported where the package has one already, or asked of the function that makes it at first use", async () => {
    const route = `import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import express from "express";

export const app = express();
app.get("/things", (_req, res) => {
  const db = drizzle(new Database("app.db"));
  res.json(db.all("SELECT name FROM things ORDER BY id"));
  db.$client.close();
});
`;
    const head = `import Database from "better-sqlite3";\nimport { type BetterSQLite3Database, drizzle } from "drizzle-orm/better-sqlite3";\n\n`;
    const value = `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\n\nexport const db = drizzle(new Database("app.db"));\n`;
    const getter = `${head}let db: (BetterSQLite3Database & { $client: Database.Database }) | undefined;\nexport function getDb() {\n  return (db ??= drizzle(new Database("app.db")));\n}\n`;
    const program = { ...PROGRAM, requests: ["GET /things", "GET /things"] };
    const [imported, asked] = [await share({ "src/app.ts": route, "src/db.ts": value }, program), await share({ "src/app.ts": route, "src/db.ts": getter }, program)];
    expect([imported.manual, imported.left, asked.manual, asked.left]).toEqual([[], [], [], []]);
    expect(imported.read("src/app.ts")).toBe(`import express from "express";\nimport { db } from "./db.js";\n\nexport const app = express();\napp.get("/things", (_req, res) => {\n  res.json(db.all("SELECT name FROM things ORDER BY id"));\n});\n`);
    expect(asked.read("src/app.ts")).toContain("const db = getDb();");
    expect([asked.before?.sessions, asked.after?.sessions]).toEqual([2, 1]);
    expect(asked.after?.answers).toEqual(asked.before?.answers);
  });
});
