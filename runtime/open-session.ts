import { setTimeout as sleep } from "node:timers/promises";
import { accessOf, detached } from "./access.js";
import { sessionClosed, sessionOpened } from "./diagnostics.js";
import type { SessionCloseEvent, SessionOpenEvent } from "./diagnostics.js";
import { endCare, takeIntoCare } from "./checkpoints.js";
import { applyEngine } from "./engine.js";
import { RecursiveOpenError, SessionBusyError, UnsupportedSessionError } from "./errors.js";
import { closeQueue } from "./file-queue.js";
import { Frame } from "./frame.js";
import { isPromiseLike } from "./promises.js";
import { currentFrame, registry } from "./registry.js";
import { guardBeforeClose, guardBeforeOpen, park } from "./open-guard.js";
import { keyOf, place, remove } from "./session-entry.js";
import type { SessionEntry } from "./session-entry.js";
import { adopt, libraryOf } from "./session-state.js";
import type { SessionState } from "./session-state.js";
import type { SlowLimits } from "./slow.js";
import type { Driver, EngineSettings } from "./types.js";
import { waitForTurn } from "./waiting.js";

/** A factory's options, as far as opening and closing go, whatever the session's type. */
export interface Opening {
  readonly kind: string;
  readonly driver: Driver | undefined;
  readonly open: ((path: string) => object) | undefined;
  readonly close: ((session: never) => unknown) | undefined;
  readonly engine: EngineSettings;
  readonly slow: SlowLimits | undefined;
}

/** Opens, configures and registers a session. A failure leaves nothing open and nothing registered. */
export function openSession(opening: Opening, path: string | undefined, owner: object): SessionEntry {
  const key = keyOf(opening.kind, path);
  if (registry.opening.has(key)) {
    throw new RecursiveOpenError(`The open function for ${path ?? "the default session"} asked getSession() for the session that it is opening. Let it open the file itself and return the result.`);
  }
  guardBeforeOpen(opening.open === undefined ? opening.driver : undefined, path);
  const startedAt = performance.now();
  registry.opening.add(key);
  try {
    const session = opening.open === undefined ? opening.driver!.open(path ?? "", opening.engine) : opening.open(path ?? "");
    return isPromiseLike(session) ? enterPending(opening, path, owner, session, startedAt) : enterOpened(opening, path, owner, session, startedAt);
  } finally {
    registry.opening.delete(key);
  }
}

function enterOpened(opening: Opening, path: string | undefined, owner: object, session: object, startedAt: number): SessionEntry {
  configure(opening, path, session);
  const entry = makeEntry(opening, path, owner, session, () => session);
  // Opening created the file where there was none, so its identity is asked for only now.
  place(entry, keyOf(opening.kind, path));
  publishOpen(entry, startedAt);
  return entry;
}

function enterPending(opening: Opening, path: string | undefined, owner: object, session: PromiseLike<unknown> & object, startedAt: number): SessionEntry {
  let opened: object | undefined;
  const configured = Promise.resolve(session).then((result) => {
    if (typeof result !== "object" || result === null) throw new UnsupportedSessionError(`The open function for ${path ?? "the default session"} resolved with no object.`);
    configure(opening, path, result);
    opened = result;
    place(entry, keyOf(opening.kind, path));
    publishOpen(entry, startedAt);
    return result;
  });
  const entry = makeEntry(opening, path, owner, configured, () => opened);
  place(entry, keyOf(opening.kind, path));
  configured.catch(() => remove(entry));
  return entry;
}

function configure(opening: Opening, path: string | undefined, session: object): void {
  try {
    const state = sessionState(opening, session);
    if (state !== undefined && opening.slow !== undefined) state.slowLimits = opening.slow;
    const connection = state?.connection;
    const defaults = opening.open === undefined ? (opening.driver?.defaults ?? {}) : {};
    if (connection !== undefined) applyEngine(connection, path ?? connection.name, opening.engine, defaults);
    else if (Object.keys(opening.engine).length > 0) {
      throw new UnsupportedSessionError("The engine option needs a session whose pragmas this package can set; the open function returned something else. Configure it in the open function and leave engine out.");
    }
    if (state !== undefined) {
      state.guard.lookNow();
      takeIntoCare(state, opening.engine, defaults);
    }
  } catch (error) {
    if (!park(session, error, () => abandon(opening, session))) abandon(opening, session);
    throw error;
  }
}

/** Closes a session that nobody gets to see. Why it is of no use matters more than how it closes. */
function abandon(opening: Opening, session: object): void {
  try {
    Promise.resolve(closeNow(opening, session)).catch(() => {});
  } catch {
    // see above
  }
}

/**
 * What is known of the handle that the session is or has, such as the `$client` of an ORM's instance. A handle that is
 * new is guarded from here on.
 */
