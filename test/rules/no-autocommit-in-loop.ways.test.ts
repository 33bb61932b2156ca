import { runTable, type Expected } from "./lib/table.js";

const SQLITE = `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const app = express();
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");`;
const PRISMA = `
        import { PrismaClient, type Prisma } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();`;

const route = (turn: string) => `
        app.post("/things", async (req, res) => {
          for (const row of req.body.rows) ${turn}
          res.end();
        });`;

/** Tries again where the file is busy. */
const RETRIED = `
        function retried<T>(operation: () => T): T {
          for (let attempt = 0; attempt < 5; attempt++) { try { return operation(); } catch (error) { if (attempt === 4) throw error; } }
          throw new Error("busy");
        }`;
const RETRIED_LATER = `
        async function retried<T>(operation: () => Promise<T>): Promise<T> {
          for (;;) { try { return await operation(); } catch { await new Promise((done) => setTimeout(done, 100)); } }
        }`;

const found = (line: number, callee: string, library = "better-sqlite3", more: Partial<Expected> = {}): Expected => ({
  line, related: [line], why: [line - 1], library, message: `calls \`${callee}\`, which commits ${library} writes of its own`, fix: "manual", reason: library === "better-sqlite3" ? "" : "turns that are committed stay", ...more,
});

runTable({
  rule: "no-autocommit-in-loop",
  theme: "functions that a helper is given, and helpers that take a session or a handle",
  valid: [
    { name: "a helper that waits its turn before it runs what it is given", code: `${PRISMA}
        async function limited<T>(operation: () => Promise<T>) { await new Promise((done) => setTimeout(done, 100)); return operation(); }${route("await limited(() => prisma.thing.create({ data: row }));")}` },
    { name: "a helper that keeps it for later", code: `${SQLITE}
        const queue: (() => void)[] = [];
        function later(operation: () => void) { queue.push(operation); }${route("later(() => { insert.run(row.name); });")}` },
    { name: "a helper that runs it in some cases", code: `${SQLITE}
        function when(enabled: boolean, operation: () => void) { if (enabled) operation(); }${route("when(row.enabled, () => { insert.run(row.name); });")}` },
    { name: "what it is given writes in some cases", code: `${SQLITE}${RETRIED}${route("retried(() => { if (row.name) insert.run(row.name); });")}` },
    { name: "what it is given waits for something else", code: `${PRISMA}${RETRIED_LATER}${route('await retried(async () => { await fetch("https://example.org"); await prisma.thing.create({ data: row }); });')}` },
    { name: "the handle is given", code: `${PRISMA}
        async function add(name: string, tx: Prisma.TransactionClient = prisma) { await tx.thing.create({ data: { name } }); }
        app.post("/things", async (req, res) => {
          await prisma.$transaction(async (tx) => { for (const row of req.body.rows) await add(row.name, tx); });
          res.end();
        });` },
    { name: "what is given may be a handle", code: `${PRISMA}
        async function add(name: string, tx: Prisma.TransactionClient = prisma) { await tx.thing.create({ data: { name } }); }
        export async function addAll(names: string[], client: Prisma.TransactionClient) { for (const name of names) await add(name, client); }` },
    { name: "a transaction that a caller has open on the same session", code: `${SQLITE}
        function add(name: string, on: Database.Database = db) { on.prepare("INSERT INTO things (name) VALUES (?)").run(name); }
        const all = db.transaction((names: string[]) => { for (const name of names) add(name); });
        app.post("/things", (req, res) => { all(req.body.names); res.end(); });` },
  ],
  invalid: [
    { name: "a write that is tried again", code: `${SQLITE}${RETRIED}${route("retried(() => { insert.run(row.name); });")}`, findings: [found(11, "retried", "better-sqlite3", { reason: "writes as well, in a loop or function inside the turn" })] },
    { name: "a write that is tried again after a pause", code: `${PRISMA}${RETRIED_LATER}${route("await retried(() => prisma.thing.create({ data: row }));")}`, findings: [found(9, "retried", "@prisma/client")] },
    { name: "in a helper", code: `${PRISMA}${RETRIED_LATER}
        async function add(name: string) { await retried(async () => { await prisma.thing.create({ data: { name } }); }); }${route("await add(row.name);")}`, findings: [found(10, "add", "@prisma/client")] },
    { name: "the session by default, where others give a handle", code: `${PRISMA}
        async function add(name: string, tx: Prisma.TransactionClient = prisma) { await tx.thing.create({ data: { name } }); }
        app.put("/thing", async (req, res) => { await prisma.$transaction(async (tx) => add(req.body.name, tx)); res.end(); });${route("await add(row.name);")}`, findings: [found(8, "add", "@prisma/client")] },
    { name: "the session where nothing is given", code: `${PRISMA}
        async function add(name: string, tx?: Prisma.TransactionClient) { const client = tx ?? prisma; await client.thing.create({ data: { name } }); }${route("await add(row.name);")}`, findings: [found(7, "add", "@prisma/client")] },
    { name: "the session is given, where others give a handle", code: `${PRISMA}
        async function add(db: PrismaClient | Prisma.TransactionClient, name: string) { await db.thing.create({ data: { name } }); }
        app.put("/thing", async (req, res) => { await prisma.$transaction(async (tx) => add(tx, req.body.name)); res.end(); });${route("await add(prisma, row.name);")}`, findings: [found(8, "add", "@prisma/client")] },
    { name: "the session is given to a helper that tries again", code: `
        import Database from "better-sqlite3";
        import { drizzle, type BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
        import express from "express";
        import { things } from "./schema.js";
        const db = drizzle(new Database("app.db"));
        const app = express();${RETRIED}
        const add = (on: BetterSQLite3Database, row: { name: string }) => { retried(() => { on.insert(things).values(row).run(); }); };
        app.put("/thing", (req, res) => { db.transaction((tx) => add(tx, req.body)); res.end(); });${route("add(db, row);")}`, findings: [found(14, "add", "drizzle-orm")] },
  ],
});
