import { runTable } from "./lib/table.js";

const NETWORK = { message: "waits for the network", fix: "manual", reason: "where it belongs" } as const;

/** A helper that tells others unless it is told not to, called so in a transaction. */
const announced = (call: string) => `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function save(manager, thing, { announce = true, again = false } = {}) {
          await manager.save(thing);
          if (announce) await fetch("https://hooks.example/" + thing.id);
          if (again) await fetch("https://hooks.example/again");
        }
        export const add = (thing) => source.transaction(async (manager) => { await ${call}; });
        export const addAll = (manager, thing) => save(manager, thing, { again: true });`;

runTable({
  rule: "no-io-in-transaction",
  theme: "helpers, styles and files",
  valid: [
    { name: "a helper that is told not to, in place of its default", code: announced("save(manager, thing, { announce: false })") },
    { name: "after a rollback in the same branch", code: `
        import express from "express";
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/shop");
        express().post("/things", async (request, response) => {
          const transaction = await sequelize.transaction();
          const [rows] = await sequelize.query("UPDATE things SET taken = 1 RETURNING id", { transaction });
          if (rows.length === 0) {
            await transaction.rollback();
            await fetch("https://hooks.example/none");
            return;
          }
          await transaction.commit();
        });` },
    { name: "a helper that is not waited for", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function announce(thing) { await fetch("https://hooks.example/" + thing.id); }
        export const save = (thing) => source.transaction(async (manager) => {
          await manager.save(thing);
          void announce(thing);
        });` },
    { name: "a helper that makes a client", code: `
        import { DataSource } from "typeorm";
        import nodemailer from "nodemailer";
        const source = new DataSource({ type: "postgres" });
        async function mailer() { return nodemailer.createTransport({}); }
        export const save = (thing) => source.transaction(async (manager) => {
          const mails = await mailer();
          await manager.save({ thing, mails });
        });` },
    { name: "another call of a helper that goes out, which is not waited for, and one that keeps it from going out", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function announce(thing, quietly = false) { if (!quietly) await fetch("https://hooks.example/" + thing.id); }
        export const save = (thing) => source.transaction(async (manager) => {
          await manager.save(thing);
          await announce(thing, true);
          void announce(thing);
        });` },
    { name: "after COMMIT", code: `
        import { Pool } from "pg";
        const pool = new Pool();
        export async function save(name) {
          const client = await pool.connect();
          await client.query("BEGIN");
          await client.query("INSERT INTO things VALUES ($1)", [name]);
          await client.query("COMMIT");
          await fetch("https://hooks.example");
          client.release();
        }` },
    { name: "what only a test passes", code: {
      "src/store.ts": `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function ask(isCurrent?: () => Promise<boolean>) { return isCurrent ? await isCurrent() : true; }
        interface Options { thing: object; isCurrent?: () => Promise<boolean> }
        export function save(options: Options) {
          const { thing, isCurrent } = options;
          return source.transaction(async (manager) => {
            if (await ask(isCurrent)) await manager.save(thing);
          });
        }`,
      "src/app.ts": `
        import express from "express";
        import { save } from "./store.js";
        const app = express();
        app.post("/things", async (req, res) => res.json(await save({ thing: req.body })));`,
      "test/store.test.ts": `
        import { it } from "vitest";
        import { save } from "../src/store.js";
        it("asks first", async () => {
          const isCurrent = async () => (await fetch("https://lock.example")).ok;
          await save({ thing: {}, isCurrent });
        });`,
    } },
  ],
  invalid: [
    { name: "a helper's default", code: announced("save(manager, thing)"), findings: [{ line: 8, library: "typeorm", ...NETWORK, related: [8, 5] }] },
    { name: "a helper's default, as nothing was said of it", code: announced("save(manager, thing, { announce: undefined })"), findings: [{ line: 8, library: "typeorm", ...NETWORK, related: [8, 5] }] },
    { name: "before a rollback in the same branch, and after one in another", code: `
        import express from "express";
        import { Sequelize } from "sequelize";
        const sequelize = new Sequelize("postgres://localhost/shop");
        express().post("/things", async (request, response) => {
          const transaction = await sequelize.transaction();
          const [rows] = await sequelize.query("UPDATE things SET taken = 1 RETURNING id", { transaction });
          if (rows.length === 0) {
            await fetch("https://hooks.example/none");
            await transaction.rollback();
          } else {
            await fetch("https://hooks.example/some");
            await transaction.commit();
          }
        });`, findings: [8, 11].map((line) => ({ line, message: "waits for the network", library: "sequelize", fix: "manual" as const, reason: "where it belongs", related: [5], why: [4] })) },
    { name: "a helper", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function announce(thing) { await fetch("https://hooks.example/" + thing.id); }
        export const save = (thing) => source.transaction(async (manager) => {
          await manager.save(thing);
          await announce(thing);
        });`, findings: [{ line: 6, library: "typeorm", related: [4, 3], ...NETWORK }] },
    { name: "a sleep of the application's own", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        export const save = (thing) => source.transaction(async (manager) => {
          await sleep(100);
          await manager.save(thing);
        });`, findings: [{ line: 5, library: "typeorm", related: [4, 3], message: "waits for a timer", fix: "manual", reason: "where it belongs" }] },
    { name: "a helper runs the transaction", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        const inTransaction = (work) => source.transaction((manager) => work(manager));
        export const save = (thing) => inTransaction(async (manager) => {
          await fetch("https://hooks.example");
          await manager.save(thing);
        });`, findings: [{ line: 5, library: "typeorm", related: [4], ...NETWORK }] },
    { name: "retries in place", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        async function retry(work) { for (let left = 3; left > 0; left--) return await work(); }
        export const save = (thing) => source.transaction(async (manager) => {
          await retry(() => fetch("https://hooks.example"));
          await manager.save(thing);
        });`, findings: [{ line: 5, library: "typeorm", related: [4], ...NETWORK }] },
    { name: "between BEGIN and COMMIT of a synchronous driver", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export async function save() {
          db.exec("BEGIN IMMEDIATE");
          await fetch("https://hooks.example");
          db.exec("COMMIT");
        }`, findings: [{ line: 5, related: [4], ...NETWORK }] },
    { name: "two helpers away, in other files", code: {
      "src/http.ts": `
        import axios from "axios";
        export const post = async (url: string) => { await axios.post(url); };`,
      "src/hooks.ts": `
        import { post } from "./http.js";
        export async function announce() { await post("https://hooks.example"); }`,
      "src/app.ts": `
        import { DataSource } from "typeorm";
        import { announce } from "./hooks.js";
        const source = new DataSource({ type: "postgres" });
        export const save = (thing: object) => source.transaction(async (manager) => {
          await manager.save(thing);
          await announce();
        });`,
    }, findings: [{ file: "src/app.ts", line: 6, library: "typeorm", related: ["src/app.ts:4", "src/hooks.ts:2", "src/http.ts:2"], ...NETWORK }] },
    { name: "every call that leads there, but for those that are not waited for", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        const files = {
          async upload(file) { await fetch("https://files.example", { method: "PUT", body: file }); },
          async add(file, quietly = false) { if (!quietly) await this.upload(file); },
        };
        export const save = (thing) => source.transaction(async (manager) => {
          await files.add(thing.front);
          if (thing.back) await files.add(thing.back);
          await files.add(thing.profile, true);
          void files.add(thing.name);
          await manager.save(thing);
        });`, findings: [8, 9].map((line) => ({ line, library: "typeorm", related: [7, 5, 4], ...NETWORK })) },
  ],
});
