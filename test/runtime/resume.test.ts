import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { RUNNER_CAPABILITIES, ResumeError, SessionOptionError, TransactionClosedError, batchReportOf, batchedTransaction, batchedTransactionSync, forgetResume, resumeState, transaction } from "sessionfix-runtime";
import type { BatchOptionsSync, BatchReport, ResumeRow, ResumeStore } from "sessionfix-runtime";
import { committed, foreignProcess, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

type Handler = (name: string, tx: Database.Database, index: number) => unknown;
type Run = (db: Database.Database, items: Iterable<string> | (() => Iterable<string>), handler: Handler, options: BatchOptionsSync<string>) => Promise<BatchReport<string>>;

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `item ${index}`);
const own = (items: Iterable<string> | (() => Iterable<string>)): Iterable<string> => (typeof items === "function" ? items() : items);

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await null;
    yield item;
  }
}

/** A source that can be read once and does not tell its length. */
function* stream(items: Iterable<string>): Generator<string> {
  yield* items;
}

/** Batches end by their size or by their time, and a busy machine is slow: what counts them lets their size alone decide. */
const BY_SIZE = { maxHoldMs: 600_000 };

const FORMS: readonly [string, Run][] = [
  ["an array, synchronous handler", (db, items, handler, options) => batchedTransaction(db, [...own(items)], handler, { ...BY_SIZE, ...options })],
  ["a generator, asynchronous handler", (db, items, handler, options) => batchedTransaction(db, stream(own(items)), async (name, tx, index) => {
    await null;
    handler(name, tx, index);
    await null;
  }, { ...BY_SIZE, ...options })],
  ["an async iterable", (db, items, handler, options) => batchedTransaction(db, later(own(items)), handler, { ...BY_SIZE, ...options })],
  ["batchedTransactionSync, an array", async (db, items, handler, options) => batchedTransactionSync(db, [...own(items)], handler, { ...BY_SIZE, ...options })],
  ["batchedTransactionSync, a generator", async (db, items, handler, options) => batchedTransactionSync(db, stream(own(items)), handler, { ...BY_SIZE, ...options })],
];

const failAt = (place: number): Handler => (name, tx, index) => {
  insert(tx, name);
  if (index === place) throw new Error(`stopped at ${place}`);
};
const write: Handler = (name, tx) => insert(tx, name);

function cursors(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sessionfix_resume'").get() === undefined) return [];
    return db.prepare("SELECT key, items, state FROM sessionfix_resume").raw().all();
  } finally {
    db.close();
  }
}

