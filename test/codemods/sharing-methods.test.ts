import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const TYPEORM_STORE = `import { DataSource, EntitySchema } from "typeorm";

export const ThingSchema = new EntitySchema<{ id?: number; name: string }>({
  name: "Thing",
  tableName: "thing",
  columns: { id: { type: "integer", primary: true, generated: true }, name: { type: "text" } },
});

export async function connect(): Promise<DataSource> {
  const source = new DataSource({ type: "better-sqlite3", database: "app.db", entities: [ThingSchema] });
  await source.initialize();
  return source;
}
`;

const KYSELY_STORE = `import Database from "better-sqlite3";
import { type Generated, Kysely, SqliteDialect } from "kysely";

interface Tables {
  thing: { id: Generated<number>; name: string };
}

export class Store {
  constructor(private readonly path: string) {}

  private db(): Kysely<Tables> {
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(this.path) }) });
  }

  async add(name: string): Promise<void> {
    const db = this.db();
    await db.transaction().execute(async (trx) => {
      await trx.insertInto("thing").values({ name }).execute();
    });
    await db.destroy();
  }

  async list(): Promise<{ name: string }[]> {
    const db = this.db();
    const rows = await db.selectFrom("thing").select("name").orderBy("name").execute();
    await db.destroy();
    return rows;
  }
}
`;

const PROGRAM = {
  setup: "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL)",
  requests: [["POST /things/a", "POST /things/b"], "GET /things"],
  state: "SELECT name FROM thing ORDER BY name",
};

describe("methods and one-line functions that open", () => {
  it("a function that opens a data source shares it, and its callers no longer close it", async () => {
    const app = `import express from "express";
import { connect, ThingSchema } from "./store.js";

export const app = express();
app.post("/things/:name", async (req, res) => {
  const source = await connect();
  await source.getRepository(ThingSchema).insert({ name: req.params.name });
  await source.destroy();
  res.json("added");
});
app.get("/things", async (_req, res) => {
  const source = await connect();
  const rows = await source.getRepository(ThingSchema).find({ order: { name: "ASC" } });
  await source.destroy();
  res.json(rows.map(({ name }) => name));
});
`;
    const { read, manual, left, before, after } = await share({ "src/app.ts": app, "src/store.ts": TYPEORM_STORE }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).not.toContain("destroy");
    expect(read("src/store.ts")).toContain(`const sessions = createSessionFactory({
  open: () => new DataSource({ type: "better-sqlite3", database: "app.db", entities: [ThingSchema] }).initialize(),
  close: (db) => db.destroy(),
});`);
    expect(read("src/store.ts")).toContain("const source = await sessions.getSession();\n  return source;");
    expect(after?.state).toEqual(before?.state);
    expect(after?.sessions).toBe((before?.sessions ?? 0) / 3);
  });

  it("a method shares the wrapper with the session in it, one for each path", async () => {
    const app = `import express from "express";
import { Store } from "./store.js";

export const app = express();
const store = new Store("app.db");
app.post("/things/:name", async (req, res) => {
  await store.add(req.params.name);
  res.json("added");
});
app.get("/things", async (_req, res) => {
  res.json(await store.list());
});
`;
    const { read, manual, left, before, after } = await share({ "src/app.ts": app, "src/store.ts": KYSELY_STORE }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/store.ts")).toContain("return sessions.getSession(this.path);");
    expect(read("src/store.ts")).toContain("open: (path: string) => new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Database(path) }) }),");
    expect(read("src/store.ts").match(/destroy/g)).toHaveLength(1);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([3, 1]);
  });
});
