import { afterEach, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

let project: TemporaryProject | undefined;
afterEach(() => {
  project?.remove();
  project = undefined;
});

/** The whole way: found, planned, checked by the compiler, written, found no more. */
async function fix(files: Record<string, string>): Promise<{ applied: string[]; left: string[]; read: (file: string) => string }> {
  const made = (project = temporaryProject(files));
  const scan = await scanProject({ root: made.root, tests: true, cache: false });
  const outcome = await fixProject({
    root: made.root,
    findings: scan.findings,
    redetect: (overlay) => scan.redetect(overlay),
    codemods,
    options: { review: true, dryRun: false, allowDirty: true, only: ["use-shared-session"] },
  });
  expect([outcome.takenBack, outcome.refused]).toEqual([[], []]);
  const after = await scanProject({ root: made.root, tests: true, cache: false });
  return { applied: outcome.applied.map(({ transform }) => transform), left: after.findings.filter(({ rule }) => rule === "no-session-per-call").map(({ message }) => message), read: (file) => made.read(file) };
}

describe("sessions of node:sqlite", () => {
  it("that are opened and closed in place come from one module", async () => {
    const { applied, left, read } = await fix({
      "src/app.ts": `import { DatabaseSync } from "node:sqlite";
import express from "express";

const app = express();
app.get("/things", (_req, res) => {
  const db = new DatabaseSync("app.db");
  try {
    res.json(db.prepare("SELECT name FROM things").all());
  } finally {
    db.close();
  }
});
`,
    });
    expect([applied, left]).toEqual([["use-shared-session"], []]);
    expect(read("src/app.ts")).toBe(`import express from "express";
import { getSession } from "./session.js";

const app = express();
app.get("/things", (_req, res) => {
  const db = getSession("app.db");
  res.json(db.prepare("SELECT name FROM things").all());
});
`);
    expect(read("src/session.ts")).toContain('import { DatabaseSync } from "node:sqlite";');
    expect(read("src/session.ts")).toContain("driver: nodeSqlite(DatabaseSync)");
  });

  it("that a factory makes are shared in it, under the name that the file has for the class", async () => {
    const { applied, left, read } = await fix({
      "src/db.ts": `import { DatabaseSync as Sqlite } from "node:sqlite";

export function openDb(path: string): Sqlite {
  return new Sqlite(path);
}
`,
      "src/app.ts": `import express from "express";
import { openDb } from "./db.js";

const app = express();
for (const table of ["a", "b", "c", "d"]) {
  app.get(\`/\${table}\`, (_req, res) => {
    const db = openDb("app.db");
    res.json(db.prepare(\`SELECT name FROM \${table}\`).all());
    db.close();
  });
}
`,
    });
    expect([applied, left]).toEqual([["use-shared-session"], []]);
    expect(read("src/app.ts")).not.toContain("close()");
    expect(read("src/app.ts") + read("src/db.ts")).toContain("getSession(");
  });
});