describe.each(FORMS)("%s", (form, run) => {
  test("promise 13: a run that failed goes on after its last committed batch, with the index going on, and ends done", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const error = await rejection(run(db, names(25), failAt(17), { resume: "import" }));
    expect(error).toMatchObject({ message: "stopped at 17" });
    expect(cursors(path)).toEqual([["import", 10, "running"]]);
    const handled: [string, number][] = [];
    const report = await run(db, names(25), (name, tx, index) => {
      insert(tx, name);
      handled.push([name, index]);
    }, { resume: "import" });
    expect(handled).toEqual(names(25).map((name, index) => [name, index]).slice(10));
    expect(report).toMatchObject({ items: 15, batches: 2, resumed: 10, alreadyDone: false });
    expect(committed(path)).toEqual(names(25));
    expect(cursors(path)).toEqual([["import", 25, "done"]]);
  });

  test.each([1, 9, 10, 20, 25])("promise 13: a finished run of %i items with the same input has nothing left to do", async (count) => {
    const path = tempDatabase();
    const db = openByHand(path);
    expect(await run(db, names(count), write, { resume: "import" })).toMatchObject({ items: count, batches: Math.ceil(count / 10), resumed: 0, alreadyDone: false });
    expect(cursors(path)).toEqual([["import", count, "done"]]);
    const again = await run(db, names(count), () => { throw new Error("handed out twice"); }, { resume: "import" });
    expect(again).toMatchObject({ items: 0, batches: 0, resumed: count, alreadyDone: true });
    expect(committed(path)).toEqual(names(count));
  });

  test("promise 13: no items at all are done, too", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    expect(await run(db, [], write, { resume: "import" })).toMatchObject({ items: 0, batches: 0, alreadyDone: false });
    expect(cursors(path)).toEqual([["import", 0, "done"]]);
    expect(await run(db, [], write, { resume: "import" })).toMatchObject({ items: 0, resumed: 0, alreadyDone: true });
    expect(await run(db, [], write, { resume: { key: "other", whenDone: "forget" } })).toMatchObject({ items: 0, batches: 0 });
    expect(cursors(path)).toEqual([["import", 0, "done"]]);
  });

  test("promise 13: an end that was not recorded is recorded by the next run", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    // The source fails where it should end: all items are committed, and nobody knows that they are all.
    const broken = function* (): Generator<string> {
      yield* names(20);
      throw new Error("broken off");
    };
    if (!form.includes("array")) {
      expect(await rejection(run(db, broken, write, { resume: "import", batchSize: 5 }))).toMatchObject({ message: "broken off" });
      const [[, done]] = cursors(path) as [[string, number]];
      expect(committed(path)).toEqual(names(done));
    }
    await run(db, names(20), write, { resume: "import" });
    expect(committed(path)).toEqual(names(20));
    expect(cursors(path)).toEqual([["import", 20, "done"]]);
  });

  test.each<[string, string[]]>([
    ["an item of the done part differs", names(25).with(3, "another")],
    ["an item is missing", names(25).toSpliced(3, 1)],
    ["two items changed places", names(25).with(3, "item 4").with(4, "item 3")],
    ["it ends within the done part", names(7)],
    ["it is empty", []],
  ])("promise 13: a changed input is refused before anything is handed out or written: %s", async (_, changed) => {
    const path = tempDatabase();
    const db = openByHand(path);
    await rejection(run(db, names(25), failAt(17), { resume: "import" }));
    const error = await rejection(run(db, changed, () => { throw new Error("handed out"); }, { resume: "import" }));
    expect(error).toBeInstanceOf(ResumeError);
    expect(error).toMatchObject({ code: "SESSIONFIX_RESUME", key: "import", reason: "changed input" });
    expect((error as Error).message).toContain('forgetResume(session, "import")');
    expect(committed(path)).toEqual(names(10));
    expect(cursors(path)).toEqual([["import", 10, "running"]]);
  });

  test.each<[string, string[]]>([["longer", names(26)], ["shorter", names(24)], ["different at the end", names(25).with(24, "another")]])("promise 13: a finished run refuses an input that is %s", async (_, changed) => {
    const path = tempDatabase();
    const db = openByHand(path);
    await run(db, names(25), write, { resume: "import" });
    expect(await rejection(run(db, changed, write, { resume: "import" }))).toMatchObject({ reason: "changed input" });
    expect(committed(path)).toEqual(names(25));
  });

  test("promise 13: a given fingerprint decides alone", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    await rejection(run(db, names(25), failAt(17), { resume: { key: "import", fingerprint: "v1" } }));
    expect(await rejection(run(db, names(25), write, { resume: { key: "import", fingerprint: "v2" } }))).toMatchObject({ reason: "changed input" });
    expect(await rejection(run(db, names(25), write, { resume: "import" }))).toMatchObject({ reason: "changed input" });
    expect(await rejection(run(db, names(5), write, { resume: { key: "import", fingerprint: "v1" } }))).toMatchObject({ reason: "changed input" });
    expect(committed(path)).toEqual(names(10));
    await run(db, names(25).with(0, "rewritten"), write, { resume: { key: "import", fingerprint: "v1" } });
    expect(committed(path)).toEqual(names(25));
    const untouched = { [Symbol.iterator]: (): Iterator<string> => ({ next: () => { throw new Error("pulled"); } }) };
    if (!form.includes("array")) expect(await run(db, untouched, write, { resume: { key: "import", fingerprint: "v1" } })).toMatchObject({ alreadyDone: true, resumed: 25 });
  });

  test.each([20, 25])("promise 13: whenDone forget deletes the cursor together with the last batch (%i items)", async (count) => {
    const path = tempDatabase();
    const log: string[] = [];
    const db = openByHand(path, { verbose: (sql) => log.push(String(sql)) });
    const resume = { key: "import", whenDone: "forget" } as const;
    await rejection(run(db, names(count), failAt(17), { resume }));
    expect(cursors(path)).toEqual([["import", 10, "running"]]);
    log.length = 0;
    expect(await run(db, names(count), write, { resume })).toMatchObject({ items: count - 10, resumed: 10 });
    expect(cursors(path)).toEqual([]);
    expect(committed(path)).toEqual(names(count));
    const [last] = log.join("\n").split("COMMIT").slice(-2);
    expect(last).toContain("DELETE FROM main.sessionfix_resume");
    expect(last).toContain("INSERT INTO item");
  });

  test("promise 13: skipped items count as done and are not reported again", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const skipped: number[] = [];
    const options: BatchOptionsSync<string> = { resume: "import", onItemError: "skip", onSkip: ({ index }) => { skipped.push(index); } };
    let disk = true;
    const handler: Handler = (name, tx, index) => {
      insert(tx, name);
      if (index % 10 === 4) throw new Error("bad");
      if (index === 17 && disk) throw Object.assign(new Error("disk full"), { code: "SQLITE_FULL" });
    };
    await rejection(run(db, names(25), handler, options));
    expect(skipped).toEqual([4]);
    disk = false;
    expect(await run(db, names(25), handler, options)).toMatchObject({ items: 15, skipped: 2, resumed: 10 });
    expect(skipped).toEqual([4, 14, 24]);
    expect(committed(path)).toEqual(names(25).filter((_name, index) => index % 10 !== 4));
  });

  test.each<[string, string]>([
    ["a count that was changed", "UPDATE sessionfix_resume SET items = 20"],
    ["a negative count", "UPDATE sessionfix_resume SET items = -1"],
    ["a count that is no number", "UPDATE sessionfix_resume SET items = 'ten'"],
    ["an unknown state", "UPDATE sessionfix_resume SET state = 'finished'"],
    ["a state that was changed", "UPDATE sessionfix_resume SET state = 'done'"],
    ["another run's fingerprint", "UPDATE sessionfix_resume SET fingerprint = 'given:v1'"],
    ["a wrong checksum", "UPDATE sessionfix_resume SET checksum = 'x'"],
    ["a blob for a text", "UPDATE sessionfix_resume SET checksum = x'00'"],
    ["a time that was changed", "UPDATE sessionfix_resume SET updated_at = '2000-01-01T00:00:00.000Z'"],
  ])("promise 13: a corrupt cursor is refused and nothing is written: %s", async (_, corrupt) => {
    const path = tempDatabase();
    const db = openByHand(path);
    await rejection(run(db, names(25), failAt(17), { resume: "import" }));
    db.exec(corrupt);
    const before = db.prepare("SELECT * FROM sessionfix_resume").all();
    const error = await rejection(run(db, names(25), write, { resume: "import" }));
    expect(error).toMatchObject({ name: "ResumeError", key: "import", reason: "corrupt cursor" });
    expect(await rejection(resumeState(db, "import"))).toMatchObject({ reason: "corrupt cursor" });
    expect(db.prepare("SELECT * FROM sessionfix_resume").all()).toEqual(before);
    expect(committed(path)).toEqual(names(10));
    expect(await forgetResume(db, "import")).toBe(true);
    expect(await forgetResume(db, "import")).toBe(false);
  });

  test("promise 13: a batch whose transaction SQLite has ended does not move the cursor", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const error = await rejection(run(db, names(25), (name, tx, index) => {
      insert(tx, name);
      try {
        if (index === 19) tx.prepare("INSERT OR ROLLBACK INTO item (name) VALUES (?)").run(name);
      } catch {
        // swallowed
      }
    }, { resume: "import" }));
    expect(error).toBeInstanceOf(TransactionClosedError);
    expect(cursors(path)).toEqual([["import", 10, "running"]]);
    expect(committed(path)).toEqual(names(10));
  });

  test.each(["moves", "deletes"])("promise 13: a cursor that another connection %s in between ends the run, its batch rolled back", async (what) => {
    const path = tempDatabase();
    const db = openByHand(path);
    const other = openByHand(path, { timeout: 0 });
    const source = (): Iterable<string> => (form.includes("array") ? names(25) : stream(names(25)));
    const error = await rejection(run(db, names(25), write, {
      resume: "import",
      onProgress: ({ batches }) => {
        if (batches !== 1) return;
        if (what === "deletes") other.exec("DELETE FROM sessionfix_resume");
        else expect(batchedTransactionSync(other, source(), write, { resume: "import" })).toMatchObject({ items: 15, resumed: 10 });
      },
    }));
    expect(error).toMatchObject({ name: "ResumeError", reason: "another run" });
    expect(batchReportOf(error)).toMatchObject({ items: 10 });
    expect(committed(path)).toEqual(names(what === "moves" ? 25 : 10));
  });
});

