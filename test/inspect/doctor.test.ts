import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/inspect/diagnose.js";
import type { Diagnosis } from "../../src/inspect/diagnose.js";
import { diagnoseFiles } from "../../src/inspect/diagnose-files.js";
import { diagnoseLocks } from "../../src/inspect/diagnose-locks.js";
import { lookAtProcess } from "../../src/inspect/one-process.js";
import { seesPartOnly } from "../../src/inspect/namespace.js";
import { renderDoctor } from "../../src/report/doctor.js";
import { displayWidth } from "../../src/report/terminal.js";
import { onCleanup, openByHand, tempDatabase } from "../runtime/support/database.js";
import { LANGUAGES, startHolder } from "./support/holders.js";
import type { Holder } from "./support/holders.js";

const MIB = 1024 * 1024;

/** A healthy database in WAL mode, with what a test changes about it. */
function healthy(change: (facts: Mutable<Diagnosis>) => void = () => {}): Diagnosis {
  const facts: Mutable<Diagnosis> = {
    files: {
      path: "/data/app.db", size: 40 * MIB,
      header: { pageSize: 4096, journal: "wal", pages: 10_240, freePages: 0, changeCounter: 3, schemaFormat: 4, autoVacuum: "none", encoding: "UTF-8", userVersion: 1, applicationId: 0, defaultCacheSize: 0, writtenBy: "3.50.1" },
      wal: { size: 4 * MIB, frames: 1_000, checkpointSequence: 1 }, hasIndex: true,
      index: { changes: 3, frames: 10, checkpointed: 10, pages: 10_240, readMarks: [0, 10, undefined, undefined, undefined] }, journal: undefined,
    },
    fileSystem: { kind: "ext4", mountPoint: "/", network: false, volatile: false },
    folderWritable: true,
    watch: { ms: 1_000, looks: 50, commits: 20, unknown: undefined, partOnly: false, processes: [], oldestReader: undefined },
    connections: { processes: [{ pid: 7, command: "node server.js", state: "sleeping", connections: 1, libraries: 1, libraryFiles: [], deleted: [] }], hidden: 0 },
    advice: [],
  };
  change(facts);
  return facts;
}

type Mutable<T> = T extends readonly (infer Item)[] ? Mutable<Item>[] : T extends object ? { -readonly [Key in keyof T]: Mutable<T[Key]> } : T;
type Process = Mutable<Diagnosis["watch"]["processes"][number]>;

const NEVER = { nowMs: undefined, longestMs: 0, count: 0, totalMs: 0, share: 0 };
const process7 = (change: Partial<Process>): Process => ({ pid: 7, command: "/usr/bin/node server.js", state: "sleeping", roles: ["open"], waiting: false, writes: NEVER, reads: NEVER, waits: NEVER, ...change });
const spans = (longestMs: number, nowMs?: number) => ({ nowMs, longestMs, count: 1, totalMs: longestMs, share: Math.min(1, longestMs / 1_000) });
const codes = (facts: Diagnosis): string[] => [...diagnoseLocks(facts), ...diagnoseFiles(facts)].map(({ code }) => code);

