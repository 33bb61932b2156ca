import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { BrokenOverlayError } from "../../src/project/project.js";
import { scanProject } from "../../src/project/scan.js";
import type { ScanProgress } from "../../src/project/scan.js";
import { tree } from "./tree.js";

const ROUTE = `import express from "express";
import { list } from "./orders.js";
const app = express();
app.get("/orders", (request, response) => response.json(list()));
app.listen(3000);
`;
const ORDERS = `import Database from "better-sqlite3";
export function list() {
  const db = new Database("shop.db");
  return db.prepare("SELECT * FROM orders").all();
}
`;
const SHARED = `import { session } from "./session.js";
export function list() {
  return session.prepare("SELECT * FROM orders").all();
}
`;
const SESSION = `import Database from "better-sqlite3";
export const session = new Database("shop.db");
`;

const shop = () => tree({ "src/server.ts": ROUTE, "src/orders.ts": ORDERS, "src/view.ts": "export const title = 'Shop';\n", "src/odd.ts": "const = 1;\n" });

describe("scanProject", () => {
  it("finds, counts and skips", async () => {
    const root = shop();
    const result = await scanProject({ root });
    expect(result.findings.map(({ rule, file, span }) => [rule, file, span.line])).toEqual([["no-session-per-call", "src/orders.ts", 3]]);
    expect(result.skipped).toEqual([{ file: "src/odd.ts", reason: expect.stringMatching(/^syntax error at 1:7: /) as unknown }]);
    expect(result.stats).toMatchObject({ files: 3, parsed: 2, fromCache: 0 });
  });

  it("takes paths inside the root, and sees across them", async () => {
    const root = shop();
    const only = await scanProject({ root, paths: [path.join(root, "src/orders.ts")] });
    expect(only.findings).toEqual([]);
    expect(only.stats).toMatchObject({ files: 1, parsed: 1 });
    const both = await scanProject({ root, paths: [path.join(root, "src/orders.ts"), path.join(root, "src/server.ts")] });
    expect(both.findings).toHaveLength(1);
  });

  it("names the team's own packages that were not scanned with the rest, and no others", async () => {
    const root = tree({
      "web/package.json": `{ "dependencies": { "@shop/db": "workspace:*", "@shop/ui": "file:../ui", "express": "^5.0.0" } }`,
      "web/src/a.ts": `import "@shop/db/client"; import "@shop/ui"; import "express"; import "./b.js"; import "node:fs";`,
      "ui/package.json": `{ "name": "@shop/ui" }`,
      "ui/index.ts": "",
      "db/package.json": `{ "name": "@shop/db" }`,
      "db/client.ts": "",
    });
    const unscanned = async (...folders: string[]) => (await scanProject({ root, paths: folders.map((folder) => path.join(root, folder)) })).unscanned;
    expect(await unscanned("web")).toEqual(["@shop/db", "@shop/ui"]);
    expect(await unscanned("web", "ui")).toEqual(["@shop/db"]);
    expect(await unscanned(".")).toEqual([]);
  });

  it("says how far it is", async () => {
    const seen: ScanProgress[] = [];
    await scanProject({ root: shop(), onProgress: (progress) => seen.push(progress) });
    expect(seen.filter(({ phase }) => phase === "reading").map(({ done, total }) => [done, total])).toEqual([[1, 4], [2, 4], [3, 4], [4, 4]]);
    expect(seen.filter(({ phase }) => phase === "analysing").map(({ done, total }) => [done, total])).toEqual([[1, 2], [2, 2]]);
  });

  it("refuses an unknown rule before it reads anything", async () => {
    await expect(scanProject({ root: "/nowhere", rules: ["no-such-rule"] })).rejects.toMatchObject({ code: "UNKNOWN_RULE" });
  });

  it("hands out the scanned text, also of files that did not matter", async () => {
    const root = shop();
    const result = await scanProject({ root });
    expect(result.text("src/orders.ts")).toBe(ORDERS);
    expect(result.text("src/view.ts")).toBe("export const title = 'Shop';\n");
    expect(result.text("src/none.ts")).toBeUndefined();
    rmSync(path.join(root, "src"), { recursive: true });
    expect(result.text("src/orders.ts")).toBe(ORDERS);
  });
});

describe("what a file is for", () => {
  const nested = () => tree({ "test/fixtures/shop/src/server.ts": ROUTE, "test/fixtures/shop/src/orders.ts": ORDERS });

  it("code under test/ is a test's to who scans the whole", async () => {
    expect((await scanProject({ root: nested() })).findings).toEqual([]);
  });

  it("and the shop's own to who names the shop, whatever stands around it", async () => {
    const root = nested();
    const { findings } = await scanProject({ root, paths: [path.join(root, "test/fixtures/shop")] });
    expect(findings.map(({ file }) => file)).toEqual(["test/fixtures/shop/src/orders.ts"]);
  });
});

describe("redetect", () => {
  it("looks at changed and created files as if they stood on the disk, and leaves the disk alone", async () => {
    const root = shop();
    const { redetect } = await scanProject({ root });
    expect(redetect(new Map([["src/orders.ts", SHARED], ["src/session.ts", SESSION]]))).toEqual([]);
    expect(readFileSync(path.join(root, "src/orders.ts"), "utf8")).toBe(ORDERS);
    expect(redetect(new Map())).toHaveLength(1);
  });

  it("sees a defect that a change brings, in a file that did not matter before", async () => {
    const root = shop();
    const { redetect } = await scanProject({ root });
    const changed = new Map([["src/orders.ts", `export { list } from "./view.js";\n`], ["src/view.ts", ORDERS]]);
    expect(redetect(changed).map(({ file }) => file)).toEqual(["src/view.ts"]);
  });

  it("follows the text when only offsets move", async () => {
    const { redetect } = await scanProject({ root: shop() });
    const moved = redetect(new Map([["src/orders.ts", `\uFEFF// a comment\n\n${ORDERS}`]]));
    expect(moved.map(({ span }) => span.line)).toEqual([5]);
  });

  it("throws when a changed text does not parse: silence there would look like success", async () => {
    const { redetect } = await scanProject({ root: shop() });
    const broken = new Map([["src/orders.ts", "export function list( {"]]);
    expect(() => redetect(broken)).toThrow(BrokenOverlayError);
    expect(() => redetect(broken)).toThrow(/src\/orders\.ts does not parse: syntax error at 1:/);
  });
});
