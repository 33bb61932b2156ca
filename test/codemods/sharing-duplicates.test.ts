import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import type { Finding } from "../../src/core/finding.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";
import type { Fixed } from "./helpers/rounds.js";
import { runProgram, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const COUNTING = ["--require", fileURLToPath(new URL("helpers/count-sessions.cjs", import.meta.url))];

const findings = (files: Record<string, string>): Finding[] => findingsOf(ruleNamed("no-duplicate-session"), Object.fromEntries(Object.entries(files).filter(([file]) => !file.endsWith(".json"))));

const fix = (files: Record<string, string>): Fixed => {
  const fixed = fixOnce(files, findings(files));
  if (fixed.groups.length > 0) expect(findings(fixed.files)).toEqual([]);
  return fixed;
};

describe("two modules that keep a session on one file", () => {
  const MAIN = `import "./stock.js";\nimport "./orders.js";\nexport { stock } from "./stock.js";\nexport { orders } from "./orders.js";\n`;

  it("both ask one session module, each with its own path", () => {
    const { files, groups, manual } = fix({
      "src/main.ts": MAIN,
      "src/orders.ts": `import Database from "better-sqlite3";\n\n// every order\nconst db = new Database("shop.db");\nexport const orders = () => db.prepare("SELECT * FROM orders").all();\n`,
      "src/stock.ts": `import Database from "better-sqlite3";\n\nconst db = new Database("./shop.db"); // what is there\nexport const stock = () => db.prepare("SELECT * FROM stock").all();\n`,
    });
    expect(manual).toEqual([]);
    expect(groups.map(({ transform, safety }) => [transform, safety])).toEqual([["use-shared-session", "review"]]);
    expect(groups[0]?.reason).toContain("both modules have one session from now on");
    expect(files["src/session.ts"]).toContain("open: (path: string) => new Database(path)");
    expect(files["src/orders.ts"]).toBe(`import { getSession } from "./session.js";\n\n// every order\nconst db = getSession("shop.db");\nexport const orders = () => db.prepare("SELECT * FROM orders").all();\n`);
    expect(files["src/stock.ts"]).toBe(`import { getSession } from "./session.js";\n\nconst db = getSession("./shop.db"); // what is there\nexport const stock = () => db.prepare("SELECT * FROM stock").all();\n`);
  });

  it("three, with the wrapper of each; one in a getter, one in a class", () => {
    const { files, manual } = fix({
      "src/main.ts": `import express from "express";\nimport { find } from "./a.js";\nimport { get } from "./b.js";\nimport { Store } from "./c.js";\nconst store = new Store();\nexpress().get("/", (req, res) => res.json([find(), get(), store.count()]));\n`,
      "src/a.ts": `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\n\nconst db = drizzle(new Database("shop.db"), { logger: true });\nexport const find = () => db;\n`,
      "src/b.ts": `import Database from "better-sqlite3";\n\nlet db: Database.Database | undefined;\nexport const get = () => (db ??= new Database("shop.db"));\n`,
      "src/c.ts": `import Database from "better-sqlite3";\n\nexport class Store {\n  private readonly db = new Database("shop.db");\n  count = () => this.db.prepare("SELECT 1").get();\n}\n`,
    });
    expect(manual).toEqual([]);
    expect(files["src/a.ts"]).toContain(`drizzle(getSession("shop.db"), { logger: true })`);
    expect(files["src/b.ts"]).toContain(`export const get = () => (db ??= getSession("shop.db"));`);
    expect(files["src/b.ts"]).toContain(`import Database from "better-sqlite3";`);
    expect(files["src/c.ts"]).toContain(`private readonly db = getSession("shop.db");`);
  });

  it("two packages of a workspace are for a person", () => {
    const { groups, manual } = fix({
      "package.json": `{ "workspaces": ["a", "b"] }`,
      "a/package.json": `{ "name": "a" }`,
      "a/db.ts": `import Database from "better-sqlite3";\nimport "../b/db.js";\nexport const db = new Database("shop.db");\n`,
      "b/package.json": `{ "name": "b" }`,
      "b/db.ts": `import Database from "better-sqlite3";\nexport const db = new Database("shop.db");\n`,
    });
    expect([groups.length, manual.map(({ reason }) => reason)]).toEqual([0, [expect.stringContaining("opened in different packages")]]);
  });
});

describe("two modules that make a client with a pool", () => {
  const made = (name: string, exported = ""): string => `import { PrismaClient } from "@prisma/client";\n\n${exported}const prisma = new PrismaClient();\n\nexport const ${name} = () => prisma.${name}.findMany();\n`;
  const MAIN = `export { orders } from "./orders.js";\nexport { stock } from "./stock.js";\nexport { users } from "./users.js";\n`;

  it("the one that a module exports is imported by the others", () => {
    const { files, manual } = fix({ "src/main.ts": MAIN, "src/orders.ts": made("orders", "export "), "src/stock.ts": made("stock"), "src/users.ts": made("users", "export ") });
    expect(manual).toEqual([]);
    expect(files["src/orders.ts"]).toBe(made("orders", "export "));
    expect(files["src/stock.ts"]).toBe(`import { prisma } from "./orders.js";\n\nexport const stock = () => prisma.stock.findMany();\n`);
    expect(files["src/users.ts"]).toBe(`import { prisma as prismaShared } from "./orders.js";\n\nexport const prisma = prismaShared;\n\nexport const users = () => prisma.users.findMany();\n`);
  });

  it("none exports it: a module of its own makes it at first use", () => {
    const { files, groups, manual } = fix({ "src/main.ts": MAIN, "src/orders.ts": made("orders"), "src/stock.ts": made("stock"), "src/users.ts": made("users") });
    expect(manual).toEqual([]);
    expect(groups).toHaveLength(2);
    expect(files["src/prisma.ts"]).toBe(`import { PrismaClient } from "@prisma/client";

let sharedPrisma: PrismaClient | undefined;

// One client for the whole process, made at first use: it has a pool of its own.
export function getPrisma(): PrismaClient {
  return (sharedPrisma ??= new PrismaClient());
}
`);
    for (const name of ["orders", "stock", "users"]) expect(files[`src/${name}.ts`]).toBe(`import { getPrisma } from "./prisma.js";\n\nconst prisma = getPrisma();\n\nexport const ${name} = () => prisma.${name}.findMany();\n`);
  });

  it("a module that imports files of the project is not the one to import from: it may be loading yet", () => {
    const { files } = fix({ "src/main.ts": MAIN, "src/orders.ts": `import { stock } from "./stock.js";\n${made("orders", "export ")}export const more = () => stock();\n`, "src/stock.ts": made("stock"), "src/users.ts": made("users") });
    expect(files["src/stock.ts"]).toContain(`import { getPrisma } from "./prisma.js";`);
    expect(files["src/orders.ts"]).toContain("export const prisma = getPrisma();");
  });

  it("pages of a Next application: kept over reloads, in no folder of routes", () => {
    const page = (name: string): string => `import { PrismaClient } from "@prisma/client";\n\nconst prisma = new PrismaClient();\n\nexport default async function handler(req, res) {\n  res.json(await prisma.${name}.findMany());\n}\n`;
    const { files, manual } = fix({ "package.json": `{ "dependencies": { "next": "16.0.0" } }`, "utils/dates.ts": "export const now = () => Date.now();\n", "pages/api/orders.ts": page("orders"), "pages/api/stock.ts": page("stock") });
    expect(manual).toEqual([]);
    expect(files["utils/prisma.ts"]).toContain("return (keptPrisma.sharedPrisma ??= new PrismaClient());");
    expect(files["pages/api/orders.ts"]).toContain(`import { getPrisma } from "../../utils/prisma";`);
    expect(files["pages/api/stock.ts"]).toContain("const prisma = getPrisma();");
  });
});

describe("programs with two sessions on one file, run before and after", () => {
  const DRIVERS = {
    "better-sqlite3": { head: `import Database from "better-sqlite3";\n`, open: `new Database("shop.db")` },
    drizzle: { head: `import Database from "better-sqlite3";\nimport { drizzle } from "drizzle-orm/better-sqlite3";\nimport { sql } from "drizzle-orm";\n`, open: `drizzle(new Database("shop.db"))` },
    "drizzle by its path": { head: `import { drizzle } from "drizzle-orm/better-sqlite3";\nimport { sql } from "drizzle-orm";\n`, open: `drizzle("shop.db")` },
  };
  const run = (driver: string, text: string): string => (driver === "better-sqlite3" ? `db.prepare(${JSON.stringify(text)}).run();` : `db.run(sql.raw(${JSON.stringify(text)}));`);
  const read = (driver: string, text: string): string => (driver === "better-sqlite3" ? `db.prepare(${JSON.stringify(text)}).all()` : `db.all(sql.raw(${JSON.stringify(text)}))`);

  it.each(Object.entries(DRIVERS))("%s", async (driver, { head, open }) => {
    const project = temporaryProject({
      "src/stock.ts": `${head}\nconst db = ${open};\n${run(driver, "CREATE TABLE IF NOT EXISTS stock (name TEXT)")}\n\nexport function add(): void {\n  ${run(driver, "INSERT INTO stock VALUES ('tea')")}\n}\n`,
      "src/shelf.ts": `${head}\nconst db = ${open};\n\nexport function all(): unknown[] {\n  return ${read(driver, "SELECT name FROM stock")};\n}\n`,
      "src/main.ts": `import { add } from "./stock.js";\nimport { all } from "./shelf.js";\n\nconst opened = (globalThis as unknown as { sessionsOpened: () => number }).sessionsOpened;\nadd();\nconsole.log(JSON.stringify({ rows: all(), sessions: opened() }));\n`,
    });
    try {
      const before = await work(project);
      const outcome = await fixAll(project);
      expect([outcome.takenBack, outcome.refused, outcome.manual]).toEqual([[], [], []]);
      expect(outcome.applied.map(({ transform }) => transform)).toEqual(["use-shared-session"]);
      const again = await fixAll(project);
      expect([again.applied, again.takenBack, again.refused]).toEqual([[], [], []]);
      expect([before, await work(project)]).toEqual([
        { rows: [{ name: "tea" }], sessions: 2 },
        { rows: [{ name: "tea" }], sessions: 1 },
      ]);
    } finally {
      project.remove();
    }
  });

  it("node:sqlite compiles", async () => {
    const project = temporaryProject({
      "src/stock.ts": `import { DatabaseSync } from "node:sqlite";\n\nconst db = new DatabaseSync("shop.db");\nexport const add = (): unknown => db.prepare("INSERT INTO stock VALUES (1)").run();\n`,
      "src/shelf.ts": `import { DatabaseSync } from "node:sqlite";\n\nconst db = new DatabaseSync("shop.db");\nexport const all = (): unknown[] => db.prepare("SELECT * FROM stock").all();\n`,
      "src/main.ts": `import { add } from "./stock.js";\nimport { all } from "./shelf.js";\n\nconsole.log(add(), all());\n`,
    });
    try {
      const outcome = await fixAll(project);
      expect([outcome.takenBack, outcome.refused, outcome.manual, outcome.applied.length]).toEqual([[], [], [], 1]);
      expect(project.read("src/shelf.ts")).toContain(`const db = getSession("shop.db");`);
      expect(project.read("src/session.ts")).toContain("driver: nodeSqlite(DatabaseSync)");
    } finally {
      project.remove();
    }
  });
});

async function fixAll(project: TemporaryProject): Promise<FixOutcome> {
  const scan = await scanProject({ root: project.root, tests: true, cache: false, strict: true, rules: ["no-duplicate-session"] });
  return await fixProject({
    root: project.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: ["use-shared-session"] },
  });
}

/** What the program prints, on a fresh file. */
async function work(project: TemporaryProject): Promise<unknown> {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(project.root, `shop.db${suffix}`), { force: true });
  try {
    return JSON.parse(await runProgram(project, "src/main.ts", COUNTING)) as unknown;
  } finally {
    rmSync(join(project.root, ".run-src-main.ts.mjs"), { force: true });
  }
}
