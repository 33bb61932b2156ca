import type { Advice, Diagnosis } from "./diagnose.js";

type Facts = Omit<Diagnosis, "advice">;

const MIB = 1024 * 1024;
/** A log this large, in bytes, was not emptied for 16 times SQLite's own threshold of 1,000 pages of 4 KiB. */
const LARGE_LOG = 64 * MIB;

const mib = (bytes: number): string => `${(bytes / MIB).toFixed(bytes < 10 * MIB ? 1 : 0)} MiB`;

/** What the files on disk, and where they lie, say. */
export function diagnoseFiles(facts: Facts): Advice[] {
  return [...diagnosePlace(facts), ...diagnoseJournal(facts), ...diagnoseLog(facts), ...diagnosePages(facts)];
}

function diagnosePlace({ fileSystem, folderWritable, files }: Facts): Advice[] {
  const advice: Advice[] = [];
  if (fileSystem.network) {
    advice.push({
      code: "network-file-system", level: files.header?.journal === "wal" ? "critical" : "warning",
      what: `The file is on ${fileSystem.kind}${fileSystem.mountPoint === "" ? "" : ` (${fileSystem.mountPoint})`}, a network file system: locks there are unreliable, and a write-ahead log is not shared between machines (https://www.sqlite.org/wal.html).`,
      remedy: "Move it to a local disk; where several machines must write, use PostgreSQL (docs/postgresql.md).",
    });
  } else if (fileSystem.volatile) {
    advice.push({
      code: "volatile-file-system", level: "info", what: `The file is on ${fileSystem.kind}: it is gone when the ${fileSystem.kind === "overlay" ? "container" : "machine"} starts anew.`,
      remedy: "Fine for tests; else mount a volume.",
    });
  }
  if (!folderWritable) {
    advice.push({ code: "folder-not-writable", level: "warning", what: "This user may not write in the database's folder, where SQLite keeps the journal or the log.", remedy: "Give the application's user write permission on the folder, not only on the file." });
  }
  return advice;
}

function diagnoseJournal({ files, watch }: Facts): Advice[] {
  const { header, journal } = files;
  const advice: Advice[] = [];
  const written = watch.unknown === undefined && watch.processes.some(({ writes }) => writes.nowMs !== undefined);
  if (journal?.hot === true && !written && watch.unknown === undefined) {
    advice.push({
      code: "hot-journal", level: "warning", what: `A rollback journal of ${mib(journal.size)} is there, and nobody writes: a program ended within a transaction.`,
      remedy: "The next program that opens the database rolls it back by itself. Never delete or rename the journal: that corrupts the database.",
    });
  }
  if (header?.journal === "rollback") {
    advice.push({
      code: "not-wal", level: "warning", what: "The database is in rollback-journal mode: a writer keeps readers out while it commits, and readers keep it from committing.",
      remedy: "`PRAGMA journal_mode=WAL` once, by any connection (it is stored in the file); the factory of sessionfix-runtime sets it.",
    });
  }
  return advice;
}

function diagnoseLog({ files, watch, connections }: Facts): Advice[] {
  const { header, wal, index } = files;
  if (wal === undefined || wal.size === 0) return [];
  const advice: Advice[] = [];
  if (header?.journal === "rollback") {
    advice.push({ code: "log-without-wal", level: "warning", what: "There is a -wal file, but the database is in rollback-journal mode: one of the two was copied or restored without the other.", remedy: "Restore the database together with its -wal file, or from a backup made by `VACUUM INTO`." });
    return advice;
  }
  const pending = index === undefined ? undefined : Math.max(0, index.frames - index.checkpointed);
  if (wal.size > LARGE_LOG) {
    advice.push({
      code: "large-log", level: "warning", what: `The write-ahead log has ${mib(wal.size)}${pending === undefined ? "" : `; ${pending.toLocaleString("en-US")} of its frames are not in the database yet`}: every read searches it, and it is not given back to the disk by itself.`,
      remedy: "Find the reader that keeps it (above, or `sessionfix top`), then `PRAGMA wal_checkpoint(TRUNCATE)`; sessionfix-runtime empties it in a thread.",
    });
  }
  const open = (connections?.processes.length ?? 0) > 0 || watch.processes.length > 0;
  if (connections !== undefined && !open && connections.hidden === 0) {
    advice.push({
      code: "log-left", level: "info", what: `A write-ahead log of ${mib(wal.size)} is there, and no process has the database open: the last one was ended without closing.`,
      remedy: "The next open takes it in. It holds committed data: never delete it, and copy it together with the database.",
    });
  }
  return advice;
}

function diagnosePages({ files: { header, size } }: Facts): Advice[] {
  const advice: Advice[] = [];
  if (header === undefined) {
    if (size === 0) advice.push({ code: "empty", level: "info", what: "The file is empty: a database without tables, or a wrong path that a program has created by opening it.", remedy: "Check the path in the application's configuration." });
    return advice;
  }
  const free = header.freePages * header.pageSize;
  if (free > 16 * MIB && header.pages > 0 && header.freePages / header.pages > 0.25) {
    advice.push({ code: "free-pages", level: "info", what: `${mib(free)} of the file are free pages.`, remedy: "They are used again by later writes; `VACUUM` gives them back, and keeps everybody out while it runs." });
  }
  if (header.pageSize < 4096) {
    advice.push({ code: "small-pages", level: "info", what: `Pages have ${header.pageSize} bytes; disks and memory work in 4,096.`, remedy: "`PRAGMA page_size=4096`, then `VACUUM` (outside WAL mode)." });
  }
  if (header.autoVacuum === "full") {
    advice.push({ code: "auto-vacuum-full", level: "info", what: "auto_vacuum is FULL: each commit that frees pages moves others, under the write lock.", remedy: "`PRAGMA auto_vacuum=INCREMENTAL` and `PRAGMA incremental_vacuum(n)` at a quiet time." });
  }
  return advice;
}
