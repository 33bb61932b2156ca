import { describe, expect, it } from "vitest";
import { ambientNames } from "../../src/project/ambient-types.js";

const names = (...texts: string[]): string[] => [...ambientNames(texts, ["D1Database"])].sort();

describe("names of types that hold a library's", () => {
  it("are those that name it, and those that name one of them, also in another file", () => {
    expect(names("type Bindings = { DB: D1Database }\ntype App = { Bindings: Bindings }\n", "declare global {\n  interface Env extends Bindings {}\n}")).toEqual(["App", "Bindings", "Env"]);
  });

  it("are not those beside them", () => {
    expect(names("interface Env { DB: D1Database }\ninterface Thing { name: string }\nexport declare type Other = Thing;")).toEqual(["Env"]);
  });

  it("go by whole words", () => {
    expect(names("interface Env { DB: MyD1DatabaseLike }\ninterface Environment { env: Environs }")).toEqual([]);
  });

  it("are none without declarations", () => {
    expect(names("", "D1Database")).toEqual([]);
  });
});
