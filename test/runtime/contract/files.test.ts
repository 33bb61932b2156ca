import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Libsql from "libsql";
import { describe, expect, test } from "vitest";
import { FileReplacedError, ForeignSqliteError, closeSessions, createSessionFactory, transaction } from "sessionfix-runtime";
import type { SqliteSession } from "sessionfix-runtime";
import { careOf } from "../../../runtime/checkpoints.js";
import { foreignProcess, onCleanup, rejection, tempFolder } from "../support/database.js";
import { drivers } from "./drivers.js";
import type { RawDatabase } from "./drivers.js";

const linux = process.platform === "linux";
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

// What the runtime does about the files themselves, on every driver.
describe.each(drivers)("on $name", ({ driver }) => {
  function database(): { path: string; db: RawDatabase & SqliteSession } {
    const path = join(tempFolder(), "app.db");
    const db = createSessionFactory({ driver: driver(), path }).getSession() as RawDatabase & SqliteSession;
    db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB)");
    return { path, db };
  }
  const insert = (db: RawDatabase, name: string, bytes = 0): void => { db.prepare("INSERT INTO item (name, bytes) VALUES (?, zeroblob(?))").run(name, bytes); };
  const seenElsewhere = async (path: string): Promise<unknown> => {
    const other = await foreignProcess(path);
    return ((await other.run("SELECT name FROM item ORDER BY id")) as { name: unknown }[]).map(({ name }) => name);
  };

  test("promise 2: another library on the file is refused, and what was acknowledged is kept", { skip: !linux }, async () => {
    const { path, db } = database();
    await transaction(db, (tx) => insert(tx, "acknowledged"));
    const other = new Libsql(path);
    onCleanup(() => other.close());
    other.exec("SELECT count(*) FROM item");
    await pause(2);
    expect(await rejection(transaction(db, () => { throw new Error("the body must not run"); }))).toBeInstanceOf(ForeignSqliteError);
    other.close();
    await closeSessions();
    expect(await seenElsewhere(path)).toEqual(["acknowledged"]);
  });

  test("promise 2: another library that came and went is noticed", { skip: !linux }, async () => {
    const { path, db } = database();
    await transaction(db, (tx) => insert(tx, "acknowledged"));
    const other = new Libsql(path);
    other.exec("INSERT INTO item (name) VALUES ('theirs')");
    other.close();
    await pause(2);
    expect(await rejection(transaction(db, () => {}))).toBeInstanceOf(FileReplacedError);
    await closeSessions();
    expect(await seenElsewhere(path)).toEqual(["acknowledged", "theirs"]);
  });

  test("promise 16: a thread of the same library empties the log, which is gone after the close", async () => {
    const { path, db } = database();
    for (let row = 0; row < 6; row++) await transaction(db, (tx) => insert(tx, `row ${row}`, 1_000_000));
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(6_000_000);
    while (statSync(`${path}-wal`).size > 0) await pause(5);
    expect(careOf(db)?.by).toBe("worker");
    await closeSessions();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(await seenElsewhere(path)).toHaveLength(6);
  });
});
