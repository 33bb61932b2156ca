import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAME, entries, installRuntime, nodePrograms, sizeOf } from "./support/runtime-install.js";
import type { Installed } from "./support/runtime-install.js";

let installed: Installed;

beforeAll(() => {
  installed = installRuntime();
}, 60_000);

afterAll(() => installed.remove());

const ENTRIES = entries();

it("is one package, with nothing pulled in", () => {
  expect(readdirSync(path.join(installed.folder, "node_modules")).filter((name) => !name.startsWith("."))).toEqual([NAME]);
  const lock = JSON.parse(readFileSync(path.join(installed.folder, "package-lock.json"), "utf8")) as { packages: Record<string, unknown> };
  expect(Object.keys(lock.packages)).toEqual(["", `node_modules/${NAME}`]);
  expect(existsSync(path.join(installed.at, "node_modules"))).toBe(false);

  const { files, bytes } = sizeOf(installed.at);
  expect(files).toBe(installed.packed.files.length);
  expect(bytes).toBe(installed.packed.unpackedSize);
  console.log(`${NAME} installed: ${files} files, ${(bytes / 1024).toFixed(0)} KiB; tarball ${(installed.packed.size / 1024).toFixed(0)} KiB; ${ENTRIES.length} entries`);
});

it("every entry has code and types for ESM and for CommonJS", () => {
  const manifest = JSON.parse(readFileSync(path.join(installed.at, "package.json"), "utf8")) as { exports: object };
  expect(Object.keys(manifest.exports)).toEqual([...ENTRIES.map(({ specifier }) => specifier.replace(NAME, ".")), "./package.json"]);
  for (const { specifier, ...conditions } of ENTRIES) {
    const targets = [conditions.import.default, conditions.import.types, conditions.require.default, conditions.require.types];
    expect(targets.map((target) => target.slice(target.indexOf(".", 1))), specifier).toEqual([".js", ".d.ts", ".cjs", ".d.cts"]);
    expect(targets.filter((target) => !existsSync(path.join(installed.at, target))), specifier).toEqual([]);
  }
});

// One program for both kinds of module: `load` is `import()` here and `require()` there.
const NAMES = `
  const found = {};
  for (const specifier of process.argv.slice(2)) {
    try { found[specifier] = Object.keys(await load(specifier)).filter((name) => name !== "default" && name !== "module.exports").sort(); }
    catch (error) { found[specifier] = String(error); }
  }
  console.log(JSON.stringify(found));
`;

const WORK = `
  const [entry, factory, library, className, file] = process.argv.slice(2);
  const { createSessionFactory, transaction, batchedTransaction, closeSessions } = await load("${NAME}");
  const driver = (await load(entry))[factory];
  const given = nodeRequire(library);
  const db = createSessionFactory({ driver: driver(className === "" ? given : given[className]), path: file }).getSession();
  db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY)");
  await transaction(db, (tx) => { tx.prepare("INSERT INTO item VALUES (?)").run(1); });
  const report = await batchedTransaction(db, [2, 3, 4], (id, tx) => { tx.prepare("INSERT INTO item VALUES (?)").run(id); }, { batchSize: 2 });
  const rows = db.prepare("SELECT id FROM item ORDER BY id").all().map((row) => row.id);
  await closeSessions();
  console.log(JSON.stringify({ rows, items: report.items, batches: report.batches }));
`;

const SHARED = `
  const [library, file] = process.argv.slice(2);
  const Database = nodeRequire(library);
  const copies = [await import("${NAME}"), nodeRequire("${NAME}")];
  const drivers = [await import("${NAME}/better-sqlite3"), nodeRequire("${NAME}/better-sqlite3")].map(({ betterSqlite3 }) => betterSqlite3(Database));
  const [a, b] = copies.map(({ createSessionFactory }, index) => createSessionFactory({ driver: drivers[index], path: file }).getSession());
  a.exec("CREATE TABLE item (id INTEGER PRIMARY KEY)");
  const order = [];
  await Promise.all([0, 1, 0, 1].map((copy, id) => copies[copy].transaction(copy ? b : a, async (tx) => {
    order.push("begin " + id);
    tx.prepare("INSERT INTO item VALUES (?)").run(id);
    await new Promise(setImmediate);
    order.push("end " + id);
  })));
  await copies[1].closeSessions();
  let code;
  try { a.prepare("SELECT 1"); } catch (error) { code = error.code ?? error.message; }
  console.log(JSON.stringify({ twoCopies: copies[0].transaction !== copies[1].transaction, oneSession: a === b, order, closed: !a.open }));
`;

const KINDS = {
  esm: (program: string) => ["esm.mjs", `import { createRequire } from "node:module"; const nodeRequire = createRequire(import.meta.url); const load = (specifier) => import(specifier);${program}`],
  cjs: (program: string) => ["cjs.cjs", `const nodeRequire = require; const load = (specifier) => require(specifier); (async () => {${program}})();`],
};
type Kind = keyof typeof KINDS;

const PROGRAMS = (await nodePrograms()).map(({ title, program, driver }) => [title, program, driver] as const);

describe.each(PROGRAMS)("on %s", (_, program, driver) => {
  const run = (kind: Kind, code: string, ...args: string[]): unknown => {
    const [file = "", text = ""] = KINDS[kind](code);
    writeFileSync(path.join(installed.folder, file), text);
    return JSON.parse(execFileSync(program ?? "", [file, ...args], { cwd: installed.folder, encoding: "utf8" }));
  };
  const fresh = (name: string) => path.join(installed.folder, `${name}-${path.basename(driver)}.db`);

  it.skipIf(program === undefined)("every entry loads without its peer, and exports the same as ESM and as CommonJS", () => {
    const specifiers = ENTRIES.map(({ specifier }) => specifier);
    const esm = run("esm", NAMES, ...specifiers) as Record<string, string[]>;
    expect(run("cjs", NAMES, ...specifiers)).toEqual(esm);
    expect(Object.keys(esm)).toEqual(specifiers);
    for (const specifier of specifiers) expect(esm[specifier], specifier).toEqual(expect.arrayContaining([expect.any(String)]));
  });

  it.skipIf(program === undefined).each(["esm", "cjs"] as const)("writes through a real driver (%s)", (kind) => {
    const expected = { rows: [1, 2, 3, 4], items: 3, batches: 2 };
    expect(run(kind, WORK, `${NAME}/better-sqlite3`, "betterSqlite3", driver, "", fresh(kind))).toEqual(expected);
    const hasNodeSqlite = path.basename(driver) === "better-sqlite3-13" && ENTRIES.some(({ specifier }) => specifier === `${NAME}/node-sqlite`);
    if (hasNodeSqlite) expect(run(kind, WORK, `${NAME}/node-sqlite`, "nodeSqlite", "node:sqlite", "DatabaseSync", fresh(`${kind}-node`))).toEqual(expected);
  });

  it.skipIf(program === undefined)("the ESM and the CommonJS copy share one table of sessions and one queue", () => {
    const order = [0, 1, 2, 3].flatMap((id) => [`begin ${id}`, `end ${id}`]);
    expect(run("esm", SHARED, driver, fresh("shared"))).toEqual({ twoCopies: true, oneSession: true, order, closed: true });
  });
});
