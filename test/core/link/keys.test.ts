import { describe, expect, it } from "vitest";
import { joinPaths, withoutScheme } from "../../../src/core/link/key-text.js";
import { fileKeysOf, sameFile } from "../../../src/core/link/keys.js";
import type { ProjectFacts } from "../../../src/core/link/index.js";
import { link } from "./link.js";

/** The keys of what every `probe(` is given, in source order; `?` marks those that are not sure. */
function keys(project: ProjectFacts): string[][] {
  const found = [];
  for (const { file, calls } of project.program.files.values())
    for (const call of calls)
      if (project.program.text(file, call.span).startsWith("probe(")) {
        const [arg] = call.args;
        found.push(arg ? fileKeysOf(project.graph, file, arg).map(({ id, sure }) => (sure ? id : `${id}?`)) : []);
      }
  return found;
}

const one = (text: string): string[][] => keys(link({ "src/db.ts": text }));

describe("the text of a key", () => {
  it.each([
    ["app.db", "app.db"],
    ["./app.db", "app.db"],
    ["data/../app.db", "app.db"],
    ["../app.db", "../app.db"],
    ["/var//lib/app.db", "/var/lib/app.db"],
    ["file:app.db", "app.db"],
    ["file:./app.db?mode=rwc", "app.db"],
    ["file:///var/app.db", "/var/app.db"],
    ["file://localhost/var/app.db", "/var/app.db"],
    ["<env DATA/X>.db", "<env DATA/X>.db"],
    ["postgres://host/app", "postgres://host/app"],
    ["", ""],
  ])("%s is %s", (text, expected) => {
    expect(withoutScheme(text)).toBe(expected);
  });

  it("joins paths, and an absolute one begins anew only where paths are resolved", () => {
    expect(joinPaths(["<env DATA>", "app.db"], false)).toBe("<env DATA>/app.db");
    expect(joinPaths(["data", "/app.db"], false)).toBe("data/app.db");
    expect(joinPaths(["data", "/app.db"], true)).toBe("/app.db");
    expect(joinPaths(["<project>", "src", "..", "app.db"], false)).toBe("<project>/app.db");
    expect(joinPaths(["<env DATA>", "..", "app.db"], false)).toBe("<env DATA>/../app.db");
  });
});

