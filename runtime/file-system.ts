import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { NetworkFileSystemError } from "./errors.js";

/**
 * File systems that other machines may mount as well, by the number that statfs(2) gives (`linux/magic.h`). The index of a
 * write-ahead log is shared memory, which ends at the machine: "WAL does not work over a network filesystem"
 * (https://www.sqlite.org/wal.html, Overview). FUSE is not among them: behind it may be anything, also a local disk.
 */
const NETWORK = new Map<bigint, string>([
  [0x6969n, "NFS"],
  [0x517bn, "SMB"],
  [0xff534d42n, "SMB (CIFS)"],
  [0xfe534d42n, "SMB 2"],
  [0x01021997n, "9P"],
  [0x5346414fn, "AFS"],
  [0x6b414653n, "AFS"],
  [0x00c36400n, "Ceph"],
  [0x73757245n, "Coda"],
]);

/** The part of `fs.statfsSync` that is used here. */
export type StatFs = (path: string) => { readonly type: bigint };

const statFs: StatFs = (path) => statfsSync(path, { bigint: true });

/** The network file system that the file is, or would be, on; `undefined` for every other one, and where it cannot be known. */
export function networkFileSystem(path: string, find: StatFs = statFs): string | undefined {
  // The numbers are Linux's own.
  if (process.platform !== "linux" || path === "") return undefined;
  for (const candidate of [path, dirname(path)]) {
    try {
      return NETWORK.get(BigInt.asUintN(32, find(candidate).type));
    } catch {
      // not there yet: its folder tells
    }
  }
  return undefined;
}

/** @throws {NetworkFileSystemError} when a write-ahead log at `path` would be on a network file system. */
export function refuseNetworkFileSystem(path: string, find: StatFs = statFs): void {
  const name = networkFileSystem(path, find);
  if (name === undefined) return;
  throw new NetworkFileSystemError(
    `${path} is on ${name}, a network file system. A write-ahead log needs memory that all processes share, so processes on two machines would destroy each other's writes. Move the file to a local disk, or give the factory engine: { journalMode: "delete" } and let one machine use it.`,
    path, name,
  );
}
