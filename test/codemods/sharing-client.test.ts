import { describe, expect, it } from "vitest";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { runLocal } from "./helpers/local.js";
import { fixOnce } from "./helpers/rounds.js";
import type { Fixed } from "./helpers/rounds.js";

const LASTS = { safety: "review", reason: "lives as long as the process" } as const;

runLocal("no-session-per-call", "use-shared-session", [
  { name: "Prisma, in a route", before: `
    import { PrismaClient } from "@prisma/client";
    import express from "express"; // the server

    const app = express();

    app.get("/things", async (req, res) => {
      const prisma = new PrismaClient();

      // all of them
      res.json(await prisma.thing.findMany());
    });
    `, after: `
    import { PrismaClient } from "@prisma/client";
    import express from "express"; // the server

    let sharedPrisma: PrismaClient | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPrisma(): PrismaClient {
      return (sharedPrisma ??= new PrismaClient());
    }

    const app = express();

    app.get("/things", async (req, res) => {
      const prisma = getPrisma();

      // all of them
      res.json(await prisma.thing.findMany());
    });
    `, ...LASTS },
  { name: "Prisma with a driver adapter, which is made with it", before: `
    import { PrismaPg } from "@prisma/adapter-pg";
    import { PrismaClient } from "@prisma/client";
    import express from "express";

    const app = express();
    app.get("/things", async (req, res) => {
      const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });
      res.json(await prisma.thing.findMany());
    });
    `, after: `
    import { PrismaPg } from "@prisma/adapter-pg";
    import { PrismaClient } from "@prisma/client";
    import express from "express";

    let sharedPrisma: PrismaClient | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPrisma(): PrismaClient {
      return (sharedPrisma ??= new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) }));
    }

    const app = express();
    app.get("/things", async (req, res) => {
      const prisma = getPrisma();
      res.json(await prisma.thing.findMany());
    });
    `, ...LASTS },
  { name: "Prisma, closed after use, without semicolons, in JavaScript", file: "src/app.js", before: `
    import { PrismaClient } from '@prisma/client'
    import express from 'express'

    const app = express()
    app.get('/things', async (req, res) => {
      const prisma = new PrismaClient({ log: ['query'] })
      const things = await prisma.thing.findMany()
      await prisma.$disconnect()
      res.json(things)
    })
    `, after: `
    import { PrismaClient } from '@prisma/client'
    import express from 'express'

    let sharedPrisma

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPrisma() {
      return (sharedPrisma ??= new PrismaClient({ log: ['query'] }))
    }

    const app = express()
    app.get('/things', async (req, res) => {
      const prisma = getPrisma()
      const things = await prisma.thing.findMany()
      res.json(things)
    })
    `, ...LASTS },
  { name: "a pool of pg, whose environment is set when the file is loaded", before: `
    import dotenv from "dotenv";
    import pg from "pg";
    import express from "express";

    dotenv.config();
    const app = express();
    app.get("/things", async (req, res) => {
      const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
      const { rows } = await pool.query("SELECT 1");
      await pool.end();
      res.json(rows);
    });
    `, after: `
    import dotenv from "dotenv";
    import pg from "pg";
    import express from "express";

    let sharedPool: pg.Pool | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPool(): pg.Pool {
      return (sharedPool ??= new pg.Pool({ connectionString: process.env.DATABASE_URL }));
    }

    dotenv.config();
    const app = express();
    app.get("/things", async (req, res) => {
      const pool = getPool();
      const { rows } = await pool.query("SELECT 1");
      res.json(rows);
    });
    `, ...LASTS },
  { name: "a pool of mysql2, with the file's own settings, which are read once", before: `
    import mysql from "mysql2/promise";
    import express from "express";
    import { settings } from "./settings.js";

    const app = express();
    app.get("/things", async (req, res) => {
      const pool = mysql.createPool(settings.url);
      res.json(await pool.query("SELECT 1"));
    });
    `, after: `
    import mysql from "mysql2/promise";
    import express from "express";
    import { settings } from "./settings.js";

    let sharedPool: ReturnType<typeof mysql.createPool> | undefined;

    // One client for the whole process, made at first use: it has a pool of its own.
    function getPool(): ReturnType<typeof mysql.createPool> {
      return (sharedPool ??= mysql.createPool(settings.url));
    }

    const app = express();
    app.get("/things", async (req, res) => {
      const pool = getPool();
      res.json(await pool.query("SELECT 1"));
    });
    `, safety: "review", reason: "`settings` is read once" },
  ...([
    ["the request's tenant", "{ database: req.params.tenant }", "`req`"],
    ["a function that may give another tenant each time", "{ connectionString: tenantUrl() }", "`tenantUrl()`"],
    ["a variable that changes", "{ database: current }", "`current`"],
    ["what is spread from elsewhere", "{ ...options }", "`...options`"],
  ] as const).map(([name, argument, shown]) => ({ name: `it depends on ${name}`, before: `
    import pg from "pg";
    import express from "express";
    import { tenantUrl, options } from "./tenants.js";

    let current = "main";
    export const use = (name: string) => { current = name; };
    const app = express();
    app.get("/things", async (req, res) => {
      const pool = new pg.Pool(${argument});
      res.json((await pool.query("SELECT 1")).rows);
    });
    `, reason: `depends on ${shown}` })),
]);

