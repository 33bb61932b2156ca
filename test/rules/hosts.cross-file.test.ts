import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ESLint, type Linter } from "eslint";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import plugin from "../../rules/index.js";
import { encodeMap, type ProjectMap } from "../../src/core/cache/project-map.js";
import { digest } from "../../src/project/cache/digest.js";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "../project/tree.js";

const DB = `import Database from "better-sqlite3";
export function createDb() {
  return new Database("app.db");
}
`;
const ROUTES = `import { Router } from "express";
import { createDb } from "./db.js";
export const things = Router();
things.get("/things", (request, response) => response.json(createDb().prepare("SELECT * FROM things").all()));
`;
const FILES = { "package.json": `{ "type": "module" }`, "src/db.js": DB, "src/routes.js": ROUTES };
const FOUND = "3 `createDb` opens a new better-sqlite3 session each time it is called, and 1 place does so per request, event or tick.";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() }));
afterEach(() => void vi.useRealTimers());

/** Looks at the disk are trusted for a moment: this one is over. */
const later = () => void vi.advanceTimersByTime(1000);

async function scan(root: string, cache = path.join(root, "cache")): Promise<void> {
  await scanProject({ root, cache });
}

interface How {
  settings?: object;
  rules?: Linter.RulesRecord;
  cwd?: string;
  /** What the editor holds; default: what the disk has. */
  text?: string;
}

/** What is said of `src/db.js`, without the path. */
async function lint(root: string, file = "src/db.js", { settings = {}, rules = {}, cwd = root, text }: How = {}): Promise<string[]> {
  const sessionfix = { cacheDir: path.join(root, "cache"), ...settings };
  const eslint = new ESLint({ cwd, overrideConfigFile: true, overrideConfig: [{ ...plugin.configs.recommended, settings: { sessionfix } }, { rules }] });
  const filePath = path.join(root, file);
  const results = text === undefined ? await eslint.lintFiles([filePath]) : await eslint.lintText(text, { filePath });
  return results.flatMap(({ messages }) => messages.map(({ line, message }) => `${line} ${message.split(" Keep")[0]}`));
}

function factsOf(root: string): string {
  const [version = ""] = readdirSync(path.join(root, "cache")).filter((name) => name.startsWith("v1-"));
  return path.join(root, "cache", version, "facts");
}

/** Nobody is known to call it more than once. */
const LIKELY = { ...FILES, "src/routes.js": `import { createDb } from "./db.js";\nexport const list = () => createDb().prepare("SELECT * FROM things").all();\n` };
const STRICT = { strict: true };

/** More than are linked with a file that somebody types in. */
const MANY = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`src/users/user${index}.js`, `import { createDb } from "../db.js";\nexport const user${index} = () => createDb();\n`]));

describe("what the scan found is said again, while nothing has changed", () => {
  /** A look at the facts would fail. */
  const forgetFacts = (root: string) => void rmSync(factsOf(root), { recursive: true });

  it("without joining the files once more, however many hang together", async () => {
    const root = tree({ ...FILES, ...MANY });
    await scan(root);
    forgetFacts(root);
    expect(await lint(root)).toEqual([FOUND]);
  });

  it("of the file that is open in an editor and was changed on the disk alone", async () => {
    const root = tree(FILES);
    await scan(root);
    forgetFacts(root);
    writeFileSync(path.join(root, "src/db.js"), `// changed\n${DB}`);
    expect(await lint(root, "src/db.js", { text: DB })).toEqual([FOUND]);
  });

  it("likely findings where the scan looked for them", async () => {
    const root = tree(LIKELY);
    await scanProject({ root, cache: path.join(root, "cache"), strict: true });
    forgetFacts(root);
    expect(await lint(root)).toEqual([]);
    expect(await lint(root, "src/db.js", { settings: STRICT })).toEqual([expect.stringContaining("`createDb` opens a new")]);
  });
});

