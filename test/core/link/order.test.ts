import { expect, test } from "vitest";
import { detectAll } from "../../../rules/detect.js";
import { linkProject } from "../../../src/core/link/index.js";
import { factsOf } from "../facts/facts-of.js";

const FILES: Record<string, string> = {
  "db.ts": `import Database from "better-sqlite3"; export function open() { return new Database("app.db"); } export function size() { const db = open(); const n = db.pragma("page_count"); db.close(); return n; }`,
  "list.ts": `import { open } from "./db"; export const list = () => { const db = open(); const rows = db.prepare("SELECT 1").all(); db.close(); return rows; };`,
  "server.ts": `import express from "express"; import { list } from "./list"; import { size } from "./db"; const app = express(); app.get("/", (req, res) => res.json([list(), size()])); app.listen(1);`,
};

test("the order in which files come changes nothing, not even the order of what is found", () => {
  const facts = Object.entries(FILES).map(([file, text]) => factsOf(text, file));
  const host = { resolve: (_: string, specifier: string) => (specifier.startsWith(".") ? `${specifier.slice(2)}.ts` : undefined), text: (file: string) => FILES[file] };
  const [first, ...others] = [[0, 1, 2], [2, 1, 0], [1, 0, 2]].map((order) => detectAll(linkProject(order.flatMap((index) => facts[index] ?? []), host), { strict: true }));
  expect(first?.map(({ rule, file }) => `${rule} ${file}`)).toEqual(["no-session-per-call db.ts"]);
  expect(first?.[0]?.related.map(({ file }) => file)).toEqual(["db.ts", "list.ts"]);
  for (const other of others) expect(other).toEqual(first);
});