test("promise 13: a run that another has begun since it looked is refused", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const other = openByHand(path, { timeout: 0 });
  function* source(): Generator<string> {
    batchedTransactionSync(other, stream(names(25)), write, { resume: "import" });
    yield* names(25);
  }
  expect(await rejection(batchedTransaction(db, source(), write, { resume: "import" }))).toMatchObject({ reason: "another run" });
  expect(committed(path)).toEqual(names(25));
});

test.each<[string, (items: string[]) => Iterable<string> | AsyncIterable<string>]>([
  ["an array", (items) => items], ["a generator", stream], ["an async iterable", later],
])("promise 13: cursor and batch are one transaction, the last one included (%s)", async (_, source) => {
  const log: string[] = [];
  const db = openByHand(tempDatabase(), { verbose: (sql) => log.push(String(sql)) });
  const kinds = (): string[] => log.splice(0).flatMap((sql) => /^(BEGIN|COMMIT|ROLLBACK|DELETE|INSERT (?:OR REPLACE )?INTO [\w.]+)/.exec(sql)?.[1] ?? []);
  const batch = (last: string): string[] => ["BEGIN", ...Array.from({ length: 10 }, () => "INSERT INTO item"), last, "COMMIT"];
  const write10 = "INSERT OR REPLACE INTO main.sessionfix_resume";
  await batchedTransaction(db, source(names(20)), write, { resume: "import" });
  expect(kinds()).toEqual(["BEGIN", "COMMIT", ...batch(write10), ...batch(write10)]);
  db.exec("DELETE FROM item");
  kinds();
  await batchedTransaction(db, source(names(20)), write, { resume: { key: "another", whenDone: "forget" } });
  expect(kinds()).toEqual(["BEGIN", "COMMIT", ...batch(write10), ...batch("DELETE")]);
});

