import { describe, expect, it } from "vitest";
import { link } from "./link.js";

const IMPORT = `import Database from "better-sqlite3"; import { tmpdir } from "node:os"; import { drizzle } from "drizzle-orm/better-sqlite3";\n`;
const opens = (text: string) => link({ "a.ts": IMPORT + text }).opens;

describe("opens", () => {
  it.each<[string, string]>([
    ["a path", `new Database("a.db");`],
    ["a variable", `new Database(path);`],
    ["an environment variable", `new Database(process.env.DB);`],
    ["without new", `Database("a.db");`],
    ["under another name", `const D = Database; new D("a.db");`],
    ["Drizzle from a path", `drizzle("a.db");`],
    ["through require", `const B = require("better-sqlite3"); B("a.db");`],
  ])("%s", (_name, text) => {
    expect(opens(text)).toHaveLength(1);
  });

  it.each<[string, string]>([
    ["in memory", `new Database(":memory:");`],
    ["without a path", `new Database();`],
    ["a temporary file", `new Database("/tmp/a.db");`],
    ["in a temporary folder", `const file = join(tmpdir(), "a.db"); new Database(file);`],
    ["read-only", `new Database("a.db", { readonly: true });`],
    ["Drizzle around a client", `declare const client: Database.Database; drizzle(client);`],
    ["another class of that name", `class Store { constructor(x) {} } new Store("a.db");`],
  ])("not: %s", (_name, text) => {
    expect(opens(text)).toHaveLength(0);
  });

  it("say their key and options as written", () => {
    expect(opens(`new Database(config.path, { timeout: 1 });`)).toMatchObject([{ keyText: "config.path", optionsText: "{ timeout: 1 }", library: "better-sqlite3", kind: "connection" }]);
  });

  it.each<[boolean, string]>([
    [true, `class A { constructor() { this.db = new Database("a"); } }`],
    [true, `let db; function init() { db = new Database("a"); }`],
    [true, `class A { static init() { A.db = new Database("a"); } }`],
    [true, `class A { open() { const db = new Database("a"); this.db = drizzle(db); } }`],
    [false, `function open() { const db = new Database("a"); return db; }`],
  ])("stored %s: %s", (stored, text) => {
    expect(opens(text).map((open) => open.stored)).toEqual([stored]);
  });
});

describe("factories", () => {
  const levels = (text: string) => {
    const project = link({ "a.ts": IMPORT + text });
    return project.opens.flatMap((open) => project.factoriesOf(open).map(({ fn, level }) => [fn.name, level]));
  };
  it.each<[string, string, [string, number][]]>([
    ["a function that returns it", `function open() { return new Database("a"); }`, [["open", 0]]],
    ["through a variable", `function open() { const db = new Database("a"); db.pragma("x"); return db; }`, [["open", 0]]],
    ["dressed as an ORM", `function open() { return drizzle(new Database("a")); }`, [["open", 0]]],
    ["in an object", `function open() { const db = new Database("a"); return { db, close() {} }; }`, [["open", 0]]],
    ["and one that passes it on", `function open() { return new Database("a"); } function get() { return open(); }`, [["open", 0], ["get", 1]]],
    ["a method", `class A { session() { return new Database("a"); } }`, [["session", 0]]],
    ["async", `async function open() { return new Database("a"); } async function get() { return await open(); }`, [["open", 0], ["get", 1]]],
    ["not one that uses it only", `function count() { return new Database("a").prepare("SELECT 1").get(); }`, []],
    ["not one that keeps it", `let db; function get() { return (db ??= new Database("a")); }`, []],
    ["up to one that keeps it", `function open() { return new Database("a"); } let db; function get() { return (db ??= open()); }`, [["open", 0]]],
  ])("%s", (_name, text, expected) => {
    expect(levels(text)).toEqual(expected);
  });

  it("and the calls that get one", () => {
    const project = link({ "db.ts": `${IMPORT}export function open() { return new Database("a"); }`, "b.ts": `import { open } from "./db"; function x() { open(); open(); }` });
    const [open] = project.opens;
    const [factory] = open ? project.factoriesOf(open) : [];
    expect(factory ? project.usesOf(factory).map((use) => use.file) : []).toEqual(["b.ts", "b.ts"]);
  });
});