describe("the file behind a key", () => {
  it("is what a module exports that is required, by name or as a part of the whole", () => {
    const db = 'const path = require("node:path"); const dbPath = path.join(__dirname, "club.db"); ';
    const app = 'const { dbPath } = require("./db.js"); const db = require("./db.js"); probe(dbPath); probe(db.dbPath); probe(require("./db.js").dbPath); probe(db.other);';
    for (const exported of ["module.exports = { dbPath };", "exports.dbPath = dbPath;", "module.exports.dbPath = dbPath;"]) {
      const [first, second, third, missing] = keys(link({ "src/db.js": db + exported, "src/app.js": app }));
      expect([first, second, third]).toEqual([["<project>/src/club.db"], ["<project>/src/club.db"], ["<project>/src/club.db"]]);
      expect(missing).not.toContain("<project>/src/club.db");
    }
  });

  it("is a literal's, a constant's or an environment variable's", () => {
    expect(
      one(`
        const FILE = "./data/app.db";
        const { DB_FILE } = process.env;
        probe("data/app.db"); probe(FILE); probe(process.env.DB_FILE!); probe(DB_FILE); probe(process.env["OTHER"]);
      `),
    ).toEqual([["data/app.db"], ["data/app.db"], ["<env DB_FILE>"], ["<env DB_FILE>"], ["<env OTHER>"]]);
  });

  it("is joined from parts, however they are written", () => {
    expect(
      one(`
        import path, { join } from "node:path";
        const DIR = process.env.DATA_DIR ?? "data";
        probe(join(DIR, "app.db")); probe(\`\${DIR}/app.db\`); probe(DIR + "/app.db"); probe(path.join(process.cwd(), "app.db")); probe(path.resolve("app.db"));
      `),
    ).toEqual([["<<env DATA_DIR> or data>/app.db"], ["<<env DATA_DIR> or data>/app.db"], ["<<env DATA_DIR> or data>/app.db"], ["app.db"], ["app.db"]]);
  });

  it("lies in a folder that Electron names", () => {
    expect(
      one(`
        import { app } from "electron"; import path from "node:path";
        class Sync { FILE = path.join(app.getPath("userData"), "app.db"); run() { probe(this.FILE); } }
        probe(path.join(app.getPath("userData"), "app.db")); probe(path.join(app.getPath(name), "app.db"));
      `),
    ).toEqual([["<electron userData>/app.db"], ["<electron userData>/app.db"], []]);
  });

  it("is named from the file's own folder", () => {
    expect(
      one(`
        import { fileURLToPath } from "node:url";
        import path from "node:path";
        probe(path.join(__dirname, "../app.db")); probe(fileURLToPath(new URL("../app.db", import.meta.url))); probe(path.join(import.meta.dirname, "..", "app.db"));
        probe(path.join(path.dirname(fileURLToPath(import.meta.url)), "app.db"));
      `),
    ).toEqual([["<project>/app.db"], ["<project>/app.db"], ["<project>/app.db"], ["<project>/src/app.db"]]);
  });

  it("is the same with and without file:", () => {
    expect(one(`const url = process.env.DATABASE_URL ?? ""; probe(\`file:\${process.env.FILE}\`); probe(process.env.FILE.replace("file:", "")); probe(process.env.FILE.replace(/^file:/, ""));`)).toEqual([
      ["<env FILE>"],
      ["<env FILE>"],
      ["<env FILE>"],
    ]);
  });

  it("is a property's of a constant object, also of one in another file", () => {
    const project = link({
      "src/config.ts": `export const config = { db: { file: "app.db" }, port: 1 };`,
      "src/a.ts": `import { config } from "./config.js"; probe(config.db.file);`,
      "src/b.ts": `import { config as settings } from "./config.js"; probe(settings.db.file); probe(settings.db.other);`,
    });
    expect(keys(project)).toEqual([["app.db"], ["app.db"], ["<src/config.ts#0.db.other>"]]);
  });

  it("is the exported name's where its value cannot be read", () => {
    const project = link({
      "src/env.ts": `import { z } from "zod"; export const env = z.object({}).parse(process.env); export const FILE = env.FILE;`,
      "src/a.ts": `import { env } from "./env.js"; import { FILE } from "./env.js"; probe(env.FILE); probe(FILE);`,
      "src/b.ts": `import { env } from "./env.js"; probe(env.FILE);`,
    });
    const [a, alias, b] = keys(project);
    expect(a).toEqual(b);
    expect(a).toEqual(alias);
    expect(a).toHaveLength(1);
  });

  it("is what each caller gives a parameter, or its default", () => {
    const project = link({
      "src/open.ts": `export function open(file = "app.db") { probe(file); }`,
      "src/main.ts": `import { open } from "./open.js"; open(); open("other.db"); open(process.env.FILE);`,
    });
    expect(keys(project)).toEqual([["app.db", "other.db", "<env FILE>"]]);
  });

  it("is what a class is made with", () => {
    expect(
      one(`
        class Store { constructor(private readonly file: string) {} open() { probe(this.file); } }
        class Other { constructor({ file }: { file: string }) { this.path = file; } open() { probe(this.path); } }
        new Store("app.db"); new Other({ file: "app.db" });
      `),
    ).toEqual([["app.db"], ["app.db"]]);
  });

  it("is the parameter itself where nobody here calls", () => {
    const [[first], [second], [third]] = one(`export function both(file: string, other: string) { probe(file); probe(file); probe(other); }`) as [[string], [string], [string]];
    expect(first).toBe(second);
    expect(first).not.toBe(third);
  });

  it("is not sure behind a function that cannot be read, and sure behind one that returns a constant", () => {
    expect(one(`const make = () => Math.random().toString(); function at() { return "app.db"; } probe(make()); probe(at());`)).toEqual([["<src/db.ts#1()>?"], ["app.db"]]);
  });

  it("is unknown for what changes, and for what is no path", () => {
    expect(one(`let file = "a.db"; file = "b.db"; probe(file); probe(":memory:"); probe(""); probe(1); probe(pick(file)); for (const x of xs) probe(x.y[z]);`)).toEqual([[], [], [], [], [], []]);
  });
});

describe("two keys", () => {
  it("are the same file where one of each is, and surely where both are sure", () => {
    const sure = { id: "a", sure: true, at: [] };
    const unsure = { id: "a", sure: false, at: [] };
    expect(sameFile([sure], [{ id: "b", sure: true, at: [] }])).toBeUndefined();
    expect(sameFile([unsure, sure], [sure])?.left).toBe(sure);
    expect(sameFile([unsure], [sure])?.left).toBe(unsure);
  });
});
