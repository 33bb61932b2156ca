import { describe, expect, it } from "vitest";
import { callAt, contexts, link, probed, sessions, targets } from "./link.js";

const times = (count: number, line: (index: number) => string): string => Array.from({ length: count }, (_, index) => line(index)).join("\n");

describe("chains longer than the stack", () => {
  it.each(["forwards", "backwards"])("10,000 aliases, written %s", (order) => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `var a${index + 1} = a${index};`);
    const project = link({ "a.ts": `function f() {}\nvar a0 = f;\n${(order === "forwards" ? lines : lines.reverse()).join("\n")}\nprobe(a10000);` });
    expect(probed(project)).toEqual(["function f"]);
  });

  it.each(["forwards", "backwards"])("10,000 type aliases, written %s", (order) => {
    const lines = Array.from({ length: 10_000 }, (_, index) => `type T${index + 1} = T${index};`);
    const project = link({ "a.ts": `class Store {}\ntype T0 = Store;\n${(order === "forwards" ? lines : lines.reverse()).join("\n")}\nfunction f(store: T10000) { probe(store); }` });
    expect(probed(project)).toContain("instance Store");
  });

  it("a parameter that has its own type, and two that have each other's", () => {
    const project = link({
      "a.ts": `class Store {}\nfunction f(a: Parameters<typeof f>[0]) { probe(a); }\nfunction g(b: Parameters<typeof h>[0] | Store) {}\nfunction h(c: Parameters<typeof g>[0]) {}\nf(new Store());`,
    });
    expect(probed(project)).toEqual(["instance Store"]);
  });

  it("5,000 typeof types, each of the next", () => {
    const project = link({ "a.ts": `class Store {}\n${times(5000, (index) => `declare const v${index}: typeof v${index + 1};`)}\ndeclare const v5000: Store;\nprobe(v0);` });
    expect(probed(project)).toEqual(["instance Store"]);
  });

  it("type aliases that fan out and in again, 60 levels deep", () => {
    const project = link({ "a.ts": `class Store {}\ntype A0 = Store; type B0 = Store;\n${times(60, (index) => `type A${index + 1} = A${index} | B${index}; type B${index + 1} = A${index} | B${index};`)}\nfunction f(store: A60) { probe(store); }` });
    expect(probed(project)).toContain("instance Store");
  });

  it("a member chain of 3,000", () => {
    const project = link({ "a.ts": `import db from "better-sqlite3";\nprobe(db${".a".repeat(3000)});` });
    expect(callAt(project, "probe(").call.args).toHaveLength(1);
  });

  it("3,000 functions inside each other's calls", () => {
    const project = link({ "a.ts": `import Database from "better-sqlite3";\n${times(3000, (index) => `function f${index}() { return f${index + 1}(); }`)}\nfunction f3000() { return new Database(process.argv[2]); }` });
    expect(sessions(project, "f0")).toBe("1");
  });

  it("300 functions written inside each other", () => {
    const project = link({ "a.ts": `${times(300, (index) => `function f${index}() {`)}probe(1);${"}".repeat(300)}\nf0();` });
    expect(contexts(project, "f0")).toEqual(["once"]);
  });

  it("2,000 re-exporting files", () => {
    const files: Record<string, string> = { "f0.ts": "export function open() {}" };
    for (let index = 1; index <= 2000; index++) files[`f${index}.ts`] = index % 2 ? `export { open } from "./f${index - 1}";` : `export * from "./f${index - 1}";`;
    const project = link({ ...files, "main.ts": `import { open } from "./f2000";\nopen();` });
    expect(targets(project, "open(")).toEqual(["open"]);
  });

  it("2,000 classes, each extending the one before", () => {
    const project = link({ "a.ts": `class C0 { constructor(x) { probe(x); } get() {} }\n${times(2000, (index) => `class C${index + 1} extends C${index} {}`)}\nfunction f() {}\nconst it = new C2000(f);\nit.get();` });
    expect(targets(project, "it.get(")).toEqual(["get"]);
    expect(targets(project, "new C2000(")).toEqual(["constructor"]);
    expect(probed(project)).toEqual(["function f"]);
  });

  it("2,000 objects, each spreading the one before", () => {
    const project = link({ "a.ts": `const o0 = { open() {} };\n${times(2000, (index) => `const o${index + 1} = { ...o${index} };`)}\no2000.open();` });
    expect(targets(project, "o2000.open(")).toEqual(["open"]);
  });

  it("an object literal of 20,000 properties", () => {
    const project = link({ "a.ts": `const table = {\n${times(20_000, (index) => `p${index}: ${index === 19_999 ? "() => {}" : index},`)}\n};\ntable.p19999();` });
    expect(targets(project, "table.p19999(")).toEqual(["p19999"]);
  });
});

describe("circles", () => {
  it("re-exports", () => {
    const project = link({
      "a.ts": `export * from "./b"; export function open() {}`,
      "b.ts": `export * from "./a"; export { lost } from "./c";`,
      "c.ts": `export { lost } from "./b";`,
      "main.ts": `import { open, lost } from "./b";\nopen();\nlost();`,
    });
    expect(targets(project, "open(")).toEqual(["open"]);
    expect(targets(project, "lost(")).toEqual([]);
  });

  it("type aliases and interfaces", () => {
    const project = link({
      "a.ts": `class Store { get() {} }\ntype A = B; type B = A | Store; interface I extends J {} interface J extends I { store: Store }\nfunction f(a: A, i: I) { a.get(); i.store.get(); i.none(); }`,
    });
    expect(targets(project, "a.get(")).toEqual(["get"]);
    expect(targets(project, "i.store.get(")).toEqual(["get"]);
    expect(targets(project, "i.none(")).toEqual([]);
  });

  it("superclasses", () => {
    const project = link({ "a.ts": `class A extends B { x() {} } class B extends A {}\nconst b = new B();\nb.x();\nb.none();` });
    expect(targets(project, "b.x(")).toEqual(["x"]);
    expect(targets(project, "b.none(")).toEqual([]);
  });

  it("spreads", () => {
    const project = link({ "a.ts": `let a = { f() {} }; let b = { ...a }; a = { ...b };\na.f();\nb.none();` });
    expect(targets(project, "a.f(")).toEqual(["f"]);
    expect(targets(project, "b.none(")).toEqual([]);
  });

  it("code that walks a tree of the platform's", () => {
    const project = link({ "a.ts": `let node = JSON.parse(text);\nwhile (node) { node = node.left ?? node.right.next().value[0]; visit(node); }\nfunction visit(n) { probe(n); visit(n.parent()); }` });
    expect(probed(project).length).toBeLessThan(10);
  });
});
