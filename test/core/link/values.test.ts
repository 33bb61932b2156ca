import { describe, expect, it } from "vitest";
import { link, probed, probedSessions, resultOf } from "./link.js";

const SESSION = ["session better-sqlite3"];
const OPEN = `import Database from "better-sqlite3"; const db = new Database("a.db");`;

describe("values within a file", () => {
  it.each<[string, string]>([
    ["a const alias", `const a = db; probe(a);`],
    ["let, assigned later", `let a; a = db; probe(a);`],
    ["??=", `let a; a ??= db; probe(a);`],
    ["||", `probe(undefined || db);`],
    ["?:", `probe(x ? null : db);`],
    ["as", `probe(db as unknown);`],
    ["a non-null assertion", `probe(db!);`],
    ["await", `probe(await Promise.resolve(db));`],
    ["a function's return", `function get() { return db; } probe(get());`],
    ["an arrow's", `const get = () => db; probe(get());`],
    ["an async function's", `async function get() { return db; } probe(await get());`],
    ["a generator's", `function* get() { yield db; } for (const x of get()) probe(x);`],
    ["a parameter", `function use(d) { probe(d); } use(db);`],
    ["a parameter's default", `function use(d = db) { probe(d); } use();`],
    ["a rest parameter", `function use(...all) { probe(all[0]); } use(1, db);`],
    ["an object's property", `const ctx = { db }; probe(ctx.db);`],
    ["an object filled later", `const ctx = {}; ctx.db = db; probe(ctx.db);`],
    ["an object in an object", `const ctx = { a: { db } }; probe(ctx.a.db);`],
    ["a spread", `const a = { db }; const b = { ...a, x: 1 }; probe(b.db);`],
    ["Object.assign", `const b = Object.assign({}, { db }); probe(b.db);`],
    ["Object.freeze", `const b = Object.freeze({ db }); probe(b.db);`],
    ["destructuring", `const { db: d } = { db }; probe(d);`],
    ["nested destructuring", `const { a: { db: d } } = { a: { db } }; probe(d);`],
    ["destructuring a parameter", `function use({ db: d }) { probe(d); } use({ db });`],
    ["destructuring's default", `const { d = db } = {}; probe(d);`],
    ["an array's element", `const list = [1, db]; probe(list[1]);`],
    ["array destructuring", `const [, d] = [1, db]; probe(d);`],
    ["push and pop", `const list = []; list.push(db); probe(list.pop());`],
    ["push and find", `const list = [db]; probe(list.find((x) => x.open));`],
    ["push and forEach", `const list = []; list.push(db); list.forEach((d) => probe(d));`],
    ["push and for of", `const list = []; list.push(db); for (const d of list) probe(d);`],
    ["push in a method, read in another", `class A { all = []; add(d) { this.all.push(d); } first() { probe(this.all[0]); } } new A().add(db);`],
    ["for of", `for (const d of [db]) probe(d);`],
    ["map's callback", `[db].map((d) => probe(d));`],
    ["map's result", `const [d] = [1].map(() => db); probe(d);`],
    ["reduce's accumulator", `[1].reduce((d) => { probe(d); return d; }, db);`],
    ["a Map", `const map = new Map(); map.set("a", db); probe(map.get("a"));`],
    ["a Map whose values are called, like its methods", `const map = new Map(); map.set("a", db); map.set("b", map.get("a").pragma("x")()); probe(map.get("a"));`],
    ["a Map's entries", `const map = new Map(); map.set("a", db); for (const d of map.values()) probe(d);`],
    ["a computed key", `const map = {}; map[key] = db; probe(map[other]);`],
    ["then's argument", `Promise.resolve(db).then((d) => probe(d));`],
    ["then's result", `probe(await Promise.resolve(1).then(() => db));`],
    ["catch's result", `probe(await Promise.resolve(db).catch(() => null));`],
    ["Promise.all", `const [d] = await Promise.all([db]); probe(d);`],
    ["what a promise is resolved with", `const get = () => new Promise((resolve) => { resolve(db); }); probe(await get());`],
    ["what a promise is resolved with later", `const get = () => new Promise((resolve, reject) => { setTimeout(() => (x ? reject(1) : resolve(db)), 1); }); probe(await get());`],
    ["bind", `function get() { return db; } const bound = get.bind(null); probe(bound());`],
    ["call", `function get() { return db; } probe(get.call(null));`],
    ["apply's arguments", `function use(d) { probe(d); } use.apply(null, [db]);`],
    ["an immediately called function", `probe((() => db)());`],
    ["globalThis", `globalThis.db = db; probe(globalThis.db);`],
    ["a function's property", `function get() {} get.db = db; probe(get.db);`],
  ])("%s", (_name, text) => {
    expect(probedSessions(link({ "a.ts": `${OPEN}\n${text}` }))).toEqual(SESSION);
  });

  it.each<[string, string]>([
    ["a shadowing parameter", `function use(db) { probe(db); } use(1);`],
    ["another property", `const ctx = { db }; probe(ctx.other);`],
    ["another variable", `const other = {}; probe(other.db);`],
    ["what a promise is rejected with", `const get = () => new Promise((resolve, reject) => { reject(db); }); probe(await get());`],
    ["a callback that is not called with it", `[1].map((d) => probe(d)); const list = [db];`],
  ])("not: %s", (_name, text) => {
    expect(probedSessions(link({ "a.ts": `${OPEN}\n${text}` }))).toEqual([]);
  });
});

