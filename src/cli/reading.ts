import path from "node:path";
import type { Command } from "commander";
import { positiveInteger } from "./numbers.js";

/** How the sources are read: the same for every command that scans. */
export interface ReadingFlags {
  cache: boolean;
  cacheDir?: string;
  jobs?: number;
}

export function addReadingOptions(command: Command): Command {
  return command
    .option("--no-cache", "keep nothing for the next run, and believe nothing that an earlier one kept")
    .option("--cache-dir <folder>", "where to keep results (default: .cache/sessionfix in the nearest node_modules)")
    .option("-j, --jobs <number>", "threads that read files (default: one a processor, at most 5; 1: no other thread)", positiveInteger);
}

export function readingOf({ cache, cacheDir, jobs }: ReadingFlags): { cache?: string | false; jobs?: number } {
  return {
    ...(cache ? (cacheDir === undefined ? {} : { cache: path.resolve(cacheDir) }) : { cache: false }),
    ...(jobs === undefined ? {} : { jobs }),
  };
}
