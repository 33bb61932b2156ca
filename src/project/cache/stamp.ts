import type { BigIntStats } from "node:fs";

/**
 * File systems keep times in steps (FAT: 2 s), and clocks of servers differ a little. A file whose time is this close to
 * when it was looked at may change again without its stamp changing: git's "racy" files. In milliseconds.
 */
const RACY = 2_500;

/** What a file system says of a file, as far as it changes whenever the content does. */
export function stampOf({ mtimeNs, ctimeNs, size, ino }: BigIntStats): string {
  return `${mtimeNs} ${ctimeNs} ${size} ${ino}`;
}

/** Whether a stamp taken at `lookedAt` (milliseconds) proves, if it is still the same, that the content is. */
export function provesContent({ mtimeMs, ctimeMs }: { mtimeMs: bigint; ctimeMs: bigint }, lookedAt: number): boolean {
  // The time of the last change of the inode cannot be set by hand; a time in the future proves nothing.
  return Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs) + RACY < lookedAt;
}
