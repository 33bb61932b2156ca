import { endianness } from "node:os";

/** The header of a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
export interface WalHeader {
  /** Bytes. */
  readonly pageSize: number;
  /** How often the log was begun anew. */
  readonly checkpointSequence: number;
}

/** `undefined` for an empty log, and for one whose beginning is no log's. */
export function parseWalHeader(bytes: Buffer): WalHeader | undefined {
  if (bytes.length < 32) return undefined;
  const magic = bytes.readUInt32BE(0);
  if (magic !== 0x377f0682 && magic !== 0x377f0683) return undefined;
  return { pageSize: bytes.readUInt32BE(8), checkpointSequence: bytes.readUInt32BE(12) };
}

/** Bytes of the log's header, and of the header of each of its frames. */
const WAL_HEADER = 32;
const FRAME_HEADER = 24;

/** Frames for which the file of the log has room; more than are valid after the log was begun anew. */
export function framesOf(walBytes: number, pageSize: number): number {
  return Math.max(0, Math.floor((walBytes - WAL_HEADER) / (pageSize + FRAME_HEADER)));
}

/** What the `-shm` file says of the log: https://www.sqlite.org/walformat.html#the_wal_index_header */
export interface WalIndex {
  /** Counts transactions: `iChange`. */
  readonly changes: number;
  /** Valid frames in the log. */
  readonly frames: number;
  /** Frames that are in the database already. */
  readonly checkpointed: number;
  /** Pages of the database, the log's included. */
  readonly pages: number;
  /**
   * For each of the five places of readers the last frame that whoever holds its lock may read. The first is for those that
   * read the database alone. `undefined` where the place is not in use.
   */
  readonly readMarks: readonly (number | undefined)[];
}

const READMARK_NOT_USED = 0xffffffff;

/** What has to be read of the file. In bytes. */
export const INDEX_BYTES = 136;

/** `undefined` where the index is not initialised, or its two copies differ: somebody is writing it just now. */
export function parseWalIndex(bytes: Buffer): WalIndex | undefined {
  if (bytes.length < INDEX_BYTES || bytes[12] === 0) return undefined;
  if (!bytes.subarray(0, 48).equals(bytes.subarray(48, 96))) return undefined;
  // The index is in the byte order of the machine, since it never leaves it (walformat.html, 2).
  const at = (offset: number): number => (endianness() === "LE" ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset));
  const marks = [0, 1, 2, 3, 4].map((place) => at(100 + 4 * place));
  return {
    changes: at(8),
    frames: at(16),
    pages: at(20),
    checkpointed: at(96),
    readMarks: marks.map((mark) => (mark === READMARK_NOT_USED ? undefined : mark)),
  };
}
