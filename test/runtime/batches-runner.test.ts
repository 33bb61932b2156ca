import { expect, expectTypeOf, test } from "vitest";
import { batchedTransaction } from "sessionfix-runtime";

/** As most libraries write it: the function promises, the library waits and gives its promise back. */
async function transaction<T>(log: string[], work: (tx: { write(name: string): Promise<void> }) => Promise<T>): Promise<T> {
  log.push("begin");
  const promise = work({ write: (name) => Promise.resolve(void log.push(name)) });
  expect(promise).toBeInstanceOf(Promise);
  const result = await promise;
  log.push("commit");
  return result;
}

test("a runner that asks for a promise gets one for each batch, and its handle's type reaches the items", async () => {
  const log: string[] = [];
  const report = await batchedTransaction(
    (work: Parameters<typeof transaction>[1]) => transaction(log, work),
    ["a", "b", "c"],
    async (name, tx) => {
      expectTypeOf<typeof tx>().toHaveProperty("write").returns.toEqualTypeOf<Promise<void>>();
      await tx.write(name);
    },
    { batchSize: 2, maxHoldMs: Infinity },
  );
  expect(log).toEqual(["begin", "a", "b", "commit", "begin", "c", "commit"]);
  expect(report).toMatchObject({ items: 3, batches: 2 });
});

test("a handler without a promise does not fit such a runner", () => {
  const wrong = () =>
    batchedTransaction(
      (work: Parameters<typeof transaction>[1]) => transaction([], work),
      ["a"],
      // @ts-expect-error the runner's function has to promise
      () => {},
    );
  expect(wrong).toBeTypeOf("function");
});
