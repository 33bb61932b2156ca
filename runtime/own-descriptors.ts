import { readFileSync, readdirSync, statSync } from "node:fs";
import type { Stats } from "node:fs";

/** Device and inode, as one key. Plain numbers: a look must be cheap, and what is compared comes from the same call. */
export function fileKey({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}

/**
 * Descriptors of this process, all its threads included, on the files of the given keys. `undefined` where the system
 * does not tell. The links below `/proc/self/fd` lead to the open file itself, also to one that has been unlinked, and
 * `stat` on them opens nothing (proc_pid_fd(5)).
 */
export function findOwnDescriptors(keys: readonly string[]): Map<string, string[]> | undefined {
  if (process.platform !== "linux") return undefined;
  const found = new Map<string, string[]>(keys.map((key) => [key, []]));
  try {
    for (const descriptor of readdirSync("/proc/self/fd")) {
      const stats = statSync(`/proc/self/fd/${descriptor}`, { throwIfNoEntry: false });
      if (stats?.isFile()) found.get(fileKey(stats))?.push(descriptor);
    }
    return found;
  } catch {
    return undefined;
  }
}

/**
 * Whether this process holds a POSIX lock on `byte` through the descriptor, as proc_pid_fdinfo(5) lists it: `undefined`
 * where that cannot be read. The file opened is the kernel's, not the descriptor's.
 */
export function holdsLock(descriptor: string, byte: number): boolean | undefined {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1");
    return [...text.matchAll(/^lock:.* POSIX .* (\d+) (\d+|EOF)$/gm)].some(([, from, to]) => Number(from) <= byte && (to === "EOF" || Number(to) >= byte));
  } catch {
    return undefined;
  }
}

/**
 * How often this process has mapped the beginning of the file: once for each library that has a `-shm` file open. By
 * inode number alone, so a number above 1 is a reason to list the descriptors, and no proof. The time that it takes does not
 * depend on how many sockets there are. `undefined` where the system does not tell.
 */
export function countMappings(key: string): number | undefined {
  const inode = key.slice(key.indexOf(":") + 1);
  try {
    const text = readFileSync("/proc/self/maps", "latin1");
    return text.split(` ${inode} `).slice(0, -1).filter((before) => /s 0+ [0-9a-f]+:[0-9a-f]+$/.test(before)).length;
  } catch {
    return undefined;
  }
}

/** Native libraries of this process that by their names may contain SQLite: a hint for a message, no proof of anything. */
export function sqliteLibraries(): string[] {
  try {
    const mapped = readFileSync("/proc/self/maps", "latin1").matchAll(/(\/\S[^\n]*(?:\.node|\.so[.\d]*))$/gm);
    const files = new Set([...mapped].map(([, file]) => file ?? ""));
    return [...files].filter((file) => /sqlite|libsql|sqlcipher|turso|duckdb|prisma|query_engine|sequelize/i.test(file));
  } catch {
    return [];
  }
}
