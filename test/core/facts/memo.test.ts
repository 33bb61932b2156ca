import { expect, test, describe } from "vitest";
import { factsOf } from "./facts-of.js";

/** The memo of each call whose first argument is a string: `f("name")`. */
function memos(text: string): Record<string, string> {
  const facts = factsOf(text);
  const found: Record<string, string> = {};
  for (const { args, memo } of facts.calls) {
    const name = args[0];
    if (name?.k !== "literal" || typeof name.value !== "string" || !memo) continue;
    const owner = typeof memo.owner === "number" ? facts.functions[memo.owner]?.name : memo.owner;
    found[name.value] = `${owner} ${memo.place}${memo.keyed ? " by key" : ""}`;
  }
  return found;
}

describe("kept in a variable of the module", () => {
  test.each([
    ["??=", `return (db ??= f("x"));`],
    ["||=", `db ||= f("x");`],
    ["x = x ?? f()", `db = db ?? f("x");`],
    ["x = x || f()", `db = db || f("x"); return db;`],
    ["if (!x)", `if (!db) db = f("x"); return db;`],
    ["=== undefined", `if (db === undefined) { db = f("x"); } return db;`],
    ["null ==", `if (null == db) db = f("x");`],
    ["typeof", `if (typeof db === "undefined") db = f("x");`],
    ["else branch", `if (db) { return db; } else { db = f("x"); }`],
    ["early return", `if (db) return db; db = f("x"); return db;`],
    ["early return in braces, after a log", `if (db !== null) { log(); return db; } db = f("x"); return db;`],
    ["local copy", `if (db) return db; const made = f("x"); db = made; return made;`],
    ["asked through a local copy", `const known = db; if (known) return known; const made = f("x"); db = made; return made;`],
    ["assigned in the answer", `return db || (db = f("x"));`],
    ["conditional expression", `return db ? db : (db = f("x"));`],
    ["&& with a negation", `!db && (db = f("x"));`],
    ["wrapped", `if (!db) db = drizzle(new Database("x"), { schema });`],
    ["wrapped twice", `return (db ??= wrap(applyPragmas(new Database("x"))));`],
    ["derived local", `if (!db) { const client = new Database("x"); db = drizzle(client); } return db;`],
    ["in try", `if (!db) { try { db = f("x"); } catch (e) { db = null; throw e; } }`],
    ["in either branch", `if (!db) { if (a) db = f("x"); else db = g("y"); }`],
    ["reopened when closed", `if (!db || !db.open) db = f("x");`],
    ["asked by a property", `if (db?.open) return db; db = f("x"); return db;`],
    ["asked by a method", `if (db && db.isOpen()) return db; db = f("x");`],
    ["in an object that is kept", `return (db ??= { client: f("x"), at: 1 });`],
    ["one for each of a list", `if (!db) db = urls.map((u) => f("x"));`],
    ["awaited", `if (!db) db = await f("x");`],
    ["cast", `return (db ??= f("x") as Db)!;`],
    ["opened again where what is there has failed", `if (db) { try { await db.ping(); return db; } catch { db = undefined; } } db = await f("x"); return db;`],
    ["stored outside the branch", `let one = db; if (!one) { one = f("x"); } db = one; return one;`],
  ])("%s", (_, body) => {
    expect(memos(`let db; async function get() { ${body} }`)["x"]).toBe("module db");
  });

  test("what runs beside it under the same guard runs once, too", () => {
    expect(memos(`let db; function get() { if (!db) { db = open("a"); migrate("b"); } return db.prepare("c"); }`)).toEqual({
      a: "module db", b: "module db",
    });
  });
  test("a flag that is set stands for the value", () => {
    expect(memos(`let ready = false; function init() { if (ready) return; ready = true; open("a"); }`)).toEqual({ a: "module ready" });
  });
  test("the function that fills the place is asked for", () => {
    expect(memos(`let db; function get() { if (!db) init("a"); return db; } function init(p) { db = open(p); }`)).toEqual({ a: "module db" });
  });
  test("the development global of a module-level client", () => {
    expect(memos(`const g = globalThis as any; export const db = g.db ?? open("a"); if (dev) g.db = db;`)).toEqual({ a: "module globalThis.db" });
  });
});

