import { readFileSync, readdirSync, statSync } from "node:fs";
import { deviceName, parseLocks, sameDevice } from "./lock-holder.js";

/** Every connection in WAL mode holds a shared lock on this byte of the `-shm` file as long as it is open: `wal.c`, "DMS". */
const WAL_OPEN = 128;
/** A process with more threads than this is only looked at in part: the look must stay short. */
const MOST_THREADS = 64;
/** Kernel functions in which a thread is that called `nanosleep`, as SQLite's busy handler does on Unix (`unixSleep`). */
const ASLEEP = new Set(["hrtimer_nanosleep", "do_nanosleep", "common_nsleep"]);

/**
 * How long the list of processes that have a file open is good for, in ms. One read of `/proc/locks` took 0.15 ms on a quiet
 * machine and up to 16 ms on a busy one, measured; this thread stands still meanwhile.
 */
const LIST_GOOD_MS = 1_000;
const lists = new Map<string, { readonly at: number; readonly pids: readonly number[] }>();

/**
 * Threads of other processes that have the database at `path` open and are asleep at this moment, as `pid/tid`: SQLite's
 * own busy handler waits for a lock that way, looking again every 1 to 100 ms. Whoever sleeps for another reason is among
 * them, too. `undefined` where it cannot be known: other platforms than Linux, no write-ahead log, a hardened `/proc`.
 * No file of the database is opened. A process that has opened the file within the last second may
 * be missing.
 */
export function findForeignSleepers(path: string): readonly string[] | undefined {
  if (process.platform !== "linux" || path === "") return undefined;
  try {
    const shm = statSync(`${path}-shm`, { bigint: true, throwIfNoEntry: false });
    if (shm === undefined) return undefined;
    return openers(String(shm.ino), deviceName(shm.dev)).flatMap(sleepingThreads);
  } catch {
    return undefined;
  }
}

function openers(inode: string, device: string): readonly number[] {
  const key = `${device} ${inode}`;
  const now = performance.now();
  const known = lists.get(key);
  if (known !== undefined && now - known.at < LIST_GOOD_MS) return known.pids;
  for (const [other, list] of lists) if (now - list.at >= LIST_GOOD_MS) lists.delete(other);
  const pids = new Set<number>();
  for (const lock of parseLocks(readFileSync("/proc/locks", "latin1"))) {
    if (lock.inode === inode && lock.pid !== process.pid && lock.pid > 0 && lock.from <= WAL_OPEN && lock.to >= WAL_OPEN && sameDevice(lock.device, device)) pids.add(lock.pid);
  }
  const list = { at: performance.now(), pids: [...pids] };
  lists.set(key, list);
  return list.pids;
}

function sleepingThreads(pid: number): string[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).slice(0, MOST_THREADS);
    return threads.filter((thread) => ASLEEP.has(readFileSync(`/proc/${pid}/task/${thread}/wchan`, "latin1").trim())).map((thread) => `${pid}/${thread}`);
  } catch {
    return []; // it ended, or belongs to somebody else
  }
}
