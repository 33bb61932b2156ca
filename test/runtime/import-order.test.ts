import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bundleProgram } from "./support/bundle.js";

// Modules that import each other are evaluated in an order that the first entry decides.
const ENTRIES = ["sessionfix-runtime", "sessionfix-runtime/better-sqlite3"];

for (const [first, second] of [ENTRIES, ENTRIES.toReversed()]) {
  test(`an application may import ${first} before ${second}`, async () => {
    const program = await bundleProgram(`
      import "${first}";
      import "${second}";
      import Database from "better-sqlite3";
      import { createSessionFactory, transaction } from "sessionfix-runtime";
      import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
      const db = createSessionFactory({ driver: betterSqlite3(Database), path: ":memory:" }).getSession();
      await transaction(db, (tx) => tx.exec("CREATE TABLE item (name TEXT)"));
      console.log(db.prepare("SELECT count(*) FROM item").pluck().get());
    `);
    const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 20_000 });
    expect(stdout.trim()).toBe("0");
  });
}
