import { realpathSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { ESLint as ESLint10 } from "eslint";
import * as eslint9 from "eslint9";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tree } from "../project/tree.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MARKETPLACE = path.join(ROOT, "test/fixtures/marketplace/before");
const PARSER = pathToFileURL(path.join(ROOT, "node_modules/@typescript-eslint/parser/dist/index.js")).href;

/** ESLint 9 has the same API, so that the types of version 10 describe it. */
const VERSIONS = [
  { version: "10", ESLint: ESLint10 },
  { version: "9", ESLint: eslint9.ESLint as unknown as typeof ESLint10 },
];

const PROJECT = {
  "package.json": `{ "type": "module" }`,
  "src/things.js": `import Database from "better-sqlite3";
import express from "express";
const app = express();
app.get("/things", (req, res) => {
  const db = new Database("app.db");
  res.json(db.prepare("SELECT * FROM things").all());
});
`,
  "src/import.ts": `import type Database from "better-sqlite3";
export function importThings(db: Database.Database, things: readonly { name: string }[]): void {
  const insert = db.prepare("INSERT INTO things (name) VALUES (?)");
  db.transaction(() => {
    for (const thing of things) insert.run(thing.name);
  })();
}
`,
  "src/order.ts": `import Database from "better-sqlite3";
export const db: Database.Database = new Database("app.db");
export function reorder(ids: readonly string[]): void {
  db.transaction(() => {
    ids.forEach((id, index) => db.prepare("UPDATE things SET position = ? WHERE id = ?").run(index, id));
  })();
}
`,
  "src/things.test.js": `import Database from "better-sqlite3";
import { it } from "vitest";
it("lists", () => new Database("things.db").prepare("SELECT 1").get());
`,
  "src/plain.js": `export const answer = 42;\n`,
};

let folder = "";
let plugin = "";

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-plugin-")));
  plugin = path.join(folder, "plugin.mjs");
  await build({
    entryPoints: [path.join(ROOT, "rules/index.ts")],
    outfile: plugin,
    absWorkingDir: ROOT,
    bundle: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    logLevel: "warning",
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project's configuration file, as a user writes it. */
function config(use: string): string {
  return `import sessionfix from ${JSON.stringify(pathToFileURL(plugin).href)};
import * as parser from ${JSON.stringify(PARSER)};

export default [
  { ignores: ["eslint.config.mjs"] },
  { files: ["**/*.js", "**/*.ts"] },
  { files: ["**/*.ts"], languageOptions: { parser } },
  ${use},
];
`;
}

async function lint(ESLint: typeof ESLint10, cwd: string, overrideConfigFile?: string): Promise<string[]> {
  const eslint = new ESLint({ cwd, overrideConfigFile });
  const results = await eslint.lintFiles(["src"]);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, column, ruleId, severity, message }) => `${path.relative(cwd, filePath)}:${line}:${column} ${ruleId} ${severity} ${message}`),
  );
}

const SESSION =
  "src/things.js:5:14 sessionfix/no-session-per-call 2 The function at src/things.js:4 opens a new better-sqlite3 session each time it runs. Keep one session per database file and use that. `GET /things` opens 1 session.";
const LOOP =
  "src/import.ts:4:3 sessionfix/no-unbatched-loop-transaction 2 This better-sqlite3 transaction holds the write lock while it loops over `things`: n statements (n = things), and nothing bounds how long others wait. Commit in batches.";
const REORDER =
  "src/order.ts:4:3 sessionfix/no-unbatched-loop-transaction 2 This transaction loops over `ids` and writes each time round, but it puts rows into a new order, which is right only as a whole: batching would need your decision.";

describe.each(VERSIONS)("ESLint $version loads the plugin", ({ version, ESLint }) => {
  it("is the version that it says", () => {
    expect(ESLint.version.split(".")[0]).toBe(version);
  });

  it("recommended: what is proven, in JavaScript and TypeScript, tests left alone", async () => {
    const cwd = tree({ ...PROJECT, "eslint.config.mjs": config("sessionfix.configs.recommended") });
    expect((await lint(ESLint, cwd)).sort()).toEqual([LOOP, SESSION]);
  });

  it("strict: what is likely, too", async () => {
    const cwd = tree({ ...PROJECT, "eslint.config.mjs": config("sessionfix.configs.strict") });
    expect((await lint(ESLint, cwd)).sort()).toEqual([LOOP, REORDER, SESSION]);
  });

  it("one rule by itself, with options and a severity", async () => {
    const use = `{ plugins: { sessionfix }, rules: { "sessionfix/no-session-per-call": ["warn", { ignoreLibraries: ["sqlite3"] }] } }`;
    const cwd = tree({ ...PROJECT, "eslint.config.mjs": config(use) });
    expect(await lint(ESLint, cwd)).toEqual([SESSION.replace("call 2", "call 1")]);
  });

  it.each([
    ["an option that does not exist", "no-session-per-call", `{ allowFunction: ["open"] }`, 'Unexpected property "allowFunction"'],
    ["a value of the wrong type", "no-session-per-call", `{ allowFunctions: "open" }`, 'Value "open" should be array'],
    ["a library twice", "no-unbatched-loop-transaction", `{ ignoreLibraries: ["sqlite3", "sqlite3"] }`, "should NOT have duplicate items"],
    ["a pattern that is no regular expression", "no-unbatched-loop-transaction", `{ atomicNames: ["("] }`, 'Value "(" should match format "regex"'],
  ])("refuses %s", async (_, rule, options, error) => {
    const use = `{ plugins: { sessionfix }, rules: { "sessionfix/${rule}": ["error", ${options}] } }`;
    const cwd = tree({ ...PROJECT, "eslint.config.mjs": config(use) });
    const failure = await lint(ESLint, cwd).then(() => undefined, String);
    expect(failure).toContain(`sessionfix/${rule}`);
    expect(failure).toContain(error);
  });

  it("a disable comment with ESLint's own syntax holds", async () => {
    const text = PROJECT["src/things.js"].replace("  const db =", "  // eslint-disable-next-line sessionfix/no-session-per-call -- one file a tenant\n  const db =");
    const cwd = tree({ ...PROJECT, "src/things.js": text, "eslint.config.mjs": config("sessionfix.configs.recommended") });
    expect(await lint(ESLint, cwd)).toEqual([LOOP]);
  });

  it("the marketplace fixture: no file shows the mistake by itself, which is why the command line links them", async () => {
    const root = tree({ "recommended.mjs": config("sessionfix.configs.recommended"), "strict.mjs": config("sessionfix.configs.strict") });
    const about = (findings: readonly string[]) => findings.filter((finding) => /no-session-per-call|no-unbatched-loop-transaction/.test(finding));
    expect(about(await lint(ESLint, MARKETPLACE, path.join(root, "recommended.mjs")))).toEqual([]);
    expect(about(await lint(ESLint, MARKETPLACE, path.join(root, "strict.mjs")))).toEqual([
      "src/workflows/workflow-transaction.ts:69:21 sessionfix/no-unbatched-loop-transaction 2 This transaction loops over `steps` and writes each time round, but `atomicExecutionStateChange` is atomic by its name: batching would need your decision. `steps`: all rows of `workflow_steps` that this query finds (no LIMIT) (line 128).",
    ]);
  });
});