describe("values and classes", () => {
  it.each<[string, string]>([
    ["a field", `class A { db = db; get() { probe(this.db); } }`],
    ["a private field", `class A { #db = db; get() { probe(this.#db); } }`],
    ["a static field", `class A { static db = db; } probe(A.db);`],
    ["a static method", `class A { static get() { return db; } } probe(A.get());`],
    ["this in a static method", `class A { static db = db; static get() { return this.db; } } probe(A.get());`],
    ["set in the constructor", `class A { constructor() { this.db = db; } get() { probe(this.db); } }`],
    ["a constructor's parameter", `class A { constructor(d) { this.d = d; } get() { probe(this.d); } } new A(db);`],
    ["a parameter property", `class A { constructor(private readonly d: unknown) {} get() { probe(this.d); } } new A(db);`],
    ["a getter", `class A { get db() { return db; } } probe(new A().db);`],
    ["a method", `class A { get() { return db; } } probe(new A().get());`],
    ["an inherited method", `class B { get() { return db; } } class A extends B {} probe(new A().get());`],
    ["an inherited field", `class B { db = db; } class A extends B { get() { probe(this.db); } }`],
    ["an inherited constructor", `class B { constructor(d) { this.d = d; } } class A extends B { get() { probe(this.d); } } new A(db);`],
    ["super()", `class B { constructor(d) { this.d = d; } } class A extends B { constructor(x) { super(x); } get() { probe(this.d); } } new A(db);`],
    ["super.method()", `class B { get() { return db; } } class A extends B { get() { return super.get(); } } probe(new A().get());`],
    ["the object in super.method()", `class B { get() { probe(this.d); } } class A extends B { constructor() { super(); this.d = db; } get() { super.get(); } } new A().get();`],
    ["a method that a superclass calls", `class B { run() { return this.make(); } } class A extends B { make() { return db; } } probe(new A().run());`],
    ["a method that a superclass's constructor calls", `class B { constructor() { probe(this.make()); } } class A extends B { make() { return db; } } new A();`],
    ["this of an arrow", `class A { db = db; run = () => { probe(this.db); }; }`],
    ["this of a literal's method", `const a = { db, run() { probe(this.db); } };`],
    ["a class expression", `const A = class { db = db; }; probe(new A().db);`],
  ])("%s", (_name, text) => {
    expect(probedSessions(link({ "a.ts": `${OPEN}\n${text}` }))).toEqual(SESSION);
  });

  it("overriding hides what is inherited", () => {
    expect(probed(link({ "a.ts": `${OPEN} class B { get() { return db; } } class A extends B { get() { return 1; } } probe(new A().get());` }))).toEqual([]);
  });
});

