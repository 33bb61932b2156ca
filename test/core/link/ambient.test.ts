import { describe, expect, it } from "vitest";
import { link } from "./link.js";

const PRISMA = `import { PrismaClient } from "@prisma/client"; const prisma = new PrismaClient();`;
const STORAGE = `import { AsyncLocalStorage } from "node:async_hooks"; export const storage = new AsyncLocalStorage();`;

/** Whether the only transaction of the program is ambient, and whether its library carries. */
function ambience(texts: Record<string, string>): [boolean, boolean] {
  const project = link(texts);
  const [site, more] = project.transactions;
  if (!site || more) throw new Error(`${project.transactions.length} transactions`);
  return [project.ambient.isAmbient(site), project.ambient.carries(site.library)];
}

describe("a transaction is ambient", () => {
  it.each<[string, Record<string, string>]>([
    ["run with the handle", { "s.ts": STORAGE, "a.ts": `${PRISMA} import { storage } from "./s"; prisma.$transaction((tx) => storage.run(tx, work));` }],
    ["run with an object that has it", { "s.ts": STORAGE, "a.ts": `${PRISMA} import { storage } from "./s"; prisma.$transaction(async (tx) => storage.run({ tx, id: 1 }, work));` }],
    ["run with an instance that has it", { "s.ts": STORAGE, "c.ts": `export class Context { constructor(readonly tx) { this.tx = tx; } }`, "a.ts": `${PRISMA} import { storage } from "./s"; import { Context } from "./c"; prisma.$transaction(async (tx) => storage.run(new Context(tx), work));` }],
    ["enterWith", { "s.ts": STORAGE, "a.ts": `${PRISMA} import { storage } from "./s"; prisma.$transaction(async (tx) => { storage.enterWith(tx); await work(); });` }],
    ["into the store that is there", { "s.ts": STORAGE, "a.ts": `${PRISMA} import { storage } from "./s"; prisma.$transaction(async (tx) => { const store = storage.getStore(); store.tx = tx; await work(); });` }],
    ["a seam of SQL", { "a.ts": `import Database from "better-sqlite3"; ${STORAGE} const db = new Database("a.db"); export async function run(fn) { db.exec("BEGIN"); await storage.run({ hooks: [] }, fn); db.exec("COMMIT"); }` }],
    ["cls-hooked", { "a.ts": `${PRISMA} import { createNamespace } from "cls-hooked"; const ns = createNamespace("tx"); prisma.$transaction(async (tx) => { ns.set("tx", tx); await work(); });` }],
    ["a nestjs-cls service that a class is given", { "a.ts": `import { PrismaClient } from "@prisma/client"; import type { ClsService } from "nestjs-cls"; export class Store extends PrismaClient { constructor(private readonly context: ClsService<{ tx: unknown }>) { super(); } work(fn) { return this.context.run(() => super.$transaction(async (tx) => { this.context.set("tx", tx); return fn(tx); })); } }` }],
    ["a nestjs-cls service that is asked for", { "a.ts": `${PRISMA} import { ClsServiceManager } from "nestjs-cls"; prisma.$transaction(async (tx) => { ClsServiceManager.getClsService().set("tx", tx); await work(); });` }],
    ["useCLS of Sequelize", { "a.ts": `import { Sequelize } from "sequelize"; Sequelize.useCLS(namespace); const db = new Sequelize("sqlite:a.db"); db.transaction(async () => { await work(); });` }],
    ["useCLS of what extends it", { "m.ts": `import { Sequelize } from "sequelize-typescript"; Sequelize.useCLS(namespace);`, "a.ts": `import { Sequelize } from "sequelize"; const db = new Sequelize("sqlite:a.db"); db.transaction(async () => { await work(); });` }],
    ["@nestjs-cls/transactional for it", { "m.ts": `import { TransactionalAdapterPrisma } from "@nestjs-cls/transactional-adapter-prisma";`, "a.ts": `${PRISMA} prisma.$transaction(async (tx) => { await work(); });` }],
    ["@nestjs-cls/transactional for something", { "m.ts": `import { Transactional } from "@nestjs-cls/transactional";`, "a.ts": `${PRISMA} prisma.$transaction(async (tx) => { await work(); });` }],
  ])("%s", (_name, texts) => {
    expect(ambience(texts)).toEqual([true, true]);
  });
});

describe("a transaction is not ambient", () => {
  it.each<[string, Record<string, string>]>([
    ["nothing is stored", { "a.ts": `${PRISMA} prisma.$transaction(async (tx) => { await work(tx); });` }],
    ["a request's context elsewhere", { "s.ts": `${STORAGE} export const withRequest = (id, fn) => storage.run({ id }, fn);`, "a.ts": `${PRISMA} import { withRequest } from "./s"; withRequest(1, () => prisma.$transaction(async (tx) => { await work(tx); }));` }],
    ["a nestjs-cls service that is told who asks", { "a.ts": `${PRISMA} import type { ClsService } from "nestjs-cls"; class Users { constructor(private readonly context: ClsService) {} set(user) { this.context.set("user", user); } } prisma.$transaction(async (tx) => { await work(tx); });` }],
    ["another object's run", { "a.ts": `${PRISMA} import { queue } from "queue"; prisma.$transaction(async (tx) => { await queue.run(tx, work); });` }],
    ["another library's carrier", { "m.ts": `import { initializeTransactionalContext } from "typeorm-transactional"; initializeTransactionalContext();`, "a.ts": `${PRISMA} prisma.$transaction(async (tx) => { await work(tx); });` }],
  ])("%s", (_name, texts) => {
    expect(ambience(texts)).toEqual([false, false]);
  });
});