test("promise 13: a session that reads integers as bigint resumes as well", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  db.defaultSafeIntegers(true);
  await rejection(batchedTransaction(db, names(45), failAt(37), { resume: "import" }));
  expect(await resumeState(db, "import")).toMatchObject({ items: 30 });
  expect(await batchedTransaction(db, names(45), write, { resume: "import" })).toMatchObject({ items: 15, resumed: 30 });
  expect(committed(path)).toEqual(names(45));
});

test("promise 13: resumeState and forgetResume", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  expect(await resumeState(db, "import")).toBeUndefined();
  expect(await forgetResume(db, "import")).toBe(false);
  await rejection(batchedTransaction(db, names(25), failAt(17), { resume: "import" }));
  const state = await resumeState(db, "import");
  expect(state).toMatchObject({ items: 10, state: "running" });
  expect(Math.abs(Date.now() - (state?.updatedAt.getTime() ?? 0))).toBeLessThan(60_000);
  expect(await resumeState(db, "another")).toBeUndefined();
  expect(await forgetResume(db, "import")).toBe(true);
  db.exec("DELETE FROM item");
  expect(await batchedTransaction(db, names(25), write, { resume: "import" })).toMatchObject({ items: 25, resumed: 0 });
  expect(await resumeState(db, "import")).toMatchObject({ items: 25, state: "done" });
});

test("promise 13: within a transaction the cursor goes with it", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const inside = (fails: boolean) => transaction(db, async (tx) => {
    const report = await batchedTransaction(tx, names(25), write, { resume: "import" });
    if (fails) throw new Error("outer fails");
    return report;
  });
  expect(await rejection(inside(true))).toMatchObject({ message: "outer fails" });
  expect(cursors(path)).toEqual([]);
  expect(await inside(false)).toMatchObject({ items: 25, resumed: 0 });
  expect(cursors(path)).toEqual([["import", 25, "done"]]);
});

test("promise 13: what the handler does to an item does not change the fingerprint", async () => {
  const db = openByHand(tempDatabase());
  const items = (): Iterable<{ name: string; tags: Set<string> }> => names(25).map((name) => ({ name, tags: new Set(["a"]) })).values();
  const change = (stop: number) => (item: { name: string; tags: Set<string> }, tx: Database.Database, index: number): void => {
    insert(tx, item.name);
    item.name = "changed";
    item.tags.clear();
    if (index === stop) throw new Error("stopped");
  };
  await rejection(batchedTransaction(db, items(), change(17), { resume: "import" }));
  expect(await batchedTransaction(db, items(), change(-1), { resume: "import" })).toMatchObject({ items: 15, resumed: 10 });
});

