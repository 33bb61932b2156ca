import { runTable } from "./lib/table.js";

const CAUGHT = { message: "`catch` keeps the error", library: "@prisma/client", fix: "manual", reason: "when a part fails" } as const;

const HEAD = `
        import { PrismaClient } from "@prisma/client";
        const prisma = new PrismaClient();`;

/** Line 3 begins the transaction, line 4 is the `try` with two writes, line 5 its `catch`. */
const attempt = (handler: string, after = "", block = "await tx.thing.create({ data: {} }); await tx.owner.create({ data: {} });") => `${HEAD}
        export const save = (rows) => prisma.$transaction(async (tx) => {
          try { ${block} }
          catch (error) { ${handler} }
          ${after}
        });`;

const found = [{ line: 5, related: [3], ...CAUGHT }];

runTable({
  rule: "no-swallowed-transaction-error",
  theme: "what a catch does with the error",
  valid: [
    { name: "it throws again", code: attempt("console.error(error); throw error;") },
    { name: "it throws again when it must", code: attempt("if (error.code !== 'P2002') throw error;") },
    { name: "it is thrown later", code: attempt("failed = error;", "if (failed) throw failed;") },
    { name: "a helper throws", code: `${attempt("give(error);")}
        function give(error) { throw new Error("no thing", { cause: error }); }` },
    { name: "an unknown helper is given the error", code: `
        import { handle } from "./errors.js";${attempt("handle(error);")}` },
    { name: "it rolls back", code: `
        import { drizzle } from "drizzle-orm/node-postgres";
        import { owners, things } from "./schema.js";
        const db = drizzle("postgres://localhost/app");
        export const clear = () => db.transaction(async (tx) => {
          try { await tx.delete(things); await tx.delete(owners); } catch (error) { tx.rollback(); }
        });` },
    { name: "around the transaction", code: `${HEAD}
        export async function save() {
          try {
            await prisma.$transaction(async (tx) => { await tx.thing.create({ data: {} }); await tx.owner.create({ data: {} }); });
          } catch (error) { console.error(error); }
        }` },
    { name: "a single statement, which may fail", code: attempt("console.warn(error);", "", "await tx.thing.create({ data: {} });") },
    { name: "one or the other", code: attempt("console.warn(error);", "", "if (rows.length > 0) await tx.thing.create({ data: {} }); else await tx.owner.create({ data: {} });") },
    { name: "reads alone", code: attempt("console.warn(error);", "", "await tx.thing.findMany(); await tx.owner.findMany();") },
    { name: "nothing of the database", code: attempt("console.warn(error);", "await tx.thing.create({ data: {} });", "JSON.parse(rows); JSON.stringify(rows);") },
    { name: "a savepoint each", code: `
        import { Client } from "pg";
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const save = (rows) => db.transaction(async (trx) => {
          for (const row of rows) {
            try { await trx.transaction(async (inner) => { await inner("things").insert(row); await inner("owners").insert(row); }); } catch (error) { console.warn(error); }
          }
        });` },
    { name: "a savepoint by hand", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction(() => {
          db.exec("SAVEPOINT one");
          try { db.exec("INSERT INTO things VALUES (1)"); db.exec("INSERT INTO owners VALUES (1)"); } catch { db.exec("ROLLBACK TO one"); }
        });` },
    { name: "a try without catch", code: `${HEAD}
        export const save = () => prisma.$transaction(async (tx) => {
          try { await tx.thing.create({ data: {} }); await tx.owner.create({ data: {} }); } finally { console.log("done"); }
        });` },
    { name: "an async function in a synchronous transaction is another rule's", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction(async () => {
          try { db.exec("INSERT INTO things VALUES (1)"); db.exec("INSERT INTO owners VALUES (1)"); await null; } catch (error) { console.warn(error); }
        });` },
    { name: "a library that is left out", options: { ignoreLibraries: ["@prisma/client"] }, code: attempt("console.warn(error);") },
    { name: "a failure before any write", code: `${HEAD}
        export const save = (row) => prisma.$transaction(async (tx) => {
          if (!row) return { ok: false };
          await tx.thing.create({ data: row });
          return { ok: true };
        });` },
    { name: "an error that is returned before anything is written, and one that is thrown", code: `${HEAD}
        export const release = (id) => prisma.$transaction(async (tx) => {
          const crate = await tx.crate.findFirst({ where: { id } });
          if (!crate) return new Error("no such crate");
          const note = await tx.note.create({ data: { about: id } });
          if (note.about !== id) throw new Error("another crate");
          return tx.crate.update({ where: { id }, data: { noteId: note.id } });
        });` },
    { name: "an object that is made after a write", code: `${HEAD}
        import { Crate } from "./crate.js";
        export const release = (id) => prisma.$transaction(async (tx) => {
          await tx.note.create({ data: { about: id } });
          return new Crate(id);
        });` },
  ],
  invalid: [
    { name: "nothing", code: attempt(""), findings: found },
    { name: "it logs", code: attempt("console.error('no thing', error);"), findings: found },
    { name: "it logs with a logger", code: `${attempt("logger.warn({ error });")}
        import { logger } from "./log.js";`, findings: found },
    { name: "it gives back a failure", code: attempt("return { ok: false, error: String(error) };"), findings: found },
    { name: "it gives back null", code: attempt("return null;"), findings: found },
    { name: "it collects the error", code: attempt("errors.push(error);", "", "for (const row of rows) await tx.thing.create({ data: row });"), findings: found },
    { name: "a helper logs", code: `${attempt("note(error);")}
        function note(error) { console.error(error); }`, findings: found },
    { name: "a loop", code: attempt("console.error(error);", "", "for (const row of rows) await tx.thing.create({ data: row });"), findings: found },
    { name: "helpers that are given the handle", code: `${attempt("console.error(error);", "", "await addThing(tx); await addOwner(tx);")}
        async function addThing(tx) { await tx.thing.create({ data: {} }); }
        async function addOwner(tx) { await tx.owner.create({ data: {} }); }`, findings: found },
    { name: "better-sqlite3", code: `
        import Database from "better-sqlite3";
        const db = new Database("app.db");
        export const save = db.transaction(() => {
          try { db.exec("INSERT INTO things VALUES (1)"); db.exec("INSERT INTO owners VALUES (1)"); }
          catch (error) { console.warn(error); }
        });`, findings: [{ line: 5, related: [3], ...CAUGHT, library: "better-sqlite3" }] },
    { name: "TypeORM", code: `
        import { DataSource } from "typeorm";
        const source = new DataSource({ type: "postgres" });
        export const save = (a, b) => source.transaction(async (manager) => {
          try { await manager.save(a); await manager.save(b); }
          catch { return false; }
        });`, findings: [{ line: 5, related: [3], ...CAUGHT, library: "typeorm" }] },
    { name: "Knex", code: `
        import knex from "knex";
        const db = knex({ client: "pg" });
        export const save = (row) => db.transaction(async (trx) => {
          try { await trx("things").insert(row); await trx("owners").insert(row); }
          catch (error) { console.warn(error); }
        });`, findings: [{ line: 5, related: [3], ...CAUGHT, library: "knex" }] },
    { name: "a failure after a write: likely", code: `${HEAD}
        export const save = (row) => prisma.$transaction(async (tx) => {
          const thing = await tx.thing.create({ data: row });
          if (thing.count > 3) return { success: false };
          return { success: true };
        });`, findings: [{ line: 5, confidence: "likely", related: [3], library: "@prisma/client", message: "returns a failure after a write", fix: "manual", reason: "when a part fails" }] },
    { name: "an error that is returned after a write, not thrown: likely", code: `${HEAD}
        import { NotFoundError } from "./errors.js";
        export async function release(id) {
          return prisma.$transaction(async (tx) => {
            const note = await tx.note.create({ data: { about: id } });
            const crate = await tx.crate.findFirst({ where: { id } });
            if (!crate) {
              console.error("no such crate");
              return new NotFoundError(id);
            }
            return tx.crate.update({ where: { id }, data: { noteId: note.id } });
          });
        }`, findings: [{ line: 10, confidence: "likely", related: [5], library: "@prisma/client", message: "returns a failure after a write", fix: "manual", reason: "when a part fails" }] },
  ],
});
