import type { Advice, Diagnosis } from "./diagnose.js";
import type { ProcessConnections } from "./connections.js";
import { shortCommand } from "./short-command.js";
import type { WatchedProcess } from "./watch.js";

type Facts = Omit<Diagnosis, "advice">;

/** Connections of one process to one file beyond which somebody opens one for each call: pools are rarely larger. */
const MANY_CONNECTIONS = 10;
/** A hold, in ms, that other writers feel: SQLite's own drivers give up after 0 to 5 s. */
const LONG_HOLD_MS = 500;
/** A wait, in ms, that people notice. */
const LONG_WAIT_MS = 250;
/** Frames that an old reader keeps in the log beyond SQLite's own checkpoint threshold of 1,000 pages (https://www.sqlite.org/pragma.html#pragma_wal_autocheckpoint). */
const CHECKPOINT_PAGES = 1_000;

/** What the watched locks and the open descriptors say. */
export function diagnoseLocks(facts: Facts): Advice[] {
  const { watch, connections } = facts;
  const advice: Advice[] = [];
  if (watch.unknown !== undefined) {
    advice.push({ code: "locks-unknown", level: "info", what: `Who holds and waits is not known: ${watch.unknown}.`, remedy: "Run it on the Linux machine or in the container where the application runs, as the same user." });
  }
  if (watch.partOnly) {
    advice.push({ code: "container", level: "info", what: "This runs in a container: processes outside it are not seen, nor are their locks.", remedy: "Where others share the file by a volume, run it on the machine itself as well." });
  }
  for (const process of watch.processes) advice.push(...diagnoseHold(process, facts), ...diagnoseWait(process));
  advice.push(...diagnoseReaders(facts));
  for (const process of connections?.processes ?? []) advice.push(...diagnoseConnections(process, facts));
  if (connections !== undefined && connections.hidden > 0 && watch.processes.length === 0 && connections.processes.length === 0) {
    advice.push({ code: "processes-hidden", level: "info", what: `${connections.hidden} processes belong to other users and could not be looked into.`, remedy: "Run it as the application's user, or with sudo." });
  }
  return advice;
}

const nameOf = ({ pid, command, pidInContainer }: Pick<WatchedProcess, "pid" | "command" | "pidInContainer">): string =>
  pid === 0 ? command : `process ${pid} (${shortCommand(command)}${pidInContainer === undefined ? "" : `; pid ${pidInContainer} in its container`})`;

const seconds = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);

function diagnoseHold(process: WatchedProcess, { watch }: Facts): Advice[] {
  const { writes } = process;
  const stopped = process.state.startsWith("stopped");
  if (writes.nowMs !== undefined && stopped) {
    return [{
      code: "writer-stopped", level: "critical", what: `${capital(nameOf(process))} is stopped and holds the write lock: nobody can write until it goes on or ends.`,
      remedy: `Let it go on with \`kill -CONT ${process.pid}\`, or end it; SQLite rolls its transaction back at the next open.`,
    }];
  }
  const throughout = writes.nowMs !== undefined && writes.count === 1 && writes.nowMs >= watch.ms * 0.95 && watch.ms >= LONG_HOLD_MS;
  if (throughout) {
    return [{
      code: "write-lock-held", level: "warning", what: `${capital(nameOf(process))} held the write lock during all of the ${seconds(watch.ms)} watched, without a commit.`,
      remedy: "Watch it with `sessionfix top`; in its code look for one transaction around a loop, or around a network call: `npx sessionfix` names both (no-unbatched-loop-transaction, no-io-in-transaction).",
    }];
  }
  if (writes.longestMs >= LONG_HOLD_MS) {
    return [{
      code: "long-hold", level: "warning", what: `${capital(nameOf(process))} held the write lock for ${seconds(writes.longestMs)} at a stretch.`,
      remedy: "Batch what it does: `npx sessionfix fix --review` rewrites loops in transactions; `npx sessionfix matrix` shows which operation writes how much.",
    }];
  }
  return [];
}

function diagnoseWait(process: WatchedProcess): Advice[] {
  const { waits } = process;
  if (waits.longestMs < LONG_WAIT_MS) return [];
  return [{
    code: "waits-blocking", level: "warning", what: `${capital(nameOf(process))} waited for the lock in SQLite's busy handler for up to ${seconds(waits.longestMs)}: its thread stands still meanwhile.`,
    remedy: "On a synchronous driver that is the event loop of a Node program: sessionfix-runtime waits without blocking it (`npx sessionfix fix --review`).",
  }];
}

function diagnoseReaders({ watch, files }: Facts): Advice[] {
  const { oldestReader } = watch;
  const advice: Advice[] = [];
  for (const process of watch.processes) {
    if (process.reads.nowMs === undefined || !process.state.startsWith("stopped")) continue;
    advice.push({ code: "reader-stopped", level: "warning", what: `${capital(nameOf(process))} is stopped and reads: ${files.header?.journal === "rollback" ? "nobody can commit" : "the log grows"} until it goes on or ends.`, remedy: `\`kill -CONT ${process.pid}\`, or end it.` });
  }
  if (oldestReader === undefined) return advice;
  const process = watch.processes.find(({ pid }) => pid === oldestReader.pid);
  if (process === undefined || oldestReader.framesBehind < CHECKPOINT_PAGES || process.reads.longestMs < watch.ms * 0.95) return advice;
  advice.push({
    code: "old-reader", level: "warning", what: `${capital(nameOf(process))} has been reading all the time, ${oldestReader.framesBehind.toLocaleString("en-US")} frames behind the end of the log: the log cannot be emptied and grows.`,
    remedy: "Finish or close iterators (`.iterate()`, cursors) and read transactions; read in pages.",
  });
  return advice;
}

function diagnoseConnections(process: ProcessConnections, { files }: Facts): Advice[] {
  const advice: Advice[] = [];
  if (process.libraries > 1) {
    const loaded = process.libraryFiles?.length ? ` Loaded there: ${process.libraryFiles.join(", ")}.` : "";
    advice.push({
      code: "two-sqlite-libraries", level: "critical", what: `${capital(nameOf(process))} has ${process.libraries} SQLite libraries on this file: they do not see each other's locks and destroy each other's writes (howtocorrupt.html, 2.2.1).${loaded}`,
      remedy: "Use one library for the file in that process. `npx sessionfix` names where each opens it (no-mixed-sqlite-libraries).",
    });
  }
  if (process.deleted.length > 0) {
    advice.push({
      code: "deleted-file", level: "critical", what: `${capital(nameOf(process))} works on ${process.deleted.join(", ")}, which ${process.deleted.length === 1 ? "was" : "were"} removed or replaced: what it writes is lost.`,
      remedy: "Restart it. Restore and copy databases with `VACUUM INTO` or the backup API, never by moving files under an open connection.",
    });
  }
  if (process.connections > MANY_CONNECTIONS) {
    advice.push({
      code: "many-connections", level: "warning", what: `${capital(nameOf(process))} has ${process.connections} connections to ${files.path}.`,
      remedy: "Most likely a session is opened per call and not closed: `npx sessionfix` names where (no-session-per-call), `npx sessionfix fix` shares one.",
    });
  }
  return advice;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
