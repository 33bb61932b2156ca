import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LockTimeoutError, SessionBusyError, transaction, transactionSync } from "sessionfix-runtime";
import { FifoLock } from "../../runtime/fifo-lock.js";
import { committed, gate, insert, openByHand, rejection, tempDatabase } from "./support/database.js";

describe("promise 4: first come, first served", () => {
  test("promise 4: 3,000 queued transactions run in exact order, the event loop turning between", async () => {
    const db = openByHand(tempDatabase());
    const open = gate();
    const first = transaction(db, () => open.promise);
    const order: number[] = [];
    let turns = 0;
    let running = true;
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    const all = Array.from({ length: 3_000 }, (_, index) => transaction(db, () => { order.push(index); }));
    setImmediate(turn);
    open.open();
    await Promise.all([first, ...all]);
    running = false;
    expect(order).toEqual(Array.from({ length: 3_000 }, (_, index) => index));
    expect(turns).toBeGreaterThan(0);
  });

  test("leaving the queue anywhere keeps the order of the rest", async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), async (leaves) => {
      const lock = new FifoLock<number>();
      lock.tryTake(-1);
      const served: number[] = [];
      const places = leaves.map((_, index) => {
        const place = lock.wait(index);
        const done = place.granted.then(() => {
          served.push(index);
          lock.release(index);
        }, () => {});
        return { ...place, done };
      });
      leaves.forEach((leave, index) => { if (leave) places[index]?.leave(new Error("left")); });
      lock.release(-1);
      await Promise.all(places.map((place) => place.done));
      expect(served).toEqual(leaves.flatMap((leave, index) => (leave ? [] : [index])));
      expect(lock.owner).toBeUndefined();
      expect(lock.waiting).toBe(0);
    }));
  });

  test("each body keeps the asynchronous context of its own caller", async () => {
    const db = openByHand(tempDatabase());
    const request = new AsyncLocalStorage<string>();
    const open = gate();
    const first = request.run("first", () => transaction(db, async () => { await open.promise; return request.getStore(); }));
    const second = request.run("second", () => transaction(db, () => request.getStore()));
    const third = request.run("third", () => transaction(db, async () => { await null; return request.getStore(); }));
    open.open();
    expect(await Promise.all([first, second, third])).toEqual(["first", "second", "third"]);
  });

  test("a timeout or an abort in the queue leaves the others their places", async () => {
    const db = openByHand(tempDatabase());
    const open = gate();
    const order: string[] = [];
    const abort = new AbortController();
    const first = transaction(db, () => open.promise);
    const timedOut = rejection(transaction(db, () => order.push("timed out"), { timeoutMs: 1 }));
    const aborted = rejection(transaction(db, () => order.push("aborted"), { signal: abort.signal }));
    const last = transaction(db, () => order.push("last"));
    expect(await timedOut).toBeInstanceOf(LockTimeoutError);
    abort.abort(new Error("no longer wanted"));
    expect(await aborted).toMatchObject({ message: "no longer wanted" });
    open.open();
    await Promise.all([first, last]);
    expect(order).toEqual(["last"]);
  });
});

describe("promise 6: no interleaving", () => {
  test("promise 6: an asynchronous transaction keeps the connection; the other's failure cannot touch it", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const inside = gate();
    const go = gate();
    const first = transaction(db, async (tx) => {
      insert(tx, "first, before");
      inside.open();
      await go.promise;
      insert(tx, "first, after");
    });
    await inside.promise;
    const second = rejection(transaction(db, async (tx) => {
      insert(tx, "second");
      await null;
      throw new Error("second fails");
    }));
    expect(committed(path)).toEqual([]);
    go.open();
    await first;
    expect(await second).toMatchObject({ message: "second fails" });
    expect(committed(path)).toEqual(["first, before", "first, after"]);
  });

  test("promise 6: random interleavings agree with running one after the other", async () => {
    const step = fc.record({ writes: fc.integer({ min: 1, max: 3 }), pauses: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }), fails: fc.boolean(), nested: fc.boolean(), sync: fc.boolean() });
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
      const path = tempDatabase();
      const db = openByHand(path);
      const expected: string[] = [];
      const work = steps.map((each, index) => {
        const names = Array.from({ length: each.writes }, (_, n) => `${index}.${n}`);
        if (!each.fails) expected.push(...names);
        const body = each.sync
          ? (): void => {
              for (const name of names) insert(db, name);
              if (each.fails) throw new Error("planned");
            }
          : async (): Promise<void> => {
              for (const name of names) {
                if (each.nested) await transaction(db, async () => { await null; insert(db, name); });
                else insert(db, name);
                for (let pause = 0; pause < (each.pauses[0] ?? 0); pause++) await new Promise((resolve) => setImmediate(resolve));
              }
              if (each.fails) throw new Error("planned");
            };
        return transaction<typeof db, void | Promise<void>>(db, body).catch((error: Error) => { if (error.message !== "planned") throw error; });
      });
      await Promise.all(work);
      expect(committed(path)).toEqual(expected);
      db.close();
    }), { numRuns: 60 });
  });

  test("a synchronous transaction of another task is refused while an asynchronous one is open", async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const inside = gate();
    const go = gate();
    const first = transaction(db, async (tx) => { insert(tx, "first"); inside.open(); await go.promise; }, { label: "import" });
    await inside.promise;
    expect(() => transactionSync(db, (tx) => insert(tx, "second"))).toThrow(SessionBusyError);
    expect(() => transactionSync(db, (tx) => insert(tx, "second"))).toThrow(/"import"/);
    go.open();
    await first;
    transactionSync(db, (tx) => insert(tx, "second"));
    expect(committed(path)).toEqual(["first", "second"]);
  });
});