const PAGE = `import { PrismaClient } from "@prisma/client";
import express from "express";

const app = express();
app.get("/things", async (req, res) => {
  const prisma = new PrismaClient();

  res.json(await prisma.thing.findMany());
});
`;
const POOL_PAGE = `import { Pool } from "pg";
import express from "express";

const app = express();
app.get("/things", async (req, res) => {
  const pool = new Pool();
  res.json((await pool.query("SELECT 1")).rows);
});
`;

function fix(files: Record<string, string>): Fixed {
  return fixOnce(files, findingsOf(ruleNamed("no-session-per-call"), files));
}

const CLIENT = `import { PrismaClient } from "@prisma/client";\n`;

describe("a client that the package shares already", () => {
  it.each([
    ["by name", `export const prisma = new PrismaClient();`, `import { prisma } from "./db";`],
    ["in a list of exports", `const prisma = new PrismaClient();\nexport { prisma as client };`, `import { client as prisma } from "./db";`],
    ["by default", `const client = new PrismaClient();\nexport default client;`, `import prisma from "./db";`],
    ["over reloads", `const kept = globalThis as unknown as { prisma?: PrismaClient };\nexport const prisma = kept.prisma ?? new PrismaClient();\nif (process.env.NODE_ENV !== "production") globalThis.prisma = prisma;`, `import { prisma } from "./db";`],
  ])("is imported, not doubled: exported %s", (_, made, line) => {
    const fixed = fix({ "src/db.ts": `${CLIENT}${made}\n`, "src/app.ts": PAGE });
    expect(fixed.manual).toEqual([]);
    expect(fixed.files["src/app.ts"]).toBe(`import express from "express";\n${line}\n\nconst app = express();\napp.get("/things", async (req, res) => {\n  res.json(await prisma.thing.findMany());\n});\n`);
    expect(fixed.groups[0]?.safety).toBe("review");
  });

  it.each([
    ["by ??=", `let pool: Pool | undefined;\nexport function getPool(): Pool {\n  return (pool ??= new Pool());\n}`],
    ["by an arrow", `let pool: Pool | undefined;\nexport const getPool = () => (pool ??= new Pool());`],
    ["by asking first", `let pool: Pool | undefined;\nexport function getPool(): Pool {\n  if (!pool) {\n    pool = new Pool();\n  }\n  return pool;\n}`],
  ])("is asked of the function that makes it at first use: %s", (_, made) => {
    const fixed = fix({ "src/db.ts": `import { Pool } from "pg";\n${made}\n`, "src/app.ts": POOL_PAGE });
    expect(fixed.files["src/app.ts"]).toContain(`import { getPool } from "./db";`);
    expect(fixed.files["src/app.ts"]).toContain("const pool = getPool();");
    expect(fixed.files["src/app.ts"]).not.toContain("sharedPool");
  });

  it.each([
    ["another library's class of the same name", { "src/jobs.ts": `import { Pool } from "generic-pool";\nexport const jobs = new Pool();\n`, "src/app.ts": POOL_PAGE }],
    ["another package's", { "packages/b/package.json": "{}", "packages/a/package.json": "{}", "packages/b/src/db.ts": `import { Pool } from "pg";\nexport const db = new Pool();\n`, "packages/a/src/app.ts": POOL_PAGE }],
    ["one of two", { "src/a.ts": `${CLIENT}export const a = new PrismaClient();\n`, "src/b.ts": `${CLIENT}export const b = new PrismaClient();\n`, "src/app.ts": PAGE }],
    ["one with other options", { "src/a.ts": `${CLIENT}export const a = new PrismaClient({ log: ["query"] });\n`, "src/app.ts": PAGE }],
    ["that of a file which begins to serve when it is loaded", { "src/server.ts": `${CLIENT}import express from "express";\nexport const prisma = new PrismaClient();\nexpress().listen(3000);\n`, "src/app.ts": PAGE }],
    ["that of a test", { "test/db.ts": `${CLIENT}export const prisma = new PrismaClient();\n`, "src/app.ts": PAGE }],
    ["what a function makes anew each time", { "src/a.ts": `${CLIENT}export const make = () => new PrismaClient();\n`, "src/app.ts": PAGE }],
  ] as [string, Record<string, string>][])("is not %s", (_, files) => {
    const app = Object.keys(files).find((file) => file.endsWith("app.ts")) ?? "";
    const sources = Object.fromEntries(Object.entries(files).filter(([file]) => !file.endsWith(".json")));
    const findings = findingsOf(ruleNamed("no-session-per-call"), sources).filter(({ file }) => file === app);
    const fixed = fixOnce(files, findings);
    expect(fixed.files[app]).toContain("// One client for the whole process, made at first use");
  });

  it.each([
    ["made here", {}],
    ["that the package shares already", { "src/db.ts": `${CLIENT}export const prisma = new PrismaClient();\n` }],
  ])("has no factory to open where the program starts: %s", (_, more: Record<string, string>) => {
    const fixed = fix({ ...more, "src/app.ts": `${PAGE}app.listen(3000);\n` });
    expect(fixed.groups.map(({ transform }) => transform)).toEqual(["use-shared-session"]);
    expect(fixed.manual).toEqual([]);
  });

  it("is made once for two functions of one file, in one round and in two", () => {
    const second = `app.post("/things", async (req, res) => {\n  const prisma = new PrismaClient();\n  res.json(await prisma.thing.create({ data: req.body }));\n});\n`;
    const both = fix({ "src/app.ts": PAGE + second });
    const late = fix({ "src/app.ts": (fix({ "src/app.ts": PAGE }).files["src/app.ts"] ?? "") + second });
    for (const { files } of [both, late]) {
      expect(files["src/app.ts"]?.match(/new PrismaClient\(\)/g)).toHaveLength(1);
      expect(files["src/app.ts"]?.match(/const prisma = getPrisma\(\);/g)).toHaveLength(2);
      expect(findingsOf(ruleNamed("no-session-per-call"), files)).toEqual([]);
    }
  });
});

