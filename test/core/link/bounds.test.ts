import { describe, expect, it } from "vitest";
import { Bounds } from "../../../src/core/link/bounds.js";
import { link } from "./link.js";

const OPEN = `import Database from "better-sqlite3"; const db = new Database("a.db");\n`;

function bounded(text: string): boolean[] {
  const project = link({ "a.ts": OPEN + text });
  const bounds = new Bounds(project.graph);
  return project.program.file("a.ts").loops.map((loop) => bounds.isBounded("a.ts", loop));
}

describe("Bounds", () => {
  it("one page after the other is everything", () => {
    expect(bounded(`for (let at = 0; at !== undefined; ) { const got = await listThings({ limit: 100, at }); for (const x of got.things) f(x); for (const x of await listThings({ limit: 100, at })) f(x); at = got.next; }`)).toEqual([false, false, false]);
  });

  it.each([
    `for (let i = 0; i < 3; i++) f(i);`,
    `for (const x of ["a", "b"]) f(x);`,
    `const list = ["a", "b"]; for (const x of list) f(x);`,
    `const list = ["a", "b"] as const; list.forEach((x) => f(x));`,
    `declare const ROLE_NAMES: string[]; for (const x of ROLE_NAMES) f(x);`,
    `for (const x of items.slice(0, 10)) f(x);`,
    `for (const x of items.splice(0, 10)) f(x);`,
    `for (const x of await listThings({ pageSize: 30, kind })) f(x);`,
    `const AT_ONCE = 50; for (const x of things.find(kind, { limit: AT_ONCE })) f(x);`,
    `for (const x of Object.keys({ a: 1, b: 2 })) f(x);`,
    `for (const x of new Set(["a", "b"])) f(x);`,
    `const rows = db.prepare("SELECT * FROM t LIMIT 10").all(); for (const row of rows) f(row);`,
    `const LIMIT = 5; for (let i = 0; i < LIMIT; i++) f(i);`,
    `function g(list) { for (const x of list) f(x); } g(["a"]); g(["b", "c"]);`,
    `function g({ list }) { for (const x of list) f(x); } g({ list: ["a"] }); g({ list: ["b", "c"], more: load() });`,
    `function g(of) { for (const x of of.list) f(x); } g({ list: ["a"] });`,
    `const prisma = new (await import("@prisma/client")).PrismaClient(); function g({ list }) { const all = Array.isArray(list) ? list : [list]; for (const x of all) f(x); } g({ list: await prisma.thing.findUnique({}) }); g({ list: await prisma.thing.findMany({ take: 10 }) });`,
    `const done = await Promise.allSettled(["a", "b"]); for (let i = 0; i < done.length; i++) f(done[i]);`,
    `const prisma = new (await import("@prisma/client")).PrismaClient(); const rows = await prisma.thing.findMany({ where: { id: { in: ["a", "b"] } } }); for (const row of rows) f(row);`,
  ])("bounded: %s", (text) => {
    expect(bounded(text)).toEqual([true]);
  });

  it.each([
    `export function g(items) { for (const x of items) f(x); }`,
    `export function g(items) { items.forEach((x) => f(x)); }`,
    `export function g(n) { for (let i = 0; i < n; i++) f(i); }`,
    `while (more()) f();`,
    `for (const x of [...items]) f(x);`,
    `for (const x of load()) f(x);`,
    `const rows = db.prepare("SELECT * FROM t").all(); for (const row of rows) f(row);`,
    `let list = ["a"]; list = load(); for (const x of list) f(x);`,
    `for (const x of items.slice(1)) f(x);`,
    `export function g(pageSize) { for (const x of listThings({ pageSize })) f(x); }`,
    `for (const x of listThings({ limit: Number(process.env.LIMIT) })) f(x);`,
    `function g(list) { for (const x of list) f(x); } g(["a"]); g(load());`,
    `function g({ list }) { for (const x of list) f(x); } g({ list: ["a"] }); g({ list: load() });`,
    `function g({ list }) { for (const x of list) f(x); } g({ list: ["a"], ...more });`,
    `const done = await Promise.all(load()); for (const x of done) f(x);`,
    `const prisma = new (await import("@prisma/client")).PrismaClient(); const rows = await prisma.thing.findMany({ where: { ownerId: { in: ["a", "b"] } } }); for (const row of rows) f(row);`,
  ])("not bounded: %s", (text) => {
    expect(bounded(text)).toEqual([false]);
  });
});
