import { watchBetterSqlite3 } from "./better-sqlite3.js";
import { LockLog } from "./lock-log.js";
import { watchNodeSqlite } from "./node-sqlite.js";
import type { Observed, WatchOptions } from "./observe.js";

/** Watches the drivers that this process will use: sessions that it opens, and when each holds the write lock. */
export function watchDriver({ onLoad, labelOf }: WatchOptions = {}): Observed {
  const observed: Observed = { log: new LockLog(labelOf), sessionsOpened: 0, watched: false };
  watchBetterSqlite3(observed, onLoad);
  watchNodeSqlite(observed, onLoad);
  return observed;
}
