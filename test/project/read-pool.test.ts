import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeEntry } from "../../src/core/cache/facts-entry.js";
import { digest } from "../../src/project/cache/digest.js";
import { factsOfText } from "../../src/project/file-facts.js";
import { ReadPool } from "../../src/project/workers/read-pool.js";
import type { ReadPoolOptions } from "../../src/project/workers/read-pool.js";
import type { ReadReply, ReadTask } from "../../src/project/workers/read-task.js";

// Threads find their packages from where they lie.
mkdirSync("node_modules/.cache", { recursive: true });
const FOLDER = mkdtempSync(path.resolve("node_modules/.cache/read-pool-"));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

let worker = "";
beforeAll(async () => {
  worker = path.join(FOLDER, "read-worker.mjs");
  await build({ entryPoints: ["src/project/workers/read-task.ts"], outfile: worker, bundle: true, platform: "node", format: "esm", packages: "external", logLevel: "warning" });
});

/** Files of many functions each: some 1.2 MB in all. */
const TASKS: ReadTask[] = Array.from({ length: 40 }, (_, file) => ({
  file: `src/part-${file}.ts`,
  text: Array.from({ length: 300 + file }, (_each, fn) => `export function work${file}_${fn}(items: readonly string[]) {\n  for (const item of items) console.log(item, ${fn});\n}\n`).join(""),
}));
const BROKEN: ReadTask = { file: "src/broken.ts", text: `export const x = (;\n${"// more\n".repeat(40_000)}` };

async function read(options: Partial<ReadPoolOptions>, tasks: readonly ReadTask[] = TASKS): Promise<{ taken: ReadReply[]; own: string[] }> {
  const taken: ReadReply[] = [];
  const own: string[] = [];
  const pool = new ReadPool({ jobs: 3, isKept: false, worker, ...options });
  try {
    await pool.read(tasks, { take: (reply) => taken.push(reply), own: ({ file }) => own.push(file) });
  } finally {
    await pool.close();
  }
  return { taken, own };
}

const names = (tasks: readonly { file: string }[]) => tasks.map(({ file }) => file).sort();

describe("reading files in threads", () => {
  it("reads each file once, here or there, and says of it what reading it here says", async () => {
    const tasks = [...TASKS, BROKEN];
    const { taken, own } = await read({}, tasks);
    expect(names([...taken, ...own.map((file) => ({ file }))])).toEqual(names(tasks));
    // The longest go to the threads.
    expect(taken.map(({ file }) => file)).toContain(BROKEN.file);
    for (const { file, payload } of taken) expect(decodeEntry(payload)).toEqual(factsOfText(file, tasks.find((task) => task.file === file)?.text ?? ""));
  });

  it("gives the digest of what will be kept", async () => {
    const { taken } = await read({ isKept: true });
    expect(taken.length).toBeGreaterThan(0);
    for (const reply of taken) expect(reply.digest).toBe(digest(reply.payload));
  });

  it.each<[string, Partial<ReadPoolOptions>, readonly ReadTask[]]>([
    ["with one job", { jobs: 1 }, TASKS],
    ["for little text", {}, TASKS.slice(0, 10)],
  ])("starts no thread %s", async (_name, options, tasks) => {
    const { taken, own } = await read({ worker: "/nowhere/at-all.mjs", ...options }, tasks);
    expect(taken).toEqual([]);
    expect(own.sort()).toEqual(names(tasks));
  });

  it.each([
    ["that cannot be loaded", undefined],
    ["that dies", "export default () => new Promise(() => setImmediate(() => { throw new Error('gone'); }));"],
    ["that throws", "export default () => { throw new Error('no'); };"],
  ])("reads here what was meant for a thread %s", async (_name, code) => {
    const file = path.join(FOLDER, `worker-${code?.length ?? 0}.mjs`);
    if (code !== undefined) writeFileSync(file, code);
    const { taken, own } = await read({ worker: file });
    expect(taken).toEqual([]);
    expect(own.sort()).toEqual(names(TASKS));
  });

  it("throws what the taker of an answer throws", async () => {
    const pool = new ReadPool({ jobs: 2, isKept: false, worker });
    const refuse = (): never => {
      throw new Error("not taken");
    };
    try {
      await expect(pool.read(TASKS, { take: refuse, own: () => undefined })).rejects.toThrow("not taken");
    } finally {
      await pool.close();
    }
  });

  it("serves several rounds with the same threads", async () => {
    const pool = new ReadPool({ jobs: 2, isKept: false, worker });
    const taken: string[] = [];
    const own: string[] = [];
    const sinks = { take: ({ file }: ReadReply) => taken.push(file), own: ({ file }: ReadTask) => own.push(file) };
    try {
      await pool.read(TASKS.slice(0, 20), sinks);
      const before = taken.length;
      expect(before).toBeGreaterThan(0);
      // Little text is worth a thread that is up.
      await pool.read(TASKS.slice(20, 30), sinks);
      expect(taken.length).toBeGreaterThan(before);
    } finally {
      await pool.close();
    }
    expect(names([...taken, ...own].map((file) => ({ file })))).toEqual(names(TASKS.slice(0, 30)));
  });
});
