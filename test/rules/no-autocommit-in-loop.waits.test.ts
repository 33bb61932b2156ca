import { runTable } from "./lib/table.js";

const DB = `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        const insert = db.prepare("INSERT INTO things (name) VALUES (?)");`;
const PRISMA = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

const caught = (told: string) => `${PRISMA}
        export async function retire(ids: number[]) {
          const failed: number[] = [];
          const rows = await prisma.thing.findMany({ where: { id: { in: ids } } });
          for (const row of rows) {
            try {
              await prisma.thing.update({ where: { id: row.id }, data: { retired: true } });
            } catch (error) {
              ${told}
            }
          }
          return failed;
        }`;

runTable({
  rule: "no-autocommit-in-loop",
  theme: "turns that wait or stop",
  valid: [
    { name: "a promise by hand that waits for something else as well", code: `
        import express from "express";
        import fs from "node:fs";
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        const app = express();
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await new Promise((resolve, reject) => {
              fs.readFile(name, (error, text) => {
                db.run("INSERT INTO things (text) VALUES (?)", [text], (err) => (err ? reject(err) : resolve(undefined)));
              });
            });
          }
          res.end();
        });` },
    { name: "a retry", code: `${DB}
        export function save(name: string, attempts: number[]) {
          for (const wait of attempts) {
            try {
              insert.run(name);
              return;
            } catch {
              console.log(wait);
            }
          }
        }` },
    { name: "events as they come", code: `${DB}
        export async function listen(events: AsyncIterable<string>) {
          for await (const name of events) insert.run(name);
        }` },
    { name: "progress between requests", code: `${DB}
        export async function crawl(urls: string[]) {
          for (const url of urls) {
            const page = await fetch(url);
            insert.run(page.url);
          }
        }` },
    { name: "progress between requests, of which one is ignored", code: `${DB}
        import express from "express";
        const app = express();
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await fetch(name).catch(() => {});
            insert.run(name);
          }
          res.end();
        });` },
    { name: "progress between requests, through a client in layers", code: `${PRISMA}
        const request = async (path, body) => { const response = await fetch(path, { method: "POST", body }); return await response.json(); };
        const post = async (path, body) => await request(path, JSON.stringify(body));
        const client = { transfer: async (body) => await post("/transfers", body) };
        const transfer = async (body) => await client.transfer(body);
        const pay = async (row) => { await transfer({ to: row.userId, amount: row.amount }); };
        export async function payAll() {
          const rows = await prisma.payout.findMany({ where: { status: "open" } });
          for (const row of rows) {
            await pay(row);
            await prisma.payout.update({ where: { id: row.id }, data: { status: "paid" } });
          }
        }` },
    { name: "a helper gives the promise of something else on", code: `${DB}
        import express from "express";
        import { spawn } from "node:child_process";
        const app = express();
        const start = async (name: string) => new Promise((resolve) => { spawn(name).on("close", resolve); });
        const step = async (name: string, dry: boolean) => {
          if (dry) return 0;
          return start(name);
        };
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await step(name, req.body.dry);
            insert.run(name);
          }
          res.end();
        });` },
    { name: "a loop inside waits for something else", code: `${PRISMA}
        export async function gather(names: string[], sources: string[]) {
          for (const name of names) {
            let text = name;
            for (const source of sources) text = await (await fetch(source + text)).text();
            await prisma.thing.update({ where: { name }, data: { text } });
          }
        }` },
    { name: "a helper that waits for something else", code: `${DB}
        async function deliver(name: string) {
          await fetch("https://example.org/" + name);
          insert.run(name);
        }
        export async function deliverAll(names: string[]) {
          for (const name of names) await deliver(name);
        }` },
    { name: "files are removed in between, in a helper's helper", code: `${PRISMA}
        import { rm } from "node:fs/promises";
        const removeFile = async (name: string) => { await rm(name); };
        const removeFiles = async (name: string) => { await removeFile(name + ".png"); await removeFile(name + ".pdf"); };
        export async function clean(names: string[]) {
          for (const name of names) {
            await removeFiles(name);
            await prisma.thing.update({ where: { name }, data: { file: null } });
          }
        }` },
    { name: "progress between requests that are sealed first", code: `${DB}
        import express from "express";
        const app = express();
        const send = async (body: ArrayBuffer) => { await fetch("https://example.org", { method: "POST", body }); };
        const seal = async (name: string) => { const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(name)); await send(sum); };
        app.post("/things", async (req, res) => {
          for (const name of req.body.names) {
            await seal(name);
            insert.run(name);
          }
          res.end();
        });` },
  ],
  invalid: [
    { name: "what is written is encrypted first, which only computes", code: `
        import express from "express";
        import sqlite3 from "sqlite3";
        import { open } from "sqlite";
        const ready = open({ filename: "notes.db", driver: sqlite3.Database });
        const platform = () => globalThis.crypto;
        async function keyOf(secret: Uint8Array) {
          return platform().subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt"]);
        }
        async function sealed(text: string) {
          const key = await keyOf(new Uint8Array(32));
          return await platform().subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new TextEncoder().encode(text));
        }
        const app = express();
        app.post("/notes", async (req, res) => {
          const db = await ready;
          for (const note of req.body.notes) {
            const text = await sealed(note.text);
            await db.run("INSERT INTO notes (text) VALUES (?)", text);
          }
          res.end();
        });`, findings: [{ line: 18, message: "Each turn of the loop over `notes`", library: "sqlite", fix: "manual", reason: "", related: [16], why: [14] }] },
    { name: "a file that goes with each row, removed at once by a helper", code: `
        import Database from "better-sqlite3";
        import express from "express";
        import fs from "node:fs";
        const db = new Database("app.db");
        const expired = db.prepare("SELECT id, path FROM uploads WHERE ends < ?");
        const remove = db.prepare("DELETE FROM uploads WHERE id = ?");
        function discard(path: string) {
          try {
            fs.unlinkSync(path);
          } catch {}
        }
        const app = express();
        app.post("/sweep", (req, res) => {
          for (const row of expired.all(Date.now())) {
            discard(row.path);
            remove.run(row.id);
          }
          res.end();
        });`, findings: [{ line: 16, message: "Each turn of the loop", confidence: "likely", fix: "manual", reason: "", related: [14], why: [13] }] },
    { name: "a file that is only looked at", code: `
        import Database from "better-sqlite3";
        import express from "express";
        import fs from "node:fs";
        const db = new Database("app.db");
        const all = db.prepare("SELECT id, path FROM uploads");
        const remove = db.prepare("DELETE FROM uploads WHERE id = ?");
        const app = express();
        app.post("/sweep", (req, res) => {
          for (const row of all.all()) {
            const exists = fs.existsSync(row.path);
            remove.run(row.id, exists);
          }
          res.end();
        });`, findings: [{ line: 11, message: "Each turn of the loop", fix: "review", reason: "", related: [9], why: [8] }] },
    { name: "a promise by hand around a driver's callback", code: `
        import express from "express";
        import sqlite3 from "sqlite3";
        const db = new sqlite3.Database("app.db");
        const app = express();
        app.post("/things", async (req, res) => {
          const add = db.prepare("INSERT INTO things (name) VALUES (?)");
          for (const name of req.body.names) {
            await new Promise((resolve, reject) => {
              add.run(name, (error) => (error ? reject(error) : resolve(undefined)));
            });
          }
          res.end();
        });`, findings: [{ line: 8, message: "Each turn of the loop over `names` commits a sqlite3 write of its own", library: "sqlite3", fix: "manual", reason: "turns that are committed stay", related: [7], why: [5] }] },
    { name: "each failure is told with its row, and the others stay: likely", code: caught("failed.push(row.id);"), findings: [{ line: 8, confidence: "likely", message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "one failure is passed over: likely", code: caught("if (!isTaken(error)) throw error;\n console.info(row.id);"), findings: [{ line: 8, confidence: "likely", message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "one failure is passed over, at the end: likely", code: caught("if (!isTaken(error)) { throw error; }"), findings: [{ line: 8, confidence: "likely", message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "one failure is passed over by name: likely", code: caught('if (error.code === "P2002") continue; throw error;'), findings: [{ line: 8, confidence: "likely", message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "each failure is thrown again, one in other words", code: caught('if (isTaken(error)) throw new Error("taken"); throw error;'), findings: [{ line: 8, message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "each failure is logged", code: caught("console.error(error);"), findings: [{ line: 8, message: "Each turn of the loop over `rows`", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [6] }] },
    { name: "a turn that goes no further when its write says so is likely", code: `${PRISMA}
        const count = async (key: string) => prisma.use.update({ where: { key }, data: { n: { increment: 1 } } });
        export async function take(limits: { key: string; max: number }[]) {
          for (const limit of limits) {
            const used = await count(limit.key);
            if (used.n > limit.max) throw new Error("too many");
          }
        }`, findings: [{ line: 6, confidence: "likely", message: "calls `count`, which commits @prisma/client writes of its own", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [5] }] },
    { name: "one that checks its row first is proven", code: `${PRISMA}
        export async function take(limits: { key: string; max: number }[]) {
          for (const { key, max } of limits) {
            if (max < 1) throw new Error("too few");
            await prisma.use.update({ where: { key }, data: { max } });
          }
        }`, findings: [{ line: 6, message: "commits a @prisma/client write of its own", library: "@prisma/client", fix: "manual", reason: "turns that are committed stay", related: [4] }] },
  ],
});
