import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { errorMessage } from "../errors.js";
import { workTreeTop } from "../git-ignore.js";

const OWN_FOLDER = /^v1-[0-9a-f]{32}$/;
/** How long the results of another version are kept: two of them may take turns. In milliseconds. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/**
 * Where results are kept when nobody says where: in the `node_modules/.cache` of the scanned folder, or of the nearest
 * folder above it in the same work tree. Without dependencies there is no such place, and nothing is kept.
 */
export function defaultCacheFolder(root: string): string | undefined {
  const top = workTreeTop(root) ?? root;
  for (let folder = root; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    if (statSync(modules, { throwIfNoEntry: false })?.isDirectory()) return path.join(modules, ".cache", "sessionfix");
    if (folder === top || folder === path.dirname(folder)) return undefined;
  }
}

/** Files of one identity. What cannot be read is not there; what cannot be written is not kept. */
export class CacheFolder {
  readonly #folder: string;
  readonly #made = new Set<string>();
  /** Why nothing can be written, once that is known. */
  problem: string | undefined;

  constructor(
    private readonly parent: string,
    identity: string,
  ) {
    this.#folder = path.join(parent, `v1-${identity}`);
  }

  /** The folder's own name, below the folder of all versions. */
  get name(): string {
    return path.basename(this.#folder);
  }

  read(name: string): string | undefined {
    try {
      return readFileSync(path.join(this.#folder, name), "utf8");
    } catch {
      return undefined;
    }
  }

  has(name: string): boolean {
    return statSync(path.join(this.#folder, name), { throwIfNoEntry: false }) !== undefined;
  }

  /** Whole or not at all: readers at the same time see the old file or the new one. */
  write(name: string, text: string): void {
    if (this.problem !== undefined) return;
    const file = path.join(this.#folder, name);
    const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
    try {
      const folder = path.dirname(file);
      if (!this.#made.has(folder)) {
        mkdirSync(folder, { recursive: true });
        this.#made.add(folder);
      }
      writeFileSync(temporary, text);
      renameSync(temporary, file);
    } catch (error) {
      this.problem = errorMessage(error);
      removeQuietly(temporary);
    }
  }

  /** Takes away what other versions have left, and the kept files under `folder` that nobody has used for long. */
  prune(folder: string, used: ReadonlySet<string>, now: number): void {
    const old = (file: string) => now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now) > KEPT;
    try {
      for (const name of readdirSync(this.parent)) {
        const other = path.join(this.parent, name);
        if (OWN_FOLDER.test(name) && other !== this.#folder && old(other)) rmSync(other, { recursive: true, force: true });
      }
      const names = readdirSync(path.join(this.#folder, folder));
      if (names.length < 2 * used.size + 1000) return;
      for (const name of names) {
        const file = path.join(this.#folder, folder, name);
        if (!used.has(name) && old(file)) rmSync(file, { force: true });
      }
    } catch {
      // Another run may be tidying up at the same time.
    }
  }
}

function removeQuietly(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Where nothing could be written there is nothing to remove.
  }
}
