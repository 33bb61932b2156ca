import { statSync } from "node:fs";
import path from "node:path";
import { UsageError } from "../project/errors.js";
import { nearest } from "../project/nearest.js";
import { chooseRoot } from "../project/paths.js";

/** The root to report against and the absolute paths to scan, from what stood on the command line. */
export function locate(args: string[], cwd: string, commands: string[]): { root: string; paths: string[] } {
  const paths = args.map((argument) => path.resolve(cwd, argument));
  const folders = paths.map((absolute, index) => {
    const stats = statSync(absolute, { throwIfNoEntry: false });
    if (!stats && args[index] !== undefined) throw missing(args[index], commands);
    return stats?.isDirectory() ? absolute : path.dirname(absolute);
  });
  return { root: chooseRoot(cwd, folders), paths: paths.length === 0 ? [cwd] : paths };
}

/** The error for a word or path that leads nowhere. */
export function missing(argument: string, commands: string[]): UsageError {
  const meant = /^[a-z]+$/i.test(argument) ? nearest(argument, commands) : undefined;
  if (meant !== undefined) return new UsageError("UNKNOWN_COMMAND", `No such command, file or folder: ${argument}`, `Did you mean \`sessionfix ${meant}\`?`);
  return new UsageError("PATH_NOT_FOUND", `No such file or folder: ${argument}`, "Check the path, or run sessionfix without one to scan the current folder.");
}
