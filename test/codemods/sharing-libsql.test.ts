import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@libsql/client";
import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const app = (url: string, more = ""): string => `import { createClient } from "@libsql/client";
import express from "express";

export const app = express();

app.post("/things/:name", async (req, res) => {
  const client = createClient({ url: ${url}${more} });
  const tx = await client.transaction("write");
  try {
    await tx.execute({ sql: "INSERT INTO things (name) VALUES (?)", args: [req.params.name] });
    await tx.commit();
    res.json("added");
  } finally {
    tx.close();
    client.close();
  }
});
`;

describe("clients of libSQL", () => {
  it("of a server are made once: each of their transactions has a stream of its own", async () => {
    const { read, manual, left, reasons } = await share({ "src/app.ts": app(`"libsql://things.turso.io"`, ", authToken: process.env.TOKEN") });
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toContain(`let sharedClient: ReturnType<typeof createClient> | undefined;

// One client for the whole process, made at first use and shared by every caller.
function getClient(): ReturnType<typeof createClient> {
  return (sharedClient ??= createClient({ url: "libsql://things.turso.io", authToken: process.env.TOKEN }));
}
`);
    expect(read("src/app.ts")).toContain("const client = getClient();");
    expect(read("src/app.ts")).not.toContain("client.close()");
    expect(read("src/app.ts")).toContain("  } finally {\n    tx.close();\n  }");
    expect(reasons[0]).toContain("lives as long as the process");
  });

  it.each([
    ["of a file", app(`"file:app.db"`), "does not commit what is written on it afterwards"],
    ["of what may be a file", app("process.env.DATABASE_URL ?? \"\""), "does not commit what is written on it afterwards"],
    ["with the request's token", app(`"libsql://things.turso.io"`, ", authToken: req.params.name"), "depends on `req`"],
    ["with BEGIN and COMMIT as statements", `import { createClient } from "@libsql/client";\nimport express from "express";\n\nexport const app = express();\napp.post("/things", async (_req, res) => {\n  const client = createClient({ url: "libsql://things.turso.io" });\n  await client.execute("BEGIN");\n  await client.execute("DELETE FROM things");\n  await client.execute("COMMIT");\n  res.json("gone");\n});\n`, "stays open over an await"],
  ])("%s stay", async (_, text, reason) => {
    const { read, manual } = await share({ "src/app.ts": text });
    expect(read("src/app.ts")).toBe(text);
    expect(manual.join()).toContain(reason);
  });

  it("of a file stay under Drizzle, too", async () => {
    const text = `import { drizzle } from "drizzle-orm/libsql";\nimport express from "express";\n\nexport const app = express();\napp.get("/", async (_req, res) => {\n  const db = drizzle("file:app.db");\n  res.json(await db.all("SELECT 1"));\n});\n`;
    const { read, manual } = await share({ "src/app.ts": text });
    expect(read("src/app.ts")).toBe(text);
    expect(manual.join()).toContain("does not commit");
  });

  it("what libSQL does after a refused write is what the catalogue says", async () => {
    const dir = mkdtempSync(join(tmpdir(), "sessionfix-libsql-"));
    const url = `file:${join(dir, "app.db")}`;
    const [shared, other] = [createClient({ url }), createClient({ url })];
    try {
      await shared.execute("CREATE TABLE things (name TEXT)");
      const holder = await other.transaction("write");
      await expect(shared.execute("INSERT INTO things VALUES ('refused')")).rejects.toThrow("locked");
      await holder.rollback();
      expect((await shared.execute("INSERT INTO things VALUES ('lost')")).rowsAffected).toBe(1);
      expect((await other.execute("SELECT count(*) AS count FROM things")).rows[0]?.count).toBe(0);
    } finally {
      shared.close();
      other.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
