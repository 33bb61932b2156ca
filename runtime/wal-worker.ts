import { createRequire } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

/** How a thread gets at the very library that a session is of. */
export interface LibrarySource {
  /** An absolute file name, or a module of Node itself. */
  readonly module: string;
  /** The name of the class in it; absent where the module is the class. */
  readonly member?: string;
  /** Native addons loaded here: the thread may open the file with one of these alone. */
  readonly addons: readonly string[];
}

/** Places in the memory that a checkpoint job shares with its thread. */
export const JOB = { state: 0, logPages: 1, copiedPages: 2, done: 3, failures: 4, foundPages: 5, length: 6 } as const;
export const IDLE = 0;
export const RUNNING = 1;
/** The thread has another copy of the library than this one: it has opened nothing and never will. */
export const REFUSED = 2;

export type CheckpointMode = "passive" | "restart" | "truncate";

interface Job {
  readonly library: LibrarySource;
  readonly path: string;
  /** Device and inode of the session's database: a file that has taken its place must not be given its log. */
  readonly identity: string;
  readonly mode: CheckpointMode;
  readonly shared: SharedArrayBuffer;
}

/**
 * The thread's whole program. It opens the file for each checkpoint and closes it again, so that it is never the one that
 * keeps the log of a closed session. No job waits for a lock: the busy timeout is 0.
 *
 * `restart` is what empties a log whose writer never pauses: after each `PASSIVE` it has written on. It takes the write lock,
 * for as long as the few pages take that were written since; where a writer or a reader is in the way it gives up at once.
 */
const PROGRAM = `
"use strict";
const { parentPort } = require("node:worker_threads");
const { statSync } = require("node:fs");
const [STATE, LOG, COPIED, DONE, FAILURES, FOUND] = [0, 1, 2, 3, 4, 5];
const proven = new Map();

function classOf({ module, member, addons }) {
  const known = proven.get(module);
  if (known !== undefined) return known;
  const loaded = require(module);
  const Class = member === undefined ? loaded : loaded[member];
  new Class(":memory:").close(); // loads the addon, and no file
  const own = Object.keys(require.cache).filter((file) => file.endsWith(".node"));
  const same = member !== undefined || (own.length > 0 && own.every((file) => addons.includes(file)));
  proven.set(module, same ? Class : null);
  return proven.get(module);
}

function checkpoint(db, mode) {
  return db.prepare("PRAGMA wal_checkpoint(" + mode + ")").get();
}

parentPort.on("message", ({ library, path, identity, mode, shared }) => {
  const state = new Int32Array(shared);
  let db;
  let next = 0;
  try {
    const Class = classOf(library);
    if (Class === null) {
      next = 2;
      return;
    }
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.dev + ":" + found.ino !== identity) return;
    db = new Class(path, { timeout: 0 });
    db.exec("PRAGMA busy_timeout = 0");
    let result = checkpoint(db, "PASSIVE");
    Atomics.store(state, FOUND, Math.max(0, Number(result.log)));
    for (let tries = 0; mode === "restart" && tries < 20; tries++) {
      const restarted = checkpoint(db, "RESTART");
      if (restarted.busy === 0) {
        result = { log: 0, checkpointed: 0 };
        break;
      }
      result = restarted;
      if (restarted.log !== restarted.checkpointed) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
    if (mode === "truncate") {
      const truncated = checkpoint(db, "TRUNCATE");
      if (truncated.busy === 0) result = truncated;
    }
    Atomics.store(state, LOG, Math.max(0, Number(result.log)));
    Atomics.store(state, COPIED, Math.max(0, Number(result.checkpointed)));
    Atomics.store(state, FAILURES, 0);
    Atomics.add(state, DONE, 1);
  } catch {
    Atomics.add(state, FAILURES, 1);
  } finally {
    try {
      if (db !== undefined) db.close();
    } catch {
      // a handle that does not close is the library's to clean up
    }
    Atomics.store(state, STATE, next);
    Atomics.notify(state, STATE);
  }
});
`;

let worker: Worker | undefined;
let broken = false;

/** Gives the thread a job. `false`: there is none, and there will be none. The answer is written into `shared`. */
export function postCheckpoint(job: Job): boolean {
  if (broken) return false;
  if (worker === undefined) {
    try {
      // Without the loaders and flags of this process, which may change what the program means or loads.
      worker = new Worker(PROGRAM, { eval: true, execArgv: [], stdout: false, stderr: false, name: "sessionfix checkpoints" });
    } catch {
      broken = true;
      return false;
    }
    const gone = (): void => {
      broken = true;
      worker = undefined;
    };
    worker.once("error", gone);
    worker.once("exit", gone);
    worker.unref();
  }
  worker.postMessage(job);
  return true;
}

/** Whether the thread has died; jobs that it had will never be answered. */
export function isWorkerBroken(): boolean {
  return broken;
}

/**
 * Where a thread can load the library that `session` is an object of: the module whose export is its class, among those that
 * Node has loaded. `undefined` where there is no such module, as with a bundled driver: guessing by name could load another
 * copy of the library, and two copies in one process do not see each other's locks.
 */
export function librarySource(session: object): LibrarySource | undefined {
  const { cache } = createRequire(join(process.cwd(), "sessionfix.cjs"));
  const files = Object.keys(cache);
  const addons = files.filter((file) => file.endsWith(".node"));
  for (let prototype = Object.getPrototypeOf(session) as object | null; prototype !== null; prototype = Object.getPrototypeOf(prototype) as object | null) {
    const owner: unknown = Object.hasOwn(prototype, "constructor") ? prototype.constructor : undefined;
    if (typeof owner !== "function") continue;
    if (owner.name === "DatabaseSync" && isBuiltin(owner)) return { module: "node:sqlite", member: "DatabaseSync", addons };
    // The last of those that export it: a module that passes it on was loaded before the one that defines it.
    const module = files.findLast((file) => cache[file]?.exports === owner);
    if (module !== undefined && addons.length > 0) return { module, addons };
  }
  return undefined;
}

function isBuiltin(owner: unknown): boolean {
  const builtin: unknown = process.getBuiltinModule?.("node:sqlite");
  return typeof builtin === "object" && builtin !== null && "DatabaseSync" in builtin && builtin.DatabaseSync === owner;
}
