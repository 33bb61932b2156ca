import { diagnoseLocks } from "./diagnose-locks.js";
import { diagnoseFiles } from "./diagnose-files.js";
import { lookAtConnections } from "./connections.js";
import type { ConnectionsLook } from "./connections.js";
import { fileSystemOf, folderIsWritable } from "./file-systems.js";
import type { FileSystemFacts } from "./file-systems.js";
import { lookAtFiles } from "./look.js";
import type { FilesLook } from "./look.js";
import { seesPartOnly } from "./namespace.js";
import { LockWatch, probeOf } from "./watch.js";
import type { WatchedProcess } from "./watch.js";

/** `critical`: data is in danger or nobody can write. `warning`: costs time, or will. `info`: good to know. */
export type Level = "critical" | "warning" | "info";

/** One thing that the doctor has to say. */
export interface Advice {
  /** Stable: for scripts. */
  readonly code: string;
  readonly level: Level;
  readonly what: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Everything that is known of one database at one moment; plain data, printed as JSON as it is. */
export interface Diagnosis {
  readonly files: FilesLook;
  readonly fileSystem: FileSystemFacts;
  readonly folderWritable: boolean;
  readonly watch: {
    /** ms watched, and how often was looked. */
    readonly ms: number;
    readonly looks: number;
    readonly commits: number;
    /** Why nothing is known of locks; `undefined` where it is. */
    readonly unknown: string | undefined;
    /** Processes outside this container are not seen, nor are their locks. */
    readonly partOnly: boolean;
    readonly processes: readonly WatchedProcess[];
    /** The frame that the oldest reader may read up to, and who it is; only in WAL mode. */
    readonly oldestReader: { readonly pid: number; readonly frame: number; readonly framesBehind: number } | undefined;
  };
  /** `undefined` where the system does not tell. */
  readonly connections: ConnectionsLook | undefined;
  readonly advice: readonly Advice[];
}

/** ms between two looks: SQLite's busy handler naps for up to 100 ms, so that a wait is seen several times. */
const LOOK_EVERY_MS = 20;

/**
 * Looks at a database for a while, from outside: reads the first bytes of its files and the kernel's tables, takes no lock.
 *
 * @param watchMs For how long locks are watched, in ms.
 * @throws {DatabaseFileError}
 */
export async function diagnose(file: string, watchMs: number, sleep: (ms: number) => Promise<void> = wait): Promise<Diagnosis> {
  const first = lookAtFiles(file);
  const { path } = first;
  const watch = new LockWatch(probeOf(path, () => journalOf(first)));
  const begin = performance.now();
  for (;;) {
    watch.look(performance.now());
    if (watch.unknown !== undefined || performance.now() - begin >= watchMs) break;
    await sleep(LOOK_EVERY_MS);
  }
  const files = lookAtFiles(file);
  const facts = {
    files,
    fileSystem: fileSystemOf(path),
    folderWritable: folderIsWritable(path),
    watch: {
      ms: watch.watchedMs, looks: watch.looks, commits: watch.committed, unknown: watch.unknown, partOnly: seesPartOnly(), processes: watch.processes(),
      oldestReader: watch.oldestReader(files.index),
    },
    connections: lookAtConnections(path),
  };
  return { ...facts, advice: [...diagnoseLocks(facts), ...diagnoseFiles(facts)].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level)) };
}

const LEVELS: readonly Level[] = ["critical", "warning", "info"];

/** An encrypted header tells nothing; then the log's presence does. */
export function journalOf({ header, wal, hasIndex }: Pick<FilesLook, "header" | "wal" | "hasIndex">): "wal" | "rollback" {
  return header?.journal ?? (wal !== undefined || hasIndex ? "wal" : "rollback");
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
