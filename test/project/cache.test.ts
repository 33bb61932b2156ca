import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ScanCache } from "../../src/project/cache/scan-cache.js";
import { provesContent, stampOf } from "../../src/project/cache/stamp.js";
import { scanProject } from "../../src/project/scan.js";
import type { ScanOptions } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const SHOP = {
  "src/server.ts": `import express from "express";
import { list } from "./orders.js";
import { add } from "./stock.js";
const app = express();
app.get("/orders", (request, response) => response.json(list()));
app.post("/stock", (request, response) => response.json(add(request.body.rows)));
app.listen(3000);
`,
  "src/orders.ts": `import { open } from "./session.js";
export function list() {
  return open().prepare("SELECT * FROM orders").all();
}
`,
  "src/stock.ts": `import { open } from "./session.js";
export function add(rows: string[]) {
  const db = open();
  const insert = db.prepare("INSERT INTO stock VALUES (?)");
  db.transaction(() => {
    for (const row of rows) insert.run(row);
  })();
}
`,
  "src/session.ts": `import Database from "better-sqlite3";
export function open() {
  return new Database("shop.db");
}
`,
  "src/view.ts": "export const title = 'Shop';\n",
};
const SHARED = `import Database from "better-sqlite3";
const db = new Database("shop.db");
export function open() {
  return db;
}
`;

function shop(files: Record<string, string> = SHOP) {
  const root = tree(files);
  const cache = mkdtempSync(path.join(tmpdir(), "sessionfix-cache-"));
  onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
  const scan = async (options: Partial<ScanOptions> = {}) => {
    const { findings, skipped, stats, unscanned } = await scanProject({ root, cache, strict: true, ...options });
    return { findings: plain(findings), skipped, unscanned, stats };
  };
  /** What a scan that keeps nothing says: the truth. */
  const fresh = async () => {
    const { findings, skipped, unscanned } = await scan({ cache: false });
    return { findings, skipped, unscanned };
  };
  const write = (file: string, text: string) => {
    writeFileSync(path.join(root, file), text);
  };
  return { root, cache, scan, fresh, write };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("a second scan", () => {
  it("says the same, from what the first one kept", async () => {
    const { scan, fresh } = shop();
    const first = await scan();
    const second = await scan();
    expect(first.stats).toMatchObject({ files: 5, parsed: 4, fromCache: 0 });
    expect(second.stats).toMatchObject({ files: 5, parsed: 4, fromCache: 4 });
    expect(second.findings).toEqual(first.findings);
    expect((first.findings as unknown[]).length).toBeGreaterThan(0);
    expect(second).toMatchObject(await fresh());
  });

  it("parses a changed file alone, and sees what that changes elsewhere", async () => {
    const { scan, fresh, write } = shop();
    const before = await scan();
    write("src/session.ts", SHARED);
    const after = await scan();
    expect(after.stats).toMatchObject({ parsed: 4, fromCache: 3 });
    expect(after.findings).not.toEqual(before.findings);
    expect(after).toMatchObject(await fresh());
  });

  it("sees an edit that keeps size and time", async () => {
    const { root, scan, fresh, write } = shop();
    await scan();
    const file = path.join(root, "src/session.ts");
    const { atime, mtime } = statSync(file);
    write("src/session.ts", SHOP["src/session.ts"].replace("better-sqlite3", "better-sqlite9"));
    utimesSync(file, atime, mtime);
    const after = await scan();
    expect(after.findings).toEqual([]);
    expect(after).toMatchObject(await fresh());
  });

  it.each<[string, (root: string) => void]>([
    ["a renamed file", (root) => renameSync(path.join(root, "src/orders.ts"), path.join(root, "src/sales.ts"))],
    ["a deleted file", (root) => rmSync(path.join(root, "src/session.ts"))],
    ["a new file that an import now means", (root) => writeFileSync(path.join(root, "src/orders.js"), "exports.list = () => [];\n")],
    ["a file that no longer parses", (root) => writeFileSync(path.join(root, "src/stock.ts"), "const = 1;\n")],
    ["a file that git is told to ignore", (root) => writeFileSync(path.join(root, ".gitignore"), "src/stock.ts\n")],
    ["paths in a new tsconfig", (root) => writeFileSync(path.join(root, "tsconfig.json"), `{ "compilerOptions": { "paths": { "express": ["./src/view.ts"] } } }`)],
  ])("tells %s", async (_name, change) => {
    const { root, scan, fresh } = shop();
    await scan();
    change(root);
    expect(await scan()).toMatchObject(await fresh());
    expect(await scan()).toMatchObject(await fresh());
  });

  it("follows a tsconfig that changes where imports lead", async () => {
    const config = (target: string) => `{ "compilerOptions": { "paths": { "@db": ["./src/${target}.ts"] } } }`;
    const { scan, fresh, write } = shop({ ...SHOP, "src/shared.ts": SHARED, "src/orders.ts": SHOP["src/orders.ts"].replace("./session.js", "@db"), "tsconfig.json": config("session") });
    const before = await scan();
    write("tsconfig.json", config("shared"));
    const after = await scan();
    expect(after.findings).not.toEqual(before.findings);
    expect(after).toMatchObject(await fresh());
  });

  it("answers each question by itself", async () => {
    const { root, scan } = shop();
    const all = await scan();
    expect((await scan({ rules: ["no-session-per-call"] })).findings).not.toEqual(all.findings);
    expect((await scan({ paths: [path.join(root, "src/view.ts")] })).findings).toEqual([]);
    expect((await scan()).findings).toEqual(all.findings);
  });

  it("can still detect over changed texts", async () => {
    const { root, scan, cache } = shop();
    await scan();
    const { redetect, text, findings } = await scanProject({ root, cache, strict: true });
    expect(text("src/session.ts")).toBe(SHOP["src/session.ts"]);
    expect(findings.some(({ rule }) => rule === "no-session-per-call")).toBe(true);
    expect(redetect(new Map([["src/session.ts", SHARED]])).some(({ rule }) => rule === "no-session-per-call")).toBe(false);
  });
});

describe("a damaged cache is not believed, and is written anew", () => {
  const filesOf = (folder: string): string[] => readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [path.join(entry.parentPath, entry.name)] : []));

  it.each<[string, (file: string) => void]>([
    ["empty files", (file) => writeFileSync(file, "")],
    ["files cut in half", (file) => writeFileSync(file, readFileSync(file).subarray(0, statSync(file).size / 2))],
    ["one changed byte in each", (file) => writeFileSync(file, readFileSync(file, "utf8").replace(/"(?=[^"]*$)/, "'"))],
    ["files of something else", (file) => writeFileSync(file, `{"findings":[],"json":[]}`)],
    ["folders where files should be", (file) => { rmSync(file); mkdirSync(file); }],
  ])("%s", async (_name, damage) => {
    const { cache, scan, fresh } = shop();
    await scan();
    const files = filesOf(cache);
    expect(files.length).toBeGreaterThanOrEqual(6);
    for (const file of files) damage(file);
    const after = await scan();
    expect(after.stats).toMatchObject({ parsed: 4, fromCache: 0 });
    expect(after).toMatchObject(await fresh());
    expect(await scan()).toMatchObject(await fresh());
  });

  it("the cache of another tool or catalogue lies elsewhere", () => {
    const { root, cache } = shop();
    const mine = new ScanCache(cache, root, "a".repeat(32));
    mine.keepFacts("a.ts", "hash", { ok: false, reason: "no" });
    expect(new ScanCache(cache, root, "a".repeat(32)).facts("a.ts", "hash")).toEqual({ ok: false, reason: "no" });
    expect(new ScanCache(cache, root, "b".repeat(32)).facts("a.ts", "hash")).toBeUndefined();
  });

  it("a place that cannot be written costs nothing but the speed", async () => {
    const { root, fresh } = shop();
    const cache = path.join(root, "src/view.ts");
    const { findings, cacheProblem } = await scanProject({ root, cache, strict: true });
    expect(plain(findings)).toEqual((await fresh()).findings);
    expect(cacheProblem).toMatch(/ENOTDIR|EEXIST/);
  });

  it("two scans at once leave a whole one", async () => {
    const { scan, fresh, cache } = shop();
    await Promise.all([scan(), scan(), scan()]);
    expect(filesOf(cache).filter((file) => file.endsWith(".tmp"))).toEqual([]);
    expect(await scan()).toMatchObject({ ...(await fresh()), stats: { fromCache: 4 } });
  });
});

