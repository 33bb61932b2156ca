import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, describe, expect, it } from "vitest";
import { LANGUAGES, startHolder } from "../inspect/support/holders.js";
import { useCli } from "./cli.js";

const cli = useCli();
const MARKETPLACE = fileURLToPath(new URL("../fixtures/marketplace/", import.meta.url));
const PAGE = readFileSync(new URL("../../docs/reference.md", import.meta.url), "utf8");
const EXAMPLES = [...PAGE.matchAll(/^```sh\n# (before|after)\nnpx sessionfix (.+)\n```\n\n```text\n([\s\S]*?)^```$/gm)].map(([, which = "", command = "", output = ""]) => ({ which, command, output }));

/** Copies, so that what a command writes lands nowhere else; within the repository's reach of packages. */
const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-reference-")));
symlinkSync(fileURLToPath(new URL("../../node_modules", import.meta.url)), path.join(folder, "node_modules"));
for (const which of ["before", "after"]) cpSync(path.join(MARKETPLACE, which), path.join(folder, which), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The lines of the page in their order; between two of them, and where `…` stands, may be more. */
function expectShown(output: string, page: string): void {
  const lines = output.split("\n");
  let at = 0;
  for (const shown of page.trimEnd().split("\n").filter((line) => line.trim() !== "…" && line.trim() !== "")) {
    const pattern = new RegExp(`^${shown.trimEnd().split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
    // A line of the page may end where what follows is left out.
    const found = lines.findIndex((line, index) => index >= at && pattern.test(line.trimEnd()));
    expect(found, `“${shown}” in:\n${lines.slice(at).join("\n")}`).toBeGreaterThanOrEqual(0);
    at = found + 1;
  }
}

/** A database of the fixture's that a program is importing into. */
async function whileImporting(work: (database: string) => Promise<void>): Promise<void> {
  mkdirSync(path.join(folder, "before/data"), { recursive: true });
  const database = path.join(folder, "before/data/marketplace.db");
  new Database(database).exec("PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT)").close();
  const [language] = LANGUAGES;
  const holder = language === undefined ? undefined : await startHolder(language, database);
  await holder?.run("BEGIN IMMEDIATE");
  await work(database);
  await holder?.run("COMMIT");
}

describe("docs/reference.md", () => {
  it("goes through the whole of the reference document", () => {
    const points = [...PAGE.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(points).toEqual(["Files and locations", "A session for each call", "One long transaction", "Batches", "Engine configuration", "The concurrent operation matrix", "Debugging lock contention", "The two test cases", "Priorities"]);
    // What is no example is the harness, which test/harness/reference-cases.test.ts runs.
    expect(PAGE.match(/^```sh$/gm)).toHaveLength(EXAMPLES.length + 1);
  });

  const isLive = ({ command }: { command: string }): boolean => /^(doctor|top) /.test(command);

  it.each(EXAMPLES.filter((example) => !isLive(example)))("$which: $command prints what the page shows", async ({ which, command, output }) => {
    const run = await cli.run([...command.split(" "), ...(/^(scan|matrix)\b/.test(command) ? ["--no-cache"] : ["--allow-dirty"])], { cwd: path.join(folder, which) });
    expect(run.code).toBeLessThan(2);
    expectShown(run.stdout, output);
  }, 60_000);

  it.runIf(process.platform === "linux").each(EXAMPLES.filter(isLive))("$which: $command shows who holds the lock", async ({ which, command, output }) => {
    await whileImporting(async () => {
      const run = await cli.run(command.split(" "), { cwd: path.join(folder, which) });
      expect(run.code).toBeLessThan(2);
      expectShown(run.stdout, output);
    });
  });
});
