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
  const files = findOpenFiles([path, `${path}-shm`], ["", "-wal", "-shm", "-journal"].map((suffix) => path + suffix));
  if (files === undefined) return undefined;
  const onDatabase = files.byFile.get(path) ?? new Map<number, readonly string[]>();
  const onIndex = files.byFile.get(`${path}-shm`) ?? new Map<number, readonly string[]>();
  const pids = new Set([...onDatabase.keys(), ...onIndex.keys(), ...files.deleted.keys()]);
  const processes = [...pids].sort((a, b) => a - b).map((pid) => ({
    ...factsOf(pid),
    connections: onDatabase.get(pid)?.length ?? 0,
    libraries: onIndex.get(pid)?.length ?? 0,
    libraryFiles: sqliteLibrariesOf(pid),
    deleted: files.deleted.get(pid) ?? [],
  }));
  return { processes, hidden: files.hidden };
}
