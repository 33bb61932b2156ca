import type * as fs from "node:fs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, describe, expect, test, vi } from "vitest";
import { NetworkFileSystemError, createSessionFactory } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { networkFileSystem, refuseNetworkFileSystem } from "../../runtime/file-system.js";
import { openByHand, tempDatabase, tempFolder } from "./support/database.js";

const linux = process.platform === "linux";
const mounted = vi.hoisted(() => ({ type: undefined as bigint | undefined }));

vi.mock("node:fs", async (importOriginal) => {
  const real = await importOriginal<typeof fs>();
  return { ...real, statfsSync: (path: string, options: { bigint: true }) => (mounted.type === undefined ? real.statfsSync(path, options) : { type: mounted.type }) };
});

afterEach(() => { mounted.type = undefined; });

describe("promise 16: a write-ahead log on a network file system is refused", { skip: !linux }, () => {
  test.each([
    ["NFS", 0x6969n], ["SMB", 0x517bn], ["SMB (CIFS)", 0xff534d42n], ["SMB (CIFS)", -11317950n], ["SMB 2", 0xfe534d42n], ["9P", 0x01021997n],
  ])("promise 16: %s", (name, type) => {
    const attempt = (): void => refuseNetworkFileSystem("/mnt/app.db", () => ({ type }));
    expect(attempt).toThrow(NetworkFileSystemError);
    expect(attempt).toThrow(`/mnt/app.db is on ${name}`);
    expect(attempt).toThrow(/journalMode: "delete"/);
  });

  test.each([["ext4", 0xef53n], ["tmpfs", 0x01021994n], ["overlay", 0x794c7630n], ["btrfs", 0x9123683en], ["xfs", 0x58465342n], ["FUSE", 0x65735546n]])("promise 16: not %s", (_, type) => {
    expect(networkFileSystem("/mnt/app.db", () => ({ type }))).toBeUndefined();
  });

  test("promise 16: a file that does not exist yet is judged by its folder", () => {
    const asked: string[] = [];
    const find = (path: string): { type: bigint } => {
      asked.push(path);
      if (path.endsWith(".db")) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return { type: 0x6969n };
    };
    expect(networkFileSystem("/mnt/data/app.db", find)).toBe("NFS");
    expect(asked).toEqual(["/mnt/data/app.db", "/mnt/data"]);
    expect(networkFileSystem(join(tempFolder(), "new.db"))).toBeUndefined();
  });

  test("promise 16: a factory refuses before it sets the pragma, and works with a rollback journal", () => {
    const path = tempDatabase("delete");
    mounted.type = 0x6969n;
    const driver = betterSqlite3(Database);
    expect(() => createSessionFactory({ driver, path }).getSession()).toThrow(NetworkFileSystemError);
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(openByHand(path).pragma("journal_mode", { simple: true })).toBe("delete");
    const db = createSessionFactory({ driver, path, engine: { journalMode: "delete" } }).getSession();
    expect(db.pragma("journal_mode", { simple: true })).toBe("delete");
  });
});
