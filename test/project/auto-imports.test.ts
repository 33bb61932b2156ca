import path from "node:path";
import { describe, expect, it } from "vitest";
import { scanProject } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const CONFIG = { "nuxt.config.ts": "export default defineNuxtConfig({});\n" };
const DB = `import Database from "better-sqlite3";
export function useDb() {
  return new Database("app.db");
}
`;
const route = (call: string): string => `export default defineEventHandler(() => ${call}.prepare("SELECT * FROM things").all());\n`;

/** What is found, each with its file, its line and the file of who leads there. */
async function found(files: Record<string, string>): Promise<string[]> {
  const { findings } = await scanProject({ root: tree(files) });
  return findings.map(({ rule, file, span, why, related }) => `${rule} ${file}:${span.line} from ${[...why, ...related].find((place) => place.file !== file)?.file}`);
}

/** A finding in one file with a way from another. */
const opens = (file: string, line = 3, from = "server/api/things.get.ts"): string => `no-session-per-call ${file}:${line} from ${from}`;

describe("what Nuxt's server imports by itself", () => {
  it.each<[what: string, files: Record<string, string>, expected: string[]]>([
    ["a named function", { ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": route("useDb()") }, [opens("server/utils/db.ts")]],
    ["a file in a folder of them", { ...CONFIG, "server/utils/data/db.ts": DB, "server/api/things.get.ts": route("useDb()") }, [opens("server/utils/data/db.ts")]],
    ["a default export, by its file's name", { ...CONFIG, "server/utils/open-db.ts": DB.replace("function useDb", "default function"), "server/api/things.get.ts": route("openDb()") }, [opens("server/utils/open-db.ts")]],
    ["one that is spread", { ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": "export default defineEventHandler(() => ({ ...useDb().prepare('SELECT 1').get() }));\n" }, [opens("server/utils/db.ts")]],
    ["a constant", { ...CONFIG, "server/utils/db.ts": `import Database from "better-sqlite3";\nexport const useDb = () =>\n  new Database("app.db");\n`, "server/api/things.get.ts": route("useDb()") }, [opens("server/utils/db.ts")]],
    ["a list of exports", { ...CONFIG, "server/utils/db.ts": `${DB.replace("export ", "")}export { useDb as db };\n`, "server/api/things.get.ts": route("db()") }, [opens("server/utils/db.ts")]],
    ["one that goes through another", { ...CONFIG, "server/utils/db.ts": DB, "server/utils/all.ts": "export const everything = () =>\n  useDb().prepare('SELECT 1').all();\n", "server/api/things.get.ts": "export default defineEventHandler(() => everything());\n" }, [opens("server/utils/db.ts")]],
    ["the server below src", { ...CONFIG, "src/server/utils/db.ts": DB, "src/server/api/things.get.ts": route("useDb()") }, [opens("src/server/utils/db.ts", 3, "src/server/api/things.get.ts")]],
    ["a layer", { ...CONFIG, "layers/data/nuxt.config.ts": CONFIG["nuxt.config.ts"], "layers/data/server/utils/db.ts": DB, "server/api/things.get.ts": route("useDb()") }, [opens("layers/data/server/utils/db.ts")]],
    ["what both sides share", { ...CONFIG, "shared/utils/db.ts": DB, "server/api/things.get.ts": route("useDb()") }, [opens("shared/utils/db.ts")]],
    ["Nitro alone", { "nitro.config.ts": "export default defineNitroConfig({});\n", "utils/db.ts": DB, "routes/things.get.ts": route("useDb()") }, [opens("utils/db.ts", 3, "routes/things.get.ts")]],
  ])("%s", async (_, files, expected) => {
    expect(await found(files)).toEqual(expected);
  });

  it.each<[what: string, files: Record<string, string>]>([
    ["another program beside it", { "web/nuxt.config.ts": CONFIG["nuxt.config.ts"], "web/server/utils/db.ts": DB, "api/server/api/things.get.ts": route("useDb()") }],
    ["a name that the file declares", { ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": `const useDb = () => shared;\n${route("useDb()")}` }],
    ["a program without Nuxt", { "server/utils/db.ts": DB, "server/api/things.get.ts": route("useDb()") }],
    ["the pages, which run in the browser", { ...CONFIG, "server/utils/db.ts": DB, "pages/things.ts": route("useDb()") }],
    ["one name in two files: which one counts is not known", { ...CONFIG, "server/utils/db.ts": DB, "server/utils/other.ts": DB, "server/api/things.get.ts": route("useDb()") }],
    ["a member of that name", { ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": route("event.useDb()") }],
    ["a name in a string", { ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": `export default defineEventHandler(() => "useDb()");\n` }],
    ["one session for all", { ...CONFIG, "server/utils/db.ts": `import Database from "better-sqlite3";\nconst db = new Database("app.db");\nexport const useDb = () => db;\n`, "server/api/things.get.ts": route("useDb()") }],
  ])("is nothing for %s", async (_, files) => {
    expect(await found(files)).toEqual([]);
  });

  it("is kept: the second scan finds the same", async () => {
    const root = tree({ ...CONFIG, "server/utils/db.ts": DB, "server/api/things.get.ts": route("useDb()") });
    const cache = path.join(root, "cache");
    const first = await scanProject({ root, cache });
    expect(first.findings).toHaveLength(1);
    const second = await scanProject({ root, cache, strict: true });
    expect(second.stats.fromCache).toBe(2);
    expect(second.findings.filter(({ rule }) => rule === "no-session-per-call")).toEqual(first.findings);
  });
});
