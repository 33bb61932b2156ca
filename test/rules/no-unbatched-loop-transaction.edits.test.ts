import { runTable, type Expected } from "./lib/table.js";

const APP = `
        import express from "express";
        const app = express();`;
const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();${APP}`;
const prisma = (write: string) => `${PRISMA}
        app.put("/feeds", async (req, res) => {
          await prisma.$transaction(req.body.feeds.map((feed) => ${write}));
          res.end();
        });`;
const inCallback = (write: string) => `${PRISMA}
        app.put("/feeds", async (req, res) => {
          const { feeds } = req.body;
          await prisma.$transaction(async (tx) => { for (const feed of feeds) ${write}; });
          res.end();
        });`;
const at = (line: number, confidence: "likely" | "proven", library = "@prisma/client", more: Partial<Expected> = {}): Expected[] =>
  [{ line, message: "loops over `", confidence, library, fix: "review", reason: "all-or-nothing is given up", related: [line], why: [line - 1], statements: "n", ...more }];
const asList = (line: number, confidence: "likely" | "proven", more: Partial<Expected> = {}): Expected[] => at(line, confidence, "@prisma/client", { fix: "manual", reason: "no codemod knows how to batch", ...more });
const afterList = (confidence: "likely" | "proven"): Expected[] => at(7, confidence, "@prisma/client", { why: [5] });

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "what somebody has changed on a page",
  valid: [
    { name: "one row of a request", code: prisma("").replace("req.body.feeds.map((feed) => )", "[prisma.feed.update({ where: { id: req.body.id }, data: req.body })]") },
  ],
  invalid: [
    { name: "a list of Prisma updates, by the items' ids", code: prisma("prisma.feed.update({ where: { id: feed.id, userId: req.user.id }, data: feed })"), findings: asList(6, "likely") },
    { name: "in a callback", code: inCallback("await tx.feed.update({ where: { id: feed.id }, data: { name: feed.name } })"), findings: afterList("likely") },
    { name: "Drizzle", code: `
        import { and, eq } from "drizzle-orm";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { feeds } from "./schema.js";
        const db = drizzle(process.env.DATABASE_URL);${APP}
        app.put("/feeds", async (req, res) => {
          await db.transaction(async (tx) => { for (const { id, name } of req.body) await tx.update(feeds).set({ name }).where(and(eq(feeds.id, id), eq(feeds.owner, req.user.id))); });
          res.end();
        });`, findings: at(8, "likely", "drizzle-orm") },
    { name: "in SQL", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");${APP}
        app.put("/feeds", (req, res) => {
          db.transaction(() => { for (const feed of req.body.feeds) db.prepare("UPDATE feeds SET name = ? WHERE id = ?").run(feed.name, feed.id); })();
          res.end();
        });`, findings: at(6, "likely", "better-sqlite3") },
    { name: "in SQL, something done to each of the ids", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");${APP}
        app.put("/feeds", (req, res) => {
          db.transaction(() => { for (const id of req.body.feeds) db.prepare("UPDATE feeds SET read = read + 1 WHERE id = ?").run(id); })();
          res.end();
        });`, findings: at(6, "proven", "better-sqlite3") },
    { name: "upserts come from devices as well", code: prisma("prisma.feed.upsert({ where: { id: feed.id }, create: feed, update: feed })"), findings: asList(6, "proven") },
    { name: "rows that are added", code: prisma("prisma.feed.create({ data: feed })"), findings: asList(6, "proven") },
    { name: "another row for each item beside it", code: inCallback("{ await tx.feed.update({ where: { id: feed.id }, data: feed }); await tx.change.create({ data: { feed: feed.id } }); }"), findings: afterList("proven").map((each) => ({ ...each, statements: "2n" })) },
    { name: "by another key, of which a row may have several", code: inCallback("await tx.feed.update({ where: { owner_url: { owner: 1, url: feed.url } }, data: feed })"), findings: afterList("proven") },
    { name: "the rows of a query", code: `${PRISMA}
        app.put("/feeds", async (req, res) => {
          const feeds = await prisma.feed.findMany({ where: { owner: req.body.owner } });
          await prisma.$transaction(feeds.map((feed) => prisma.feed.update({ where: { id: feed.id }, data: { seen: true } })));
          res.end();
        });`, findings: asList(7, "proven", { why: [5] }) },
  ],
});
