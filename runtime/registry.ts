import { AsyncLocalStorage } from "node:async_hooks";
import type { FileQueue } from "./file-queue.js";
import type { Frame } from "./frame.js";
import { nearestOpen } from "./frame.js";
import type { SessionEntry } from "./session-entry.js";
import type { SessionFactory } from "./types.js";

/** A transaction that waits, and what it waits for at this moment. */
export interface Wait {
  readonly frame: Frame;
  readonly blockers: () => readonly Frame[];
}

/** What connections of this thread do with one database file. */
export interface FileState {
  /** The transaction of this thread that holds the file's write lock. */
  writer: Frame | undefined;
  /** Open transactions that began without the write lock and may have taken it since. */
  readonly deferred: Set<Frame>;
  /** This thread's part in the queue of all processes; `null` where there can be none, `undefined` until it is asked for. */
  queue: FileQueue | null | undefined;
}

/** A `WeakRef`, without asking the consumer's compiler for the library that declares it. */
interface Weakly<T> {
  deref(): T | undefined;
}

/**
 * What all copies of this package in one thread share: the ESM and the CJS build, a second installation, a module that
 * was reloaded. A worker thread has a global object of its own, hence sessions of its own.
 */
export interface Registry {
  readonly context: AsyncLocalStorage<Frame>;
  /** Open sessions by file and kind, see `entryKey`. */
  readonly entries: Map<string, SessionEntry>;
  readonly opening: Set<string>;
  readonly files: Map<string, Weakly<FileState>>;
  readonly waits: Set<Wait>;
  /** Reports of batched runs that failed, by the error that they failed with. */
  readonly failedRuns: WeakMap<object, object>;
  /** Set while the library runs statements of its own for a call that was permitted as a whole. Synchronous. */
  passing: boolean;
  defaultFactory: { factory: SessionFactory<object>; path: string | undefined } | undefined;
  /** Counts the calls of `closeSessions`: a factory that began in an earlier epoch is closed. */
  epoch: number;
}

/** Raise the version with any change of the shape of what is shared. */
const KEY = Symbol.for("sessionfix-runtime.registry.v2");

type Shared = typeof globalThis & { [KEY]?: Registry };

function makeRegistry(): Registry {
  return {
    context: new AsyncLocalStorage<Frame>(),
    entries: new Map(),
    opening: new Set(),
    files: new Map(),
    waits: new Set(),
    failedRuns: new WeakMap(),
    passing: false,
    defaultFactory: undefined,
    epoch: 0,
  };
}

export const registry: Registry = ((globalThis as Shared)[KEY] ??= makeRegistry());

/** The innermost open transaction that the caller runs inside of. */
export function currentFrame(): Frame | undefined {
  return nearestOpen(registry.context.getStore());
}

/** The shared state of a file, by its identity. Forgotten once no session refers to it. */
export function fileState(identity: string): FileState {
  const known = registry.files.get(identity)?.deref();
  if (known !== undefined) return known;
  for (const [key, reference] of registry.files) {
    if (reference.deref() === undefined) registry.files.delete(key);
  }
  const state: FileState = { writer: undefined, deferred: new Set(), queue: undefined };
  registry.files.set(identity, new WeakRef(state));
  return state;
}
