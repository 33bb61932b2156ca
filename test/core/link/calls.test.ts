import { describe, expect, it } from "vitest";
import { link, targets } from "./link.js";

describe("calls of project functions", () => {
  it.each<[string, string, string, string[]]>([
    ["a function", "f(", `function f() {}\nf();`, ["f"]],
    ["either of two", "(x ? f : g)(", `function f() {} function g() {}\n(x ? f : g)();`, ["f", "g"]],
    ["a table of functions", "table[name](", `const table = { a() {}, b: () => {} };\ntable[name]();`, ["a", "b"]],
    ["a known entry of a table", "table.a(", `const table = { a() {}, b() {} };\ntable.a();`, ["a"]],
    ["a parameter", "cb(", `function f(cb) {\ncb(); }\nf(function given() {});`, ["given"]],
    ["what a function returns", "make()(", `function make() { return function made() {}; }\nmake()();`, ["made"]],
    ["a bound method", "run(", `class A { get() {} }\nconst run = new A().get.bind(null);\nrun();`, ["get"]],
    ["a method of either class", "a.get(", `class B { get() {} } class C { get() {} }\nconst a = x ? new B() : new C();\na.get();`, ["get", "get"]],
    ["an array method's callback", "[1].map(", `[1].map(function each() {});`, ["each"]],
    ["a promise's callback", "p.then(", `p.then(function after() {});`, ["after"]],
    ["a constructor", "new A(", `class A { constructor() {} }\nnew A();`, ["constructor"]],
    ["an inherited constructor", "new A(", `class B { constructor() {} } class A extends B {}\nnew A();`, ["constructor"]],
    ["super", "super(", `class B { constructor() {} } class A extends B { constructor() {\nsuper(); } }`, ["constructor"]],
    ["a tagged template", "tag`", "function tag() {}\ntag`x`;", ["tag"]],
    ["what a wrapper gives back: what it was given there, or what it puts around it", "go(", `const traced = (name) => (target) => (name ? target : function around(...args) { return target.apply(this, args); });
const go = traced("a")(function first() {}); const stop = traced("b")(function second() {});\ngo();`, ["around", "first"]],
    ["wrappers around a wrapper", "go(", `const one = (f) => f; const two = (f) => f;\nconst go = two(one(function first() {})); const stop = one(two(function second() {}));\ngo();`, ["first"]],
    ["through a package's wrapper", "wrapped(", `import wrap from "async-handler"; const wrapped = wrap(function inner() {});\nwrapped();`, ["inner"]],
    ["not through a memoiser", "once(", `import { once as only } from "lodash"; const once = only(function inner() {});\nonce();`, []],
    ["a function of the platform", "JSON.parse(", `JSON.parse("1");`, []],
  ])("%s", (_name, source, text, expected) => {
    expect(targets(link({ "a.ts": text }), source)).toEqual(expected);
  });

  it("the call of an edge is the call of the facts, for inherited constructors as well", () => {
    const project = link({ "a.ts": `class B { constructor() {} } class A extends B {} class Z extends A {}\nnew Z();` });
    const { calls } = project.program.file("a.ts");
    expect(project.graph.edges).toHaveLength(1);
    for (const edge of project.graph.edges) expect(calls).toContain(edge.call);
  });

  it("results do not depend on the order of files", () => {
    const files: Record<string, string> = {
      "a.ts": `import { run } from "./b"; export class A { get() { return run(this); } }`,
      "b.ts": `import { A } from "./a"; export const run = (x) => x.get(); run(new A()); run({ get() { return new A(); } });`,
      "c.ts": `import { run } from "./b"; import { A } from "./a"; app.get("/x", () => run(new A())); class C extends A {} run(new C());`,
    };
    const show = (order: string[]) => {
      const project = link(Object.fromEntries(order.map((file) => [file, files[file] ?? ""])));
      return project.graph.edges.map((edge) => `${edge.file} ${edge.call.id} ${edge.to}`).sort();
    };
    expect(show(["c.ts", "b.ts", "a.ts"])).toEqual(show(["a.ts", "b.ts", "c.ts"]));
  });
});

describe("functions handed over", () => {
  const handed = (text: string) => link({ "a.ts": text }).graph.handovers.map(({ callee, argument, property }) => [callee === null ? null : "known", argument, property]);

  it("in an argument, to a known callee and to any", () => {
    expect(handed(`import x from "x"; x(1, () => {});`)).toEqual([["known", 1, undefined], [null, 1, undefined]]);
  });

  it("in a property of an object argument", () => {
    expect(handed(`unknown.x({ handler() {} });`)).toEqual([["known", 0, "handler"], [null, 0, "handler"]]);
  });

  it("once, though given twice", () => {
    expect(handed(`function f() {} function g(x) { x(f, f); }`)).toEqual([[null, 0, undefined]]);
  });
});

describe("a call of too many functions", () => {
  const text = (count: number) => `function run(fn) {\nfn(); }\n${Array.from({ length: count }, (_, index) => `run(() => ${index});`).join("\n")}`;

  it("is followed while that says something", () => {
    expect(targets(link({ "a.ts": text(200) }), "fn(")).toHaveLength(200);
  });

  it("is a call of anything beyond that, rather than of those that came first", () => {
    expect(targets(link({ "a.ts": text(300) }), "fn(")).toEqual([]);
  });
});
