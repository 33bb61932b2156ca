import { runTable, type Expected } from "./lib/table.js";

/** The rows that `asked` gives, each written in one transaction of a request. */
const prisma = (asked: string) => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        const findOf = (email, more) => ${asked};
        app.post("/things", async (req, res) => {
          const rows = await findOf(req.body.email, req.body);
          await prisma.$transaction(async (tx) => { for (const row of rows) await tx.thing.update({ where: { id: row.id }, data: { seen: true } }); });
          res.end();
        });`;
const drizzle = (asked: string) => `
        import express from "express";
        import { drizzle } from "drizzle-orm/node-postgres";
        import { and, eq, inArray } from "drizzle-orm";
        import { things, pins } from "./schema.js";
        const db = drizzle(process.env.DATABASE_URL, { schema: { things, pins } });
        const app = express();
        app.post("/things", async (req, res) => {
          const rows = await ${asked};
          await db.transaction(async (tx) => { for (const row of rows) await tx.insert(pins).values({ id: row.id }); });
          res.end();
        });`;
const sqlite = (where: string) => `
        import Database from "better-sqlite3";
        import express from "express";
        const db = new Database("app.db");
        const app = express();
        app.post("/things", (req, res) => {
          const rows = db.prepare("SELECT id FROM things WHERE ${where}").all(req.body.value);
          db.transaction(() => { for (const row of rows) db.prepare("UPDATE things SET seen = 1 WHERE id = ?").run(row.id); })();
          res.end();
        });`;
const sequelize = (operator: string) => ({
  "src/regions.ts": `const REGIONS = ["north", "south", "east"];
        export { REGIONS };`,
  "src/sync.ts": `
        import express from "express";
        import { DataTypes, Op, Sequelize } from "sequelize";
        import { REGIONS } from "./regions.js";
        const db = new Sequelize(process.env.DATABASE_URL, { dialect: "postgres" });
        const Group = db.define("group", { name: DataTypes.STRING });
        const Pin = db.define("pin", { group: DataTypes.INTEGER });
        const app = express();
        app.post("/things", async (req, res) => {
          const transaction = await db.transaction();
          const groups = await Group.findAll({ where: { name: { [${operator}]: REGIONS } }, transaction });
          const rows = new Map(groups.map((group) => [group.name, group.id]));
          for (const [name, group] of rows.entries()) await Pin.create({ name, group }, { transaction });
          await transaction.commit();
          res.end();
        });`,
});
const at = (line: number, confidence: "likely" | "proven", library: string, why: number[], statements = "n"): Expected[] =>
  [{ line, message: "loops over `rows`", confidence, library, fix: "review", reason: "all-or-nothing is given up", related: [line], why, statements }];
const ofPrisma = (confidence: "likely" | "proven") => at(8, confidence, "@prisma/client", [6]);
const ofSequelize = (confidence: "likely" | "proven"): Expected[] => [{ line: 9, file: "src/sync.ts", message: "loops over `rows`", confidence, library: "sequelize", fix: "manual", reason: "no codemod knows", related: ["src/sync.ts:12"], why: ["src/sync.ts:8"], statements: "n + 1" }];
const ofDrizzle = (confidence: "likely" | "proven") => at(9, confidence, "drizzle-orm", [7]);
const ofSqlite = (confidence: "likely" | "proven") => at(7, confidence, "better-sqlite3", [5]);

runTable({
  rule: "no-unbatched-loop-transaction",
  theme: "rows that have one given address",
  valid: [
    { name: "one row by its address", code: `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        export const see = (email) => prisma.$transaction(async (tx) => {
          const row = await tx.thing.findFirst({ where: { email } });
          await tx.thing.update({ where: { id: row.id }, data: { seen: true } });
        });` },
  ],
  invalid: [
    { name: "of an e-mail address: a few at most", code: prisma("prisma.thing.findMany({ where: { email, done: false } })"), findings: ofPrisma("likely") },
    { name: "the condition has a name", code: prisma("{ const where = { ...(more.team && { team: more.team }), email }; return prisma.thing.findMany({ where }); }"), findings: ofPrisma("likely") },
    { name: "Drizzle, by an address", code: drizzle("db.query.things.findMany({ where: eq(things.featuredUrl, req.body.href) })"), findings: ofDrizzle("likely") },
    { name: "Drizzle, among others", code: drizzle("db.select().from(things).where(and(eq(things.email, req.body.email), eq(things.done, false)))"), findings: ofDrizzle("likely") },
    { name: "in SQL", code: sqlite("done = 0 AND email = ?"), findings: ofSqlite("likely") },
    { name: "of an owner: as many as they have", code: prisma("prisma.thing.findMany({ where: { owner: email } })"), findings: ofPrisma("proven") },
    { name: "of several addresses", code: prisma("prisma.thing.findMany({ where: { email: { in: more.emails } } })"), findings: ofPrisma("proven") },
    { name: "of names that are written in the program", code: prisma(`prisma.thing.findMany({ where: { name: { in: ["north", "south", "east"] } } })`), findings: ofPrisma("likely") },
    { name: "of kinds that are written in the program: as many as are of them", code: prisma(`prisma.thing.findMany({ where: { status: { in: ["open", "held"] } } })`), findings: ofPrisma("proven") },
    { name: "of other names than those", code: prisma(`prisma.thing.findMany({ where: { name: { notIn: ["north", "south", "east"] } } })`), findings: ofPrisma("proven") },
    { name: "Drizzle, of names that are written in the program", code: drizzle(`db.select().from(things).where(inArray(things.slug, ["north", "south"]))`), findings: ofDrizzle("likely") },
    { name: "Sequelize, of names of another file, kept in a Map", code: sequelize("Op.in"), findings: ofSequelize("likely") },
    { name: "Sequelize, of other names than those of another file", code: sequelize("Op.notIn"), findings: ofSequelize("proven") },
    { name: "Drizzle, of several", code: drizzle("db.select().from(things).where(inArray(things.email, req.body.list))"), findings: ofDrizzle("proven") },
    { name: "in SQL, after another value", code: sqlite("team = ? AND email = ?"), findings: ofSqlite("likely") },
    { name: "in SQL, or others", code: sqlite("email = ? OR done = 0"), findings: ofSqlite("proven") },
    { name: "in SQL, a column that only ends alike", code: sqlite("curl = ?"), findings: ofSqlite("proven") },
  ],
});

const each = (asked: string) => `
        import { PrismaClient } from "@prisma/client";
        import express from "express";
        const prisma = new PrismaClient();
        const app = express();
        app.post("/sign-in", async (req, res) => {
          const invites = await prisma.invite.findMany({ where: { ${asked} } });
          for (const invite of invites) await prisma.member.create({ data: { team: invite.team } });
          res.end();
        });`;
const eachAt = (confidence: "likely" | "proven"): Expected[] =>
  [{ line: 7, message: "commits a @prisma/client write of its own", confidence, library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [7], why: [5] }];

runTable({
  rule: "no-autocommit-in-loop",
  theme: "rows that have one given address",
  valid: [
    { name: "many rows with one statement", code: each("email: req.body.email").replace(/for \(.*/, "await prisma.member.createMany({ data: invites });") },
  ],
  invalid: [
    { name: "the invitations of one address", code: each("email: req.body.email"), findings: eachAt("likely") },
    { name: "those of a team", code: each("team: req.body.team"), findings: eachAt("proven") },
  ],
});
