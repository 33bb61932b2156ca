import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { runProgram, temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

/** Two sessions on one file; the second shows what the first has committed. */
const MAIN = `import Database from "better-sqlite3";
import { EventEmitter } from "node:events";
import { rmSync } from "node:fs";

for (const end of ["", "-wal", "-shm"]) rmSync(\`stock.db\${end}\`, { force: true });
const db = new Database("stock.db", { timeout: 60_000 });
const other = new Database("stock.db");
db.exec("CREATE TABLE stock (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)");
db.exec("INSERT INTO stock VALUES (1, 5), (2, 0)");

const take = db.transaction((id: number) => {
  const row = db.prepare("SELECT n FROM stock WHERE id = ?").get(id) as { n: number };
  if (row.n === 0) throw new RangeError("none left");
  db.prepare("UPDATE stock SET n = ? WHERE id = ?").run(row.n - 1, id);
});

export function sell(id: number): string {
  try {
    take(id);
    return "sold";
  } catch (error) {
    return (error as Error).message;
  }
}

export function restock(n: number): void {
  other.transaction(() => {
    other.prepare("UPDATE stock SET n = n + ?").run(n);
  })();
}

const shop = new EventEmitter();
shop.on("sale", (id: number) => console.log(sell(id)));
shop.on("delivery", (n: number) => restock(n));
shop.emit("sale", 1);
shop.emit("sale", 2);
shop.emit("delivery", 2);
shop.emit("sale", 2);
console.log(other.prepare("SELECT id, n FROM stock ORDER BY id").all());
db.close();
other.close();
`;

/** Detection, plan, the type gate and the disk: the whole way, and then the program itself. */
describe("local transforms on a program that runs", () => {
  let project: TemporaryProject;
  let before: string;
  let outcome: FixOutcome;

  beforeAll(async () => {
    project = temporaryProject({ "src/main.ts": MAIN });
    before = await runProgram(project, "src/main.ts");
    const scan = await scanProject({ root: project.root, paths: [`${project.root}/src`], strict: true, tests: true, cache: false });
    outcome = await fixProject({
      root: project.root,
      findings: scan.findings,
      redetect: (overlay) => scan.redetect(overlay),
      codemods,
      options: { review: true, dryRun: false, allowDirty: true },
    });
  }, 60_000);
  afterAll(() => project.remove());

  it("changes what was found, and nothing is taken back", () => {
    expect(outcome.applied.map(({ transform }) => transform).sort()).toEqual(["immediate-transaction", "tune-engine", "tune-engine"]);
    expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
    const after = project.read("src/main.ts");
    expect(after).toContain("take.immediate(id)");
    expect(after).toContain("timeout: 10_000");
  });

  it("does the same as before", async () => {
    expect(await runProgram(project, "src/main.ts")).toBe(before);
    expect(before).toContain("none left");
  });

  it("has nothing to do a second time", async () => {
    const scan = await scanProject({ root: project.root, paths: [`${project.root}/src`], strict: true, tests: true, cache: false });
    expect(codemods.plan(scan.findings, { root: project.root, read: (file) => project.read(file), exists: () => true, list: () => ["src/main.ts"] }, {}).groups).toEqual([]);
  });
});
