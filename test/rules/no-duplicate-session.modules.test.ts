import { runTable } from "./lib/table.js";

const likely = { confidence: "likely" as const, fix: "review" as const, reason: "both modules have one session from now on" };
const manual = (reason: string) => ({ confidence: "likely" as const, fix: "manual" as const, reason });
const open = (file: string, options = ""): string => `
  import Database from "better-sqlite3";
  export const db = new Database(${file}${options});
`;
const main = (...files: string[]): string => files.map((file) => `import { db as db${file.length} } from "./${file}.js"; export { db${file.length} };`).join("\n");
const PRISMA = `
  import { PrismaClient } from "@prisma/client";
  const prisma = new PrismaClient();
  export default async function handler(req, res) {
    res.json(await prisma.thing.findMany());
  }
`;

runTable({
  rule: "no-duplicate-session",
  theme: "modules",
  valid: [
    { name: "two files", code: { "src/app.ts": main("one", "other"), "src/one.ts": open('"app.db"'), "src/other.ts": open('"other.db"') } },
    { name: "twice in one module, on purpose", code: `${open('"app.db"')}\n  export const again = new Database("app.db");` },
    { name: "two programs", code: { "src/one.ts": open('"app.db"'), "src/other.ts": open('"app.db"') } },
    { name: "other options", code: { "src/app.ts": main("one", "other"), "src/one.ts": open('"app.db"'), "src/other.ts": open('"app.db"', ", { timeout: 100 }") } },
    { name: "a reader beside the writer", code: { "src/app.ts": main("one", "reader"), "src/one.ts": open('"app.db"'), "src/reader.ts": open('"app.db"') } },
    { name: "in memory", code: { "src/app.ts": main("one", "other"), "src/one.ts": open('":memory:"'), "src/other.ts": open('":memory:"') } },
    { name: "a test and a script", code: { "src/app.ts": main("one"), "src/one.ts": open('"app.db"'), "test/one.test.ts": `import "../src/app.js";\n${open('"app.db"')}`, "scripts/seed.ts": `import "../src/app.js";\n${open('"app.db"')}` } },
    { name: "one of them is told another database", code: { "pages/api/things.ts": PRISMA, "pages/api/users.ts": PRISMA.replace("PrismaClient()", 'PrismaClient({ log: ["error"], datasourceUrl: process.env.OTHER })') } },
    { name: "pools of different settings", code: { "src/app.ts": main("one", "other"), "src/one.ts": `import { Pool } from "pg"; export const db = new Pool({ host: "a" });`, "src/other.ts": `import { Pool } from "pg"; export const db = new Pool({ host: "b" });` } },
    {
      name: "each request opens and closes its own, which is another rule's matter",
      code: {
        "src/app.ts": `import express from "express"; import { read } from "./one.js"; import { count } from "./other.js"; express().get("/", (req, res) => res.json([read(), count()]));`,
        "src/one.ts": `import Database from "better-sqlite3"; export function read() { const db = new Database("app.db"); db.exec("SELECT 1"); db.close(); }`,
        "src/other.ts": `import Database from "better-sqlite3"; export function count() { const db = new Database("app.db"); db.exec("SELECT 1"); db.close(); }`,
      },
    },
    { name: "a library that is ignored", options: { ignoreLibraries: ["better-sqlite3"] }, code: { "src/app.ts": main("one", "other"), "src/one.ts": open('"app.db"'), "src/other.ts": open('"app.db"') } },
  ],
  invalid: [
    {
      name: "the same literal",
      code: { "src/app.ts": main("one", "other"), "src/one.ts": open('"app.db"'), "src/other.ts": open('"./app.db"') },
      findings: [{ file: "src/other.ts", line: 2, message: "on the database that src/one.ts:2 has open already", ...likely, related: ["src/one.ts:2"] }],
    },
    {
      name: "the same environment variable, three times: at the second and the third",
      code: { "src/app.ts": main("one", "third", "second"), "src/one.ts": open("process.env.DB"), "src/third.ts": open("process.env.DB"), "src/second.ts": open("process.env.DB") },
      findings: [
        { file: "src/third.ts", line: 2, message: "(3 sessions in all)", ...likely, related: ["src/one.ts:2"] },
        { file: "src/second.ts", line: 2, message: "(3 sessions in all)", ...likely, related: ["src/one.ts:2"] },
      ],
    },
    {
      name: "Prisma's default database, in two routes of one Next application",
      code: { "pages/api/things.ts": PRISMA, "pages/api/users.ts": PRISMA },
      findings: [{ file: "pages/api/users.ts", line: 2, message: "a second @prisma/client session", library: "@prisma/client", ...likely, reason: "both modules have one client from now on", related: ["pages/api/things.ts:2"] }],
    },
    {
      name: "one of them is told what to log",
      code: {
        "pages/api/things.ts": PRISMA,
        "lib/db.ts": `import { PrismaClient } from "@prisma/client"; export const db = new PrismaClient({ log: process.env.DEBUG ? ["query"] : ["error"], errorFormat: "minimal" });`,
        "pages/api/users.ts": `import { db } from "../../lib/db"; export default async function handler(req, res) { res.json(await db.user.findMany()); }`,
      },
      findings: [{ file: "pages/api/things.ts", line: 2, message: "a second @prisma/client session", library: "@prisma/client", ...manual("told to log differently"), related: ["lib/db.ts:1"] }],
    },
    {
      name: "pools on one URL",
      code: {
        "src/app.ts": main("one", "other"),
        "src/one.ts": `import { Pool } from "pg"; export const db = new Pool({ connectionString: process.env.DATABASE_URL });`,
        "src/other.ts": `import { Pool } from "pg"; export const db = new Pool({ connectionString: process.env.DATABASE_URL });`,
      },
      findings: [{ file: "src/other.ts", line: 1, message: "a second pg session", library: "pg", ...likely, reason: "both modules have one client from now on", related: ["src/one.ts:1"] }],
    },
    {
      name: "what one of them sets",
      code: { "src/app.ts": main("one", "other"), "src/one.ts": `${open('"app.db"')} db.pragma("foreign_keys = ON"); db.pragma("journal_mode = WAL");`, "src/other.ts": open('"app.db"') },
      findings: [{ file: "src/other.ts", line: 2, message: "a second", ...manual("`pragma` is set on one of them alone (src/one.ts:3)"), related: ["src/one.ts:2"] }],
    },
    {
      name: "what both of them set",
      code: { "src/app.ts": main("one", "other"), "src/one.ts": `${open('"app.db"')} db.pragma("foreign_keys = ON");`, "src/other.ts": `${open('"app.db"')} db.pragma("foreign_keys = ON");` },
      findings: [{ file: "src/other.ts", line: 2, message: "a second", ...likely, related: ["src/one.ts:2"] }],
    },
    {
      name: "one is closed by a request",
      code: {
        "src/app.ts": `import express from "express"; import { db } from "./one.js"; import { db as again } from "./other.js"; const app = express(); app.post("/stop", (req, res) => { db.close(); res.json(again.prepare("SELECT 1").all()); });`,
        "src/one.ts": open('"app.db"'),
        "src/other.ts": open('"app.db"'),
      },
      findings: [{ file: "src/other.ts", line: 2, message: "a second", ...manual("one of them is closed while the program runs (src/app.ts:1)"), related: ["src/one.ts:2"] }],
    },
    {
      name: "both are closed when the program ends",
      code: { "src/app.ts": `${main("one", "other")}\nimport { db as a } from "./one.js"; import { db as b } from "./other.js"; process.on("exit", () => { a.close(); b.close(); });`, "src/one.ts": open('"app.db"'), "src/other.ts": open('"app.db"') },
      findings: [{ file: "src/other.ts", line: 2, message: "a second", ...manual("who closes the one session is a choice"), related: ["src/one.ts:2"] }],
    },
    {
      name: "one is closed when the program ends",
      code: { "src/app.ts": `${main("one", "other")}\nimport { db as a } from "./one.js"; process.on("exit", () => { a.close(); });`, "src/one.ts": open('"app.db"'), "src/other.ts": open('"app.db"') },
      findings: [{ file: "src/other.ts", line: 2, message: "a second", ...likely, reason: "(src/app.ts:3) closes it for both", related: ["src/one.ts:2"] }],
    },
    {
      name: "a library whose sessions must not be shared",
      code: {
        "src/app.ts": main("one", "other"),
        "src/one.ts": `import Database from "libsql"; export const db = new Database("app.db");`,
        "src/other.ts": `import Database from "libsql"; export const db = new Database("app.db");`,
      },
      findings: [{ file: "src/other.ts", line: 1, message: "a second libsql session", library: "libsql", ...manual("on a file, libSQL keeps a connection"), related: ["src/one.ts:1"] }],
    },
    {
      name: "a class keeps its own",
      code: {
        "src/app.ts": `import { db } from "./one.js"; import { Store } from "./store.js"; export const store = new Store("app.db"); export { db };`,
        "src/one.ts": open('"app.db"'),
        "src/store.ts": `import Database from "better-sqlite3"; export class Store { constructor(file) { this.db = new Database(file); } }`,
      },
      findings: [{ file: "src/store.ts", line: 1, message: "a second better-sqlite3 session", ...likely, related: ["src/one.ts:2"] }],
    },
  ],
});