describe("values across files", () => {
  const main = (text: string) => ({ "main.ts": text });
  it.each<[string, Record<string, string>]>([
    ["a named export", { "db.ts": `${OPEN} export { db };`, ...main(`import { db } from "./db"; probe(db);`) }],
    ["a renamed one", { "db.ts": `${OPEN} export { db as store };`, ...main(`import { store as s } from "./db.js"; probe(s);`) }],
    ["an exported const", { "db.ts": `import Database from "better-sqlite3"; export const db = new Database("a");`, ...main(`import { db } from "./db"; probe(db);`) }],
    ["a default export", { "db.ts": `${OPEN} export default db;`, ...main(`import d from "./db"; probe(d);`) }],
    ["a namespace", { "db.ts": `${OPEN} export { db };`, ...main(`import * as ns from "./db"; probe(ns.db);`) }],
    ["a re-export", { "db.ts": `${OPEN} export { db };`, "index.ts": `export { db as d } from "./db";`, ...main(`import { d } from "./index"; probe(d);`) }],
    ["a barrel", { "db/db.ts": `${OPEN} export { db };`, "db/index.ts": `export * from "./db";`, ...main(`import { db } from "./db"; probe(db);`) }],
    ["a barrel's namespace", { "db.ts": `${OPEN} export { db };`, "index.ts": `export * as store from "./db";`, ...main(`import { store } from "./index"; probe(store.db);`) }],
    ["a re-exported default", { "db.ts": `${OPEN} export default db;`, "index.ts": `export { default as db } from "./db";`, ...main(`import { db } from "./index"; probe(db);`) }],
    ["an import exported again", { "db.ts": `${OPEN} export { db };`, "index.ts": `import { db } from "./db"; export { db };`, ...main(`import { db } from "./index"; probe(db);`) }],
    ["require of exports.x", { "db.js": `const Database = require("better-sqlite3"); exports.db = new Database("a");`, "main.js": `const { db } = require("./db"); probe(db);` }],
    ["require of module.exports = { x }", { "db.js": `const Database = require("better-sqlite3"); const db = new Database("a"); module.exports = { db };`, "main.js": `const { db } = require("./db"); probe(db);` }],
    ["require of module.exports = x", { "db.js": `const Database = require("better-sqlite3"); module.exports = new Database("a");`, "main.js": `const db = require("./db"); probe(db);` }],
    ["require of module.exports = function", { "db.js": `const Database = require("better-sqlite3"); module.exports = () => new Database("a");`, "main.js": `const open = require("./db"); probe(open());` }],
    ["require of a member", { "db.js": `const Database = require("better-sqlite3"); exports.db = new Database("a");`, "main.js": `probe(require("./db").db);` }],
    ["a default import of CommonJS", { "db.cjs": `const Database = require("better-sqlite3"); exports.db = new Database("a");`, "main.js": `import lib from "./db.cjs"; probe(lib.db);` }],
    ["a dynamic import", { "db.ts": `${OPEN} export { db };`, ...main(`const { db } = await import("./db"); probe(db);`) }],
    ["a parameter in another file", { "use.ts": `export function use(d) { probe(d); }`, ...main(`${OPEN} import { use } from "./use"; use(db);`) }],
  ])("%s", (_name, files) => {
    expect(probedSessions(link(files))).toEqual(SESSION);
  });
});

describe("declared types", () => {
  it.each<[string, string]>([
    ["of a parameter", `import Database from "better-sqlite3"; function f(db: Database.Database) { probe(db); }`],
    ["of an imported type", `import type { Database } from "better-sqlite3"; function f(db: Database) { probe(db); }`],
    ["of a promise", `import type { Database } from "better-sqlite3"; async function f(db: Promise<Database>) { probe(await db); }`],
    ["of a field", `import type { Database } from "better-sqlite3"; class A { db!: Database; get() { probe(this.db); } }`],
    ["of an alias", `import type { Database } from "better-sqlite3"; type Db = Database | null; function f(ctx: { x: 1 }, db: Db) { probe(db); }`],
    ["in an interface", `import type { Database } from "better-sqlite3"; interface Ctx { db: Database } function f(ctx: Ctx) { probe(ctx.db); }`],
    ["in an interface's parent", `import type { Database } from "better-sqlite3"; interface Base { db: Database } interface Ctx extends Base {} function f(ctx: Ctx) { probe(ctx.db); }`],
    ["ReturnType", `import Database from "better-sqlite3"; function open() { return new Database("a"); } function f(db: ReturnType<typeof open>) { probe(db); }`],
    ["ReturnType of what the library's own function opens", `import Database from "better-sqlite3"; function f(db: ReturnType<typeof Database>) { probe(db); }`],
  ])("%s", (_name, text) => {
    expect(probedSessions(link({ "a.ts": text }))).toEqual(["typed better-sqlite3"]);
  });

  it.each<[string, string]>([
    ["a parameter", `function f(id: string | null) { probe(id); } f(row);`],
    ["a variable", `const id: 1 | 2 = row; probe(id);`],
    ["a function's return", `function f(): number { return row; } probe(f());`],
    ["an async function's", `async function f(): Promise<void | string> { return row; } probe(await f());`],
    ["a field", `class A { id: string; constructor() { this.id = row; } get() { probe(this.id); } }`],
  ])("what is declared as text, a number or nothing is none of the values: %s", (_name, text) => {
    const declared = `import Database from "better-sqlite3"; const row = new Database("a.db").prepare("SELECT 1").get();\n${text}`;
    expect(probed(link({ "a.ts": declared }))).toEqual([]);
    const untyped = declared.replace(/: (string \| null|1 \| 2|number|Promise<[^>]*>|string)/, "");
    expect(probed(link({ "a.ts": untyped }))).not.toEqual([]);
  });

  it("a project's interface, from another file", () => {
    const project = link({
      "ctx.ts": `import type { Database } from "better-sqlite3"; export interface Ctx { db: Database }`,
      "main.ts": `import type { Ctx } from "./ctx"; export function f({ db }: Ctx) { probe(db); }`,
    });
    expect(probedSessions(project)).toEqual(["typed better-sqlite3"]);
  });

  it("a framework's object", () => {
    expect(probed(link({ "a.ts": `import type { FastifyInstance } from "fastify"; export function f(app: FastifyInstance) { probe(app); }` }))).toEqual(["fastify default()"]);
  });
});