test("promise 13: an item that cannot be compared is a clear error that asks for a fingerprint", async () => {
  class Row { readonly #secret = 1; get secret(): number { return this.#secret; } }
  const db = openByHand(tempDatabase());
  const circle: unknown[] = [];
  circle.push(circle);
  for (const item of [() => {}, Symbol("s"), new Row(), { deep: [new Map([[1, new Row()]])] }, { [Symbol("key")]: 1 }, circle, new URL("file:///x")]) {
    for (const items of [[item], [item].values()]) {
      const error = await rejection(batchedTransaction<Database.Database, unknown>(db, items, () => {}, { resume: "import" }));
      expect(error).toBeInstanceOf(SessionOptionError);
      expect((error as Error).message).toContain("fingerprint");
    }
    expect(await batchedTransaction<Database.Database, unknown>(db, [item], () => {}, { resume: { key: "import", fingerprint: "f", whenDone: "forget" } })).toMatchObject({ items: 1 });
  }
  expect(db.inTransaction).toBe(false);
});

test("promise 13: another process that runs the same key at the same time", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const other = await foreignProcess(path);
  const error = await rejection(batchedTransaction(db, names(25), write, {
    resume: "import",
    onProgress: async ({ batches }) => { if (batches === 2) await other.run("UPDATE sessionfix_resume SET items = 10, checksum = 'theirs'"); },
  }));
  expect(error).toBeInstanceOf(ResumeError);
  expect(committed(path)).toEqual(names(20));
});

describe("a function in place of a session", () => {
  test("promise 13: needs a store for the cursor; with one, runs are resumed, also where batches are repeated", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    db.exec("CREATE TABLE cursor (key TEXT PRIMARY KEY, row TEXT)");
    const plain = (work: (tx: Database.Database) => void | Promise<void>) => transaction(db, work);
    expect(await rejection(batchedTransaction(plain, names(3), write, { resume: "import" }))).toBeInstanceOf(SessionOptionError);
    const resume: ResumeStore<Database.Database> = {
      read: async (tx, key) => {
        await null;
        const text = tx.prepare("SELECT row FROM cursor WHERE key = ?").pluck().get(key);
        return typeof text === "string" ? JSON.parse(text) as unknown : undefined;
      },
      write: async (tx, row: ResumeRow) => {
        await null;
        tx.prepare("INSERT OR REPLACE INTO cursor VALUES (?, ?)").run(row.key, JSON.stringify(row));
      },
      remove: (tx, key) => { tx.prepare("DELETE FROM cursor WHERE key = ?").run(key); },
    };
    let attempts = 0;
    const retrying = async (work: (tx: Database.Database) => void | Promise<void>): Promise<void> => {
      for (;;) {
        try {
          return await transaction(db, async (tx) => {
            await work(tx);
            if (attempts++ % 2 === 0) throw new Error("try again");
          });
        } catch (error) {
          if ((error as Error).message !== "try again") throw error;
        }
      }
    };
    const runner = Object.assign(retrying, { [RUNNER_CAPABILITIES]: { resume } });
    await rejection(batchedTransaction(runner, stream(names(25)), failAt(17), { resume: "import" }));
    expect(await resumeState(runner, "import")).toMatchObject({ items: 10, state: "running" });
    expect(await batchedTransaction(runner, stream(names(25)), write, { resume: "import" })).toMatchObject({ items: 15, resumed: 10 });
    expect(committed(path)).toEqual(names(25));
    expect(await batchedTransaction(runner, stream(names(25)), write, { resume: "import" })).toMatchObject({ alreadyDone: true });
    expect(await forgetResume(runner, "import")).toBe(true);
  });
});

test("promise 17: a run is aborted between two batches or while it passes over what is done, and goes on later", async () => {
  const path = tempDatabase();
  const db = openByHand(path);
  const reason = new Error("shutting down");
  const first = new AbortController();
  expect(await rejection(batchedTransaction(db, names(5_000).values(), write, {
    ...BY_SIZE, batchSize: 100, resume: "import", signal: first.signal, onProgress: ({ items }) => { if (items === 3_000) first.abort(reason); },
  }))).toBe(reason);
  const second = new AbortController();
  let pulled = 0;
  function* counted(): Generator<string> {
    for (const name of names(5_000)) {
      if (++pulled === 1_500) second.abort(reason);
      yield name;
    }
  }
  expect(await rejection(batchedTransaction(db, counted(), write, { ...BY_SIZE, batchSize: 100, resume: "import", signal: second.signal }))).toBe(reason);
  expect(pulled).toBeLessThan(3_000);
  expect(await batchedTransaction(db, names(5_000).values(), write, { resume: "import" })).toMatchObject({ items: 2_000, resumed: 3_000 });
  expect(committed(path)).toEqual(names(5_000));
});
