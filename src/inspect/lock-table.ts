import { readFileSync } from "node:fs";
import { matching, parseLocks } from "../../runtime/lock-holder.js";
import type { HeldLock } from "../../runtime/lock-holder.js";

/**
 * What a process does with a database, as its POSIX locks tell. The bytes are those of SQLite's `os_unix.c` and `wal.c`
 * (https://www.sqlite.org/fileformat2.html, https://www.sqlite.org/walformat.html#locks).
 */
export type LockRole =
  /** Has the file open in WAL mode and does nothing just now. */
  | "open"
  /** Reads: a statement is running, an iterator is open, or a transaction has read. */
  | "read"
  /** Holds the write lock: nobody else can write. */
  | "write"
  /** Has the write lock and waits until the readers are gone to write the file itself (rollback journal). */
  | "commit-pending"
  /** Keeps everybody out, readers too (rollback journal at commit, `locking_mode=exclusive`, recovery). */
  | "exclusive"
  /** Copies the log into the database. */
  | "checkpoint";

export interface LockUse {
  /** In this process's pid namespace; 0 where the holder is in another one, which the kernel does not name. */
  readonly pid: number;
  readonly roles: readonly LockRole[];
  /** Places of readers of the write-ahead log (0–4) that it holds. */
  readonly readPlaces: readonly number[];
}

const PENDING = 0x40000000;
const RESERVED = PENDING + 1;
const SHARED = PENDING + 2;
const SHARED_LAST = SHARED + 509;
const WAL_WRITE = 120;
const WAL_CHECKPOINT = 121;
const WAL_RECOVER = 122;
const WAL_READ = 123;
const WAL_READ_LAST = 127;
/** Every connection in WAL mode holds a shared lock here as long as it is open: `UNIX_SHM_DMS`. */
const WAL_OPEN = 128;

/** The kernel's table as it is now; `undefined` where there is none that can be read: other platforms than Linux, a hardened `/proc`. */
export function readLockTable(): string | undefined {
  try {
    return readFileSync("/proc/locks", "latin1");
  } catch {
    return undefined;
  }
}

/** Who uses the database at `path`, by what the lock table says. No file of the database is opened. */
export function findLockUses(path: string, table: string, journal: "wal" | "rollback"): LockUse[] {
  const locks = parseLocks(table);
  const byPid = new Map<number, { roles: Set<LockRole>; readPlaces: Set<number> }>();
  const of = (pid: number): { roles: Set<LockRole>; readPlaces: Set<number> } => {
    const key = Math.max(pid, 0);
    const known = byPid.get(key) ?? { roles: new Set<LockRole>(), readPlaces: new Set<number>() };
    byPid.set(key, known);
    return known;
  };
  for (const lock of matching(locks, path, ({ from, to }) => from <= SHARED_LAST && to >= PENDING)) fromDatabase(lock, journal, of(lock.pid).roles);
  for (const lock of matching(locks, `${path}-shm`, ({ from, to }) => from <= WAL_OPEN && to >= WAL_WRITE)) fromIndex(lock, of(lock.pid));
  return [...byPid].map(([pid, { roles, readPlaces }]) => ({ pid, roles: ORDER.filter((role) => roles.has(role)), readPlaces: [...readPlaces].sort() }));
}

const ORDER: readonly LockRole[] = ["exclusive", "commit-pending", "write", "checkpoint", "read", "open"];

function fromDatabase(lock: HeldLock, journal: "wal" | "rollback", roles: Set<LockRole>): void {
  const has = (from: number, to = from): boolean => lock.from <= to && lock.to >= from;
  if (!lock.write) {
    // In WAL mode each open connection keeps the shared lock: that says nothing of reading.
    if (has(SHARED, SHARED_LAST)) roles.add(journal === "wal" ? "open" : "read");
    return;
  }
  if (has(SHARED, SHARED_LAST)) roles.add("exclusive");
  else if (has(PENDING)) roles.add("commit-pending");
  else if (has(RESERVED)) roles.add("write");
}

function fromIndex(lock: HeldLock, { roles, readPlaces }: { roles: Set<LockRole>; readPlaces: Set<number> }): void {
  const has = (byte: number): boolean => lock.from <= byte && lock.to >= byte;
  if (has(WAL_OPEN)) roles.add("open");
  if (lock.write && has(WAL_WRITE)) roles.add("write");
  if (lock.write && has(WAL_CHECKPOINT)) roles.add("checkpoint");
  if (lock.write && has(WAL_RECOVER)) roles.add("exclusive");
  if (lock.write) return;
  for (let byte = WAL_READ; byte <= WAL_READ_LAST; byte++) {
    if (!has(byte)) continue;
    roles.add("read");
    readPlaces.add(byte - WAL_READ);
  }
}

/** Whether a use keeps every other writer out. */
export function keepsWritersOut({ roles }: LockUse): boolean {
  return roles.includes("write") || roles.includes("exclusive") || roles.includes("commit-pending");
}
