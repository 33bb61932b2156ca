import { expect, it, vi } from "vitest";
import type * as Libraries from "../../../../src/core/catalogue/libraries/index.js";
import { link, probed, probedSessions } from "../link.js";

vi.mock("../../../../src/core/catalogue/libraries/index.js", async (original) => {
  const { LIBRARIES } = await original<typeof Libraries>();
  const injected = [
    { specifier: "@nestjs/typeorm", path: "InjectDataSource()" },
    { specifier: "@nestjs/typeorm", path: "InjectRepository()", as: "getRepository()" },
  ];
  return { LIBRARIES: LIBRARIES.map((library) => (library.name === "better-sqlite3" ? { ...library, injected } : library)) };
});

const IMPORT = `import { InjectDataSource, InjectRepository } from "@nestjs/typeorm";\n`;

it.each<[string, string]>([
  ["a constructor's parameter", `class C { constructor(@InjectDataSource() private readonly db) {} get() { probe(this.db); } }`],
  ["a constructor's parameter, in itself", `class C { constructor(@InjectDataSource("other") db) { probe(db); } }`],
  ["a field", `class C { @InjectDataSource() db; get() { probe(this.db); } }`],
])("a session that is injected into %s", (_name, text) => {
  expect(probedSessions(link({ "a.ts": IMPORT + text }))).toEqual(["typed better-sqlite3"]);
});

it("what is reached from a session", () => {
  expect(probed(link({ "a.ts": `${IMPORT}class C { constructor(@InjectRepository(User) private users) {} get() { probe(this.users.find); } }` }))).toContain("getRepository().find of typed better-sqlite3");
});

it("a decorator of the same name from elsewhere", () => {
  expect(probed(link({ "a.ts": `import { InjectDataSource } from "./mine"; class C { constructor(@InjectDataSource() private db) {} get() { probe(this.db); } }`, "mine.ts": `export const InjectDataSource = () => () => {};` }))).toEqual([]);
});
