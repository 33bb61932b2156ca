import { existsSync } from "node:fs";
import { DatabaseFileError } from "./errors.js";
import { factsOf, findOpenFiles, sqliteLibrariesOf } from "./processes.js";
import type { ProcessFacts } from "./processes.js";

/** What one process, asked for by its pid, has of SQLite. */
export interface ProcessLook extends ProcessFacts {
  /** Native code that by its name may contain SQLite: where there are two, two libraries may meet on one file. */
  readonly libraries: readonly string[];
  /** Descriptors on the database: one a connection. */
  readonly connections: number;
  /** SQLite libraries that have this database's `-shm` file open. */
  readonly librariesOnFile: number;
}

/** @throws {DatabaseFileError} `NO_SUCH_PROCESS`: it does not run, belongs to another user, or this is not Linux. */
export function lookAtProcess(pid: number, path: string): ProcessLook {
  if (process.platform !== "linux") throw new DatabaseFileError("NO_SUCH_PROCESS", `What process ${pid} has loaded can be told on Linux only; this is ${process.platform}.`, "Run it on the machine or in the container where the application runs.");
  if (!existsSync(`/proc/${pid}`)) throw new DatabaseFileError("NO_SUCH_PROCESS", `There is no process ${pid}.`, "Leave --pid out: the processes that use the file are listed with their pids.");
  const libraries = sqliteLibrariesOf(pid);
  if (libraries === undefined) throw new DatabaseFileError("NO_SUCH_PROCESS", `Process ${pid} belongs to another user.`, "Run it as that user, or with sudo.");
  const open = findOpenFiles([path, `${path}-shm`]);
  const of = (file: string): number => open?.byFile.get(file)?.get(pid)?.length ?? 0;
  return { ...factsOf(pid), libraries, connections: of(path), librariesOnFile: of(`${path}-shm`) };
}
