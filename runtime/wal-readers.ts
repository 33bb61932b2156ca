import { readFileSync } from "node:fs";
import { commandOf, matching, parseLocks, stateOf } from "./lock-holder.js";

/** A process that reads the database, and so may keep its write-ahead log from being emptied. */
export interface WalReader {
  readonly pid: number;
  /** Its command line, cut after 200 characters. */
  readonly command: string;
  /** In words: `running`, `sleeping`, `stopped` … */
  readonly state: string;
  /** The reader is in this very process: a row iterator that was left open, an open read transaction, another thread. */
  readonly thisProcess: boolean;
  /** For how long it has been seen reading without a break, in milliseconds. */
  readonly seenForMs: number;
}

/** `WAL_READ_LOCK(0)` to `WAL_READ_LOCK(4)` in `wal.c`, from byte 120 of the `-shm` file on. */
const FIRST_READER = 123;
const LAST_READER = 127;

/** Who holds which reader's byte of the `-shm` file, as the kernel tells it: `pid:byte`. Linux only. Opens no file of the database. */
export function findReaders(path: string): readonly string[] {
  if (process.platform !== "linux" || path === "") return [];
  try {
    const found = matching(parseLocks(readFileSync("/proc/locks", "latin1")), `${path}-shm`, (lock) => !lock.write && lock.pid > 0 && lock.to >= FIRST_READER && lock.from <= LAST_READER);
    return found.map(({ pid, from, to }) => `${pid}:${Math.max(from, FIRST_READER)}-${Math.min(to, LAST_READER)}`);
  } catch {
    return [];
  }
}

/**
 * Tells readers that stay from readers that come and go. Which snapshot a reader has stands in the `-shm` file, which must not
 * be opened; who keeps a byte locked from one look to the next has most likely kept its snapshot.
 */
export class ReaderWatch {
  /** When each was first seen, in looks without a break. */
  #since = new Map<string, number>();

  constructor(readonly path: string) {}

  look(now: number): void {
    this.#since = new Map(findReaders(this.path).map((key) => [key, this.#since.get(key) ?? now]));
  }

  /** Those of the last look, one a process, first who has stayed for longest. */
  readers(now: number): WalReader[] {
    const byPid = new Map<number, number>();
    for (const [key, since] of this.#since) {
      const pid = Number.parseInt(key, 10);
      byPid.set(pid, Math.min(since, byPid.get(pid) ?? Infinity));
    }
    return [...byPid].sort(([, a], [, b]) => a - b).map(([pid, since]) => ({
      pid, command: commandOf(pid), state: stateOf(pid), thisProcess: pid === process.pid, seenForMs: now - since,
    }));
  }
}

export function describeReader({ pid, command, state, thisProcess, seenForMs }: WalReader): string {
  const what = thisProcess ? "this process (an iterator that was not finished, an open read transaction, or another thread)" : `process ${pid} (${command}; ${state})`;
  return `${what}, seen reading for ${Math.round(seenForMs)} ms`;
}
