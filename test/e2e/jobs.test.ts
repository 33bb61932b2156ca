import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useCli } from "./cli.js";

const { writeTree } = (await import(new URL("../../scripts/bench-scan/tree.mjs", import.meta.url).href)) as { writeTree: (root: string, options: { seed: number; scale: number }) => { files: number } };

/** Says at its end how many threads its process has started. */
const COUNTER = `import { createRequire, syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";
const threads = createRequire(import.meta.url)("node:worker_threads");
let started = 0;
threads.Worker = class extends threads.Worker { constructor(...given) { super(...given); started++; } };
syncBuiltinESMExports();
if (isMainThread) process.on("exit", () => process.stderr.write("threads: " + started + "\\n"));
`;

describe("--jobs", () => {
  const cli = useCli();
  let folder = "";
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(path.join(tmpdir(), "sessionfix-jobs-")));
    writeTree(path.join(folder, "tree"), { seed: 5, scale: 0.12 });
    writeFileSync(path.join(folder, "counter.mjs"), COUNTER);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function scan(...args: string[]): Promise<{ report: object; fromCache: number; parsed: number; threads: string | undefined }> {
    const { code, stdout, stderr } = await cli.run(["scan", "--strict", "--format", "json", ...args, "tree"], { cwd: folder, preload: path.join(folder, "counter.mjs") });
    expect(stderr.replace(/^threads: \d+\n/m, "")).toBe("");
    expect(code).toBe(1);
    const { stats, ...report } = JSON.parse(stdout) as { stats: { fromCache: number; parsed: number; ms: number } };
    return { report, fromCache: stats.fromCache, parsed: stats.parsed, threads: /^threads: (\d+)$/m.exec(stderr)?.[1] };
  }

  it("reads in that many threads, and finds and keeps the same", async () => {
    const alone = await scan("--no-cache", "--jobs", "1");
    expect(alone.threads).toBe("0");
    expect(JSON.stringify(alone.report)).toContain("no-unbatched-loop-transaction");

    const together = await scan("--cache-dir", path.join(folder, "kept"), "--jobs", "3");
    expect(together.threads).toBe("2");
    expect(together.report).toEqual(alone.report);

    // Another question of the same files: their facts are what the threads have left.
    const later = await scan("--cache-dir", path.join(folder, "kept"), "--rule", "no-session-per-call", "--jobs", "3");
    expect(later.threads).toBe("0");
    expect(later.parsed).toBe(together.parsed);
    expect(later.fromCache).toBe(together.parsed);
  }, 180_000);

  it.each(["0", "1.5", "many"])("refuses %s", async (jobs) => {
    const { code, stderr } = await cli.run(["scan", "--jobs", jobs], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toContain("It must be a whole number from 1.");
  });
});
