import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundleRuntime } from "./support/bundle.js";

/** How many times an import is killed, in all. `SESSIONFIX_CRASHES=1000 npx vitest run test/runtime/crash-resume.test.ts` for the long run. */
const CRASHES = Number(process.env["SESSIONFIX_CRASHES"] ?? 30);
const SEED = Number(process.env["SESSIONFIX_SEED"] ?? 20_260_101);
const FORMS = ["sync", "array", "async"] as const;
const ITEMS = 1_000;
/** Kills of one import before it is let through, at most. */
const MOST_KILLS = 12;
const PROGRAM = fileURLToPath(new URL("support/importer.mjs", import.meta.url));

interface Ended { readonly killed: boolean; readonly lines: readonly string[] }

/** mulberry32: a run that failed can be repeated with its seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs the import and kills it: after so many progress lines, and so many microseconds more. */
async function runImport(runtimeUrl: string, path: string, form: string, kill?: { readonly afterLines: number; readonly thenUs: number }): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, runtimeUrl, path, form, String(ITEMS)], { stdio: ["ignore", "pipe", "inherit"], timeout: 60_000, killSignal: "SIGKILL" });
  let text = "";
  let due = kill !== undefined;
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    if (!due || kill === undefined || text.split("\n").length - 1 < kill.afterLines) return;
    due = false;
    const end = performance.now() + kill.thenUs / 1_000;
    while (performance.now() < end);
    child.kill("SIGKILL");
  });
  const [, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  const lines = text.split("\n").slice(0, -1);
  if (signal === null && !lines.at(-1)?.startsWith("end ")) throw new Error(`the import ended by itself: ${text}`);
  return { killed: signal === "SIGKILL", lines };
}

function makeDatabase(path: string): void {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE row (id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER, part INTEGER, text TEXT); CREATE TABLE tally (items INTEGER, total INTEGER); INSERT INTO tally VALUES (0, 0)");
  db.close();
}

/** Everything in the database, the time of the cursor apart. */
function contents(path: string): unknown {
  const db = new Database(path, { readonly: true });
  try {
    return {
      integrity: db.pragma("integrity_check", { simple: true }),
      rows: db.prepare("SELECT id, item, part, text FROM row ORDER BY id").raw().all(),
      tally: db.prepare("SELECT items, total FROM tally").raw().all(),
      cursors: db.prepare("SELECT key, items, state, fingerprint FROM sessionfix_resume").raw().all(),
    };
  } finally {
    db.close();
  }
}

const folder = mkdtempSync(join(tmpdir(), "sessionfix-crash-"));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
let runtimeUrl = "";
const undisturbed = new Map<string, unknown>();

beforeAll(async () => {
  runtimeUrl = await bundleRuntime(folder);
  for (const form of FORMS) {
    const path = join(folder, `${form}.db`);
    makeDatabase(path);
    await runImport(runtimeUrl, path, form);
    undisturbed.set(form, contents(path));
  }
}, 60_000);

test("promise 13: the undisturbed import is what it should be", () => {
  const items = Array.from({ length: ITEMS }, (_, id) => id).filter((id) => id % 37 !== 5);
  for (const form of FORMS) {
    expect(undisturbed.get(form)).toMatchObject({
      integrity: "ok",
      tally: [[items.length, items.reduce((sum, id) => sum + id, 0)]],
      cursors: [["import", ITEMS, "done", expect.any(String)]],
    });
    expect((undisturbed.get(form) as { rows: [number, number, number, string][] }).rows.map(([id, item, part]) => [id, item, part])).toEqual(items.flatMap((item, place) => [[2 * place + 1, item, 1], [2 * place + 2, item, 2]]));
  }
});

test.each(FORMS)("promise 13: three processes that run the same import at once (%s) do nothing twice, whoever gives way", async (form) => {
  const path = join(folder, `together-${form}.db`);
  makeDatabase(path);
  const together = await Promise.all([1, 2, 3].map(async () => {
    const child = spawn(process.execPath, [PROGRAM, runtimeUrl, path, form, String(ITEMS)], { stdio: ["ignore", "pipe", "pipe"], timeout: 60_000, killSignal: "SIGKILL" });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => { text += chunk; });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, text };
  }));
  // Through, or refused because another one was faster. Nothing else.
  for (const { code, text } of together) expect(code === 0 ? "end" : text).toMatch(/^end|reason: 'another run'/);
  await runImport(runtimeUrl, path, form);
  expect(contents(path)).toEqual(undisturbed.get(form));
}, 120_000);

test(`promise 13: killed ${CRASHES} times at random points (seed ${SEED}), then resumed: the tables are those of the undisturbed import`, async () => {
  const random = randomFrom(SEED);
  let kills = 0;
  let imports = 0;
  let resumedFrom = 0;
  while (kills < CRASHES) {
    const form = FORMS[imports % FORMS.length]!;
    const path = join(folder, `import-${imports++}.db`);
    makeDatabase(path);
    const wanted = Math.min(CRASHES - kills, 1 + Math.floor(random() * MOST_KILLS));
    let last: Ended | undefined;
    for (let killed = 0; killed < wanted; killed++) {
      const kill = { afterLines: Math.floor(random() * 40), thenUs: Math.floor(random() ** 2 * 4_000) };
      last = await runImport(runtimeUrl, path, form, kill);
      if (!last.killed) break;
      kills++;
    }
    // Through before it could be killed: the run after it must find nothing to do. That is checked below, too.
    const { lines } = await runImport(runtimeUrl, path, form);
    const report = JSON.parse(lines.at(-1)!.slice("end ".length)) as { items: number; resumed: number; alreadyDone: boolean };
    expect(report.items + report.resumed).toBe(ITEMS);
    if (last?.killed === false) expect(report.alreadyDone).toBe(true);
    if (report.resumed > 0 && !report.alreadyDone) resumedFrom++;
    expect(contents(path)).toEqual(undisturbed.get(form));
  }
  // Otherwise nothing was killed in the middle.
  expect(resumedFrom).toBeGreaterThan(0);
}, Math.max(120_000, CRASHES * 1_500));

