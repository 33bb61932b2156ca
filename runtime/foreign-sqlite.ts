import { realpathSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { resolve } from "node:path";
import type { Connection } from "./connection.js";
import { FileReplacedError, ForeignSqliteError } from "./errors.js";
import { countMappings, fileKey, findOwnDescriptors, holdsLock, sqliteLibraries } from "./own-descriptors.js";

/** How long a look at the files' identity lasts for the transactions after it, in ms. */
const LOOK_EVERY_MS = 1;
/** And for how many checks, two a transaction: a tight loop does hundreds within that time. */
const LOOK_EVERY_CHECKS = 64;
/** How often this process's own mappings and locks are looked at where nothing has changed, in ms. */
const SEARCH_EVERY_MS = 250;
/** Every library holds a shared lock on this byte of the `-shm` file while it has it open: `UNIX_SHM_DMS` in `os_unix.c`. */
const SHM_OPEN = 128;

/** The files below a connection's path, by key, as they were at the last look that went into detail. */
interface Baseline {
  readonly database: string | undefined;
  readonly wal: string | undefined;
  readonly shm: string | undefined;
  /** Whether they were then seen to be the ones that this process works on. */
  readonly walHeld: boolean;
  readonly shmHeld: boolean;
  /** The descriptor through which the lock on the `-shm` file was seen; where it was not seen, its absence means nothing. */
  readonly lockedThrough: string | undefined;
}

/**
 * Watches that the files of one connection are the ones that everybody else sees, and that no second SQLite library of
 * this process uses them.
 *
 * POSIX locks belong to the process, so two libraries in it do not keep each other out, and closing a descriptor drops the
 * other's locks (https://www.sqlite.org/howtocorrupt.html, 2.2 and 2.2.1). What can be proven: each library opens the
 * `-shm` file of a database once per process, whatever the number of its connections and threads (`unixShmNode` in
 * `os_unix.c`), so that two descriptors of this process on one `-shm` file are two libraries. And a connection in WAL mode keeps its
 * `-wal` and `-shm` files for as long as it is open; where they are gone, somebody who did not see its locks removed them.
 *
 * `stat` alone touches the files. Opening the `-shm` file in a second library changes its size and times, so that
 * a cheap look notices and the listing of descriptors, which takes time where there are thousands of them, follows at once.
 */
export class FileGuard {
  #baseline: Baseline | undefined;
  #failure: Error | undefined;
  #lookedAt = -Infinity;
  #sinceLook = 0;
  #searchAt = -Infinity;
  #shmSeen = "";
  /** Who else wants to look as often, and must leave the files alone once they are not this connection's any more. */
  companion: { look(now: number): void; halt(): void } | undefined;

  constructor(
    readonly connection: Connection,
    /** Absolute; empty for a database in memory, which nobody else can touch. */
    readonly path: string,
  ) {}

  /** Whether the files are known to be lost to this connection, or shared with another library. */
  get failed(): boolean {
    return this.#failure !== undefined;
  }

  /** For a connection that has just been opened: looks at everything, whenever the last look was. */
  lookNow(): void {
    if (this.path === "" || this.connection.memory) return;
    this.#throwFailure();
    // Reads the file's header and with it opens the log.
    this.connection.pragma("schema_version");
    this.#look(performance.now(), true);
  }

  /**
   * Before the first statement of a transaction, and once more when its work is committed.
   *
   * @param deferred Whether the transaction may not have touched the file: the first look would read it, and so could wait.
   */
  check(now: number, deferred: boolean): void {
    if (this.#failure === undefined && now - this.#lookedAt < LOOK_EVERY_MS && ++this.#sinceLook < LOOK_EVERY_CHECKS) return;
    if (this.path === "" || this.connection.memory) {
      this.#lookedAt = Infinity;
      this.#sinceLook = -Infinity;
      return;
    }
    this.#throwFailure();
    if (deferred && this.#baseline === undefined) return;
    this.#look(now, false);
  }

  #throwFailure(): void {
    // Once the files are lost to this connection nothing brings them back to it.
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** @param read Whether the connection is known to have read the file, so that its log must be open if it has one. */
  #look(now: number, read: boolean): void {
    this.#lookedAt = now;
    this.#sinceLook = 0;
    const known = this.#baseline;
    const shm = stat(`${this.path}-shm`);
    const shmSeen = shm === undefined ? "" : `${shm.size} ${shm.mtimeMs} ${shm.ctimeMs}`;
    const unchanged = known !== undefined && shmSeen === this.#shmSeen && keyOf(shm) === known.shm
      && keyOf(stat(`${this.path}-wal`)) === known.wal && keyOf(stat(this.path)) === known.database;
    // Only where these are still the connection's own files.
    if (unchanged) this.companion?.look(now);
    if (unchanged && !read && now < this.#searchAt) return;
    this.#searchAt = now + SEARCH_EVERY_MS;
    if (unchanged && !read && !isSuspicious(known)) return;
    this.#shmSeen = shmSeen;
    try {
      this.#baseline = this.#inspect(known, read);
    } catch (error) {
      if (error instanceof ForeignSqliteError || error instanceof FileReplacedError) {
        this.#failure = error;
        this.companion?.halt();
      }
      throw error;
    }
  }

  /** Lists the descriptors: what a look suspects is proven or dismissed here. */
  #inspect(before: Baseline | undefined, read: boolean): Baseline {
    const [database, wal, shm] = [this.path, `${this.path}-wal`, `${this.path}-shm`].map((path) => keyOf(stat(path)));
    const own = findOwnDescriptors([database, wal, shm].filter((key) => key !== undefined));
    const descriptorsOf = (key: string | undefined): readonly string[] => (key === undefined ? [] : (own?.get(key) ?? []));
    // Where the system does not list descriptors, all there is to tell is that a file is still the one it was.
    const isOurs = (key: string | undefined, known: string | undefined): boolean =>
      key !== undefined && (own === undefined ? known === undefined || key === known : descriptorsOf(key).length > 0);

    const shmDescriptors = descriptorsOf(shm);
    if (shmDescriptors.length > 1) throw foreign(this.path, shmDescriptors.length);
    if (!isOurs(database, before?.database)) throw replaced(this.path, this.path, database === undefined);
    const walHeld = isOurs(wal, before?.walHeld === true ? before.wal : undefined);
    if (!walHeld && (read || before?.walHeld === true) && this.#isInWalMode()) throw replaced(this.path, `${this.path}-wal`, wal === undefined);
    // In exclusive locking mode the index of the log lies in memory, and the connection never had such a file.
    const shmHeld = walHeld && isOurs(shm, before?.shmHeld === true ? before.shm : undefined);
    if (walHeld && !shmHeld && before?.shmHeld === true) throw replaced(this.path, `${this.path}-shm`, shm === undefined);
    const [descriptor] = shmDescriptors;
    const lock = descriptor === undefined ? undefined : holdsLock(descriptor, SHM_OPEN);
    if (shmHeld && lock === false && before?.lockedThrough !== undefined) throw locksLost(this.path);
    return { database, wal, shm, walHeld, shmHeld, lockedThrough: shmHeld && lock === true ? descriptor : undefined };
  }

  /** A connection may have left WAL mode by itself, and then the log is rightly gone. */
  #isInWalMode(): boolean {
    return this.connection.pragma("journal_mode", { simple: true }) === "wal";
  }
}

/** Whether the files look as before, but what this process has of them may have changed. */
function isSuspicious({ wal, walHeld, shm, lockedThrough }: Baseline): boolean {
  if (!walHeld || shm === undefined) return wal !== undefined;
  const mappings = countMappings(shm);
  return mappings === undefined || mappings > 1 || (lockedThrough !== undefined && holdsLock(lockedThrough, SHM_OPEN) !== true);
}

function stat(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function keyOf(stats: Stats | undefined): string | undefined {
  return stats === undefined ? undefined : fileKey(stats);
}

/**
 * Whether more than one SQLite library of this process has the log of the database at `path` open at this moment.
 * `false` also where it cannot be known.
 */
export function hasForeignSqlite(path: string): boolean {
  if (path === "") return false;
  const shm = keyOf(stat(`${path}-shm`));
  return shm !== undefined && (findOwnDescriptors([shm])?.get(shm)?.length ?? 0) > 1;
}

/** @throws {ForeignSqliteError} when opening one more connection, or closing one, would only make things worse. */
export function refuseForeignSqlite(path: string): void {
  if (hasForeignSqlite(path)) throw foreign(path, 2);
}

/**
 * Before a connection is opened, as far as it can be known then.
 *
 * @throws {ForeignSqliteError} when two libraries use the file already.
 * @throws {FileReplacedError} when the log at this path belongs to another database file, one that was there before and
 *   that this process has still open. A connection would take that log for its own.
 */
export function refuseBeforeOpen(path: string): void {
  const real = realPath(path);
  const [database, shm] = [keyOf(stat(real)), keyOf(stat(`${real}-shm`))];
  if (shm === undefined) return;
  const count = (): { onShm: number; onDatabase: number } => {
    const own = findOwnDescriptors([shm, ...(database === undefined ? [] : [database])]);
    return { onShm: own?.get(shm)?.length ?? 0, onDatabase: database === undefined ? 0 : (own?.get(database)?.length ?? 0) };
  };
  const belongsElsewhere = ({ onShm, onDatabase }: ReturnType<typeof count>): boolean => onShm > 0 && onDatabase === 0;
  const counted = count();
  if (counted.onShm > 1 && counted.onDatabase > 0) throw foreign(real, counted.onShm);
  // Another thread may open or close its connection during the listing, so that one alone proves nothing here.
  if (belongsElsewhere(counted) && belongsElsewhere(count())) throw replaced(real, real, database === undefined);
}

/** SQLite puts the log beside the file that a symbolic link leads to. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

const ADVICE = "Use one SQLite library for the file in this process; close the other one's connection first, then call closeSessions() and initSessionFactory() again.";

function foreign(path: string, descriptors: number): ForeignSqliteError {
  const libraries = sqliteLibraries();
  const loaded = libraries.length === 0 ? "" : ` Loaded here: ${libraries.join(", ")}.`;
  return new ForeignSqliteError(
    `A second SQLite library in this process has ${path} open (${descriptors} descriptors on its -shm file; each library has one). Two libraries in one process do not see each other's locks and destroy each other's writes, so nothing is written.${loaded} ${ADVICE}`,
    path, "descriptors", libraries,
  );
}

function locksLost(path: string): ForeignSqliteError {
  return new ForeignSqliteError(
    `This process has lost its locks on ${path}: a second SQLite library, or code that read ${path}-shm with fs, has closed the file here. Others no longer see that it is in use, so nothing is written. ${ADVICE}`,
    path, "locks", sqliteLibraries(),
  );
}

/** For two sessions whose drivers are known to bring a library each. */
export function otherLibrary(path: string, wanted: string, present: string): ForeignSqliteError {
  return new ForeignSqliteError(
    `${path} was to be opened through ${wanted}, but this process has a session of ${present} for it. Two libraries in one process do not see each other's locks and destroy each other's writes, so it was not opened. Use one driver for one file, or closeSessions() before the change.`,
    path, "registry", [wanted, present],
  );
}

function replaced(path: string, file: string, gone: boolean): FileReplacedError {
  return new FileReplacedError(
    `${file} was ${gone ? "removed" : "replaced by another file"} while the session for ${path} was open. What the session writes now would be seen by nobody, so nothing is written; a commit that was refused with this error may be lost. Call closeSessions() and initSessionFactory() again, and never remove, rename or overwrite the files of an open database, nor open it with a second SQLite library in one process.`,
    path, file,
  );
}
