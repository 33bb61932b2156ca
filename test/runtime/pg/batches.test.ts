import { describe, expect, test } from "vitest";
import { ResumeError, batchedTransaction, forgetResume, resumeState } from "sessionfix-runtime";
import { rejection } from "../support/database.js";
import { absence, committed, insert, session, useServer } from "./support/server.js";

describe.skipIf(absence !== undefined)(`batches on PostgreSQL${absence === undefined ? "" : ` (${absence})`}`, () => {
  const server = useServer();

  test("promise 12 on PostgreSQL: a bad item is undone alone and reported once", async () => {
    const { db } = session(server);
    const report = await batchedTransaction(db, ["a", "b", "a", "c"], async (name, tx) => { await insert(tx, name); }, { onItemError: "collect", batchSize: 3 });
    expect(report).toMatchObject({ items: 4, batches: 2, skipped: 1, errors: [{ index: 2, item: "a", error: { code: "23505" } }] });
    expect(await committed(server)).toEqual(["a", "b", "c"]);
  });

  test("promise 13 on PostgreSQL: a run that was broken off goes on where its cursor says, and a changed input is refused", async () => {
    const { db } = session(server);
    const items = ["a", "b", "c", "d", "e"];
    const broken = await rejection(batchedTransaction(db, items, async (name, tx) => {
      if (name === "d") throw new Error("planned");
      await insert(tx, name);
    }, { resume: "import", batchSize: 2 }));
    expect(broken).toMatchObject({ message: "planned" });
    expect(await committed(server)).toEqual(["a", "b"]);
    expect(await resumeState(db, "import")).toMatchObject({ items: 2, state: "running" });
    expect(await rejection(batchedTransaction(db, ["x", ...items], () => {}, { resume: "import" }))).toBeInstanceOf(ResumeError);
    const report = await batchedTransaction(db, items, async (name, tx) => { await insert(tx, name); }, { resume: "import", batchSize: 2 });
    expect(report).toMatchObject({ items: 3, resumed: 2 });
    expect(await committed(server)).toEqual(items);
    expect(await batchedTransaction(db, items, () => {}, { resume: "import" })).toMatchObject({ alreadyDone: true });
    expect(await forgetResume(db, "import")).toBe(true);
    expect(await resumeState(db, "import")).toBeUndefined();
  });
});