describe("where results are kept", () => {
  it("nowhere, when there are no dependencies", async () => {
    const { root } = shop();
    await scanProject({ root });
    expect(readdirSync(root)).toEqual(["src"]);
  });

  it("in node_modules, by default", async () => {
    const { root } = shop();
    mkdirSync(path.join(root, "node_modules"));
    await scanProject({ root });
    // What a scan has kept, and the map by which editors find it.
    expect(readdirSync(path.join(root, "node_modules/.cache/sessionfix"))).toHaveLength(2);
    expect((await scanProject({ root })).stats.fromCache).toBe(4);
  });
});

describe("a stamp", () => {
  it("proves nothing for a file that is younger than clocks can tell, or from the future", () => {
    const { root } = shop();
    const stats = statSync(path.join(root, "src/view.ts"), { bigint: true });
    expect(provesContent(stats, Number(stats.ctimeMs) + 1_000)).toBe(false);
    expect(provesContent(stats, Number(stats.ctimeMs) + 60_000)).toBe(true);
    expect(provesContent({ ctimeMs: stats.ctimeMs, mtimeMs: stats.ctimeMs + 3_600_000n }, Number(stats.ctimeMs) + 60_000)).toBe(false);
  });

  it("differs for a copy of the same bytes", () => {
    const { root } = shop();
    const [file, copy] = [path.join(root, "src/view.ts"), path.join(root, "src/copy.ts")];
    cpSync(file, copy, { preserveTimestamps: true });
    expect(stampOf(statSync(copy, { bigint: true }))).not.toBe(stampOf(statSync(file, { bigint: true })));
  });
});