describe("in a Next application", () => {
  const NEXT = `{ "dependencies": { "next": "16.0.0" } }`;
  const route = (made: string): string => `import { PrismaClient } from "@prisma/client";\n\nexport async function GET() {\n  const prisma = ${made};\n  return Response.json(await prisma.thing.findMany());\n}\n`;
  const fixNext = (files: Record<string, string>): Fixed => fixOnce({ "package.json": NEXT, ...files }, findingsOf(ruleNamed("no-session-per-call"), files));

  it("the client is kept where reloads in development find it, and used by the next file", () => {
    const files = { "app/api/a/route.ts": route("new PrismaClient()") };
    const fixed = fixNext(files);
    expect(fixed.files["app/api/a/route.ts"]).toBe(`import { PrismaClient } from "@prisma/client";

const keptPrisma = globalThis as unknown as { sharedPrisma?: PrismaClient };

// One client for the whole process, made at first use and kept when development reloads this file: it has a pool of its own.
function getPrisma(): PrismaClient {
  return (keptPrisma.sharedPrisma ??= new PrismaClient());
}

export async function GET() {
  const prisma = getPrisma();
  return Response.json(await prisma.thing.findMany());
}
`);
    expect(fixed.groups[0]?.reason).not.toContain("makes one more");
    expect(findingsOf(ruleNamed("no-session-per-call"), { "app/api/a/route.ts": fixed.files["app/api/a/route.ts"] ?? "" })).toEqual([]);
  });

  it("a getter that keeps its client over reloads is used, not doubled", () => {
    const kept = `${CLIENT}const kept = globalThis as unknown as { prisma?: PrismaClient };\nexport function getPrisma(): PrismaClient {\n  return (kept.prisma ??= new PrismaClient());\n}\n`;
    const fixed = fixNext({ "lib/db.ts": kept, "app/api/a/route.ts": route("new PrismaClient()") });
    expect(fixed.files["app/api/a/route.ts"]).toContain(`import { getPrisma } from "../../../lib/db";`);
    expect(fixed.files["app/api/a/route.ts"]).not.toContain("globalThis");
  });

  it("two clients with other options have places of their own", () => {
    const fixed = fixNext({ "app/api/a/route.ts": route("new PrismaClient()"), "app/api/b/route.ts": route(`new PrismaClient({ log: ["query"] })`) });
    const [a, b] = ["a", "b"].map((name) => /\.(\w+) \?\?=/.exec(fixed.files[`app/api/${name}/route.ts`] ?? "")?.[1]);
    expect(a).toBe("sharedPrisma");
    expect(b).toMatch(/^sharedPrisma./);
  });

  it("in JavaScript it is a property of globalThis", () => {
    const fixed = fixNext({ "app/api/a/route.js": route("new PrismaClient()") });
    expect(fixed.files["app/api/a/route.js"]).toContain("function getPrisma() {\n  return (globalThis.sharedPrisma ??= new PrismaClient());\n}");
  });
});
