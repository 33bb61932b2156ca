import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/**
 * What makes two paths the same database: device and inode once the file exists, so that a relative path, a symlink
 * and a hard link agree. Until then the real path of its folder, because opening will create it there.
 *
 * Only `stat` and `realpath`: a descriptor on the database, `-wal` or `-shm` file that is opened and closed drops all
 * POSIX locks that this process holds on it (https://www.sqlite.org/howtocorrupt.html, section 2.2).
 */
export function identifyFile(path: string): string {
  return inodeOf(path) ?? `path:${realPathToBe(path)}`;
}

/** `dev:ino` of the file behind `path`, or `undefined` where there is none. */
export function inodeOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? undefined : `${found.dev}:${found.ino}`;
}

/** The key under which a file that did not exist yet was first known. */
export function identifyFolderEntry(path: string): string {
  return `path:${realPathToBe(path)}`;
}

function realPathToBe(path: string): string {
  const absolute = resolve(path);
  try {
    return join(realpathSync(dirname(absolute)), basename(absolute));
  } catch {
    return absolute; // the folder is missing too: whoever opens will say so better than a stat can
  }
}

/** Names that SQLite gives no file of their own: each open is a database of its own. */
export function isAnonymous(path: string): boolean {
  const name = path.trim();
  return name === "" || name === ":memory:";
}
