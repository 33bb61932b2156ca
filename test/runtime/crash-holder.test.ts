import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { statfsSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { batchReportOf, batchedTransaction, closeSessions, createSessionFactory, transaction } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { bundleProgram } from "./support/bundle.js";
import { committed, insert, onCleanup, openByHand, rejection, tempDatabase, tempFolder } from "./support/database.js";

/** More for a long run: SESSIONFIX_CRASH_ROUNDS=1000. */
const ROUNDS = Number(process.env.SESSIONFIX_CRASH_ROUNDS ?? 20);

/** Two rows a transaction, so that half of one would show; each acknowledged one is printed before the next begins. */
const WRITER = `
  import { writeSync } from "node:fs";
  import Database from "better-sqlite3";
  import { createSessionFactory, transaction, transactionSync } from "sessionfix-runtime";
  import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
  const [, , path, round] = process.argv;
  const db = createSessionFactory({ driver: betterSqlite3(Database), path, engine: { walAutocheckpoint: 20 } }).getSession();
  const insert = db.prepare("INSERT INTO item (name) VALUES (?)");
  for (let n = 0; n < 20000; n++) {
    const work = (tx) => { for (const half of ["a", "b"]) insert.run(\`\${round}/\${n}/\${half}\`); };
    if (n % 3 === 0) transactionSync(db, work);
    else if (n % 3 === 1) await transaction(db, work);
    else await transaction(db, async (tx) => { work(tx); await null; });
    writeSync(1, \`\${n}\\n\`);
  }
`;

describe("promise 10: what was acknowledged survives the process", () => {
  test(`promise 10: SIGKILL at ${ROUNDS} random points of many small transactions`, { timeout: 60_000 + ROUNDS * 2_000 }, async () => {
    const path = tempDatabase();
    const program = await bundleProgram(WRITER);
    let kills = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const after = 1 + Math.floor(Math.random() * 150);
      const child = spawn(process.execPath, [program, path, String(round)], { stdio: ["ignore", "pipe", "inherit"], timeout: 30_000, killSignal: "SIGKILL" });
      const acknowledged: number[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(Number(line));
        if (acknowledged.length === after) child.kill("SIGKILL"); // it is in the middle of one of the next transactions
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
      if (child.signalCode === "SIGKILL") kills++;
      const db = new Database(path);
      const names = new Set(db.prepare("SELECT name FROM item WHERE name LIKE ? || '/%'").pluck().all(String(round)) as string[]);
      expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
      db.close();
      const missing = acknowledged.filter((n) => !names.has(`${round}/${n}/a`) || !names.has(`${round}/${n}/b`));
      expect(missing, `killed after ${after} acknowledged transactions`).toEqual([]);
      const halves = [...names].filter((name) => !names.has(name.endsWith("a") ? name.replace(/a$/, "b") : name.replace(/b$/, "a")));
      expect(halves).toEqual([]);
      expect(acknowledged.length).toBeGreaterThanOrEqual(after);
    }
    expect(kills).toBe(ROUNDS);
  });
});

/** A file system of two megabytes, where this user may mount one; otherwise why not. */
function smallDisk(): { folder: string } | { reason: string } {
  const folder = tempFolder();
  const { status, stderr, error } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "sessionfix-test", folder], { encoding: "utf8" });
  if (status !== 0) return { reason: `no small disk: mount says ${error?.message ?? stderr.trim()}` };
  onCleanup(() => spawnSync("umount", ["--lazy", folder]));
  return { folder };
}

