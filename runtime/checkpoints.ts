import { SessionOptionError } from "./errors.js";
import { mainFile } from "./session-state.js";
import type { SqliteConnection } from "./sqlite-connection.js";
import type { EngineSettings } from "./types.js";
import { SAFETY_NET_PAGES, WalCare } from "./wal-care.js";

const DEFAULT_WARN_BYTES = 64 * 1_048_576;
const CHOICES = ["worker", "inline", "sqlite"] as const;

/** Shared by all copies of this package in the thread, as the sessions are. */
const KEY = Symbol.for("sessionfix-runtime.wal-care.v1");
type Shared = typeof globalThis & { [KEY]?: WeakMap<object, WalCare> };
const cares = ((globalThis as Shared)[KEY] ??= new WeakMap<object, WalCare>());

/** The care that a session's log is in, by the session or its connection. */
export function careOf(session: object): WalCare | undefined {
  return cares.get(session);
}

/**
 * Takes the log of a newly opened and configured session into care, as its settings say.
 *
 * @throws {SessionOptionError} for a setting that cannot mean anything.
 */
export function takeIntoCare(session: object, connection: SqliteConnection, asked: EngineSettings, defaults: EngineSettings): void {
  const choice = asked.checkpoint === undefined ? defaults.checkpoint : asked.checkpoint;
  const warnBytes = asked.walWarnBytes ?? defaults.walWarnBytes ?? DEFAULT_WARN_BYTES;
  if (choice !== undefined && choice !== null && !CHOICES.includes(choice)) throw new SessionOptionError(`engine.checkpoint is ${JSON.stringify(choice)}; it must be one of ${CHOICES.join(", ")}, or null to leave it to SQLite.`);
  if (!(warnBytes > 0)) throw new SessionOptionError(`engine.walWarnBytes is ${String(warnBytes)}; it must be a number above 0, or null for 64 MiB.`);
  if (choice === undefined || choice === null || choice === "sqlite" || connection.readonly || connection.memory) return;
  if (connection.pragma("journal_mode", { simple: true }) !== "wal") return;
  const path = mainFile(connection);
  if (path === "") return;
  const own = asked.walAutocheckpoint ?? defaults.walAutocheckpoint ?? undefined;
  const before = Number(connection.pragma("wal_autocheckpoint", { simple: true }));
  // Raised and not turned off: where the thread is late, or gone, the log still ends somewhere.
  if (choice === "worker" && own === undefined) connection.pragma(`wal_autocheckpoint = ${SAFETY_NET_PAGES}`);
  const care = new WalCare(session, connection, path, {
    by: choice,
    warnBytes,
    onFallback: () => { if (own === undefined && connection.open) connection.pragma(`wal_autocheckpoint = ${before}`); },
  });
  cares.set(session, care);
  cares.set(connection, care);
}

/** How long a close waits for a checkpoint that is running, in ms: it ends by itself, and loses nothing if it does not. */
const STOP_MS = 2_000;

export async function endCare(connection: SqliteConnection): Promise<void> {
  await cares.get(connection)?.stop(STOP_MS);
}
