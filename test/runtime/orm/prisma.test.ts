import { PrismaBetterSqlite3 } from "@prisma/adapter-better-sqlite3";
import { describe, expect, expectTypeOf, test } from "vitest";
import { LockTimeoutError, SessionClosedError, UnsupportedSessionError, batchedTransaction, closeSessions, createSessionFactory, detached } from "sessionfix-runtime";
import { prismaRunner, prismaSessions, sessionAdapter } from "sessionfix-runtime/prisma";
import type { SessionAdapterOptions } from "sessionfix-runtime/prisma";
import { Prisma, PrismaClient } from "../../fixtures/orm/prisma/client/client.js";
import { committed, foreignProcess, gate, onCleanup, rejection, tempDatabase, timersFired } from "../support/database.js";
import { describeRunner, openFiles } from "./contract.js";

const clientFor = (path: string, options?: SessionAdapterOptions) => new PrismaClient({ adapter: sessionAdapter(new PrismaBetterSqlite3({ url: `file:${path}` }), options) });
const sessionsOf = (path: string) => createSessionFactory({ ...prismaSessions((file) => clientFor(file)), path });
type Tx = Prisma.TransactionClient;

describeRunner<PrismaClient, Tx>({
  name: "Prisma",
  sessions: sessionsOf,
  runner: (prisma) => prismaRunner(prisma),
  insert: (tx, name) => tx.item.create({ data: { name } }),
  names: async (tx) => (await tx.item.findMany({ orderBy: { id: "asc" } })).map(({ name }) => name),
  insertOrRollback: (tx, name) => tx.$executeRawUnsafe("INSERT OR ROLLBACK INTO item (name) VALUES (?)", name),
});

