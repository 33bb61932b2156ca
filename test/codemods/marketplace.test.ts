import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject, undoLast } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { readTree } from "./helpers/disk.js";
import { IMPORT, marketplace, marketplaceFindings } from "./helpers/marketplace.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const WORKFLOW = "src/workflows/workflow-transaction.ts";

describe("the marketplace, fixed as a whole", () => {
  let project: TemporaryProject;
  let before: Record<string, string>;
  let outcome: FixOutcome;

  beforeAll(async () => {
    const files = marketplace();
    project = temporaryProject(files, JSON.parse(files["tsconfig.json"] ?? "{}") as object);
    before = readTree(project.root);
    outcome = await fixProject({
      root: project.root,
      findings: marketplaceFindings(before),
      redetect: (overlay) => marketplaceFindings({ ...before, ...Object.fromEntries(overlay) }),
      codemods,
      options: { review: true, dryRun: false, allowDirty: false },
    });
  }, 60_000);

  afterAll(() => project.remove());

  it("makes all three fixes and takes none back", () => {
    expect(outcome.takenBack).toEqual([]);
    expect(outcome.refused).toEqual([]);
    expect(outcome.manual).toEqual([]);
    expect(outcome.applied.map(({ transform, safety }) => [transform, safety])).toEqual([
      ["use-shared-session", "safe"],
      ["init-at-startup", "review"],
      ["batch-loop-transaction", "review"],
    ]);
  });

  it("creates the session module beside the function that opens", () => {
    expect(project.read("src/cache/session.ts")).toBe(`import Database from "better-sqlite3";
import { createSessionFactory } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { createDbEngine } from "./models.js";

// One session a file for the whole process: opened at first use, shared by every caller.
export const sessions = createSessionFactory({ driver: betterSqlite3(Database), open: createDbEngine });

export const getSession = sessions.getSession;
`);
    expect(project.read("src/cache/models.ts")).toBe(before["src/cache/models.ts"]);
  });

  it("keeps the factory method's signature and delegates", () => {
    const base = project.read("src/cache/repositories/base-repository.ts");
    expect(base).toContain("protected _getSession(): Database.Database {\n    return getSession(this.dbPath);\n  }");
    expect(base).toContain('import { getSession } from "../session.js";');
    expect(base).not.toContain("createDbEngine");
  });

  it("leaves the migrations' own session, which is opened and closed once, alone", () => {
    expect(project.read("src/cache/migrations.ts")).toBe(before["src/cache/migrations.ts"]);
  });

  it("batches the import and nothing else in its service", () => {
    const service = project.read(IMPORT);
    expect(service).toContain(`    await batchedTransaction(
      session,
      entries,
      (entry) => {
        const artifact = importCatalogEntry(session, source, entry, importId);
        if (artifact.action === "created") created += 1;
        artifacts.push(artifact);
      },
      { batchSize: 10, label: "importArtifacts" },
    );

    // Status last: the catalog must not show as imported what is not in the collection yet.
    session
      .transaction(() => {`);
    expect(service).not.toContain("session.close()");
    expect(service).not.toContain("finally");
  });

  it("leaves the atomic state change as it was, its session's closing aside", () => {
    const [was, is] = [before[WORKFLOW] ?? "", project.read(WORKFLOW)].map((text) => text.slice(0, text.indexOf("private withSession")));
    expect(is).toBe(was);
  });

  it("opens and closes the session with the server", () => {
    const server = project.read("src/server.ts");
    expect(server).toContain(`  initSessionFactory(sessions, config.dbPath);
  const app = Fastify({`);
    expect(server).toContain(`  app.addHook("onClose", async () => {
    await closeSessions();
  });
`);
    expect(server).toContain('import { sessions } from "./cache/session.js";');
  });

  it("says what it checked", () => {
    expect(outcome.checks).toEqual([expect.stringMatching(/^types: tsconfig\.json, TypeScript 6\./), expect.stringContaining("silence"), expect.stringContaining("idempotence")]);
    expect(outcome.diffs.map(({ file, created }) => [file, created])).toContainEqual(["src/cache/session.ts", true]);
    expect(outcome.diffs.find(({ file }) => file === "src/server.ts")?.diff).toContain("+  initSessionFactory(sessions, config.dbPath);");
  });

  it("is undone to the byte", async () => {
    const undone = await undoLast({ root: project.root, force: false });
    expect(undone.removed).toEqual(["src/cache/session.ts"]);
    expect(undone.refused).toEqual([]);
    expect(readTree(project.root)).toEqual({ ...before, ".sessionfix/.gitignore": "*\n" });
    expect(existsSync(`${project.root}/src/cache/session.ts`)).toBe(false);
  });
});
