import { describe, expect, test } from "vitest";
import { callAt, factsOf, fn, variable } from "./facts-of.js";

describe("classes", () => {
  const text = `
    @Injectable() class Repo<T> extends Base implements Store, ns.Other<T> {
      static shared = open("static");
      #db = open("field");
      declare later: Database;
      @Inject("x") queue!: Queue;
      constructor(private readonly client: Client, @Param() other: Other, protected n = 1) { super(); open("constructor"); }
      get name(): string { return this.#db.name; }
      @Get("/") async list(@Query() q: string) { return this.client.all(); }
      static { open("block"); }
      abstract find(): Promise<Row>;
    }`;
  const facts = factsOf(text);
  const [repo] = facts.classes;

  test("members", () => {
    expect(repo?.members.map(({ name, kind, static: s }) => `${s ? "static " : ""}${kind} ${name}`)).toEqual([
      "static field shared", "field #db", "field later", "field queue", "constructor constructor", "getter name", "method list", "method find",
    ]);
    expect(repo).toMatchObject({ name: "Repo", fn: 0, superClass: { k: "global", name: "Base" } });
    expect(repo?.implements).toMatchObject([{ k: "ref", head: "Store" }, { k: "ref", head: "ns", path: ["Other"] }]);
  });
  test("a field's initialiser runs in the constructor, a static one where the class stands", () => {
    const inFn = (name: string): string | undefined => facts.functions[callAt(facts, text, `open("${name}")`).fn]?.kind;
    expect([inFn("static"), inFn("field"), inFn("constructor"), inFn("block")]).toEqual(["module", "constructor", "constructor", "static-block"]);
  });
  test("without a constructor the class gets one that is empty", () => {
    const one = factsOf(`class A { db = open(); m() {} }`);
    const constructor = fn(one, "constructor");
    expect(constructor).toMatchObject({ kind: "constructor", class: 0, params: [] });
    expect(constructor.body.start).toBe(constructor.body.end);
    expect(one.calls[0]?.fn).toBe(constructor.id);
    expect(one.classes[0]?.members).toContainEqual({ name: "constructor", static: false, kind: "constructor", fn: constructor.id });
    expect(factsOf(`class A { static db = open(); m() {} }`).functions.map((f) => f.kind)).toEqual(["module", "method"]);
  });
  test("parameter properties and their types", () => {
    const params = fn(facts, "constructor").params;
    expect(params.map(({ property }) => property)).toEqual(["client", undefined, "n"]);
    expect(params[0]?.type).toMatchObject({ k: "ref", head: "Client" });
    expect(facts.variables[params[0]?.variable ?? -1]).toMatchObject({ name: "client", kind: "param", type: { k: "ref", head: "Client" } });
  });
  test("decorators of classes, members and parameters", () => {
    expect(repo?.decorators).toHaveLength(1);
    expect(repo?.members.map(({ decorators }) => decorators?.length)).toEqual([undefined, undefined, undefined, 1, undefined, undefined, 1, undefined]);
    expect(fn(facts, "constructor").params[1]?.decorators).toHaveLength(1);
    expect(fn(facts, "list").params[0]?.decorators).toHaveLength(1);
    expect(fn(facts, "list").decorators).toHaveLength(1);
  });
  test("types of fields, getters and abstract methods", () => {
    const type = (name: string): unknown => repo?.members.find((member) => member.name === name)?.type;
    expect(type("later")).toMatchObject({ k: "ref", head: "Database" });
    expect(type("queue")).toMatchObject({ k: "ref", head: "Queue" });
    expect(type("find")).toMatchObject({ k: "function", returns: { k: "ref", head: "Promise", args: [{ k: "ref", head: "Row" }] } });
  });
  test("overloads are one method", () => {
    expect(factsOf(`class A { m(): void; m(a?: string): void {} constructor(); constructor(a?: B) {} }`).classes[0]?.members.map(({ name }) => name)).toEqual(["m", "constructor"]);
  });
  test("this: the method's, an arrow's own, a static field's class", () => {
    const one = factsOf(`class A { m() { f(this, () => g(this), function () { h(this); }); } static s = i(this); static t() { j(this); } }`);
    const self = (callee: string): unknown => one.calls.find((call) => call.callee.k === "global" && call.callee.name === callee)?.args.find((arg) => arg.k === "this" || arg.k === "class");
    const method = fn(one, "m").id;
    expect(self("f")).toEqual({ k: "this", fn: method });
    expect(self("g")).toEqual({ k: "this", fn: method });
    expect(self("h")).not.toEqual({ k: "this", fn: method });
    expect(self("i")).toEqual({ k: "class", id: 0 });
    expect(self("j")).toEqual({ k: "this", fn: fn(one, "t").id });
  });
});

