import { readFileSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";

/** Who holds a lock. Never a guess: what cannot be proven is `unknown`. */
export type LockHolder =
  | {
      readonly where: "this process";
      /** The transaction's label, or what else is known of the handle. */
      readonly label: string;
      /** The call stack that asked for the transaction; empty where this package did not begin it. */
      readonly stack: string;
      /** The first statement that ran in it. */
      readonly firstSql?: string;
      /** Milliseconds since its beginning; `undefined` where this package did not begin it. */
      readonly heldForMs: number | undefined;
      /** Set where that transaction does not hold the file's lock itself but waits for it. */
      readonly waitsFor?: LockHolder;
    }
  | {
      readonly where: "another process";
      readonly pid: number;
      /** Its command line, cut after 200 characters. */
      readonly command: string;
      /** In words, from `/proc/<pid>/stat`: `running`, `sleeping`, `stopped` … */
      readonly state: string;
    }
  | { readonly where: "unknown"; readonly reason: string };

/** The part of `/proc/locks` that matters: a POSIX lock that is held. */
export interface HeldLock {
  readonly write: boolean;
  readonly pid: number;
  /** `major:minor` in hexadecimal, as the kernel prints it. */
  readonly device: string;
  readonly inode: string;
  readonly from: number;
  readonly to: number;
}

/** Bytes that SQLite locks, see https://www.sqlite.org/fileformat2.html#the_lock_byte_page and its `os_unix.c` and `wal.c`. */
const PENDING = 0x40000000;
const SHARED_LAST = PENDING + 2 + 509;
const WAL_WRITE = 120;
const WAL_RECOVER = 122;

/** Lines of `/proc/locks`; waiting requests (`->`) and other kinds of locks are left out. */
export function parseLocks(text: string): HeldLock[] {
  const locks: HeldLock[] = [];
  const line = /^\d+: POSIX +\S+ +(READ|WRITE) +(-?\d+) +([0-9a-f]+:[0-9a-f]+):(\d+) +(\d+) +(\d+|EOF)$/;
  for (const each of text.split("\n")) {
    const match = line.exec(each.trim());
    if (match === null) continue;
    const [, kind, pid, device, inode, from, to] = match;
    locks.push({
      write: kind === "WRITE", pid: Number(pid), device: device ?? "", inode: inode ?? "",
      from: Number(from), to: to === "EOF" ? Infinity : Number(to),
    });
  }
  return locks;
}

/**
 * Who keeps a writer out of the database at `path` at this moment, as the kernel tells it. Linux only.
 *
 * In WAL mode the writer locks byte 120 of the `-shm` file, recovery byte 122; with a rollback journal, or an exclusive
 * locking mode, the bytes from 0x40000000 of the database file itself. Neither file is opened.
 */
export function findForeignHolder(path: string, phase: "begin" | "commit" = "begin"): LockHolder {
  if (path === "") return unknown("a database in memory has no lock that others see");
  if (process.platform !== "linux") return unknown(`the holder's name is only known on Linux, this is ${process.platform}`);
  let locks: HeldLock[];
  try {
    locks = parseLocks(readFileSync("/proc/locks", "latin1"));
  } catch (error) {
    return unknown(`/proc/locks cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  const inShm = matching(locks, `${path}-shm`, (lock) => lock.write && (covers(lock, WAL_WRITE, WAL_WRITE) || covers(lock, WAL_RECOVER, WAL_RECOVER)));
  const inFile = matching(locks, path, (lock) => (lock.write || phase === "commit") && covers(lock, PENDING, SHARED_LAST));
  const others = [...inShm, ...inFile];
  const holder = others.find((lock) => lock.pid !== process.pid) ?? (phase === "begin" ? others[0] : undefined);
  if (holder === undefined) return unknown("nobody held the lock at the moment of looking; several may be taking turns");
  if (holder.pid === process.pid) {
    return { where: "this process", label: "a connection that began its transaction by hand, in another thread or through another library", stack: "", heldForMs: undefined };
  }
  if (holder.pid <= 0) return unknown("the holder is a process of another container or machine");
  return { where: "another process", pid: holder.pid, command: commandOf(holder.pid), state: stateOf(holder.pid) };
}

function covers(lock: HeldLock, from: number, to: number): boolean {
  return lock.from <= to && lock.to >= from;
}

export function matching(locks: readonly HeldLock[], path: string, wanted: (lock: HeldLock) => boolean): HeldLock[] {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return [];
  const inode = String(found.ino);
  const device = deviceName(found.dev);
  return locks.filter((lock) => lock.inode === inode && wanted(lock) && (sameDevice(lock.device, device) || hasOpen(lock.pid, path)));
}

/** The kernel's 64-bit `dev_t` as `major:minor`, laid out as glibc's `gnu_dev_major` and `gnu_dev_minor` read it. */
export function deviceName(device: bigint): string {
  const major = ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
  const minor = (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
  return `${major.toString(16)}:${minor.toString(16)}`;
}

export function sameDevice(a: string, b: string): boolean {
  const parts = (name: string) => name.split(":").map((part) => Number.parseInt(part, 16)).join(":");
  return parts(a) === parts(b);
}

/** btrfs and overlay file systems report another device to `stat` than to the lock table; the process's own links decide. */
function hasOpen(pid: number, path: string): boolean {
  try {
    const real = realpathSync(path);
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkTarget(`/proc/${pid}/fd/${fd}`) === real);
  } catch {
    return false;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined; // closed since the folder was listed
  }
}

export function commandOf(pid: number): string {
  const text = readProc(pid, "cmdline")?.replaceAll("\0", " ").trim();
  return (text || readProc(pid, "comm")?.trim() || "unknown command").slice(0, 200);
}

const STATES: Readonly<Record<string, string>> = {
  R: "running", S: "sleeping", D: "waiting for a disk", T: "stopped", t: "stopped by a debugger", Z: "ended, not yet reaped", X: "ended", I: "idle",
};

export function stateOf(pid: number): string {
  const text = readProc(pid, "stat");
  if (text === undefined) return "ended";
  // The command in parentheses may itself contain spaces and parentheses.
  const letter = text.slice(text.lastIndexOf(")") + 2, text.lastIndexOf(")") + 3);
  return STATES[letter] ?? letter;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}

function unknown(reason: string): LockHolder {
  return { where: "unknown", reason };
}

/** The holder in one sentence, for an error's message. */
export function describeHolder(holder: LockHolder): string {
  switch (holder.where) {
    case "another process":
      return `held by process ${holder.pid} (${holder.command}; ${holder.state})`;
    case "unknown":
      return `holder unknown: ${holder.reason}`;
    case "this process": {
      const since = holder.heldForMs === undefined ? "" : ` for ${Math.round(holder.heldForMs)} ms`;
      const at = holder.stack === "" ? "" : `, asked for${firstPlace(holder.stack)}`;
      const first = holder.firstSql === undefined ? "" : `, first statement ${JSON.stringify(holder.firstSql.replace(/\s+/g, " ").trim().slice(0, 80))}`;
      const chain = holder.waitsFor === undefined ? "" : `; it waits itself: ${describeHolder(holder.waitsFor)}`;
      return `held in this process by "${holder.label}"${since}${at}${first}${chain}`;
    }
  }
}

function firstPlace(stack: string): string {
  return ` ${stack.split("\n", 1)[0]?.trim() ?? ""}`;
}