describe("what the doctor says", () => {
  it("of a healthy database: nothing", () => {
    expect(codes(healthy())).toEqual([]);
  });

  const cases: [string, (facts: Mutable<Diagnosis>) => void][] = [
    ["locks-unknown", ({ watch }) => { watch.unknown = "this is darwin"; }],
    ["container", ({ watch }) => { watch.partOnly = true; }],
    ["writer-stopped", ({ watch }) => { watch.processes = [process7({ state: "stopped", writes: spans(1_000, 1_000) })]; }],
    ["write-lock-held", ({ watch }) => { watch.processes = [process7({ writes: spans(1_000, 1_000) })]; }],
    ["long-hold", ({ watch }) => { watch.processes = [process7({ writes: spans(600) })]; }],
    ["waits-blocking", ({ watch }) => { watch.processes = [process7({ waits: spans(300) })]; }],
    ["reader-stopped", ({ watch }) => { watch.processes = [process7({ state: "stopped", reads: spans(1_000, 1_000) })]; }],
    ["old-reader", ({ watch }) => { watch.processes = [process7({ reads: spans(1_000, 1_000) })]; watch.oldestReader = { pid: 7, frame: 4, framesBehind: 5_000 }; }],
    ["two-sqlite-libraries", ({ connections }) => { connections!.processes[0]!.libraries = 2; }],
    ["deleted-file", ({ connections }) => { connections!.processes[0]!.deleted = ["/data/app.db-wal"]; }],
    ["many-connections", ({ connections }) => { connections!.processes[0]!.connections = 48; }],
    ["network-file-system", ({ fileSystem }) => { Object.assign(fileSystem, { kind: "nfs4", network: true }); }],
    ["volatile-file-system", ({ fileSystem }) => { Object.assign(fileSystem, { kind: "overlay", volatile: true }); }],
    ["folder-not-writable", (facts) => { facts.folderWritable = false; }],
    ["not-wal", ({ files }) => { files.header!.journal = "rollback"; files.wal = undefined; }],
    ["log-without-wal", ({ files }) => { files.header!.journal = "rollback"; }],
    ["large-log", ({ files }) => { files.wal!.size = 100 * MIB; }],
    ["log-left", (facts) => { facts.connections = { processes: [], hidden: 0 }; }],
    ["hot-journal", ({ files }) => { files.header!.journal = "rollback"; files.wal = undefined; files.journal = { size: 4096, hot: true }; }],
    ["free-pages", ({ files }) => { files.header!.freePages = 8_000; }],
    ["small-pages", ({ files }) => { files.header!.pageSize = 1_024; }],
    ["auto-vacuum-full", ({ files }) => { files.header!.autoVacuum = "full"; }],
    ["empty", ({ files }) => { files.header = undefined; files.size = 0; files.wal = undefined; }],
  ];
  it.each(cases)("%s", (code, change) => {
    expect(codes(healthy(change))).toContain(code);
  });

  it.each([
    ["short holds and waits", ({ watch }: Mutable<Diagnosis>) => { watch.processes = [process7({ writes: spans(80), waits: spans(100), reads: spans(200) })]; }],
    ["a hot journal of somebody who writes", ({ files, watch }: Mutable<Diagnosis>) => { files.journal = { size: 4096, hot: true }; watch.processes = [process7({ writes: spans(20, 20) })]; }],
    ["a reader who has just begun", ({ watch }: Mutable<Diagnosis>) => { watch.processes = [process7({ reads: spans(100, 100) })]; watch.oldestReader = { pid: 7, frame: 4, framesBehind: 5_000 }; }],
    ["a pool of ten", ({ connections }: Mutable<Diagnosis>) => { connections!.processes[0]!.connections = 10; }],
    ["a log whose processes belong to others", (facts: Mutable<Diagnosis>) => { facts.connections = { processes: [], hidden: 40 }; }],
  ])("nothing that alarms of %s", (_, change) => {
    const facts = healthy(change);
    expect([...diagnoseLocks(facts), ...diagnoseFiles(facts)].filter(({ level }) => level !== "info")).toEqual([]);
  });

  it("fits into narrow terminals, and every advice has a remedy", () => {
    for (const [, change] of cases) {
      const facts = healthy(change);
      const advice = [...diagnoseLocks(facts), ...diagnoseFiles(facts)];
      expect(advice.filter(({ remedy }) => !/\.$/.test(remedy))).toEqual([]);
      const text = renderDoctor({ diagnosis: { ...facts, advice }, color: pc.createColors(false), width: 60 });
      // A path or an address may be longer than a line.
      expect(text.split("\n").filter((line) => displayWidth(line) > 60 && line.trim().includes(" ") && !/https?:|`/.test(line))).toEqual([]);
    }
  });
});

describe.runIf(process.platform === "linux")("the doctor at real databases", () => {
  const [language] = LANGUAGES;
  const hold = async (path: string): Promise<Holder> => {
    const holder = language === undefined ? undefined : await startHolder(language, path);
    if (holder === undefined) throw new Error("better-sqlite3 is always there");
    return holder;
  };
  const codesOf = async (path: string): Promise<string[]> => (await diagnose(path, 600)).advice.filter(({ level }) => level !== "info").map(({ code }) => code);

  it("a writer that is stopped is critical, and named", async () => {
    const path = tempDatabase("wal");
    const holder = await hold(path);
    await holder.run("BEGIN IMMEDIATE");
    holder.child.kill("SIGSTOP");
    try {
      const { advice } = await diagnose(path, 100);
      expect(advice[0]).toMatchObject({ code: "writer-stopped", level: "critical", what: expect.stringContaining(`Process ${holder.pid} `) as string });
    } finally {
      holder.child.kill("SIGCONT");
    }
  });

  it("a writer that holds throughout", async () => {
    const path = tempDatabase("wal");
    const holder = await hold(path);
    await holder.run("BEGIN IMMEDIATE");
    expect(await codesOf(path)).toEqual(["write-lock-held"]);
  });

  it("a reader that keeps the log from being emptied", async () => {
    const path = tempDatabase("wal");
    const holder = await hold(path);
    await holder.run("BEGIN");
    await holder.run("SELECT count(*) FROM item");
    const writer = await hold(path);
    await writer.run("INSERT INTO item (name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) SELECT 'reader keeps this ' || hex(zeroblob(30)) || i FROM n");
    const { advice, watch } = await diagnose(path, 200);
    expect(watch.oldestReader?.pid).toBe(holder.pid);
    expect(advice.map(({ code }) => code)).toContain("old-reader");
  });

  it("two SQLite libraries of one process on one file", async () => {
    const path = tempDatabase("wal");
    const both = spawn(process.execPath, ["-e", `const load = require("node:module").createRequire(${JSON.stringify(import.meta.url)}); const Database = load("better-sqlite3"); const Libsql = load("libsql");
      const [ours, other] = [new Database(${JSON.stringify(path)}), new Libsql(${JSON.stringify(path)})];
      for (const db of [ours, other]) db.exec("SELECT count(*) FROM item");
      console.log("ok"); setInterval(() => {}, 1000);`], { stdio: ["ignore", "pipe", "inherit"] });
    onCleanup(() => both.kill("SIGKILL"));
    await once(both.stdout, "data");
    const { advice } = await diagnose(path, 20);
    expect(advice[0]).toMatchObject({ code: "two-sqlite-libraries", level: "critical", what: expect.stringMatching(/better_sqlite3.*libsql|libsql.*better_sqlite3/s) as string });
  });

  it("a process in a container's pid namespace is named by both of its pids; from inside, what is outside is said not to be seen", async ({ skip }) => {
    const path = tempDatabase("wal");
    const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
    if (spawnSync("unshare", [...unshare, "true"]).status !== 0) return skip("pid namespaces may not be made here");
    const inside = spawn("unshare", [...unshare, process.execPath, "-e", `const Database = require("node:module").createRequire(${JSON.stringify(import.meta.url)})("better-sqlite3");
      const db = new Database(${JSON.stringify(path)}); db.exec("BEGIN IMMEDIATE"); console.log("ok"); setInterval(() => {}, 1000);`], { stdio: ["ignore", "pipe", "inherit"] });
    onCleanup(() => inside.kill("SIGKILL"));
    await once(inside.stdout, "data");
    const { watch } = await diagnose(path, 20);
    expect(watch.processes).toMatchObject([{ pidInContainer: 1, roles: expect.arrayContaining(["write"]) as string[] }]);
    expect(seesPartOnly(() => spawnSync("unshare", [...unshare, "readlink", "/proc/self/ns/pid"], { encoding: "utf8" }).stdout.trim())).toBe(true);
  });

  it("the SQLite libraries that a process has loaded", async () => {
    const path = tempDatabase("wal");
    const holder = await hold(path);
    const look = lookAtProcess(holder.pid, path);
    expect(look).toMatchObject({ connections: 1, librariesOnFile: 1 });
    expect(look.libraries.join()).toContain("better_sqlite3");
    expect(() => lookAtProcess(2 ** 22 + 1, path)).toThrow(expect.objectContaining({ code: "NO_SUCH_PROCESS" }) as Error);
  });

  it("takes no lock, changes no byte, and leaves the log where it is", async () => {
    const path = tempDatabase("wal");
    const db = openByHand(path);
    db.exec("INSERT INTO item (name) VALUES ('a')");
    const { readFileSync } = await import("node:fs");
    const before = ["", "-wal"].map((suffix) => readFileSync(`${path}${suffix}`));
    await diagnose(path, 50);
    expect(["", "-wal"].map((suffix) => readFileSync(`${path}${suffix}`))).toEqual(before);
    expect(realpathSync(`${path}-wal`)).toContain("-wal");
  });
});