describe("the files are joined once more, when the scan", () => {
  it("did not look for likely findings", async () => {
    const root = tree(LIKELY);
    await scan(root);
    expect(await lint(root)).toEqual([]);
    expect(await lint(root, "src/db.js", { settings: STRICT })).toEqual([expect.stringContaining("`createDb` opens a new")]);
  });

  it("ran other rules, or had other options for them", async () => {
    for (const how of [{ rules: ["no-begin-on-pool"] }, { ruleOptions: { "no-session-per-call": { ignoreLibraries: ["better-sqlite3"] } } }]) {
      const root = tree(FILES);
      await scanProject({ root, cache: path.join(root, "cache"), ...how });
      expect(await lint(root)).toEqual([FOUND]);
    }
    const root = tree(FILES);
    await scan(root);
    expect(await lint(root, "src/db.js", { rules: { "sessionfix/no-session-per-call": ["error", { ignoreLibraries: ["better-sqlite3"] }] } })).toEqual([]);
  });

  it("is of another version", async () => {
    const root = tree(FILES);
    await scan(root);
    const [map = ""] = readdirSync(path.join(root, "cache")).filter((name) => name.startsWith("project-"));
    const file = path.join(root, "cache", map);
    const [, payload = ""] = readFileSync(file, "utf8").split("\n");
    const value = JSON.parse(payload) as ProjectMap;
    const other = { ...value, found: { ...value.found, detection: "another", findings: [] } };
    writeFileSync(file, encodeMap(root, other, digest));
    expect(await lint(root)).toEqual([FOUND]);
  });

  it("was before a change of a file that has nothing to do with this one", async () => {
    const root = tree({ ...FILES, "src/other.js": `import Database from "better-sqlite3";\nexport const other = new Database("other.db");\n` });
    await scan(root);
    writeFileSync(path.join(root, "src/other.js"), `import Database from "better-sqlite3";\nexport const other = new Database("another.db");\n`);
    expect(await lint(root)).toEqual([FOUND]);
  });
});

describe("with what a scan has kept", () => {
  it("a factory is reported for its callers in another file, and both are named", async () => {
    const root = tree(FILES);
    await scan(root);
    expect(await lint(root)).toEqual([FOUND]);
    const eslint = new ESLint({ cwd: root, overrideConfigFile: true, overrideConfig: [{ ...plugin.configs.recommended, settings: { sessionfix: { cacheDir: "cache" } } }] });
    const [result] = await eslint.lintFiles(["src/db.js"]);
    expect(result?.messages[0]?.message).toContain("By GET /things (src/routes.js:4) → the handler calls createDb (src/routes.js:4). See src/routes.js:4");
  });

  it("the cache is found in the nearest node_modules, where a scan leaves it", async () => {
    const root = tree({ ...FILES, "node_modules/some/index.js": "" });
    await scanProject({ root });
    expect(await lint(root, "src/db.js", { settings: { cacheDir: undefined } })).toEqual([FOUND]);
  });

  it("a package inside of a scanned monorepo finds the scan of the whole", async () => {
    const root = tree({ ...FILES, "packages/a/src/db.js": DB, "packages/a/src/routes.js": ROUTES });
    await scan(root);
    expect(await lint(root, "packages/a/src/db.js", { cwd: path.join(root, "packages/a") })).toEqual([FOUND]);
  });

  it("what the editor has not saved yet is read from the editor", async () => {
    const root = tree(FILES);
    await scan(root);
    expect(await lint(root, "src/db.js", { text: `\n\n${DB}` })).toEqual([FOUND.replace("3", "5")]);
    const memoised = `import Database from "better-sqlite3";\nlet db;\nexport function createDb() {\n  db ??= new Database("app.db");\n  return db;\n}\n`;
    expect(await lint(root, "src/db.js", { text: memoised })).toEqual([]);
  });

  it("what Nuxt's server imports by itself leads to other files here as well", async () => {
    const route = (call: string) => `export default defineEventHandler(() => ${call}.prepare("SELECT 1").get());\n`;
    const root = tree({ "nuxt.config.js": "export default {};\n", "server/utils/db.js": DB, "server/api/a.get.js": route("createDb()"), "server/api/b.get.js": `${route("other()")}import "better-sqlite3";\n` });
    await scan(root);
    expect(await lint(root, "server/utils/db.js")).toEqual([FOUND]);
    expect(await lint(root, "server/utils/db.js", { text: `\n${DB}` })).toEqual([FOUND.replace("3", "4")]);
    // Nothing here spoke of it when it was scanned; the file beside it does.
    const late = `${route("createDb().transaction(async () => 1)()")}import "better-sqlite3";\n`;
    expect(await lint(root, "server/api/b.get.js", { text: late })).toEqual([expect.stringMatching(/^1 This better-sqlite3 transaction is synchronous/)]);
  });

  it("a byte order mark and CRLF are the same file to both", async () => {
    const root = tree({ ...FILES, "src/db.js": `\uFEFF${DB.replaceAll("\n", "\r\n")}` });
    await scan(root);
    expect(await lint(root)).toEqual([FOUND]);
  });

  it("who imports a file that is no module does not lose the others", async () => {
    const root = tree({ ...FILES, "src/logo.png": "", "src/routes.js": `import "./logo.png";\nimport manifest from "../package.json" with { type: "json" };\n${ROUTES}console.log(manifest);\n` });
    await scan(root);
    expect(await lint(root)).toEqual([FOUND]);
    expect(await lint(root, "src/db.js", { text: `\n${DB}` })).toEqual([FOUND.replace("3", "4")]);
  });

  it("a new scan is noticed", async () => {
    const root = tree({ ...FILES, "src/routes.js": "export {};\n" });
    await scan(root);
    expect(await lint(root)).toEqual([]);
    writeFileSync(path.join(root, "src/routes.js"), ROUTES);
    await scan(root);
    later();
    expect(await lint(root)).toEqual([FOUND]);
  });
});