describe("promise 10: a full disk", () => {
  const work = (tx: Database.Database, name: string): void => {
    tx.prepare("INSERT INTO item (name) VALUES (?)").run(`${name} ${"x".repeat(20_000)}`);
  };

  for (const body of ["synchronous", "asynchronous"] as const) {
    test(`promise 10: a disk without room (ENOSPC), ${body} bodies`, async (context) => {
      const disk = smallDisk();
      if ("reason" in disk) return context.skip(disk.reason);
      const path = join(disk.folder, "app.db");
      const filler = join(disk.folder, "filler");
      const db = createSessionFactory({ driver: betterSqlite3(Database), path }).getSession();
      db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
      const { bavail, bsize } = statfsSync(disk.folder);
      writeFileSync(filler, Buffer.alloc((bavail * bsize) / 2));
      const acknowledged: string[] = [];
      const write = async (name: string): Promise<void> => {
        await (body === "synchronous" ? transaction(db, (tx) => work(tx, name)) : transaction(db, async (tx) => { work(tx, name); await null; work(tx, `${name} again`); }));
        acknowledged.push(name);
      };
      const fill = async (): Promise<void> => {
        for (let n = 0; n < 1_000; n++) await write(`row ${n}`);
      };
      const error = await rejection(fill());
      expect((error as { code?: string }).code).toMatch(/^SQLITE_(FULL|IOERR)/);
      expect(acknowledged.length).toBeGreaterThan(0);
      // Still full: the session stays usable for reading, and each attempt is told.
      expect((await rejection(write("too much")) as { code?: string }).code).toMatch(/^SQLITE_(FULL|IOERR)/);
      expect(db.prepare("SELECT count(*) FROM item").pluck().get()).toBe(acknowledged.length * (body === "synchronous" ? 1 : 2));
      unlinkSync(filler);
      await write("after");
      await closeSessions();
      const names = committed(path) as string[];
      expect(names.map((name) => name.split(" x")[0]).filter((name) => !name?.endsWith("again"))).toEqual(acknowledged);
      expect(openByHand(path).pragma("integrity_check", { simple: true })).toBe("ok");
    });
  }

  test("promise 10: a quota (max_page_count): the first error is reported, the rollback's beside it", async () => {
    const path = tempDatabase();
    const broken = new Error("the rollback fails as well");
    class FailingRollback extends Database {
      armed = false;
      override prepare: Database.Database["prepare"] = ((source: string) => {
        const statement = Database.prototype.prepare.call(this, source) as Database.Statement<unknown[]>;
        if (source !== "ROLLBACK") return statement;
        const run = statement.run.bind(statement);
        return Object.assign(statement, {
          run: () => {
            if (!this.armed) return run();
            this.armed = false;
            throw broken;
          },
        });
      }) as Database.Database["prepare"];
    }
    const db = new FailingRollback(path);
    onCleanup(() => db.close());
    db.pragma("max_page_count = 20");
    await transaction(db, (tx) => insert(tx, "acknowledged"));
    let open = false;
    const error = await rejection(transaction(db, (tx) => {
      try {
        // One statement of many rows is undone alone, so that the transaction is still there to be rolled back.
        tx.exec("INSERT INTO item (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100) SELECT i || hex(zeroblob(5000)) FROM n");
      } finally {
        open = tx.inTransaction;
        db.armed = true;
      }
    }));
    expect(error).toMatchObject({ code: "SQLITE_FULL" });
    expect(open).toBe(true);
    expect(error).toHaveProperty("suppressed", broken);
    await transaction(db, (tx) => insert(tx, "next"));
    expect(committed(path)).toEqual(["acknowledged", "next"]);
  });

  test("promise 10: a quota in the middle of a batched run: the report counts what is in the file, and no more", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.pragma("max_page_count = 40");
    const error = await rejection(batchedTransaction(db, Array.from({ length: 1_000 }, (_, n) => n), (n, tx) => work(tx, String(n)), { batchSize: 2 }));
    expect(error).toMatchObject({ code: "SQLITE_FULL" });
    const items = batchReportOf(error)?.items ?? 0;
    expect(items).toBeGreaterThan(0);
    expect((committed(path) as string[]).map((name) => Number.parseInt(name, 10))).toEqual(Array.from({ length: items }, (_, n) => n));
    await transaction(db, (tx) => insert(tx, "small"));
    expect(committed(path)).toHaveLength(items + 1);
  });
});
