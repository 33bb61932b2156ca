import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { codemods } from "../../codemods/index.js";
import { fixProject } from "../../src/project/fix.js";
import type { FixOutcome } from "../../src/project/fix.js";
import { scanProject } from "../../src/project/scan.js";
import { readTree } from "./helpers/disk.js";
import { marketplace } from "./helpers/marketplace.js";
import { temporaryProject } from "./helpers/project.js";
import type { TemporaryProject } from "./helpers/project.js";

const AFTER = fileURLToPath(new URL("../fixtures/marketplace/after", import.meta.url));

/** The whole way on what detection really says: found, fixed, found no more. */
describe("the marketplace, scanned and fixed", () => {
  let project: TemporaryProject;
  let before: Record<string, string>;
  let outcome: FixOutcome;

  beforeAll(async () => {
    const files = marketplace();
    project = temporaryProject(files, JSON.parse(files["tsconfig.json"] ?? "{}") as object);
    before = readTree(project.root);
    const scan = await scanProject({ root: project.root, tests: true });
    outcome = await fixProject({
      root: project.root,
      findings: scan.findings,
      redetect: (overlay) => scan.redetect(overlay),
      codemods,
      options: { review: true, dryRun: false, allowDirty: false },
    });
  }, 60_000);

  afterAll(() => project.remove());

  it("makes the four fixes, and a new scan finds nothing to fix", async () => {
    expect(outcome.applied.map(({ transform }) => transform)).toEqual(["use-shared-session", "init-at-startup", "tune-engine", "batch-loop-transaction"]);
    expect([outcome.takenBack, outcome.refused, outcome.manual]).toEqual([[], [], []]);
    expect((await scanProject({ root: project.root, tests: true })).findings).toEqual([]);
  });

  // The harness runs what stands there. After a wanted change: `npm run fixtures` renews it; read the diff.
  it("writes the program that is checked in as `after`, to the byte", () => {
    const written = readTree(project.root);
    const snapshot = readTree(AFTER);
    const isSource = (file: string) => file.startsWith("src/");
    expect(Object.keys(written).filter(isSource).sort()).toEqual(Object.keys(snapshot).filter(isSource).sort());
    for (const file of Object.keys(snapshot).filter(isSource)) expect(written[file], file).toBe(snapshot[file]);
  });

  it("touches nothing else: not the migrations, not the state change that must be atomic", () => {
    const after = readTree(project.root);
    const changed = Object.keys(after).filter((file) => after[file] !== before[file] && !file.startsWith(".sessionfix/"));
    expect(changed.sort()).toEqual([
      "src/cache/models.ts",
      "src/cache/repositories/artifact-repository.ts",
      "src/cache/repositories/base-repository.ts",
      "src/cache/repositories/catalog-repository.ts",
      "src/cache/repositories/source-repository.ts",
      "src/cache/session.ts",
      "src/server.ts",
      "src/services/marketplace-import.ts",
      "src/workflows/workflow-transaction.ts",
    ]);
    const stateChange = (text: string | undefined): string => /atomicExecutionStateChange[\s\S]*?\n {2}private/.exec(text ?? "")?.[0] ?? "";
    expect(stateChange(after["src/workflows/workflow-transaction.ts"])).not.toBe("");
    expect(stateChange(after["src/workflows/workflow-transaction.ts"])).toBe(stateChange(before["src/workflows/workflow-transaction.ts"]));
  });
});