describe("a file stands alone", () => {
  it("without a scan", async () => {
    expect(await lint(tree(FILES))).toEqual([]);
  });

  it("when the settings say so", async () => {
    const root = tree(FILES);
    await scan(root);
    expect(await lint(root, "src/db.js", { settings: { crossFile: false } })).toEqual([]);
  });

  it("when a scan has seen only a part of the root", async () => {
    const root = tree(FILES);
    await scanProject({ root, paths: [path.join(root, "src/db.js")], cache: path.join(root, "cache") });
    expect(await lint(root)).toEqual([]);
  });

  const MORE = {
    "src/db.js": `${DB}export const NAME = "app.db";\n`,
    "src/index.js": `import { things } from "./routes.js";\nimport pkg from "other";\nexport default [things, pkg];\n`,
    "src/names.js": `import { NAME } from "./db.js";\nexport const name = () => NAME;\n`,
  };
  const CHANGES: [string, (root: string) => void][] = [
    ["a caller has changed", (root) => writeFileSync(path.join(root, "src/routes.js"), ROUTES.replace("createDb()", "shared"))],
    ["a caller has changed and kept its size", (root) => writeFileSync(path.join(root, "src/routes.js"), ROUTES.replace("/things", "/thongs"))],
    ["a file that used something else of it calls it now", (root) => writeFileSync(path.join(root, "src/names.js"), `import { createDb } from "./db.js";\nexport const name = () => createDb().name;\n`)],
    ["a caller has gone", (root) => rmSync(path.join(root, "src/routes.js"))],
    ["the manifest has changed, by which imports are resolved", (root) => writeFileSync(path.join(root, "package.json"), `{ "type": "module", "name": "x" }`)],
    ["a tsconfig has come", (root) => writeFileSync(path.join(root, "tsconfig.json"), `{ "compilerOptions": { "baseUrl": "." } }`)],
  ];

  it.each(CHANGES)("when %s before the first look", async (_, change) => {
    const root = tree({ ...FILES, ...MORE });
    await scan(root);
    change(root);
    expect(await lint(root)).toEqual([]);
  });

  it.each(CHANGES)("when %s between two looks", async (_, change) => {
    const root = tree({ ...FILES, ...MORE });
    await scan(root);
    expect(await lint(root)).toEqual([FOUND]);
    change(root);
    later();
    expect(await lint(root)).toEqual([]);
  });

  it("when it has a relative import that nobody has resolved", async () => {
    const root = tree(FILES);
    await scan(root);
    expect(await lint(root, "src/db.js", { text: `import "./new.js";\n${DB}` })).toEqual([]);
  });

  it("when the facts of a caller are gone, or are not what the scan wrote", async () => {
    for (const spoil of [(file: string) => rmSync(file), (file: string) => writeFileSync(file, "{}")]) {
      const root = tree(FILES);
      await scan(root);
      for (const name of readdirSync(factsOf(root))) spoil(path.join(factsOf(root), name));
      expect(await lint(root, "src/db.js", { text: `\n${DB}` })).toEqual([]);
    }
  });

  it("when the map is damaged", async () => {
    const root = tree(FILES);
    await scan(root);
    const [map = ""] = readdirSync(path.join(root, "cache")).filter((name) => name.startsWith("project-"));
    writeFileSync(path.join(root, "cache", map), "[]");
    expect(await lint(root)).toEqual([]);
  });

  it("when more files hang together than are linked while somebody types", async () => {
    const root = tree({ ...FILES, ...MANY });
    await scan(root);
    expect(await lint(root, "src/db.js", { text: `\n${DB}` })).toEqual([]);
  });

  it("still reports what it shows by itself", async () => {
    const own = `${DB}import { Router } from "express";\nRouter().get("/", (request, response) => response.json(createDb().name));\n`;
    const root = tree({ ...FILES, "src/db.js": own });
    await scan(root);
    writeFileSync(path.join(root, "src/routes.js"), "export {};\n");
    expect(await lint(root)).toEqual([FOUND]);
  });
});