describe("Prisma", () => {
  test("promise 8: the body gets Prisma's transaction client: models, raw queries and nested transactions", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const count = await prismaRunner(prisma)(async (tx) => {
      await tx.item.createMany({ data: [{ name: "a" }, { name: "b" }] });
      await tx.item.update({ where: { name: "b" }, data: { name: "B" } });
      await tx.$executeRaw`INSERT INTO item (name) VALUES (${"raw"})`;
      expect(await tx.$queryRaw`SELECT name FROM item WHERE id = ${3}`).toEqual([{ name: "raw" }]);
      return await tx.item.count();
    });
    expect(count).toBe(3);
    expect(committed(path)).toEqual(["a", "B", "raw"]);
    const error = await rejection(prismaRunner(prisma)(async (tx) => { await tx.item.create({ data: { name: "undone" } }); await tx.item.create({ data: { name: "a" } }); }));
    expect(error).toBeInstanceOf(Prisma.PrismaClientKnownRequestError);
    expect(error).toMatchObject({ code: "P2002" });
    expect(committed(path)).toEqual(["a", "B", "raw"]);
  });

  test("promise 8: the transaction client belongs to the transaction wherever it is called from, and calls of the client itself do inside of the body", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    await rejection(prismaRunner(prisma)(async (tx) => {
      await detached(async () => await tx.item.create({ data: { name: "undone" } }));
      await prisma.item.create({ data: { name: "undone too" } });
      expect(await prisma.item.count()).toBe(2);
      throw new Error("undone");
    }));
    expect(committed(path)).toEqual([]);
  });

  test("promise 6: while a transaction is open, a write of another task waits for its turn and a read sees what is committed", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = prismaRunner(prisma)(async (tx) => { await tx.item.create({ data: { name: "open" } }); inside.open(); await go.promise; });
    await inside.promise;
    let written = false;
    const other = prisma.item.create({ data: { name: "other" } }).then(() => { written = true; });
    expect(await prisma.item.findMany()).toEqual([]);
    await timersFired(5);
    expect(written).toBe(false);
    go.open();
    await Promise.all([open, other]);
    expect(committed(path)).toEqual(["open", "other"]);
  });

  test("promise 6: Prisma's own $transaction, with a function and with a list, takes its turn as well", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const [inside, go] = [gate(), gate()];
    const open = prismaRunner(prisma)(async (tx) => { await tx.item.create({ data: { name: "open" } }); inside.open(); await go.promise; });
    await inside.promise;
    const own = prisma.$transaction(async (tx) => { await tx.item.create({ data: { name: "function" } }); await tx.item.create({ data: { name: "function 2" } }); });
    await timersFired(5);
    const list = prisma.$transaction([prisma.item.create({ data: { name: "list" } }), prisma.item.create({ data: { name: "open" } })]);
    list.catch(() => {});
    await timersFired(5);
    go.open();
    await Promise.all([open, own]);
    expect(await rejection(list)).toMatchObject({ code: "P2002" });
    expect(committed(path)).toEqual(["open", "function", "function 2"]);
  });

  test("promise 3: a single write waits for another process's lock with a live event loop, and its timeout names the holder", async () => {
    const path = tempDatabase();
    const prisma = clientFor(path, { timeoutMs: 40, label: "single write" });
    onCleanup(() => prisma.$disconnect());
    expect(await prisma.item.count()).toBe(0);
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const error = await rejection(prisma.item.create({ data: { name: "never" } }));
    expect(String(error)).toContain(`process ${other.pid}`);
    const patient = clientFor(path);
    onCleanup(() => patient.$disconnect());
    const pending = patient.item.create({ data: { name: "waited" } });
    pending.catch(() => {});
    await timersFired(20);
    await other.run("COMMIT");
    await pending;
    expect(committed(path)).toEqual(["waited"]);
  });

  test("promise 10: Prisma's own time limit for a transaction rolls it back and gives the turn on", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const go = gate();
    const own = prisma.$transaction(async (tx) => { await tx.item.create({ data: { name: "undone" } }); await go.promise; }, { timeout: 20 });
    own.catch(() => {});
    await prismaRunner(prisma)((tx) => tx.item.create({ data: { name: "next" } }));
    go.open();
    expect(await rejection(own)).toMatchObject({ code: "P2028" });
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 10: what keeps the commit from happening is what the caller gets, and the next transaction works", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    await prisma.$executeRawUnsafe("CREATE TABLE child (item INTEGER REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)");
    const run = prismaRunner(prisma);
    expect(await rejection(run((tx) => tx.$executeRawUnsafe("INSERT INTO child VALUES (77)")))).toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
    expect(await rejection(prisma.$transaction(async (tx) => await tx.$executeRawUnsafe("INSERT INTO child VALUES (77)")))).toBeInstanceOf(Error);
    expect(await prisma.$queryRawUnsafe("SELECT * FROM child")).toEqual([]);
    await run((tx) => tx.item.create({ data: { name: "next" } }));
    expect(committed(path)).toEqual(["next"]);
  });

  test("promise 8: whole numbers beyond 2^53 are read exactly beside an open transaction, too", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    await prisma.$executeRawUnsafe("CREATE TABLE big (n BIGINT)");
    await prisma.$executeRawUnsafe("INSERT INTO big VALUES (9007199254740993)");
    await prismaRunner(prisma)(async () => {
      expect(await detached(async () => await prisma.$queryRawUnsafe("SELECT n FROM big"))).toEqual([{ n: 9007199254740993n }]);
    });
  });

  test("promise 1: engine settings hold on the connection; VACUUM and settings run outside of transactions", async () => {
    const path = tempDatabase("delete");
    const prisma = clientFor(path, { engine: { journalMode: "wal", busyTimeoutMs: 1234 } });
    onCleanup(() => prisma.$disconnect());
    expect(await prisma.$queryRawUnsafe("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(await prisma.$queryRawUnsafe("PRAGMA busy_timeout")).toEqual([{ timeout: 1234n }]);
    await prisma.$executeRawUnsafe("VACUUM");
  });

  test("promise 1: disconnecting by hand waits for the open transaction; a query connects again; a closed session does not", async () => {
    const path = tempDatabase();
    const sessions = sessionsOf(path);
    const prisma = sessions.getSession();
    await prismaRunner(prisma)((tx) => tx.item.create({ data: { name: "first" } }));
    await prisma.$disconnect();
    expect(openFiles(path)).toEqual([]);
    await prisma.item.create({ data: { name: "second" } });
    await prismaRunner(prisma)((tx) => tx.item.create({ data: { name: "third" } }));
    expect(committed(path)).toEqual(["first", "second", "third"]);
    await closeSessions();
    expect(openFiles(path)).toEqual([]);
    expect(await rejection(prisma.item.create({ data: { name: "never" } }))).toBeInstanceOf(Error);
    expect(await rejection(prismaRunner(prisma)((tx) => tx.item.create({ data: { name: "never" } })))).toBeInstanceOf(SessionClosedError);
    expect(openFiles(path)).toEqual([]);
  });

  test("promise 14: connecting counts as waiting", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const other = await foreignProcess(path);
    await other.run("BEGIN IMMEDIATE");
    const error = await rejection(prismaRunner(prisma)((tx) => tx.item.create({ data: { name: "never" } }), { timeoutMs: 0 }));
    expect(error).toBeInstanceOf(LockTimeoutError);
    await other.run("COMMIT");
    expect(committed(path)).toEqual([]);
  });

  test("a client with another adapter is refused, and so is an adapter that keeps its connection elsewhere", async () => {
    const path = tempDatabase();
    const plain = new PrismaClient({ adapter: new PrismaBetterSqlite3({ url: `file:${path}` }) });
    onCleanup(() => plain.$disconnect());
    expect(await rejection(prismaRunner(plain)((tx) => tx.item.create({ data: { name: "never" } })))).toBeInstanceOf(UnsupportedSessionError);
    const other = sessionAdapter({ provider: "sqlite", adapterName: "other", connect: () => Promise.resolve({ queryRaw: () => Promise.resolve() }) });
    expect(await rejection(other.connect())).toBeInstanceOf(UnsupportedSessionError);
    expect(committed(path)).toEqual([]);
  });

  test("promise 9: inside of Prisma's own $transaction a write past tx waits until the transaction's time is over, and is not part of it", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const error = await rejection(prisma.$transaction(async (tx) => {
      await tx.item.create({ data: { name: "undone" } });
      await prisma.item.create({ data: { name: "on its own" } });
      await tx.item.create({ data: { name: "never" } });
    }, { timeout: 30 }));
    expect(error).toMatchObject({ code: "P2028" });
    expect(committed(path)).toEqual(["on its own"]);
  });

  test("a factory's engine settings are refused: they are the adapter's", () => {
    const path = tempDatabase();
    const sessions = createSessionFactory({ ...prismaSessions((file) => clientFor(file)), path, engine: { journalMode: "wal" } });
    expect(() => sessions.getSession()).toThrow(UnsupportedSessionError);
  });

  test("promise 10: Prisma's own $transaction holds the write lock from the beginning", async () => {
    const path = tempDatabase();
    const prisma = sessionsOf(path).getSession();
    const other = await foreignProcess(path);
    await prisma.$transaction(async (tx) => {
      expect(await tx.item.count()).toBe(0);
      expect(await rejection(other.run("BEGIN IMMEDIATE"))).toMatchObject({ message: expect.stringContaining("SQLITE_BUSY") as string });
    });
  });
});

// Checked by the compiler; nothing in here runs.
function typeTests(prisma: PrismaClient): void {
  const run = prismaRunner(prisma);
  expectTypeOf(run((tx) => { expectTypeOf(tx).toEqualTypeOf<Tx>(); return tx.item.count(); })).toEqualTypeOf<Promise<number>>();
  expectTypeOf(run(async (tx) => await tx.item.findMany({ select: { id: true } }))).toEqualTypeOf<Promise<{ id: number }[]>>();
  // @ts-expect-error a typo in the options
  void run(() => 1, { lable: "x" });
  void batchedTransaction(run, ["a"], async (name, tx) => {
    expectTypeOf(name).toEqualTypeOf<string>();
    expectTypeOf(tx).toEqualTypeOf<Tx>();
    await tx.item.create({ data: { name } });
  });
  // @ts-expect-error not a client
  prismaRunner({});
}

test("the types hold, as the compiler finds", () => {
  expectTypeOf(typeTests).toBeFunction();
});
