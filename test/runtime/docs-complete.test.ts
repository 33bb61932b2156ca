import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { read, root } from "./support/markdown.js";

const operations = read("docs/operations.md");
const folder = join(root, "runtime");
const sources = readdirSync(folder).filter((file) => file.endsWith(".ts")).map((file) => readFileSync(join(folder, file), "utf8")).join("\n");

function all(pattern: RegExp, text: string): string[] {
  return [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? match[0]))].sort();
}

/** The rows of the page's tables whose first cell is `cell`. */
function rowOf(cell: string): string | undefined {
  return operations.split("\n").find((line) => line.startsWith(`| ${cell} |`));
}

describe("the operations page", () => {
  const errors = [...sources.matchAll(/export class (\w+Error) extends SessionError.*?code = "(\w+)"/gs)].map(([, name, code]) => [name, code] as const);

  test("error classes are found at all", () => {
    expect(errors.length).toBeGreaterThan(10);
  });

  test.each(errors)("%s has a row with its code, what to do and whether to try again", (name, code) => {
    const cells = rowOf(`\`${name}\` \`${code}\``)?.split(/(?<!\\)\|/).map((cell) => cell.trim()) ?? [];
    expect(cells).toHaveLength(6);
    expect(cells.slice(1, 5)).not.toContain("");
  });

  test.each(all(/"(sessionfix:[\w:]+)"/g, sources))("event channel %s has a row with all fields of its event", (name) => {
    const row = rowOf(`\`${name}\``);
    expect(row).toBeDefined();
    const [, type = "", body = ""] = new RegExp(`Published on \`${name}\`.*?export interface (\\w+)[^{]*\\{(.*?)^\\}`, "ms").exec(sources) ?? [];
    expect(row).toContain(`[\`${type}\`]`);
    const fields = all(/^ {2}readonly (\w+)\??:/gm, body);
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) expect(row).toContain(`\`${field}\``);
  });

  // Variables of the environment are switches for tests, not codes.
  const variables = all(/process\.env(?:\["|\.)(\w+)/g, sources);

  test.each(all(/SESSIONFIX_[A-Z_]*[A-Z]\b/g, sources).filter((code) => !variables.includes(code)))("code %s is explained", (code) => {
    expect(operations.includes(`\`${code}\``)).toBe(true);
  });

  test("what it names exists", () => {
    expect(all(/SESSIONFIX_[A-Z_]*[A-Z]\b/g, operations).filter((code) => !sources.includes(code))).toEqual([]);
    expect(all(/`(sessionfix:[\w:]+)`/g, operations).filter((name) => !sources.includes(`"${name}"`))).toEqual([]);
    const metrics = all(/`(db\.client[\w.]+)`/g, operations).filter((name) => name !== "db.client.connection.pool.name");
    expect(metrics).toEqual(all(/"(db\.client[\w.]+)"/g, sources).filter((name) => name !== "db.client.connection.pool.name"));
  });
});

test("the API reference is what `npm run docs:api` writes, and every export has a docstring", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "scripts/api-reference.mjs"), "--print"], { timeout: 60_000 });
  expect(read("docs/api.md"), "run `npm run docs:api`").toBe(stdout);
}, 60_000);
