import { UnsupportedSessionError } from "./errors.js";
import { FifoLock } from "./fifo-lock.js";
import { identifyFolderEntry, inodeOf, isAnonymous } from "./file-identity.js";
import type { Frame } from "./frame.js";
import { FileGuard } from "./foreign-sqlite.js";
import { libraries } from "./libraries.js";
import { LockRest } from "./lock-rest.js";
import { fileState, registry } from "./registry.js";
import type { FileState } from "./registry.js";
import type { SessionState } from "./session-state.js";
import { DEFAULT_SLOW_LIMITS } from "./slow.js";

/** Shared by all copies of this package in the thread, as the registry is. */
interface Shared {
  /** By the ORM's instance. */
  readonly states: WeakMap<object, SessionState>;
  /** Instances on one file take turns. */
  readonly locks: WeakMap<FileState, FifoLock<Frame>>;
}

const KEY = Symbol.for("sessionfix-runtime.orm.v1");

const shared: Shared = ((globalThis as typeof globalThis & { [KEY]?: Shared })[KEY] ??= { states: new WeakMap(), locks: new WeakMap() });

/**
 * What is known of an ORM's instance whose connections are out of reach: its queue, its file, who has a transaction open.
 * The part that speaks to SQLite is missing, because the ORM does that.
 */
export function runnerState(library: string, key: object, path: string | undefined): SessionState {
  const known = shared.states.get(key);
  if (known !== undefined) return known;
  const file = path === undefined || isAnonymous(path) ? undefined : path;
  const state = makeState(library, key, file ?? "", fileStateOf(file));
  shared.states.set(key, state);
  return state;
}

/** The state of an instance that a runner was used with. */
export function knownRunnerState(instance: object): SessionState | undefined {
  return shared.states.get(instance);
}

let nextAnonymous = 1;

function fileStateOf(path: string | undefined): FileState {
  if (path === undefined) return fileState(`anonymous runner:${nextAnonymous++}`);
  const folderEntry = identifyFolderEntry(path);
  // Another instance may have met the file before it existed.
  const early = registry.files.get(folderEntry)?.deref();
  return early ?? fileState(inodeOf(path) ?? folderEntry);
}

function lockOf(file: FileState, path: string): FifoLock<Frame> {
  let lock = shared.locks.get(file);
  if (lock === undefined) shared.locks.set(file, lock = new FifoLock<Frame>(new LockRest(path)));
  return lock;
}

function makeState(library: string, session: object, path: string, file: FileState): SessionState {
  const lock = lockOf(file, path);
  const unreachable = (): never => {
    throw new UnsupportedSessionError(`The connection of ${library} to ${path || "its database"} is not within this package's reach.`);
  };
  const connection = {
    open: true, memory: path === "", readonly: false, name: path,
    get inTransaction() { return lock.owner?.status === "active"; },
    prepare: unreachable, exec: unreachable, pragma: unreachable, close: unreachable,
  };
  const statement = { run: unreachable, get: unreachable, all: unreachable };
  return {
    session,
    library: libraries()[0]!,
    connection,
    lock,
    open: undefined,
    path,
    file,
    // The files are in the care of the library that has them open.
    guard: new FileGuard(connection, ""),
    care: undefined,
    wal: false,
    rollbackOwed: false,
    closing: false,
    statements: { immediate: statement, deferred: statement, exclusive: statement, commit: statement, rollback: statement },
    busyTimeout: undefined,
    waitingStopped: false,
    seesAll: true,
    attached: false,
    slowLimits: DEFAULT_SLOW_LIMITS,
    readBusyTimeout: unreachable,
    reader: undefined,
    extras: [],
  };
}
