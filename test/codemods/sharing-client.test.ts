import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { runLocal } from "./helpers/local.js";
import { fixOnce } from "./helpers/rounds.js";

const LASTS = { safety: "review", reason: "lives as long as the process" } as const;

runLocal("no-session-per-call", "use-shared-session", [
  { name: "Prisma, in a page's function", before: `
    import { PrismaClient } from "@prisma/client";
    import express from "express";

    const app = express();

    app.get("/things", async (req, res) => {
      const prisma = new PrismaClient();

      // all of them
      res.json(await prisma.thing.findMany());
    });
    `, after: `
    import { PrismaClient } from "@prisma/client";
    import express from "express";

    // One client for the whole process: it has a pool of its own.
    const prisma = new PrismaClient();

    const app = express();

    app.get("/things", async (req, res) => {
      // all of them
      res.json(await prisma.thing.findMany());
    });
    `, ...LASTS },
  { name: "Prisma, closed after use", before: `
    import { PrismaClient } from '@prisma/client'
    import express from 'express'

    const app = express()
    app.get('/things', async (req, res) => {
      const prisma = new PrismaClient()
      const things = await prisma.thing.findMany()
      await prisma.$disconnect()
      res.json(things)
    })
    `, after: `
    import { PrismaClient } from '@prisma/client'
    import express from 'express'

    // One client for the whole process: it has a pool of its own.
    const prisma = new PrismaClient()

    const app = express()
    app.get('/things', async (req, res) => {
      const things = await prisma.thing.findMany()
      res.json(things)
    })
    `, ...LASTS },
  { name: "a pool of pg, by the environment", before: `
    import pg from "pg";
    import express from "express";

    const app = express();
    app.get("/things", async (req, res) => {
      const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
      const { rows } = await pool.query("SELECT 1");
      await pool.end();
      res.json(rows);
    });
    `, after: `
    import pg from "pg";
    import express from "express";

    // One client for the whole process: it has a pool of its own.
    const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });

    const app = express();
    app.get("/things", async (req, res) => {
      const { rows } = await pool.query("SELECT 1");
      res.json(rows);
    });
    `, ...LASTS },
  { name: "it depends on the request", before: `
    import pg from "pg";
    import express from "express";

    const app = express();
    app.get("/things", async (req, res) => {
      const pool = new pg.Pool({ database: req.params.tenant });
      res.json((await pool.query("SELECT 1")).rows);
    });
    `, reason: "depends on `req`" },
  { name: "its name means something else at the top", before: `
    import { PrismaClient } from "@prisma/client";
    import express from "express";

    const prisma = "the name of a library";
    const app = express();
    app.get("/things", async (req, res) => {
      const prisma = new PrismaClient();
      res.json(await prisma.thing.findMany());
    });
    console.log(prisma);
    `, reason: "means something else at the top" },
]);

describe("clients that the project shares already", () => {
  const PAGE = `import { PrismaClient } from "@prisma/client";
import express from "express";

const app = express();
app.get("/things", async (req, res) => {
  const prisma = new PrismaClient();
  res.json(await prisma.thing.findMany());
});
`;

  it.each([
    ["by name", `export const prisma = new PrismaClient();`, `import { prisma } from "./db";`],
    ["by default", `const client = new PrismaClient();\nexport default client;`, `import prisma from "./db";`],
  ])("are imported, not doubled: exported %s", (_, made, line) => {
    const files = { "src/db.ts": `import { PrismaClient } from "@prisma/client";\n${made}\n`, "src/app.ts": PAGE };
    const fixed = fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
    expect(fixed.manual).toEqual([]);
    expect(fixed.files["src/app.ts"]).toContain(line);
    expect(fixed.files["src/app.ts"]).not.toContain("PrismaClient");
    expect(fixed.groups[0]?.reason).toContain("the client of src/db.ts is used");
  });

  it("stay apart when there are two of them, or with other options", () => {
    const two = { "src/a.ts": `import { PrismaClient } from "@prisma/client";\nexport const a = new PrismaClient();\n`, "src/b.ts": `import { PrismaClient } from "@prisma/client";\nexport const b = new PrismaClient();\n`, "src/app.ts": PAGE };
    const other = { "src/a.ts": `import { PrismaClient } from "@prisma/client";\nexport const a = new PrismaClient({ log: ["query"] });\n`, "src/app.ts": PAGE };
    for (const files of [two, other]) {
      const fixed = fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
      expect(fixed.files["src/app.ts"]).toContain("// One client for the whole process");
    }
  });

  it("are made once for two functions of one file", () => {
    const files = { "src/app.ts": `${PAGE}app.post("/things", async (req, res) => {
  const prisma = new PrismaClient();
  res.json(await prisma.thing.create({ data: req.body }));
});
` };
    let now: Record<string, string> = files;
    for (let round = 0; round < 2; round++) now = fixOnce(now, findingsOf(ruleNamed("no-session-per-call"), now)).files;
    expect(now["src/app.ts"]?.match(/new PrismaClient/g)).toHaveLength(1);
    expect(findingsOf(ruleNamed("no-session-per-call"), now)).toEqual([]);
  });
});