describe("kept elsewhere", () => {
  test.each([
    ["globalThis", `export const get = () => (globalThis.db ??= f("x"));`, "module globalThis.db"],
    ["globalThis, cast", `export const get = () => { if (!(globalThis as any).db) (globalThis as any).db = f("x"); }`, "module globalThis.db"],
    ["alias of globalThis", `const g = globalThis as unknown as { db?: Db }; function get() { g.db = g.db ?? f("x"); }`, "module globalThis.db"],
    ["in operator", `function get() { if (!("db" in globalThis)) globalThis.db = f("x"); }`, "module globalThis.db"],
    ["property of a module object", `const state = { db: null }; function get() { state.db ??= f("x"); }`, "module state.db"],
    ["static field by class name", `class R { static i; static get() { if (!R.i) { R.i = f("x"); } return R.i; } }`, "module R.i"],
    ["static field by this", `class R { static i; static get() { return (this.i ??= f("x")); } }`, "module this.i"],
    ["static private field", `class R { static #i; static get() { return (R.#i ??= f("x")); } }`, "module R.#i"],
    ["field", `class R { get() { if (!this.db) this.db = f("x"); return this.db; } }`, "this this.db"],
    ["private field", `class R { #db; get() { return (this.#db ??= f("x")); } }`, "this this.#db"],
    ["field, by destructuring", `class R { get() { const { db } = this; if (db) return db; return (this.db = f("x")); } }`, "this this.db"],
    ["filled by another method", `class R { get() { if (!this.db) this.open("x"); return this.db; } open(p) { this.db = f(p); } }`, "this this.db"],
    ["object literal", `const store = { db: null, get() { return (this.db ??= f("x")); } };`, "this this.db"],
    ["enclosing function", `function make() { let db; return () => { if (!db) db = f("x"); return db; }; }`, "make db"],
    ["module-level IIFE", `const get = (() => { let db; return () => (db ??= f("x")); })();`, "module db"],
    ["Map, has", `const m = new Map(); function get(k) { if (!m.has(k)) m.set(k, f("x")); return m.get(k); }`, "module m by key"],
    ["Map, get", `const m = new Map(); function get(k) { let c = m.get(k); if (!c) { c = f("x"); m.set(k, c); } return c; }`, "module m by key"],
    ["Map, get, early return", `const m = new Map(); function get(k) { const c = m.get(k); if (c) return c; const made = f("x"); m.set(k, made); return made; }`, "module m by key"],
    ["Map, ??", `const m = new Map(); function get(k) { const c = m.get(k) ?? f("x"); m.set(k, c); return c; }`, "module m by key"],
    ["Map in a field", `class R { #m = new Map(); get(k) { if (this.#m.has(k)) return this.#m.get(k); const c = f("x"); this.#m.set(k, c); return c; } }`, "this this.#m by key"],
    ["object by key", `const cache = {}; function get(k) { return (cache[k] ??= f("x")); }`, "module cache by key"],
    ["object by key, in", `const cache = {}; function get(k) { if (k in cache) return cache[k]; return (cache[k] = f("x")); }`, "module cache by key"],
    ["one key", `const m = new Map(); function get() { if (!m.has("db")) m.set("db", f("x")); }`, "module m.db"],
    ["compared key", `let last, db; function get(k) { if (last === k) return db; last = k; db = f("x"); return db; }`, undefined],
  ])("%s", (_, text, expected) => {
    expect(memos(text)["x"]).toBe(expected);
  });
});

describe("a promise is kept", () => {
  test.each([
    ["of the call", `p ??= f("x"); return p;`],
    ["with then", `if (!p) p = start().then((c) => f("x")); return p;`],
    ["with then and catch", `return (p ??= f("x").catch((e) => { p = null; throw e; }));`],
    ["of a function run in place", `if (!p) { p = (async () => { const c = await load(); return f("x"); })(); } return p;`],
    ["of a function run in place, its local", `p ??= (async () => { const c = f("x"); await c.ready; return c; })(); return p;`],
    ["of an import", `return (p ??= import("m").then(({ Database }) => new Database("x")));`],
    ["of an executor", `p ??= new Promise((resolve) => resolve(f("x"))); return p;`],
  ])("%s", (_, body) => {
    expect(memos(`let p; function get() { ${body} }`)["x"]).toBe("module p");
  });
});

describe("not kept", () => {
  test.each([
    ["a parameter's default", `function get(db) { if (!db) db = f("x"); return db; }`],
    ["a parameter's default, ??=", `function get(db) { db ??= f("x"); return db; }`],
    ["a local variable", `function get() { let db; if (!db) db = f("x"); return db; }`],
    ["a local of a function run in place", `function get() { let db; return (async () => { if (!db) db = f("x"); })(); }`],
    ["a local Map", `function get(k) { const m = new Map(); if (!m.has(k)) m.set(k, f("x")); }`],
    ["a property of a parameter, asked alone", `function get(deps) { const db = deps.db ?? f("x"); return db; }`],
    ["a property of a parameter", `function get(deps) { deps.db ??= f("x"); }`],
    ["asked and never filled", `let db; function get() { return db ?? f("x"); }`],
    ["filled and never asked", `let db; function get() { db = f("x"); return db; }`],
    ["made before it is asked", `let db; function get() { const made = f("x"); if (!db) db = made; return db; }`],
    ["another place is filled", `let db, other; function get() { if (!db) other = f("x"); }`],
    ["the other branch", `let db; function get() { if (db) { f("x"); } else { db = g(); } }`],
    ["guarded the wrong way round", `let db; function get() { if (db) db = f("x"); }`],
    ["a function in what is kept", `let db; function get() { return (db ??= { make: () => f("x") }); }`],
    ["a callback of what is kept", `let db; function get() { return (db ??= createServer((req) => f("x"))); }`],
    ["shadowed", `let db; function get(db) { db ??= f("x"); return db; }`],
    ["emptied in the same function", `class R { run() { if (!this.db) this.db = f("x"); this.db.go(); this.db = null; } }`],
    ["a busy flag", `let busy; function get() { if (busy) return; busy = true; try { f("x"); } finally { busy = false; } }`],
    ["a busy flag, put back later", `let busy; function get() { if (busy) return; busy = true; f("x"); later(() => { busy = false; }); }`],
    ["after the guard's block", `let db; function get() { if (!db) { db = g(); } f("x"); }`],
    ["what was seen by key", `const seen = {}; function get(k) { if (seen[k]) return; seen[k] = true; f("x"); }`],
    ["filled in a branch only", `let db; function get(a) { if (!db) { if (a) db = g(); f("x"); } }`],
  ])("%s", (_, text) => {
    expect(memos(text)).toEqual({});
  });
});