export function sessionState(opening: Opening, session: object): SessionState | undefined {
  const handle = opening.driver?.recognizes(session) ? opening.driver.connection(session) : clientOf(session);
  const known = accessOf(handle)?.state;
  if (known !== undefined) return known;
  const library = libraryOf(handle);
  return library === undefined ? undefined : adopt(handle, library);
}

/** ORMs show the handle that they were given as `$client`, as Drizzle does. */
function clientOf(session: object): object {
  if (!("$client" in session)) return session;
  const client = session.$client;
  return typeof client === "object" && client !== null && libraryOf(client) !== undefined ? client : session;
}

function isOpen(given: object): boolean {
  const session = clientOf(given);
  if ("open" in session && typeof session.open === "boolean") return session.open;
  if ("isOpen" in session && typeof session.isOpen === "boolean") return session.isOpen;
  return true; // a library that does not tell: only close() and closeSessions() end it
}

function makeEntry(opening: Opening, path: string | undefined, owner: object, session: object, opened: () => object | undefined): SessionEntry {
  const entry: SessionEntry = {
    kind: opening.kind,
    path,
    driver: opening.open === undefined ? (opening.driver?.name ?? "") : "open",
    session,
    isOpen: () => {
      const now = opened();
      return now === undefined || isOpen(now);
    },
    close: (timeoutMs) => closeEntry(opening, entry, timeoutMs),
    opened,
    owners: new Set([owner]),
    key: "",
  };
  return entry;
}

/** Waits for the session's transactions and closes it. When that fails the session stays as it was. */
async function closeEntry(opening: Opening, entry: SessionEntry, timeoutMs: number): Promise<void> {
  const session = entry.opened() ?? (await settled(entry, timeoutMs));
  remove(entry);
  if (session === undefined || !entry.isOpen()) return;
  try {
    await afterTransactions(opening, session, timeoutMs, () => closeNow(opening, session));
  } catch (error) {
    if (entry.isOpen() && !registry.entries.has(entry.key)) place(entry, entry.key);
    throw error;
  }
  publishClose(entry, "closed");
}

/** The session once its promise has settled; `undefined` where it never came to be. */
async function settled(entry: SessionEntry, timeoutMs: number): Promise<object | undefined> {
  const deadline = new AbortController();
  const tooLong = sleep(Math.min(timeoutMs, 0x7fffffff), true, { signal: deadline.signal }).catch(() => false);
  const done = Promise.resolve(entry.session).then(() => false, () => false);
  const timedOut = await Promise.race([done, tooLong]);
  deadline.abort();
  if (timedOut) throw new SessionBusyError(`The session for ${entry.path ?? "the default path"} is still being opened after ${timeoutMs} ms, so it cannot be closed. Wait for its open function, then close again.`);
  return entry.opened();
}

async function afterTransactions(opening: Opening, session: object, timeoutMs: number, close: () => void | Promise<void>): Promise<void> {
  const state = sessionState(opening, session);
  if (state === undefined) return close();
  const frame = new Frame(state, currentFrame(), undefined, "immediate", "close of the session");
  state.closing = true;
  try {
    if (!state.lock.tryTake(frame)) await waitForTurn(frame, { since: performance.now(), timeoutMs, signal: undefined });
    guardBeforeClose(state);
    await endCare(state);
    // Statements that close() runs belong to nobody's transaction, wherever closing was asked for.
    await detached(close);
  } catch (error) {
    state.closing = false;
    throw error;
  } finally {
    frame.status = "ended";
    state.lock.release(frame);
    closeQueue(state);
  }
}

function closeNow(opening: Opening, session: object): void | Promise<void> {
  if (opening.close !== undefined) return (opening.close as (session: object) => void | Promise<void>)(session);
  if (opening.driver?.recognizes(session)) return opening.driver.close(session);
  if (hasClose(session)) return session.close();
  const client = clientOf(session);
  if (client !== session && hasClose(client)) return client.close();
}

function hasClose(session: object): session is { close: () => void | Promise<void> } {
  return "close" in session && typeof session.close === "function";
}

function publishOpen(entry: SessionEntry, startedAt: number): void {
  if (!sessionOpened.hasSubscribers) return;
  sessionOpened.publish({
    path: entry.path, driver: entry.driver, openMs: performance.now() - startedAt, openSessions: registry.entries.size,
  } satisfies SessionOpenEvent);
}

export function publishClose(entry: SessionEntry, reason: SessionCloseEvent["reason"]): void {
  if (!sessionClosed.hasSubscribers) return;
  sessionClosed.publish({ path: entry.path, driver: entry.driver, reason, openSessions: registry.entries.size } satisfies SessionCloseEvent);
}
