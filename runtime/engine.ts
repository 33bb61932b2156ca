import { EngineSettingError, LockTimeoutError, SessionOptionError, isBusy } from "./errors.js";
import { refuseNetworkFileSystem } from "./file-system.js";
import { describeHolder, findForeignHolder } from "./lock-holder.js";
import type { Connection } from "./connection.js";
import type { EngineSettings } from "./types.js";

/** One pragma to set, and what a connection answers where it holds. */
interface Setting {
  readonly pragma: string;
  readonly value: string | number;
  readonly answer: string | number;
  /** Asked for by the application; a default gives way where it cannot apply. */
  readonly explicit: boolean;
}

const SYNCHRONOUS = { off: 0, normal: 1, full: 2, extra: 3 } as const;
const TEMP_STORE = { default: 0, file: 1, memory: 2 } as const;
/** Meaningless for a database without a file, or impossible without the right to write. */
const NEEDS_FILE = new Set(["journal_mode", "mmap_size", "wal_autocheckpoint"]);
const NEEDS_WRITE = new Set(["journal_mode"]);
/** How long to sleep between two attempts at a pragma that SQLite refuses to wait for. */
const RETRY_MS = 5;

/**
 * Sets what `asked` and `defaults` name and reads each back.
 *
 * @throws {EngineSettingError} for the first that does not hold.
 * @throws {NetworkFileSystemError} when a write-ahead log would be on a network file system; no pragma of the log is set then.
 * @throws {LockTimeoutError} when another process keeps the journal mode from being read or changed.
 */
export function applyEngine(connection: Connection, path: string, asked: EngineSettings, defaults: EngineSettings): void {
  for (const setting of settingsOf(asked, defaults)) {
    if (!setting.explicit && !applies(setting, connection)) continue;
    if (setting.pragma === "journal_mode" && setting.value === "wal" && !connection.memory) refuseNetworkFileSystem(path);
    apply(connection, path, setting);
  }
}

/** Checks, without changing anything, that what `asked` names holds on a session that someone else opened. */
export function verifyEngine(connection: Connection, path: string, asked: EngineSettings): void {
  for (const setting of settingsOf(asked, {})) {
    const actual = read(connection, setting.pragma);
    if (actual !== setting.answer) throw doesNotHold(path, setting, actual);
  }
}

function applies({ pragma }: Setting, connection: Connection): boolean {
  if (connection.memory && NEEDS_FILE.has(pragma)) return false;
  return !(connection.readonly && NEEDS_WRITE.has(pragma));
}

function apply(connection: Connection, path: string, setting: Setting): void {
  const { pragma, value, answer } = setting;
  const since = performance.now();
  const giveUpAt = since + Number(read(connection, "busy_timeout") ?? 0);
  for (;;) {
    try {
      // Changing the journal mode takes an exclusive lock even where nothing changes, hence the look before.
      if (read(connection, pragma) === answer) return;
      connection.pragma(`${pragma} = ${value}`);
      const actual = read(connection, pragma);
      if (actual === answer) return;
      throw doesNotHold(path, setting, actual);
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= giveUpAt) throw lockedOut(path, setting, performance.now() - since, error);
      // Opening is synchronous by contract, so this wait cannot be anything else.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function read(connection: Connection, pragma: string): string | number | undefined {
  const answer = connection.pragma(pragma, { simple: true });
  if (typeof answer === "bigint") return Number(answer);
  return typeof answer === "string" || typeof answer === "number" ? answer : undefined;
}

function settingsOf(asked: EngineSettings, defaults: EngineSettings): Setting[] {
  const settings: Setting[] = [];
  const add = <Key extends keyof EngineSettings>(
    key: Key, pragma: string, encode: (value: NonNullable<EngineSettings[Key]>) => Pick<Setting, "value" | "answer">,
  ): void => {
    const explicit = asked[key] !== undefined;
    const value = explicit ? asked[key] : defaults[key];
    if (value === undefined || value === null) return;
    settings.push({ pragma, explicit, ...encode(value) });
  };
  // First, because the pragmas after it may have to wait.
  add("busyTimeoutMs", "busy_timeout", (ms) => same(wholeNumber("busyTimeoutMs", ms, 0)));
  add("journalMode", "journal_mode", (mode) => same(oneOf("journalMode", mode, JOURNAL_MODES)));
  add("synchronous", "synchronous", (level) => byName("synchronous", level, SYNCHRONOUS));
  add("foreignKeys", "foreign_keys", (on) => same(on ? 1 : 0));
  add("tempStore", "temp_store", (store) => byName("tempStore", store, TEMP_STORE));
  add("cacheSize", "cache_size", (size) => same(wholeNumber("cacheSize", size, -Infinity)));
  add("mmapSize", "mmap_size", (bytes) => same(wholeNumber("mmapSize", bytes, 0)));
  add("walAutocheckpoint", "wal_autocheckpoint", (pages) => same(wholeNumber("walAutocheckpoint", pages, 0)));
  return settings;
}

const JOURNAL_MODES = ["wal", "delete", "truncate", "persist", "memory", "off"] as const;

function same(value: string | number): Pick<Setting, "value" | "answer"> {
  return { value, answer: value };
}

function byName(key: string, name: string, numbers: Readonly<Record<string, number>>): Pick<Setting, "value" | "answer"> {
  oneOf(key, name, Object.keys(numbers));
  return { value: name, answer: numbers[name] ?? 0 };
}

/** Values go into SQL text, so nothing but what is listed may pass. */
function oneOf(key: string, value: string, allowed: readonly string[]): string {
  if (allowed.includes(value)) return value;
  throw new SessionOptionError(`engine.${key} is ${JSON.stringify(value)}; it must be one of ${allowed.join(", ")}, or null to leave it alone.`);
}

function wholeNumber(key: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new SessionOptionError(`engine.${key} is ${String(value)}; it must be a whole number${least === 0 ? " of at least 0" : ""}, or null to leave it alone.`);
}

function doesNotHold(path: string, { pragma, value }: Setting, actual: string | number | undefined): EngineSettingError {
  return new EngineSettingError(
    `PRAGMA ${pragma} = ${value} does not hold on the session for ${path}: the connection says ${actual === undefined ? "nothing" : String(actual)}. Change the engine option of the factory, or set it to null to leave the pragma alone.`,
    pragma, value, actual,
  );
}

function lockedOut(path: string, { pragma }: Setting, waitedMs: number, cause: unknown): LockTimeoutError {
  const holder = findForeignHolder(path);
  return new LockTimeoutError(
    `PRAGMA ${pragma} could not be applied to ${path} within the busy timeout: ${describeHolder(holder)}. Initialise the session before other processes write, or raise engine.busyTimeoutMs.`,
    holder, waitedMs, { cause },
  );
}
