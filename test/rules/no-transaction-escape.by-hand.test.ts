import { runTable, type Expected } from "./lib/table.js";

/** A class that begins transactions by hand on what `take` gives, and routes that use it; `made` is the instance, from line 15 on. */
const kept = (made: string, begin = "this.client = await pool.connect();", query = "this.client.query") => `
        import pg from "pg";
        import { Router } from "express";
        const pool = new pg.Pool();
        class Work {
          client: pg.PoolClient | undefined;
          async begin() {
            ${begin}
            await ${query}("BEGIN");
          }
          async commit() {
            await ${query}("COMMIT");
          }
        }
        const router = Router();
        ${made}
        export default router;`;

const SHARED = `const work = new Work();
        router.post("/things", async (req, res) => { await work.begin(); await work.commit(); res.end(); });`;

const found: Expected = { line: 7, library: "pg", message: "is kept in `this.client`, which all calls share", fix: "manual", reason: "who needs the transaction", why: [16, 16] };

runTable({
  rule: "no-transaction-escape",
  theme: "transactions by hand that are kept where all calls share them",
  valid: [
    { name: "an object for each call", code: kept(`
        router.post("/things", async (req, res) => { const work = new Work(); await work.begin(); await work.commit(); res.end(); });`) },
    { name: "in a variable of the function", code: kept(SHARED, "const client = await pool.connect();", "client.query").replace('await client.query("COMMIT");', "") },
    { name: "taken at start-up, for good", code: kept(`const work = new Work();
        await work.begin();
        router.post("/things", async (req, res) => { await work.commit(); res.end(); });`) },
    { name: "no transaction", code: kept(SHARED).replace('("BEGIN")', '("SELECT 1")').replace('("COMMIT")', '("SELECT 2")') },
    { name: "a service that NestJS makes for each request", code: {
      "src/work.ts": `
        import { Injectable, Scope } from "@nestjs/common";
        import { DataSource, QueryRunner } from "typeorm";
        @Injectable({ scope: Scope.REQUEST })
        export class Work {
          runner: QueryRunner;
          constructor(private readonly source: DataSource) {}
          async begin() {
            this.runner = this.source.createQueryRunner();
            await this.runner.startTransaction();
          }
        }`,
      "src/things.controller.ts": `
        import { Controller, Post } from "@nestjs/common";
        import { Work } from "./work.js";
        @Controller()
        export class Things {
          constructor(private readonly work: Work) {}
          @Post() async add() { await this.work.begin(); }
        }`,
    } },
  ],
  invalid: [
    { name: "one object for all calls", code: kept(SHARED), findings: [found] },
    { name: "a module's variable", code: `
        import knex from "knex";
        import { Router } from "express";
        const db = knex({ client: "pg" });
        let trx;
        const router = Router();
        router.post("/things", async (req, res) => {
          trx = await db.transaction();
          await trx("things").insert(req.body);
          await trx.commit();
          res.end();
        });
        export default router;`, findings: [{ line: 7, library: "knex", message: "is kept in `trx`, which all calls share", fix: "manual", reason: "who needs the transaction", why: [6] }] },
  ],
});
