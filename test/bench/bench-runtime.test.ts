import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const PATIENCE_MS = 60_000;

interface Report {
  readonly machine: { readonly cores: number; readonly versions: Readonly<Record<string, string>> };
  readonly missing: readonly string[];
  readonly parts: readonly { readonly name: string; readonly error?: string; readonly tables: readonly { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }[] }[];
}

let folder: string;
beforeEach(() => { folder = mkdtempSync(path.join(tmpdir(), "sessionfix-bench-test-")); });
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function bench(...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    // Its databases go into the test's folder, so that what it leaves behind can be seen.
    const child = spawn(process.execPath, [path.join(root, "scripts/bench-runtime.mjs"), ...args], { env: { ...process.env, TMPDIR: folder }, timeout: PATIENCE_MS });
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => { out += text.toString(); });
    child.stderr.on("data", (text: Buffer) => { err += text.toString(); });
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

/** The tables in the text, cell by cell, without the line that makes them tables. */
function tablesIn(markdown: string): string[][][] {
  const lines = markdown.split("\n");
  const tables: string[][][] = [];
  for (const [n, line] of lines.entries()) {
    if (!line.startsWith("|")) continue;
    if (!lines[n - 1]?.startsWith("|")) tables.push([]);
    tables.at(-1)?.push(line.slice(2, -2).split(" | "));
  }
  return tables.map((table) => table.filter((_, n) => n !== 1));
}

describe("npm run bench:runtime", () => {
  test("a part prints its tables, and writes the same ones to the file", async () => {
    const json = path.join(folder, "result.json");
    const { code, out, err } = await bench("--quick", "--only", "overhead,hand-offs", "--scale", "0.01", "--json", json);

    expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" }); // libraries may warn of what a newer Node deprecates
    const report = JSON.parse(readFileSync(json, "utf8")) as Report;
    expect(report.parts.map(({ name, error }) => [name, error])).toEqual([["overhead", undefined], ["hand-offs", undefined]]);
    const tables = report.parts.flatMap((part) => part.tables);
    expect(tablesIn(out)).toEqual(tables.map(({ head, rows }) => [head, ...rows]));
    for (const { title, head, rows } of tables) {
      expect(out).toContain(`### ${title}\n`);
      expect(head.at(-1)).toBe("target / holds?");
      for (const cells of rows) expect(cells).toHaveLength(head.length);
    }
    expect(out).toContain(`better-sqlite3 ${report.machine.versions["better-sqlite3"]}`);
    for (const name of report.missing) expect(out).toContain(`not installed: ${name}.`);
    expect(readdirSync(folder)).toEqual(["result.json"]);
  }, 2 * PATIENCE_MS);

  test("a part's tables are put between its marks in a document, and the rest of it stays", async () => {
    const document = path.join(folder, "benchmarks.md");
    writeFileSync(document, "# B\n\n<!-- bench:machine -->\nold\n<!-- /bench:machine -->\n\nkept\n\n<!-- bench:sessions -->\n<!-- /bench:sessions -->\nend\n");
    const { code, out } = await bench("--quick", "--only", "sessions", "--scale", "0.01", "--docs", document);

    expect(code).toBe(0);
    const text = readFileSync(document, "utf8");
    expect(tablesIn(text)).toEqual(tablesIn(out));
    expect(tablesIn(text)).toHaveLength(1);
    expect(text).toMatch(/^# B\n\n<!-- bench:machine -->\n.*SQLite[^]*<!-- \/bench:machine -->\n\nkept\n\n<!-- bench:sessions -->\n### [^]*<!-- \/bench:sessions -->\nend\n$/);
    expect(text).not.toContain("old");
  }, 2 * PATIENCE_MS);

  test("a document without the part's marks is refused before anything is measured", async () => {
    const document = path.join(folder, "benchmarks.md");
    writeFileSync(document, "# B\n");
    const { code, out, err } = await bench("--quick", "--only", "sessions", "--docs", document);

    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("<!-- bench:machine -->");
    expect(readFileSync(document, "utf8")).toBe("# B\n");
  });

  test("one row is measured in each contender's ways, with positive times, and this package is judged", async () => {
    const json = path.join(folder, "result.json");
    await bench("--quick", "--only", "overhead", "--scale", "0.01", "--json", json);

    const { parts, missing } = JSON.parse(readFileSync(json, "utf8")) as Report;
    const rows = parts[0]?.tables[0]?.rows ?? [];
    const forms = rows.map(([form]) => form ?? "");
    expect(forms).toEqual(expect.arrayContaining(["`db.transaction(fn).immediate()`", "`transactionSync(db, fn)`", "`await transaction(db, fn)`"]));
    for (const [id, title] of [["drizzle", "Drizzle"], ["kysely", "Kysely"], ["knex", "Knex"], ["typeorm", "TypeORM"]] as const) {
      expect([id, forms.some((form) => form.startsWith(title))]).toEqual([id, !missing.includes(id)]);
    }
    for (const [, micros, ratio] of rows) {
      expect(Number(micros)).toBeGreaterThan(0);
      expect(Number(ratio)).toBeGreaterThan(0);
    }
    const judged = rows.filter((cells) => cells.at(-1) !== "");
    expect(judged.map(([form]) => form)).toEqual(["`transactionSync(db, fn)`", "`await transaction(db, fn)`"]);
    for (const cells of judged) expect(cells.at(-1)).toMatch(/: (?:yes|\*\*no\*\*)$/);
  }, 2 * PATIENCE_MS);

  test("each part that is listed is a file, and each file is listed", async () => {
    const { code, out } = await bench("--list");

    expect(code).toBe(0);
    const listed = out.trim().split("\n").map((line) => line.split(" ")[0]);
    const files = readdirSync(path.join(root, "scripts/bench")).filter((file) => file.endsWith(".mjs") && file !== "registry.mjs");
    expect([...listed].sort()).toEqual(files.map((file) => file.replace(".mjs", "")).sort());
  });

  test.each([
    [["--only", "nope"], /^There is no part "nope"\. Parts: overhead, /],
    [["--scale", "2"], /^--scale is a number above 0/],
    [["--fast"], /^Unknown option '--fast'/],
  ])("%j is refused with what is allowed", async (args, message) => {
    const { code, out, err } = await bench(...args);

    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(message);
  });
});
