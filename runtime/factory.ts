import { sessionCheckedOut } from "./diagnostics.js";
import type { SessionCheckoutEvent } from "./diagnostics.js";
import { verifyEngine } from "./engine.js";
import { SessionClosedError, SessionNotInitializedError, SessionOptionError } from "./errors.js";
import { openSession, publishClose, sessionState, shown } from "./open-session.js";
import type { Opening } from "./open-session.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkNumber } from "./options.js";
import { registry } from "./registry.js";
import { resumeWaiting } from "./session-state.js";
import { serverOf } from "./server.js";
import { findEntry, remove } from "./session-entry.js";
import type { SessionEntry } from "./session-entry.js";
import { DEFAULT_SLOW_LIMITS } from "./slow.js";
import type { SlowLimits } from "./slow.js";
import type { CloseOptions, DriverFactoryOptions, OpenFactoryOptions, SessionFactory } from "./types.js";

/** Ends a factory's closed state and opens what it can open without being told more. Not public. */
const START = Symbol.for("sessionfix-runtime.start");

interface Startable {
  readonly [START]: (path: string | undefined) => void;
}

/**
 * Makes a source of sessions: one for each database file of this thread, opened at first use. Opens nothing itself.
 *
 * All factories of one thread that open in the same way (the same driver, or an `open` function of the same text)
 * share their sessions, also across copies and reloads of modules.
 *
 * @param options With `driver` (a library's own sessions) or with `open` (whatever your function returns).
 * @throws {SessionOptionError} when neither `driver` nor `open` is given.
 */
export function createSessionFactory<S extends object>(options: OpenFactoryOptions<S>): SessionFactory<S>;
export function createSessionFactory<S extends object>(options: DriverFactoryOptions<S>): SessionFactory<S>;
export function createSessionFactory<S extends object>(options: OpenFactoryOptions<S> | DriverFactoryOptions<S>): SessionFactory<S> {
  const opening = openingOf(options);
  const { path: defaultPath } = options;
  const self = { epoch: registry.epoch, closed: false };
  // A function that takes no path knows by itself what to open.
  const pathless = opening.open !== undefined && opening.open.length === 0;

  const getSession = (path: string | undefined = defaultPath): S => {
    if (self.closed || self.epoch !== registry.epoch) {
      throw new SessionClosedError(`The session factory for ${shown(path) ?? "its default path"} is closed. Call its init(), or initSessionFactory(), before getSession().`);
    }
    if (path === undefined && !pathless) {
      throw new SessionOptionError("getSession() was given no path and the factory has no default one. Give createSessionFactory() the option path, or getSession() the file's path.");
    }
    const entry = living(opening, path, self) ?? openSession(opening, path, self);
    if (sessionCheckedOut.hasSubscribers) sessionCheckedOut.publish({ path: shown(entry.path), driver: entry.driver } satisfies SessionCheckoutEvent);
    return entry.session as S;
  };

  const init = (path?: string): S => {
    self.closed = false;
    self.epoch = registry.epoch;
    return getSession(path);
  };

  const ready = async (path?: string): Promise<Awaited<S>> => {
    const session = await Promise.resolve(getSession(path));
    await serverOf(session)?.ready();
    return session;
  };

  const close = async (closeOptions: CloseOptions = {}): Promise<void> => {
    self.closed = true;
    const unused: SessionEntry[] = [];
    for (const entry of registry.entries.values()) {
      if (entry.owners.delete(self) && entry.owners.size === 0) unused.push(entry);
    }
    await closeAll(unused, closeOptions, self);
  };

  const start = (path: string | undefined): void => {
    self.closed = false;
    self.epoch = registry.epoch;
    if (path !== undefined || pathless) getSession(path);
  };

  const factory: SessionFactory<S> & Startable = { getSession, init, ready, close, path: defaultPath, [START]: start };
  return factory;
}

function openingOf<S extends object>(options: OpenFactoryOptions<S> | DriverFactoryOptions<S>): Opening {
  if (typeof options !== "object" || options === null || (options.open === undefined && options.driver === undefined)) {
    throw new SessionOptionError("createSessionFactory() needs a driver, such as betterSqlite3(Database), or an open function.");
  }
  if (options.open !== undefined) checkFunction("open", options.open);
  if (options.close !== undefined) checkFunction("close", options.close);
  return {
    kind: options.open === undefined ? `driver ${options.driver.name}` : `open ${Function.prototype.toString.call(options.open)}`,
    driver: options.driver,
    open: options.open,
    close: options.close,
    engine: options.engine ?? {},
    slow: slowLimitsOf(options.slow),
  };
}

