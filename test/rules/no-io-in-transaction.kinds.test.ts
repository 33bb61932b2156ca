import { runTable } from "./lib/table.js";

const HEAD = `
        import express from "express";
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();
        const app = express();`;

const waits = (what: string) => ({ message: `waits for ${what}`, library: "@prisma/client", fix: "manual", reason: "where it belongs" }) as const;

/** A route whose transaction runs `body`, in line 7 and on. */
const route = (body: string, imports = "") => `${HEAD}
        ${imports}
        app.post("/things", async (request, response) => { await prisma.$transaction(async (tx) => {
          ${body}
        }); response.end(); });`;

const found = (what: string, line = 7) => [{ line, related: [6], why: [6], ...waits(what) }];

runTable({
  rule: "no-io-in-transaction",
  theme: "kinds",
  valid: [
    { name: "before and after", code: `${HEAD}
        app.post("/things", async (request, response) => {
          const label = await fetch("https://labels.example");
          await prisma.$transaction(async (tx) => { await tx.thing.create({ data: { label: label.status } }); });
          await fetch("https://hooks.example");
          response.end();
        });` },
    { name: "the program keeps the handle in a context of its own, and may put off what is asked in it", code: route(`await storage.run(tx, async () => { await fetch("https://hooks.example"); });`, `import { AsyncLocalStorage } from "node:async_hooks"; const storage = new AsyncLocalStorage();`) },
    { name: "started, and not waited for", code: route(`fetch("https://hooks.example").catch(console.error); await tx.thing.findMany();`) },
    { name: "collected for later", code: route(`later.push(fetch("https://hooks.example")); await tx.thing.findMany();`, `const later = [];`) },
    { name: "an async callback that forEach drops", code: route(`[1, 2].forEach(async (id) => { await fetch("https://hooks.example/" + id); });`) },
    { name: "axios only tells what an error is", code: route(`return await axios.isAxiosError(request.body);`, `import axios from "axios";`) },
    { name: "an axios instance is made", code: route(`return await axios.create();`, `import axios from "axios";`) },
    { name: "a method of a declared type that only computes", code: route(`const redis: Redis = request.app.get("redis"); redis.duplicate();`, `import Redis from "ioredis";`) },
    { name: "a feed that is there already", code: route(`return await feeds.parseString(request.body);`, `import Parser from "rss-parser"; const feeds = new Parser();`) },
    { name: "a Discord channel is only asked for its name", code: route(`return await label(request.app.get("channel"));`, `import { TextChannel } from "discord.js"; const label = async (channel: TextChannel) => channel.toString();`) },
    { name: "a client is made", code: route(`const s3 = await new S3Client({}); return s3;`, `import { S3Client } from "@aws-sdk/client-s3";`) },
    { name: "a tool is described", code: route(`return await tool({ execute: () => 1 });`, `import { tool } from "ai";`) },
    { name: "paths and constants of files", code: route(`await tx.thing.findFirst({ where: { mode: constants.R_OK, at: join("a", "b") } });`, `import { constants } from "node:fs/promises"; import { join } from "node:path";`) },
    { name: "a list of what a client gave", code: route(`await Promise.all(subscriptions.data.map((one) => tx.thing.create({ data: { id: one.id } })));`,
      `import Stripe from "stripe"; const subscriptions = await new Stripe("key").subscriptions.list();`) },
    { name: "another database", code: route(`await pool.query("SELECT 1");`, `import { Pool } from "pg"; const pool = new Pool();`) },
    { name: "a namesake of fetch", code: route(`await fetch("a");`, `import { fetch } from "./cache.js";`) },
    { name: "a namesake of a package", code: route(`await mailer.sendMail({});`, `import mailer from "./mailer.js";`) },
    { name: "what is promisified only computes", code: route(`await digest("secret", "salt", 1, 20, "sha256");`, `import { pbkdf2 } from "node:crypto"; import { promisify } from "node:util"; const digest = promisify(pbkdf2);`) },
    { name: "a namesake of promisify", code: route(`await run("git commit");`, `import { exec } from "child_process"; import { promisify } from "./later.js"; const run = promisify(exec);`) },
    { name: "a turn for others", code: route(`await new Promise((resolve) => setTimeout(resolve, 0));`) },
    { name: "a limit on how long it may take", code: route(`await Promise.race([tx.thing.findMany(), new Promise((resolve, reject) => setTimeout(() => reject(new Error("late")), 1000))]);`) },
    { name: "a function that may wait", options: { allowFunctions: ["announce"] }, code: route(`await announce();`, `async function announce() { await fetch("https://hooks.example"); }`) },
    { name: "a library that is left out", options: { ignoreLibraries: ["@prisma/client"] }, code: route(`await fetch("https://hooks.example");`) },
    { name: "an async function in a synchronous transaction is another rule's", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction(async () => { await fetch("https://hooks.example"); });` },
    { name: "a seed", file: "prisma/seed.ts", code: route(`await fetch("https://hooks.example");`) },
    { name: "the connection is held, the transaction is not yet open", code: `
        import { Pool } from "pg";
        const pool = new Pool();
        export async function clear(ids) {
          const client = await pool.connect();
          for (const id of ids) {
            await fetch("https://accounts.example/" + id);
            await client.query("BEGIN");
            await client.query("DELETE FROM things WHERE id = $1", [id]);
            await client.query("COMMIT");
          }
          client.release();
        }` },
  ],
  invalid: [
    { name: "a message by WhatsApp", code: route(`await socket.sendMessage("42@s.whatsapp.net", { text: "done" }); await tx.thing.findMany();`, `import makeWASocket from "@whiskeysockets/baileys"; const socket = makeWASocket({});`), findings: found("the network") },
    { name: "a message by Discord", code: route(`await announce(request.app.get("channel")); await tx.thing.findMany();`, `import { TextChannel } from "discord.js"; const announce = async (channel: TextChannel) => { await channel.send("done"); };`), findings: [{ line: 7, related: [6, 5], why: [6], ...waits("the network") }] },
    { name: "a router's API", code: route(`await router.write("/ppp/secret/print"); await tx.thing.findMany();`, `import { RouterOSAPI } from "node-routeros"; const router = new RouterOSAPI({ host: "10.0.0.1" });`), findings: found("the network") },
    { name: "a payment of another kind", code: route(`await snap.createTransaction({}); await tx.thing.findMany();`, `import midtrans from "midtrans-client"; const snap = new midtrans.Snap({});`), findings: found("the network") },
    { name: "in a transaction that Sequelize carries along: it is open for as long as its function runs", code: `
        import express from "express";
        import { Sequelize } from "sequelize-typescript";
        import { createNamespace } from "cls-hooked";
        Sequelize.useCLS(createNamespace("transactions"));
        const sequelize = new Sequelize("postgres://localhost/shop");
        const app = express();
        app.post("/things", async (request, response) => { await sequelize.transaction(async () => {
          await sequelize.query("UPDATE things SET taken = 1");
          await fetch("https://hooks.example");
        }); response.end(); });`, findings: [{ line: 9, related: [7], why: [7], message: "waits for the network", library: "sequelize", fix: "manual", reason: "where it belongs" }] },
    { name: "Redis by its declared type", code: route(`const redis: Redis = request.app.get("redis"); await redis.set("things", "1");`, `import Redis from "ioredis";`), findings: found("the network") },
    { name: "a mailer by its type, in a field", code: route(`await new Mails(request.app.get("mailer")).send();`, `import type { Transporter } from "nodemailer"; class Mails { constructor(private readonly mailer: Transporter) {} send() { return this.mailer.sendMail({}); } }`), findings: [{ ...found("the network")[0]!, related: [6, 5] }] },
    { name: "a circuit breaker", code: route(`await breaker.fire(request.body);`, `import CircuitBreaker from "opossum"; const breaker = new CircuitBreaker(ask, { timeout: 1000 });`), findings: found("the network") },
    { name: "MikroORM's transactional", code: `
        import express from "express";
        import { EntityManager } from "@mikro-orm/postgresql";
        const app = express();
        app.post("/things", async (request, response) => {
          const em: EntityManager = request.app.get("em");
          await em.transactional(async (em) => {
            em.persist(request.body);
            await em.flush();
            await fetch("https://hooks.example");
          });
          response.end();
        });`, findings: [{ line: 9, related: [6], why: [4], message: "waits for the network", library: "@mikro-orm/core", fix: "manual", reason: "where it belongs" }] },
    { name: "fetch", code: route(`await fetch("https://hooks.example");`), findings: found("the network") },
    { name: "fetch with then", code: route(`const body = await fetch("https://hooks.example").then((reply) => reply.json());`), findings: found("the network") },
    { name: "for each of a list", code: route(`await Promise.all(request.body.ids.map((id) => fetch("https://hooks.example/" + id)));`), findings: found("the network") },
    { name: "kept and awaited later", code: route(`const sent = fetch("https://hooks.example"); await tx.thing.findMany(); await sent;`), findings: found("the network") },
    { name: "axios", code: route(`await axios.post("https://hooks.example", {});`, `import axios from "axios";`), findings: found("the network") },
    { name: "an axios instance", code: route(`await hooks.post("/things", {});`, `import axios from "axios"; const hooks = axios.create();`), findings: found("the network") },
    { name: "a mail", code: route(`await mailer.sendMail({ to: "a@example" });`, `import { createTransport } from "nodemailer"; const mailer = createTransport({});`), findings: found("the network") },
    { name: "Stripe from a factory", code: route(`await stripe().subscriptions.cancel("id");`, `import Stripe from "stripe"; const stripe = () => new Stripe("key");`), findings: found("the network") },
    { name: "an optional client of a module constant", code: route(`await search?.index("things").deleteDocuments([1]);`,
      `import { MeiliSearch } from "meilisearch"; const search = process.env.SEARCH ? new MeiliSearch({ host: process.env.SEARCH }) : undefined;`), findings: found("the network") },
    { name: "a feed by its address", code: route(`await feeds.parseURL("https://feeds.example");`, `import Parser from "rss-parser"; const feeds = new Parser();`), findings: found("the network") },
    { name: "a feed, by feedparser-promised", code: route(`await feedparser.parse({ uri: "https://feeds.example" });`, `const feedparser = require("feedparser-promised");`), findings: found("the network") },
    { name: "S3", code: route(`await s3.send(new PutObjectCommand({}));`, `import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3"; const s3 = new S3Client({});`), findings: found("the network") },
    { name: "Redis, with a stand-in for tests", code: route(`await redis.zscore("queue", "1");`, `import Redis from "ioredis"; const Client: typeof Redis = process.env.NODE_ENV === "test" ? require("ioredis-mock") : Redis; const redis = new Client();`), findings: found("the network") },
    { name: "Redis", code: route(`await redis.del("things");`, `import Redis from "ioredis"; const redis = new Redis();`), findings: found("the network") },
    { name: "Vercel's Blob", code: route(`await put("thing.png", request.body);`, `import { put } from "@vercel/blob";`), findings: found("the network") },
    { name: "Supabase's storage", code: route(`await supabase.storage.from("things").upload("thing.png", request.body);`, `import { createClient } from "@supabase/supabase-js"; const supabase = createClient("url", "key");`), findings: found("the network") },
    { name: "a job that another service runs", code: route(`await client.publishJSON({ url: "https://jobs.example" });`, `import { Client } from "@upstash/qstash"; const client = new Client({});`), findings: found("a message queue") },
    { name: "files", code: route(`await rm("things", { recursive: true });`, `import { rm } from "node:fs/promises";`), findings: found("the file system") },
    { name: "files of node:fs", code: route(`await fs.promises.writeFile("things", "");`, `import fs from "node:fs";`), findings: found("the file system") },
    { name: "fs-extra", code: route(`await fs.remove("things");`, `import fs from "fs-extra";`), findings: found("the file system") },
    { name: "fs-extra-promise", code: route(`await fs.removeAsync("things");`, `import fs from "fs-extra-promise";`), findings: found("the file system") },
    { name: "a sleep", code: route(`await new Promise((resolve) => setTimeout(resolve, 100));`), findings: found("a timer") },
    { name: "a timer", code: route(`await setTimeout(100);`, `import { setTimeout } from "node:timers/promises";`), findings: found("a timer") },
    { name: "a queue", code: route(`await jobs.add("thing", {});`, `import { Queue } from "bullmq"; const jobs = new Queue("jobs");`), findings: found("a message queue") },
    { name: "a model", code: route(`await client.chat.completions.create({});`, `import OpenAI from "openai"; const client = new OpenAI();`), findings: found("a model") },
    { name: "the AI SDK", code: route(`const { text } = await generateText({ prompt: "a" });`, `import { generateText } from "ai";`), findings: found("a model") },
    { name: "another process", code: route(`await execa("convert", ["a"]);`, `import { execa } from "execa";`), findings: found("another process") },
    { name: "another process, promisified", code: route(`await run("git commit");`, `import { exec } from "child_process"; import { promisify } from "util"; const run = promisify(exec);`), findings: found("another process") },
    { name: "another process, promisified as a member", code: route(`await run("git", ["commit"]);`, `const util = require("node:util"); const run = util.promisify(require("node:child_process").execFile);`), findings: found("another process") },
    { name: "a file, promisified", code: route(`await read("things");`, `import fs from "fs"; import { promisify } from "util"; const read = promisify(fs.readFile);`), findings: found("the file system") },
    { name: "a timer, promisified", code: route(`await sleep(100);`, `import { promisify } from "util"; const sleep = promisify(setTimeout);`), findings: found("a timer") },
  ],
});
