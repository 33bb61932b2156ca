import { statSync } from "node:fs";
import path from "node:path";
import { digest } from "./cache/digest.js";
import type { KnownSource, ScanCache } from "./cache/scan-cache.js";
import { provesContent, stampOf } from "./cache/stamp.js";
import { ioReason } from "./discover.js";
import type { SkippedFile } from "./discover.js";
import { errorMessage } from "./errors.js";
import { decode, readBytes } from "./read-source.js";
import { listSpecifiers } from "./specifiers.js";
import { DIRECTIVE } from "./suppressions.js";

/** What one look at a file's text leaves behind. */
export interface SourceEntry {
  specifiers: string[];
  namesLibrary: boolean;
  /** Absent once the file is known not to matter; it is read again when asked for. */
  text?: string;
  /** Of the file's bytes; only where results are kept. */
  hash?: string;
  /** It may hold a comment that speaks to sessionfix. */
  hasDirective?: boolean;
  /** What an earlier syntax check said of these bytes: empty for nothing. */
  syntax?: string;
}

export interface Sources {
  /** In the order of the files given. */
  entries: Map<string, SourceEntry>;
  skipped: SkippedFile[];
  /** What a result that rests on these files rests on: each file with its hash, or with why it was left out. */
  contents: [string, string][];
  /** Bytes of all files that were not left out. */
  size: number;
}

export interface ReadRequest {
  root: string;
  files: readonly string[];
  isSeed: (text: string) => boolean;
  cache: ScanCache | undefined;
  onFile?: ((done: number, total: number) => void) | undefined;
}

/** Looks at every file once; those that the cache knows by their stamp are not even read. */
export function readSources({ root, files, isSeed, cache, onFile }: ReadRequest): Sources {
  const sources: Sources = { entries: new Map(), skipped: [], contents: [], size: 0 };
  const take = (file: string, known: KnownSource, size: number, text?: string) => {
    const { specifiers, namesLibrary, reason, hash, hasDirective, syntax } = known;
    sources.contents.push([file, hash === "" ? `skipped: ${reason ?? ""}` : hash]);
    if (specifiers === undefined) sources.skipped.push({ file, reason: reason ?? "" });
    else {
      sources.size += size;
      sources.entries.set(file, {
        specifiers,
        namesLibrary: namesLibrary === true,
        ...(text === undefined ? {} : { text }),
        ...(cache === undefined ? {} : { hash }),
        ...(hasDirective === true ? { hasDirective } : {}),
        ...(syntax === undefined ? {} : { syntax }),
      });
    }
  };
  for (const [index, file] of files.entries()) {
    const absolute = path.join(root, file);
    try {
      const lookedAt = Date.now();
      const stats = statSync(absolute, { bigint: true });
      const stamp = stampOf(stats);
      const size = Number(stats.size);
      const known = cache?.lookUp(file, stamp);
      if (known) take(file, known, size);
      else {
        const { source, text } = look(file, absolute, size, isSeed, cache);
        if (source.hash !== "") cache?.keep(file, provesContent(stats, lookedAt) ? stamp : "", source);
        take(file, source, size, text);
      }
    } catch (error) {
      take(file, { hash: "", reason: ioReason(error) || errorMessage(error) }, 0);
    }
    onFile?.(index + 1, files.length);
  }
  return sources;
}

function look(file: string, absolute: string, size: number, isSeed: (text: string) => boolean, cache: ScanCache | undefined): { source: KnownSource; text?: string } {
  const read = readBytes(absolute, size);
  if (!read.ok) return { source: { hash: "", reason: read.reason } };
  const hash = cache ? digest(read.bytes) : "none";
  const known = cache?.lookUpContent(file, hash);
  if (known) return { source: known };
  const decoded = decode(read.bytes);
  if (!decoded.ok) return { source: { hash, reason: decoded.reason } };
  const { text } = decoded;
  return { source: { hash, specifiers: listSpecifiers(text), namesLibrary: isSeed(text), hasDirective: text.includes(DIRECTIVE) }, text };
}
