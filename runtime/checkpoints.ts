import { accessOf } from "./access.js";
import { SessionOptionError } from "./errors.js";
import type { SessionState } from "./session-state.js";
import type { EngineSettings } from "./types.js";
import { SAFETY_NET_PAGES, WalCare } from "./wal-care.js";

const DEFAULT_WARN_BYTES = 64 * 1_048_576;
const CHOICES = ["worker", "inline", "sqlite"] as const;

/** The care that a session's log is in. */
export function careOf(session: object): WalCare | undefined {
  return accessOf(session)?.state.care;
}

/**
 * Takes the log of a newly opened and configured session into care, as its settings say.
 *
 * @throws {SessionOptionError} for a setting that cannot mean anything.
 */
export function takeIntoCare(state: SessionState, asked: EngineSettings, defaults: EngineSettings): void {
  const { connection, path } = state;
  const choice = asked.checkpoint === undefined ? defaults.checkpoint : asked.checkpoint;
  const warnBytes = asked.walWarnBytes ?? defaults.walWarnBytes ?? DEFAULT_WARN_BYTES;
  if (choice !== undefined && choice !== null && !CHOICES.includes(choice)) throw new SessionOptionError(`engine.checkpoint is ${JSON.stringify(choice)}; it must be one of ${CHOICES.join(", ")}, or null to leave it to SQLite.`);
  if (!(warnBytes > 0)) throw new SessionOptionError(`engine.walWarnBytes is ${String(warnBytes)}; it must be a number above 0, or null for 64 MiB.`);
  if (choice === undefined || choice === null || choice === "sqlite" || connection.readonly || connection.memory) return;
  if (path === "" || state.care !== undefined || connection.pragma("journal_mode", { simple: true }) !== "wal") return;
  const own = asked.walAutocheckpoint ?? defaults.walAutocheckpoint ?? undefined;
  const before = Number(connection.pragma("wal_autocheckpoint", { simple: true }));
  // Raised and not turned off: where the thread is late, or gone, the log still ends somewhere.
  if (choice === "worker" && own === undefined) connection.pragma(`wal_autocheckpoint = ${SAFETY_NET_PAGES}`);
  state.care = new WalCare(state.session, connection, path, {
    by: choice,
    warnBytes,
    onFallback: () => { if (own === undefined && connection.open) connection.pragma(`wal_autocheckpoint = ${before}`); },
  });
  state.guard.companion = state.care;
}

/** How long a close waits for a checkpoint that is running, in ms: it ends by itself, and loses nothing if it does not. */
const STOP_MS = 2_000;

export async function endCare(state: SessionState): Promise<void> {
  await state.care?.stop(STOP_MS);
}
