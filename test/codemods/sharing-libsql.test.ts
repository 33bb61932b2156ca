import { describe, expect, it } from "vitest";
import { share } from "./helpers/shared.js";

const APP = (url: string): string => `import { createClient } from "@libsql/client";
import express from "express";

export const app = express();

app.post("/things/:name", async (req, res) => {
  const client = createClient({ url: ${url} });
  const tx = await client.transaction("write");
  try {
    await tx.execute({ sql: "INSERT INTO things (name) VALUES (?)", args: [req.params.name] });
    await tx.commit();
    res.json("added");
  } catch {
    res.status(409).json("there");
  } finally {
    tx.close();
    client.close();
  }
});

app.get("/things", async (_req, res) => {
  const client = createClient({ url: ${url} });
  const { rows } = await client.execute("SELECT name FROM things ORDER BY name");
  client.close();
  res.json(rows);
});
`;

const PROGRAM = {
  setup: "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
  requests: ["POST /things/a", "POST /things/b", "POST /things/c", "POST /things/a", "GET /things", "GET /things", "GET /things"],
  state: "SELECT name FROM things ORDER BY name",
};

describe("clients of libSQL", () => {
  it("are made once, since each of their transactions has a connection of its own", async () => {
    const { read, manual, left, reasons, before, after } = await share({ "src/app.ts": APP(`"file:app.db"`) }, PROGRAM);
    expect([manual, left]).toEqual([[], []]);
    expect(read("src/app.ts")).toContain(`let sharedClient: ReturnType<typeof createClient> | undefined;

// One client for the whole process, made at first use and shared by every caller.
function getClient(): ReturnType<typeof createClient> {
  return (sharedClient ??= createClient({ url: "file:app.db" }));
}
`);
    expect(read("src/app.ts").match(/const client = getClient\(\);/g)).toHaveLength(2);
    expect(read("src/app.ts")).not.toContain("client.close()");
    expect(read("src/app.ts")).toContain("  } finally {\n    tx.close();\n  }");
    expect(reasons[0]).toContain("everybody's now");
    expect([after?.answers, after?.state]).toEqual([before?.answers, before?.state]);
    expect([before?.sessions, after?.sessions]).toEqual([7, 1]);
  });

  it("stay where the token is the request's", async () => {
    const app = APP(`"file:app.db", authToken: req.params.name`).replaceAll("(_req, res)", "(req, res)").replace(`"/things", async`, `"/:name", async`);
    const { read, manual } = await share({ "src/app.ts": app });
    expect(read("src/app.ts")).toBe(app);
    expect(manual.join()).toContain("depends on `req`");
  });

  it("stay where BEGIN and COMMIT are statements of theirs", async () => {
    const app = `import { createClient } from "@libsql/client";\nimport express from "express";\n\nexport const app = express();\napp.post("/things", async (_req, res) => {\n  const client = createClient({ url: "file:app.db" });\n  await client.execute("BEGIN");\n  await client.execute("DELETE FROM things");\n  await client.execute("COMMIT");\n  res.json("gone");\n});\n`;
    const { read, manual } = await share({ "src/app.ts": app });
    expect(read("src/app.ts")).toBe(app);
    expect(manual.join()).toContain("stays open over an await");
  });
});
