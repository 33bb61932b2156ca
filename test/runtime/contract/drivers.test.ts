import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { createSessionFactory } from "sessionfix-runtime";
import { onCleanup, tempFolder } from "../support/database.js";
import { DRIVER_NAMES, absence, drivers } from "./drivers.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** As `better-sqlite3@x.y.z with SQLite a.b.c`, opened for real: a version compiled for another Node does not. */
const TELL = `
  const Database = require("better-sqlite3");
  const db = new Database(":memory:");
  tell(require("better-sqlite3/package.json").version + " with SQLite " + db.prepare("SELECT sqlite_version()").pluck().get());
`;

test("this run has the driver that it asks for, or every one that this Node can load", () => {
  const asked = process.env["SESSIONFIX_DRIVER"];
  const present = drivers.map(({ name }) => name);
  if (asked) expect(present).toEqual([asked]);
  else expect(present).toContain("better-sqlite3");
  for (const name of DRIVER_NAMES) expect(absence(name) === undefined).toBe(present.includes(name));
});

test("processes, threads, imports and requires load the better-sqlite3 of this run", async () => {
  const require = createRequire(import.meta.url);
  const { default: Imported } = await import("better-sqlite3");
  expect(require("better-sqlite3")).toBe(Imported);
  const version = (require("better-sqlite3/package.json") as { version: string }).version;
  const newer = !["", "better-sqlite3"].includes(process.env["SESSIONFIX_DRIVER"] ?? "");
  expect(version).toMatch(newer ? /^13\./ : /^12\./);

  const db = new Imported(":memory:");
  onCleanup(() => db.close());
  const here = `${version} with SQLite ${String(db.prepare("SELECT sqlite_version()").pluck().get())}`;
  expect(execFileSync(process.execPath, ["-e", `const tell = console.log; ${TELL}`], { cwd: root, encoding: "utf8" }).trim()).toBe(here);
  const worker = new Worker(`const require = process.getBuiltinModule("node:module").createRequire(${JSON.stringify(import.meta.url)});
    const tell = (text) => process.getBuiltinModule("node:worker_threads").parentPort.postMessage(text); ${TELL}`, { eval: true });
  onCleanup(() => worker.terminate());
  expect(await once(worker, "message")).toEqual([here]);
});

describe.each(drivers)("on $name", ({ name, className, driver, open }) => {
  test("handles are of the library and version that the name says", () => {
    const db = open(":memory:");
    onCleanup(() => db.close());
    expect(db.constructor.name).toBe(className);
    const version = (db.prepare("SELECT sqlite_version() AS version").get() as { version: string }).version;
    if (name === "node-sqlite") expect(version).toBe(process.versions["sqlite"]);
    else expect((createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version).toMatch(name === "better-sqlite3" ? /^12\./ : /^13\./);
  });

  test("a session of the driver is such a handle, and by hand its rows are read", () => {
    const path = join(tempFolder(), "app.db");
    const session = createSessionFactory({ driver: driver(), path }).getSession();
    const byHand = open(path);
    onCleanup(() => byHand.close());
    expect(session).toBeInstanceOf(byHand.constructor);
    session.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
    session.prepare("INSERT INTO item (name) VALUES (?)").run("one");
    expect(byHand.prepare("SELECT name FROM item").all().map((row) => ({ ...(row as object) }))).toEqual([{ name: "one" }]);
  });
});
