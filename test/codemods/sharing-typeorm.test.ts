import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";
import { share } from "./helpers/shared.js";

const PROGRAM = {
  setup: "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
  requests: ["POST /things/a", "POST /things/b", "POST /things/a", ["GET /things", "GET /things", "GET /things"]],
  state: "SELECT name FROM thing ORDER BY name",
};

const ENTITY = `import { EntitySchema } from "typeorm";

export interface Thing {
  id?: number;
  name: string;
}

export const ThingSchema = new EntitySchema<Thing>({
  name: "Thing",
  tableName: "thing",
  columns: { id: { type: "integer", primary: true, generated: true }, name: { type: "text" } },
});
`;

const OPTIONS = `{ type: "better-sqlite3", database: "app.db", entities: [ThingSchema] }`;
const SEPARATE = `const source = new DataSource(${OPTIONS});
  await source.initialize();`;
const CHAINED = `const source = await new DataSource(${OPTIONS}).initialize();`;
const ASKED = `const source = new DataSource(${OPTIONS});
  if (!source.isInitialized) {
    await source.initialize();
  }`;

const app = (open: string, work = `await source.getRepository(ThingSchema).insert({ name: req.params.name });`): string => `import express from "express";
import { DataSource } from "typeorm";
import { ThingSchema } from "./thing.js";

export const app = express();

app.post("/things/:name", async (req, res) => {
  ${open}
  try {
    ${work}
    res.json("added");
  } catch {
    res.status(409).json("there");
  } finally {
    await source.destroy();
  }
});

app.get("/things", async (_req, res) => {
  ${open}
  res.json(await source.getRepository(ThingSchema).find({ order: { name: "ASC" } }));
  await source.destroy();
});
`;

describe("data sources of TypeORM", () => {
  it.each([["and then opened", SEPARATE], ["and opened at once", CHAINED], ["and opened where that is asked first", ASKED]])("are shared, open: made %s", async (_, open) => {
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": app(open), "src/thing.ts": ENTITY }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toBe(`import express from "express";
import { ThingSchema } from "./thing.js";
import { getSession } from "./session.js";

export const app = express();

app.post("/things/:name", async (req, res) => {
  const source = await getSession();
  try {
    await source.getRepository(ThingSchema).insert({ name: req.params.name });
    res.json("added");
  } catch {
    res.status(409).json("there");
  }
});

app.get("/things", async (_req, res) => {
  const source = await getSession();
  res.json(await source.getRepository(ThingSchema).find({ order: { name: "ASC" } }));
});
`);
    expect(read("src/session.ts")).toContain(`export const sessions = createSessionFactory({
  open: () => new DataSource(${OPTIONS}).initialize(),
  close: (db) => db.destroy(),
});`);
    expect(reasons[0]).toContain("undoes both");
    expect(before?.state).toHaveLength(2);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect(before?.sessions).toBeGreaterThanOrEqual(6);
    expect(after?.sessions).toBe((before?.sessions ?? 0) / 6);
  });

  it.each([
    ["a file of the request's", app(SEPARATE.replace(`"app.db"`, "req.params.name")).replace("_req", "req").replace(`get("/things"`, `get("/:name"`), "depends on `req`"],
    ["an opening that is not in sight", app(`const source = new DataSource(${OPTIONS});\n  await ready(source);`).replace("export const app", "const ready = (source: DataSource) => source.initialize();\nexport const app"), "is not opened by a plain"],
  ])("stay where there is %s", async (_, text, reason) => {
    const { read, manual } = await share({ "src/app.ts": text, "src/thing.ts": ENTITY });
    expect(read("src/app.ts")).toBe(text);
    expect(manual.join()).toContain(reason);
  });

  it("that have a transaction on SQLite keep a connection of their own, and others are shared", async () => {
    const text = app(SEPARATE, `await source.transaction(async (manager) => { await manager.insert(ThingSchema, { name: req.params.name }); });`);
    const { read, manual, before, after } = await share({ "src/app.ts": text, "src/thing.ts": ENTITY }, PROGRAM);
    expect(manual).toHaveLength(1);
    expect(manual[0]).toContain("a transaction takes in what others run meanwhile");
    expect(read("src/app.ts")).toContain(SEPARATE);
    expect(read("src/app.ts").match(/await source\.destroy\(\)/g)).toHaveLength(1);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect(after?.sessions).toBe(((before?.sessions ?? 0) / 6) * 4);
  });

  it("are opened at start-up by their module's factory, which needs no path", () => {
    const text = app(CHAINED).replace("export const app", "const app") + "\napp.listen(3000);\n";
    const files = { "src/app.ts": text, "src/thing.ts": ENTITY };
    const fixed = fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
    expect(fixed.manual).toEqual([]);
    expect(fixed.files["src/app.ts"]).toContain("initSessionFactory(sessions);\nconst server = app.listen(3000);");
  });
});