describe("types", () => {
  const typeOf = (type: string): unknown => variable(factsOf(`import Database, { type X } from "m"; let probe: ${type};`), "probe").type;
  test.each([
    ["Database", { k: "ref", head: 0, path: [], args: [] }],
    ["Database.Database", { k: "ref", head: 0, path: ["Database"], args: [] }],
    ["Promise<X>", { k: "ref", head: "Promise", path: [], args: [{ k: "ref", head: 1, path: [], args: [] }] }],
    ["X[]", { k: "array", of: { k: "ref", head: 1 } }],
    ["readonly X[]", { k: "array", of: { k: "ref", head: 1 } }],
    ["X | null", { k: "union", of: [{ k: "ref", head: 1 }, { k: "data" }] }],
    ["X & { db: Database }", { k: "union", of: [{ k: "ref" }, { k: "object", props: [{ name: "db", type: { k: "ref", head: 0 } }] }] }],
    ["{ get(): X; readonly all?: X; [key: string]: X }", { k: "object", props: [{ name: "get", type: { k: "function", returns: { k: "ref" } } }, { name: "all" }, { name: "*" }] }],
    ["() => X", { k: "function", returns: { k: "ref", head: 1 } }],
    ["typeof Database.open", { k: "typeof", of: { k: "member", of: { k: "var", id: 0 }, name: "open" } }],
    ["ReturnType<typeof Database>", { k: "ref", head: "ReturnType", args: [{ k: "typeof", of: { k: "var", id: 0 } }] }],
    [`import("n").A.B<X>`, { k: "ref", head: 3, path: ["A", "B"], args: [{ k: "ref", head: 1 }] }],
    ["[X, name: Database]", { k: "array", of: { k: "union", of: [{ k: "ref", head: 1 }, { k: "ref", head: 0 }] } }],
    ["(X)", { k: "ref", head: 1 }],
    ["string", { k: "data" }],
    ["1 | `a-${string}` | undefined", { k: "union", of: [{ k: "data" }, { k: "data" }, { k: "data" }] }],
    ["unknown", { k: "other" }],
    ["X extends Y ? Z : never", { k: "other" }],
  ])("%s", (type, expected) => {
    expect(typeOf(type)).toMatchObject(expected);
  });
  test("interfaces and aliases", () => {
    const facts = factsOf(`interface Ctx extends Base, ns.More<X> { db: Database; get(): Db } type Alias = { a: Ctx };`);
    expect(facts.types).toMatchObject([
      { name: "Ctx", variable: variable(facts, "Ctx").id, extends: [{ k: "ref", head: "Base" }, { k: "ref", head: "ns", path: ["More"] }], type: { k: "object", props: [{ name: "db" }, { name: "get", type: { k: "function" } }] } },
      { name: "Alias", extends: [], type: { k: "object", props: [{ name: "a", type: { k: "ref", head: variable(facts, "Ctx").id } }] } },
    ]);
  });
  test("parameters, patterns and returns", () => {
    const facts = factsOf(`function f(a: A, { b }: { b: B }, c: C = d, ...e: E[]): Promise<F> {} declare function g(): G;`);
    expect(fn(facts, "f").params.map(({ type }) => type?.k)).toEqual(["ref", "object", "ref", "array"]);
    expect(fn(facts, "f").returnType).toMatchObject({ k: "ref", head: "Promise", args: [{ head: "F" }] });
    expect(variable(facts, "g").type).toMatchObject({ k: "function", returns: { k: "ref", head: "G" } });
  });
  test("expressions", () => {
    const facts = factsOf(`const a = b as unknown as Database; const c = <D>e;`);
    expect(facts.assigns[0]?.value).toMatchObject({ k: "typed", of: { k: "global", name: "b" }, type: { k: "ref", head: "Database" } });
    expect(facts.assigns[1]?.value).toMatchObject({ k: "typed", type: { k: "ref", head: "D" } });
  });
});
