import { describe, expect, it } from "vitest";
import { link, sessions, statements } from "./link.js";

const DB = `import Database from "better-sqlite3"; export function open() { return new Database("a.db"); }`;

describe("sessions that one call opens, across files", () => {
  const marketplace = {
    "db.ts": DB,
    "base.ts": `import { open } from "./db"; export class Base { get session() { return open(); } _getSession() { return open(); } }`,
    "repo.ts": `import { Base } from "./base"; export class Repo extends Base { byId(id) { return this._getSession().prepare("SELECT 1").get(id); } count() { return this.byId(1) + this.byId(2); } }`,
    "service.ts": `import { Repo } from "./repo"; export class Service { constructor(private readonly repo: Repo) {}\nimportAll(ids) { this.repo.count(); for (const id of ids) { this.repo.byId(id); } } }`,
    "main.ts": `import { Repo } from "./repo"; import { Service } from "./service"; const service = new Service(new Repo()); export function handler(body) { service.importAll(body.ids); }`,
  };
  it("n + 2", () => {
    const project = link(marketplace);
    expect(sessions(project, "byId")).toBe("1");
    expect(sessions(project, "count")).toBe("2");
    expect(sessions(project, "importAll")).toBe("ids + 2");
    expect(sessions(project, "handler")).toBe("ids + 2");
  });
});

describe("sessions that one call opens", () => {
  it.each<[string, string]>([
    ["0", `export function f() { return 1; }`],
    ["1", `export function f() { open(); }`],
    ["2", `export function f() { open(); open(); }`],
    ["3", `export function f() { for (let i = 0; i < 3; i++) open(); }`],
    ["ids", `export function f(ids) { for (const id of ids) open(); }`],
    ["ids", `export function f(ids) { ids.map(() => open()); }`],
    ["ids", `export function f(ids) { ids.forEach(open); }`],
    ["ids·rows", `export function f(ids, rows) { for (const id of ids) for (const row of rows) open(); }`],
    ["ids·rows + ids", `export function f(ids, rows) { for (const id of ids) { open(); g(rows); } } function g(rows) { for (const row of rows) open(); }`],
    ["ids", `export async function f(ids) { await Promise.all(ids.map(async (id) => open())); }`],
    ["repetitions", `export function f() { while (more()) open(); }`],
    ["depth", `export function f(n) { open(); f(n - 1); }`],
    ["depth", `export function f(n) { g(n); } function g(n) { open(); if (n) f(n - 1); }`],
    ["1", `export function f(x) { (x ? open : other)(); } function other() {}`],
    ["1", `let db; export function f() { return run(() => open()); } function run(fn) { return fn(); }`],
    ["1", `export function f() { return run(open); } function run(fn) { return fn(); }`],
    ["2", `export function f() { run(() => open()); run(() => open()); } function run(fn) { return fn(); }`],
    ["1", `export function f() { return outer(() => open()); } function outer(fn) { return run(fn); } function run(fn) { return fn(); }`],
    ["1", `export function f() { return run(() => g()); } function g() { return run(() => open()); } function run(fn) { return fn(); }`],
    ["1", `export function f() { return run({ work() { open(); } }); } export function g() { return run({ work: () => { open(); open(); } }); } function run(input) { return input.work(); }`],
    ["2", `export function f() { return run({ work() { open(); }, other() { open(); } }); } function run(input) { input.work(); input.other(); }`],
    ["ids", `import { run, list } from "elsewhere"; export function f() { run(list.ids.map((id) => open())); }`],
    ["0", `let db; export function f() { return getDb(); } function getDb() { return (db ??= init()); } function init() { open(); migrate(); return 1; } function migrate() { open(); getDb(); }`],
    ["0", `let db; export function f() { return (db ??= open()); }`],
    ["0", `export function f() { setTimeout(() => open(), 1); }`],
    ["0", `export function f(app) { app.get("/x", () => open()); }`],
    ["1", `class A extends B {} class B { constructor() { open(); } }\nexport function f() { new A(); }`],
  ])("%s: %s", (expected, text) => {
    const project = link({ "db.ts": DB, "a.ts": `import { open } from "./db";\n${text}` });
    expect(sessions(project, "f")).toBe(expected);
  });

  it("statements, prepared once and run each time round", () => {
    const project = link({
      "a.ts": `import Database from "better-sqlite3"; const db = new Database("a.db");\nfunction f(rows) { const add = db.prepare("INSERT INTO t VALUES (?)"); db.exec("BEGIN"); db.exec("DELETE FROM t"); for (const row of rows) { add.run(row); add.run(row); } db.exec("COMMIT"); }`,
    });
    expect(statements(project, "f")).toBe("2rows + 1");
  });
});