function slowLimitsOf(given: Partial<SlowLimits> | undefined): SlowLimits | undefined {
  if (given === undefined) return undefined;
  const { holdMs, waitMs, warn } = { ...DEFAULT_SLOW_LIMITS, ...given };
  checkNumber("slow.holdMs", holdMs, 0);
  checkNumber("slow.waitMs", waitMs, 0);
  return { holdMs, waitMs, warn };
}

/** The thread's open session for `path`. One that someone closed by hand is forgotten here. */
function living(opening: Opening, path: string | undefined, owner: object): SessionEntry | undefined {
  const entry = findEntry(opening.kind, path);
  if (entry === undefined) return undefined;
  if (!entry.isOpen()) {
    remove(entry);
    publishClose(entry, "noticed");
    return undefined;
  }
  if (!entry.owners.has(owner)) {
    const opened = entry.opened();
    const state = opened === undefined ? undefined : sessionState(opening, opened);
    if (state !== undefined) {
      resumeWaiting(state);
      verifyEngine(state.connection, path ?? state.connection.name, opening.engine);
    }
    entry.owners.add(owner);
  }
  return entry;
}

async function closeAll(entries: readonly SessionEntry[], options: CloseOptions, owner?: object): Promise<void> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  checkNumber("timeoutMs", timeoutMs, 0);
  const results = await Promise.allSettled(entries.map((entry) => entry.close(timeoutMs)));
  const errors: unknown[] = [];
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") continue;
    errors.push(result.reason);
    if (owner !== undefined) entries[index]?.owners.add(owner); // still open: the next close tries again
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} sessions could not be closed.`);
}

/**
 * Makes `factory` (or one made of the options) the default one of this thread, which the exported `getSession` uses,
 * and opens and verifies its session. Without a path, and without a default path, nothing is opened yet.
 *
 * @param factory A factory, or the options for one.
 * @param path Default: the factory's own.
 * @returns The factory. Where its `open` is asynchronous, or its sessions are a server's, `await factory.ready()` to see the
 *   opening through.
 * @throws {EngineSettingError} when a pragma does not hold on the new connection.
 */
export function initSessionFactory<S extends object>(factory: SessionFactory<S>, path?: string): SessionFactory<S>;
export function initSessionFactory<S extends object>(options: OpenFactoryOptions<S>, path?: string): SessionFactory<S>;
export function initSessionFactory<S extends object>(options: DriverFactoryOptions<S>, path?: string): SessionFactory<S>;
export function initSessionFactory<S extends object>(
  given: SessionFactory<S> | OpenFactoryOptions<S> | DriverFactoryOptions<S>,
  path?: string,
): SessionFactory<S> {
  const factory = "getSession" in given ? given : given.open === undefined ? createSessionFactory(given) : createSessionFactory(given);
  const first = path ?? factory.path;
  if (START in factory) (factory as SessionFactory<S> & Startable)[START](first);
  else if (first !== undefined) factory.init(first);
  registry.defaultFactory = { factory, path: first };
  return factory;
}

/**
 * To give the exported `getSession` the type of your sessions:
 * `declare module "sessionfix-runtime" { interface Register { session: Database.Database } }`.
 */
export interface Register {
  /** Keeps the interface from being empty; not for use. */
  readonly sessionfix?: never;
}

/** What the exported `getSession` returns where nothing else is said. */
export type DefaultSession = Register extends { session: infer S extends object } ? S : object;

/**
 * The session of the default factory, see `initSessionFactory`.
 *
 * @param path Default: the path given to `initSessionFactory`, or else the factory's own.
 * @throws {SessionNotInitializedError} when there is no default factory yet.
 * @throws {SessionClosedError} after `closeSessions()`, until the next `initSessionFactory()`.
 */
export function getSession<S extends object = DefaultSession>(path?: string): S {
  const current = registry.defaultFactory;
  if (current === undefined) {
    throw new SessionNotInitializedError("getSession() was called before initSessionFactory(). Call initSessionFactory(factory) once at start-up, before the first request or job, in every process and worker thread.");
  }
  return current.factory.getSession(path ?? current.path) as S;
}

/**
 * Waits for the running transactions of all sessions of this thread, then closes them. From the call on, factories
 * refuse with `SessionClosedError`, until their next `init()` or `initSessionFactory()`.
 *
 * @throws {LockTimeoutError} when a transaction still runs after `timeoutMs` (default 10,000); its session stays open.
 * @throws {DeadlockError} when called, and awaited, inside of a transaction that it would wait for.
 */
export async function closeSessions(options: CloseOptions = {}): Promise<void> {
  registry.epoch++;
  await closeAll([...registry.entries.values()], options);
}
