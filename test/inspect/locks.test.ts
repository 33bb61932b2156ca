import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { lookAtConnections } from "../../src/inspect/connections.js";
import { lookAtUses } from "../../src/inspect/look.js";
import { LockWatch, probeOf } from "../../src/inspect/watch.js";
import { tempDatabase } from "../runtime/support/database.js";
import { eventually } from "../runtime/support/runtime-process.js";
import { LANGUAGES, startHolder } from "./support/holders.js";

const usesOf = (path: string, journal: "wal" | "rollback", pid: number): readonly string[] => {
  const look = lookAtUses(path, journal);
  if (!look.known) throw new Error(look.reason);
  return look.uses.find((use) => use.pid === pid)?.roles ?? [];
};

describe.runIf(process.platform === "linux")("locks of real programs, seen from outside", () => {
  describe.each(LANGUAGES)("$name", (language) => {
    it("in WAL mode: open, reading, writing, and open again", async ({ skip }) => {
      const path = tempDatabase("wal");
      const holder = await startHolder(language, path);
      if (holder === undefined) return skip(`${language.name} is not installed`);
      expect(usesOf(path, "wal", holder.pid)).toEqual(["open"]);
      await holder.run("BEGIN");
      await holder.run("SELECT count(*) FROM item");
      expect(usesOf(path, "wal", holder.pid)).toEqual(["read", "open"]);
      await holder.run("COMMIT");
      await holder.run("BEGIN IMMEDIATE");
      expect(usesOf(path, "wal", holder.pid)).toContain("write");
      await holder.run("INSERT INTO item (name) VALUES ('a')");
      await holder.run("COMMIT");
      expect(usesOf(path, "wal", holder.pid)).toEqual(["open"]);
    });

    it("with a rollback journal: nothing, reading, reserved", async ({ skip }) => {
      const path = tempDatabase("delete");
      const holder = await startHolder(language, path);
      if (holder === undefined) return skip(`${language.name} is not installed`);
      expect(usesOf(path, "rollback", holder.pid)).toEqual([]);
      await holder.run("BEGIN");
      await holder.run("SELECT count(*) FROM item");
      expect(usesOf(path, "rollback", holder.pid)).toEqual(["read"]);
      await holder.run("INSERT INTO item (name) VALUES ('a')");
      expect(usesOf(path, "rollback", holder.pid)).toEqual(["write", "read"]);
      await holder.run("COMMIT");
      await holder.run("BEGIN EXCLUSIVE");
      expect(usesOf(path, "rollback", holder.pid)).toContain("exclusive");
      await holder.run("ROLLBACK");
    });

    it("waits in the busy handler while another one writes, and not when it may", async ({ skip }) => {
      const path = tempDatabase("wal");
      const waiter = await startHolder(language, path);
      if (waiter === undefined) return skip(`${language.name} is not installed`);
      // The test's own process is not looked at: another one holds the lock.
      const [first] = LANGUAGES;
      const other = first === undefined ? undefined : await startHolder(first, path);
      await other?.run("BEGIN IMMEDIATE");
      waiter.send("INSERT INTO item (name) VALUES ('late')");
      const watch = new LockWatch(probeOf(path, () => "wal"));
      const isWaiting = (): boolean => {
        watch.look(performance.now());
        return watch.processes().find(({ pid }) => pid === waiter.pid)?.waiting === true;
      };
      await eventually(isWaiting);
      await other?.run("COMMIT");
      await waiter.answer();
      expect(isWaiting()).toBe(false);
      expect(watch.processes().find(({ pid }) => pid === other?.pid)?.writes.count).toBe(1);
      expect(watch.processes().find(({ pid }) => pid === waiter.pid)?.waits.count).toBeGreaterThan(0);
    });
  });

  it("counts the connections that a process has, one descriptor each", async () => {
    const path = tempDatabase("wal");
    const [language] = LANGUAGES;
    if (language === undefined) throw new Error("no language");
    const holder = await startHolder(language, path);
    const found = lookAtConnections(path)?.processes.find(({ pid }) => pid === holder?.pid);
    expect(found).toMatchObject({ connections: 1, libraries: 1, deleted: [] });
    expect(found?.libraryFiles?.join()).toContain("better_sqlite3");
  });

  it("names a process that works on a file which was removed", async () => {
    const path = tempDatabase("wal");
    const [language] = LANGUAGES;
    if (language === undefined) throw new Error("no language");
    const holder = await startHolder(language, path);
    const { renameSync, rmSync } = await import("node:fs");
    const copy = new Database(path);
    await copy.backup(`${path}.new`);
    copy.close();
    rmSync(path);
    renameSync(`${path}.new`, path);
    expect(lookAtConnections(path)?.processes.find(({ pid }) => pid === holder?.pid)?.deleted).toEqual([path]);
  });
});

describe("where locks cannot be told", () => {
  it.each(["darwin", "win32", "freebsd"] as const)("%s: says so", (platform) => {
    expect(lookAtUses("/tmp/app.db", "wal", platform)).toEqual({ known: false, reason: `who holds a lock can be told on Linux only; this is ${platform}` });
  });

  it("without /proc/locks: says so", () => {
    expect(lookAtUses("/tmp/app.db", "wal", "linux", () => undefined)).toEqual({ known: false, reason: "/proc/locks cannot be read here" });
  });
});
