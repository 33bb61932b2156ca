import { describe, expect, it } from "vitest";
import { assemble, planFixes } from "../../codemods/index.js";
import { loopFinding, memoryHost } from "./helpers/findings.js";
import type { LoopOptions } from "./helpers/findings.js";

function fix(text: string, options: LoopOptions, file = "a.ts"): string {
  const host = memoryHost({ [file]: text });
  const plan = planFixes([loopFinding(file, text, options)], host);
  expect(plan.manual).toEqual([]);
  expect(plan.groups).toHaveLength(1);
  expect(plan.groups[0]?.safety).toBe("review");
  expect(plan.groups[0]?.reason).toContain("all-or-nothing is given up");
  return assemble(plan.groups, host).get(file) ?? "";
}

describe("batch-loop-transaction: wrapper run at its place", () => {
  it("async function, made and run in two statements", () => {
    const before = `import type Database from "better-sqlite3";

export async function importAll(db: Database.Database, entries: string[]): Promise<void> {
  const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
  const run = db.transaction(() => {
    // one row each
    for (const entry of entries) {
      if (entry === "") continue;
      insert.run(entry);
    }
  });
  run.immediate();
}
`;
    expect(fix(before, { transaction: "db.transaction(", runs: ["run.immediate("] })).toMatchInlineSnapshot(`
      "import type Database from "better-sqlite3";
      import { batchedTransaction } from "sessionfix-runtime";

      export async function importAll(db: Database.Database, entries: string[]): Promise<void> {
        const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
        // one row each
        await batchedTransaction(
          db,
          entries,
          (entry) => {
            if (entry === "") return;
            insert.run(entry);
          },
          { batchSize: 10, label: "importAll" },
        );
      }
      "
    `);
  });

  it("the run is called as the procedure, not as the router that lists it", () => {
    const before = `export const router = make({
  importAll: open.input(schema).run(({ db, entries }) => {
    const run = db.transaction(() => {
      for (const entry of entries) {
        insert.run(entry);
      }
    });
    run();
  }),
});
`;
    expect(fix(before, { transaction: "db.transaction(", runs: ["run("] })).toContain('label: "importAll"');
  });

  it("sync function, at once, with statements before and after", () => {
    const before = `function importAll(db, entries) {
    const count = db.transaction(() => {
        const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
        let done = 0;
        db.prepare("DELETE FROM t").run();

        for (const entry of entries) {
            insert.run(entry);
            done += 1;
        }

        // bookkeeping
        db.prepare("UPDATE s SET n = ?").run(done);
        return done;
    })();
    console.log(count);
}
`;
    expect(fix(before, { transaction: "db.transaction(" }, "a.js")).toMatchInlineSnapshot(`
      "const { batchedTransactionSync, transactionSync } = require("sessionfix-runtime");

      function importAll(db, entries) {
          const insert = db.prepare("INSERT INTO t (v) VALUES (?)");
          let done = 0;
          transactionSync(db, () => {
              db.prepare("DELETE FROM t").run();
          });

          batchedTransactionSync(
              db,
              entries,
              (entry) => {
                  insert.run(entry);
                  done += 1;
              },
              { batchSize: 10, label: "importAll" },
          );

          transactionSync(db, () => {
              // bookkeeping
              db.prepare("UPDATE s SET n = ?").run(done);
          });
          const count = done;
          console.log(count);
      }
      "
    `);
  });

  it("as a function when it is called with arguments from elsewhere", () => {
    const before = `export class Store {
  async save(rows: Row[]): Promise<number> {
    const saveAll = this.db.transaction((batch: Row[]) => {
      this.touch();
      for (const row of batch) {
        this.insert.run(row);
      }
      return batch.length;
    });
    const checked = await this.check(rows);
    return saveAll(checked) + saveAll.immediate(this.extra).valueOf();
  }
}
`;
    expect(fix(before, { transaction: "this.db.transaction(", session: "this.db", runs: ["saveAll(", "saveAll.immediate(this.extra)"] })).toMatchInlineSnapshot(`
      "import { batchedTransaction, transaction } from "sessionfix-runtime";

      export class Store {
        async save(rows: Row[]): Promise<number> {
          const saveAll = async (batch: Row[]) => {
            await transaction(this.db, () => {
              this.touch();
            });
            await batchedTransaction(this.db, batch, (row) => {
              this.insert.run(row);
            }, { batchSize: 10, label: "saveAll" });
            return batch.length;
          };
          const checked = await this.check(rows);
          return await saveAll(checked) + (await saveAll(this.extra)).valueOf();
        }
      }
      "
    `);
  });

  it("helper style with a handle", () => {
    const before = `export class ImportService {
  async run(sourceId: string, entries: Entry[]): Promise<Result> {
    const result = this.handler.importTransaction(sourceId, (session) => {
      const insert = session.prepare("INSERT INTO a (v) VALUES (?)");
      const imported: string[] = [];
      const run = session.prepare("INSERT INTO runs (s) VALUES (?)").run(sourceId);
      for (const entry of entries) {
        insert.run(entry.id, run.lastInsertRowid);
        imported.push(entry.id);
      }
      session.prepare("UPDATE s SET n = 1").run();
      return { imported };
    });
    return result;
  }
}
`;
    expect(fix(before, { style: "helper", transaction: "this.handler.importTransaction(" })).toMatchInlineSnapshot(`
      "import { batchedTransaction } from "sessionfix-runtime";

      export class ImportService {
        async run(sourceId: string, entries: Entry[]): Promise<Result> {
          const imported: string[] = [];
          const run = this.handler.importTransaction(sourceId, (session) => session.prepare("INSERT INTO runs (s) VALUES (?)").run(sourceId));
          await batchedTransaction(
            (work: Parameters<typeof this.handler.importTransaction>[1]) => this.handler.importTransaction(sourceId, work),
            entries,
            (entry, session) => {
              const insert = session.prepare("INSERT INTO a (v) VALUES (?)");
              insert.run(entry.id, run.lastInsertRowid);
              imported.push(entry.id);
            },
            { batchSize: 10, label: "run" },
          );
          this.handler.importTransaction(sourceId, (session) => {
            session.prepare("UPDATE s SET n = 1").run();
          });
          const result = { imported };
          return result;
        }
      }
      "
    `);
  });

  it("sql style with a try that rolls back", () => {
    const before = `function load(db, rows) {
  db.exec("BEGIN");
  try {
    for (let i = 0; i < rows.length; i++) {
      insert.run(rows[i]);
    }
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}
`;
    expect(fix(before, { style: "sql", transaction: 'db.exec("BEGIN")', commits: ['db.exec("COMMIT")'], rollbacks: ['db.exec("ROLLBACK")'], async: false }, "a.js")).toMatchInlineSnapshot(`
      "const { batchedTransactionSync } = require("sessionfix-runtime");

      function load(db, rows) {
        batchedTransactionSync(
          db,
          rows.keys(),
          (i) => {
            insert.run(rows[i]);
          },
          { batchSize: 10, label: "load" },
        );
      }
      "
    `);
  });

  it("forEach with an index", () => {
    const before = `export async function go(db, xs) {
  db.transaction(() => {
    xs.forEach((x, i) => insert.run(x, i));
  }).immediate()
}
`;
    expect(fix(before, { transaction: "db.transaction(" }, "a.js")).toMatchInlineSnapshot(`
      "import { batchedTransaction } from "sessionfix-runtime";

      export async function go(db, xs) {
        await batchedTransaction(
          db,
          xs,
          (x, _tx, i) => insert.run(x, i),
          { batchSize: 10, label: "go" },
        );
      }
      "
    `);
  });
});
