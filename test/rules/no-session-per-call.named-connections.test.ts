import { runTable } from "./lib/table.js";

runTable({
  rule: "no-session-per-call",
  theme: "sessions that the library keeps by name",
  valid: [
    {
      name: "TypeORM's own connections, which it keeps by name",
      code: `
        import { createConnection, getConnectionManager } from "typeorm";
        import express from "express";
        function connectionOf(tenant) {
          const manager = getConnectionManager();
          if (manager.has(tenant)) return manager.get(tenant);
          return createConnection({ name: tenant, type: "postgres" });
        }
        const app = express();
        app.get("/things/:tenant", async (req, res) => { const connection = await connectionOf(req.params.tenant); res.json(await connection.query("SELECT 1")); });
      `,
    },
  ],
  invalid: [
    {
      name: "TypeORM's own connections, not asked for",
      code: `
        import { createConnection, getConnectionManager } from "typeorm";
        import express from "express";
        async function connectionOf(tenant) {
          const connection = await createConnection({ name: tenant, type: "postgres" });
          return getConnectionManager().has(tenant) ? connection : connection;
        }
        const app = express();
        app.get("/things", async (req, res) => { const connection = await connectionOf("a"); res.json(await connection.query("SELECT 1")); });
      `,
      findings: [{ line: 4, message: "`connectionOf` opens a new typeorm session", library: "typeorm", fix: "review", reason: "opened asynchronously", related: [8], why: [8, 8, 4], sessions: "1" }],
    },
  ],
});