describe("values made from sessions", () => {
  it("an ORM, a statement, a transaction", () => {
    const project = link({
      "a.ts": `${OPEN} import { drizzle } from "drizzle-orm/better-sqlite3";\nconst orm = drizzle(db);\nconst stmt = db.prepare("SELECT 1");\nconst tx = db.transaction(() => 1);\ndb.pragma("x");`,
    });
    expect(resultOf(project, "drizzle(")).toContain("orm of session better-sqlite3");
    expect(resultOf(project, "db.prepare(")).toContain("statement of session better-sqlite3");
    expect(resultOf(project, "db.transaction(")).toContain("transaction of session better-sqlite3");
    expect(resultOf(project, "db.pragma(")).toContain("pragma() of session better-sqlite3");
  });

  it("a prepared statement under one name alone, and what is read of its rows under none of its own", () => {
    const project = link({ "a.ts": `${OPEN}\nconst stmt = db.prepare("SELECT 1");\nconst row = stmt.get();\nprobe(row.owner.name.trim().length);` });
    expect(resultOf(project, "db.prepare(")).toEqual(["statement of session better-sqlite3"]);
    expect(probed(project)).toEqual(resultOf(project, "stmt.get("));
    expect(probed(project)).toEqual(["get() of statement of session better-sqlite3"]);
  });

  it("nothing of undefined", () => {
    expect(probed(link({ "a.ts": "let row = undefined; row = NaN; probe(row.id.name);" }))).toEqual([]);
  });

  it("a transaction callback's handle", () => {
    const project = link({ "a.ts": `${OPEN} import { drizzle } from "drizzle-orm/better-sqlite3"; const orm = drizzle({ client: db }); orm.transaction((tx) => { probe(tx); });` });
    expect(probedSessions(project)).toEqual(["handle of orm of session better-sqlite3"]);
  });
  it("a handle of a transaction in another one is made from what the outer one was made from, whatever helpers nest", () => {
    const helpers = ["one", "two", "three"].map((name) => `const ${name} = (on, work) => on.transaction((tx) => work(tx));`);
    const uses = ["one", "two", "three"].flatMap((outer) => ["one", "two", "three"].map((inner) => `${outer}(orm, (a) => ${inner}(a, (b) => last(b)));`));
    const project = link({ "a.ts": `${OPEN} import { drizzle } from "drizzle-orm/better-sqlite3"; const orm = drizzle({ client: db });\n${helpers.join("\n")}\nconst last = (tx) => { probe(tx); };\n${uses.join("\n")}` });
    expect(probedSessions(project)).toEqual(["handle of orm of session better-sqlite3"]);
  });
});

describe("the receiver of a method that several classes have", () => {
  const BESIDE = `class A { db = db; get() { probe(this.db); } } class B { constructor(x) { this.db = x; } get() { inB(this.db); } }`;

  it("is the object of the class whose method runs", () => {
    const project = link({ "src/app.ts": `${OPEN}\n${BESIDE}\nconst one = process.env.A ? new A() : new B(other);\none.get();` });
    expect(probed(project)).toEqual(SESSION);
    expect(probed(project, "inB(")).toEqual(["platform other"]);
  });

  it("is an object of a subclass where the method is inherited", () => {
    const project = link({ "src/app.ts": `${OPEN}\nclass B { get() { probe(this.db); } } class A extends B { constructor() { super(); this.db = db; } }\nnew A().get();` });
    expect(probed(project)).toEqual(SESSION);
  });

  it("is an object that is given another's function", () => {
    const project = link({ "src/app.ts": `${OPEN}\nfunction get() { probe(this.db); }\nconst one = { db, get };\none.get();` });
    expect(probed(project)).toEqual(SESSION);
  });
});
