import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const PROGRAM = {
  setup: "CREATE TABLE thing (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE)",
  requests: [["POST /things/a", "POST /things/b"], "POST /things/a", ["GET /things", "GET /things"]],
  state: "SELECT name FROM thing ORDER BY name",
};

const ENTITY = `import { EntitySchema } from "@mikro-orm/core";

export interface Thing {
  id: number;
  name: string;
}

export const ThingSchema = new EntitySchema<Thing>({ name: "Thing", tableName: "thing", properties: { id: { type: "number", primary: true }, name: { type: "string" } } });
`;

const app = (em: string, more = ""): string => `import { MikroORM } from "@mikro-orm/better-sqlite";
import express from "express";
import { ThingSchema } from "./thing.js";

export const app = express();

app.post("/things/:name", async (req, res) => {
  const orm = await MikroORM.init({ dbName: "app.db", entities: [ThingSchema]${more} });
  const em = ${em};
  try {
    await em.transactional(async (tx) => {
      tx.create(ThingSchema, { name: req.params.name } as never);
      await tx.flush();
    });
    res.json("added");
  } catch {
    res.status(409).json("there");
  } finally {
    await orm.close();
  }
});

app.get("/things", async (_req, res) => {
  const orm = await MikroORM.init({ dbName: "app.db", entities: [ThingSchema]${more} });
  const em = ${em};
  const names = (await em.find(ThingSchema, {}, { orderBy: { name: "asc" } })).map(({ name }) => name);
  await orm.close();
  res.json(names);
});
`;

describe("instances of MikroORM", () => {
  it("are shared where each caller works on a fork, and one pending opening is shared", async () => {
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": app("orm.em.fork()"), "src/thing.ts": ENTITY }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts").match(/const orm = await getSession\(\);\n {2}const em = orm\.em\.fork\(\);/g)).toHaveLength(2);
    expect(read("src/app.ts")).not.toContain("close()");
    expect(read("src/session.ts")).toContain(`export const sessions = createSessionFactory({
  open: () => MikroORM.init({ dbName: "app.db", entities: [ThingSchema] }),
});`);
    expect(reasons[0]).toContain("wait for each other");
    expect(before?.state).toHaveLength(2);
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([5, 1]);
  });

  it.each([
    ["the manager itself is used", app("orm.em"), "is used as it is"],
    ["one context is asked for", app("orm.em.fork()", ", allowGlobalContext: true"), "`allowGlobalContext`"],
    ["it is handed on", app("managerOf(orm)").replace("export const app", "const managerOf = (orm: MikroORM) => orm.em.fork();\nexport const app"), "is handed on"],
  ])("stay where %s", async (_, text, reason) => {
    const { read, manual } = await share({ "src/app.ts": text, "src/thing.ts": ENTITY });
    expect(read("src/app.ts")).toBe(text);
    expect(manual.join()).toContain(reason);
  });
});
