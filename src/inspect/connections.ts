import { readdirSync, readlinkSync } from "node:fs";
import { factsOf, findOpenFiles, sqliteLibrariesOf } from "./processes.js";
import type { ProcessFacts } from "./processes.js";

/** What one process has open of a database. */
export interface ProcessConnections extends ProcessFacts {
  /** Descriptors on the database file: one a connection, since SQLite opens the file for each (`unixOpen` in `os_unix.c`). */
  readonly connections: number;
  /** Each SQLite library of a process opens the `-shm` file once, whatever the number of its connections (`unixShmNode`): more than one is more than one library. */
  readonly libraries: number;
  /** Native code of the process that by its name may contain SQLite; `undefined` where this user may not look. */
  readonly libraryFiles: readonly string[] | undefined;
  /** Files of this name that it has still open, and that are not in the folder any more. */
  readonly deleted: readonly string[];
}

export interface ConnectionsLook {
  readonly processes: readonly ProcessConnections[];
  /** Processes of other users, which could not be looked into. */
  readonly hidden: number;
}

/** `undefined` where the system does not tell: other platforms than Linux. Opens no file of the database. */
export function lookAtConnections(path: string): ConnectionsLook | undefined {
  if (process.platform !== "linux") return undefined;
  const files = findOpenFiles([path, `${path}-shm`]);
  if (files === undefined) return undefined;
  const onDatabase = files.byFile.get(path) ?? new Map<number, readonly string[]>();
  const onIndex = files.byFile.get(`${path}-shm`) ?? new Map<number, readonly string[]>();
  const gone = findDeleted(path);
  const pids = new Set([...onDatabase.keys(), ...onIndex.keys(), ...gone.keys()]);
  const processes = [...pids].sort((a, b) => a - b).map((pid) => ({
    ...factsOf(pid),
    connections: onDatabase.get(pid)?.length ?? 0,
    libraries: onIndex.get(pid)?.length ?? 0,
    libraryFiles: sqliteLibrariesOf(pid),
    deleted: gone.get(pid) ?? [],
  }));
  return { processes, hidden: files.hidden };
}

/** The kernel marks the link of a file without a name by ` (deleted)` (proc_pid_fd(5)). */
function findDeleted(path: string): Map<number, string[]> {
  const found = new Map<number, string[]>();
  const names = new Set(["", "-wal", "-shm", "-journal"].map((suffix) => `${path}${suffix} (deleted)`));
  for (const pid of listPids()) {
    for (const descriptor of list(`/proc/${pid}/fd`)) {
      const target = link(`/proc/${pid}/fd/${descriptor}`);
      if (target === undefined || !names.has(target)) continue;
      const file = target.slice(0, -" (deleted)".length);
      const known = found.get(pid) ?? [];
      if (!known.includes(file)) found.set(pid, [...known, file]);
    }
  }
  return found;
}

function listPids(): number[] {
  return list("/proc").filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => pid !== process.pid);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
