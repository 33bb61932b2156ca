import { closeSync, openSync, readSync } from "node:fs";

/** What the first 100 bytes of a database file say: https://www.sqlite.org/fileformat2.html#the_database_header */
export interface DatabaseHeader {
  /** Bytes. */
  readonly pageSize: number;
  /** `wal` or `rollback`: the header tells no more. `delete`, `truncate`, `persist` and `memory` are a connection's choice and are not stored. */
  readonly journal: "wal" | "rollback";
  /** Pages of the file as the header counts them; 0 where an old SQLite has not kept the count. */
  readonly pages: number;
  readonly freePages: number;
  readonly changeCounter: number;
  readonly schemaFormat: number;
  readonly autoVacuum: "none" | "full" | "incremental";
  readonly encoding: "UTF-8" | "UTF-16le" | "UTF-16be" | "unset";
  readonly userVersion: number;
  readonly applicationId: number;
  /** `PRAGMA default_cache_size`, long deprecated; 0 where it was never set. */
  readonly defaultCacheSize: number;
  /** The SQLite that wrote the file last: `3.45.1`. */
  readonly writtenBy: string;
}

const MAGIC = Buffer.from("SQLite format 3\0", "latin1");

/**
 * The first bytes of a file, by `read(2)`. Closing a descriptor drops the POSIX locks that *this* process has on the file, so this is
 * for a process that has no database open; other processes' locks are never touched (https://www.sqlite.org/howtocorrupt.html, 2.2).
 */
export function readStart(file: string, bytes: number): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** `undefined` for an empty file, which SQLite takes for an empty database; `"not a database"` for what it would refuse. */
export function parseDatabaseHeader(bytes: Buffer): DatabaseHeader | "not a database" | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes.length < 100 || !bytes.subarray(0, 16).equals(MAGIC)) return "not a database";
  const size = bytes.readUInt16BE(16);
  const pageSize = size === 1 ? 65_536 : size;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return "not a database";
  const largestRoot = bytes.readUInt32BE(52);
  const version = bytes.readUInt32BE(96);
  // The count is only good where the version that wrote it also wrote the change counter (fileformat2.html, 1.3.8).
  const counted = bytes.readUInt32BE(24) === bytes.readUInt32BE(92);
  return {
    pageSize,
    journal: bytes[18] === 2 && bytes[19] === 2 ? "wal" : "rollback",
    pages: counted ? bytes.readUInt32BE(28) : 0,
    freePages: bytes.readUInt32BE(36),
    changeCounter: bytes.readUInt32BE(24),
    schemaFormat: bytes.readUInt32BE(44),
    autoVacuum: largestRoot === 0 ? "none" : bytes.readUInt32BE(64) === 0 ? "full" : "incremental",
    encoding: ([undefined, "UTF-8", "UTF-16le", "UTF-16be"] as const)[bytes.readUInt32BE(56)] ?? "unset",
    userVersion: bytes.readInt32BE(60),
    applicationId: bytes.readUInt32BE(68),
    defaultCacheSize: bytes.readInt32BE(48),
    writtenBy: `${Math.floor(version / 1_000_000)}.${Math.floor(version / 1_000) % 1_000}.${version % 1_000}`,
  };
}
