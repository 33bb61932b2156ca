import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { runProgram, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

/** Fixes that touch the same lines: a session to share and a loop to batch, in one function, four times over. */
const FILES = {
  "src/db.ts": `import Database from 'better-sqlite3'

export const getDb = (path = 'app.db') => new Database(path)
`,
  "src/orders.ts": `import { getDb } from './db.js'

export interface Order { id: string; total: number }

export async function saveOrders(orders: Order[]): Promise<number> {
  const db = getDb()
  let saved = 0
  try {
    db.exec('BEGIN IMMEDIATE')
    try {
      const insert = db.prepare('INSERT INTO orders (id, total) VALUES (?, ?)')
      for (const order of orders) {
        insert.run(order.id, order.total)
        saved++
      }
      db.exec('COMMIT')
    } catch (err) {
      db.exec('ROLLBACK')
      throw err
    }
  } finally {
    db.close()
  }
  return saved
}

export function listOrders(): Order[] {
  const db = getDb()
  try {
    return db.prepare('SELECT * FROM orders').all() as Order[]
  } finally {
    db.close()
  }
}

export function touch(ids: string[]): void {
  const db = getDb()
  const update = db.prepare('UPDATE orders SET total = total + 1 WHERE id = ?')
  db.transaction((list: string[]) => {
    for (const id of list) update.run(id)
  })(ids)
  db.close()
}

export async function archive(ids: string[]) {
  const db = getDb()
  try {
    const move = db.transaction(() => {
      const now = Date.now()
      db.prepare('INSERT INTO runs (at) VALUES (?)').run(now)
      ids.forEach((id) => {
        db.prepare('INSERT INTO archive SELECT * FROM orders WHERE id = ?').run(id)
      })
      return now
    })
    return { at: move() }
  } finally {
    db.close()
  }
}
`,
  "src/main.ts": `import express from "express";
import { archive, listOrders, saveOrders, touch } from "./orders.js";
import type { Order } from "./orders.js";

const app = express();
app.get("/orders", (_req, res) => void res.json(listOrders()));
app.post("/orders", async (req, res) => void res.json(await saveOrders(req.body as Order[])));
app.post("/touch", (req, res) => {
  touch(req.body as string[]);
  res.sendStatus(204);
});
app.post("/archive", async (req, res) => void res.json(await archive(req.body as string[])));
app.listen(3000);
`,
  "test/run.ts": `import Database from "better-sqlite3";
import { rmSync } from "node:fs";
import { archive, listOrders, saveOrders, touch } from "../src/orders.js";

rmSync("app.db", { force: true });
const setup = new Database("app.db");
setup.exec("CREATE TABLE orders (id TEXT, total INT NOT NULL); CREATE TABLE archive (id TEXT, total INT); CREATE TABLE runs (at INT)");
const orders = Array.from({ length: 25 }, (_, n) => ({ id: String(n), total: n }));
const saved = await saveOrders(orders);
touch(["1", "2", "24"]);
const { at } = await archive(["3", "4"]);
console.log(JSON.stringify({
  saved,
  at: typeof at,
  totals: listOrders().map(({ total }) => total),
  archived: setup.prepare("SELECT id FROM archive").pluck().all(),
  runs: setup.prepare("SELECT count(*) FROM runs").pluck().get(),
}));
`,
};

describe("fixes that touch the same lines", () => {
  let project: TemporaryProject;
  let outcome: FixOutcome;
  let before: string;

  beforeAll(async () => {
    project = temporaryProject(FILES);
    before = await runProgram(project, "test/run.ts");
    const scan = await scanProject({ root: project.root, tests: true, paths: [`${project.root}/src`] });
    outcome = await fixProject({ root: project.root, findings: scan.findings, redetect: (overlay) => scan.redetect(overlay), codemods, options: { review: true, dryRun: false, allowDirty: false } });
  }, 60_000);

  afterAll(() => project.remove());

  it("are made in turn, each on the result of those before it", () => {
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    expect(outcome.applied.map(({ transform }) => transform).sort()).toEqual(["batch-loop-transaction", "batch-loop-transaction", "batch-loop-transaction", "use-shared-session"]);
    expect(project.read("src/orders.ts")).toMatchInlineSnapshot(`
      "import { batchedTransactionSync, batchedTransaction, transaction } from 'sessionfix-runtime'
      import { getDb } from './db.js'

      export interface Order { id: string; total: number }

      export async function saveOrders(orders: Order[]): Promise<number> {
        const db = getDb()
        let saved = 0
        const insert = db.prepare('INSERT INTO orders (id, total) VALUES (?, ?)')
        await batchedTransaction(
          db,
          orders,
          (order) => {
            insert.run(order.id, order.total)
            saved++
          },
          { batchSize: 10, label: 'saveOrders' },
        )
        return saved
      }

      export function listOrders(): Order[] {
        const db = getDb()
        return db.prepare('SELECT * FROM orders').all() as Order[]
      }

      export function touch(ids: string[]): void {
        const db = getDb()
        const update = db.prepare('UPDATE orders SET total = total + 1 WHERE id = ?')
        batchedTransactionSync(
          db,
          ids,
          (id) => {
            update.run(id)
          },
          { batchSize: 10, label: 'touch' },
        )
      }

      export async function archive(ids: string[]) {
        const db = getDb()
        const move = async () => {
          const now = Date.now()
          await transaction(db, () => {
            db.prepare('INSERT INTO runs (at) VALUES (?)').run(now)
          })
          await batchedTransaction(db, ids, (id) => {
            db.prepare('INSERT INTO archive SELECT * FROM orders WHERE id = ?').run(id)
          }, { batchSize: 10, label: 'move' })
          return now
        }
        return { at: await move() }
      }
      "
    `);
  });

  it("leave a program that does the same", async () => {
    expect(JSON.parse(await runProgram(project, "test/run.ts"))).toEqual(JSON.parse(before));
  });
});
