import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathUnder } from "./checker.js";
import type { FileChanges, VirtualFileSystem } from "./native-api.js";

/** Files over the disk, as TypeScript's server sees them. Paths are relative to the root, with "/". */
export class VirtualFiles implements VirtualFileSystem {
  #texts: ReadonlyMap<string, string> = new Map();
  /** What stands in a folder besides what is on the disk. */
  readonly #folders = new Map<string, { files: Set<string>; directories: Set<string> }>();
  /** What the server has read of files that are, or were, over the disk. */
  readonly #read = new Map<string, string>();

  constructor(private readonly root: string) {}

  /** Shows these texts from now on, and no others. Returns what the server must be told. */
  show(texts: ReadonlyMap<string, string>): FileChanges {
    const changes: FileChanges = { changed: [], created: [], deleted: [] };
    for (const path of new Set([...this.#texts.keys(), ...texts.keys()])) {
      const [was, is] = [this.#texts.get(path), texts.get(path)];
      if (was === is) continue;
      const name = join(this.root, path);
      const isOnDisk = existsSync(name);
      const list = is === undefined ? (isOnDisk ? "changed" : "deleted") : was === undefined && !isOnDisk ? "created" : "changed";
      changes[list].push(name);
    }
    this.#texts = texts;
    this.#folders.clear();
    for (const path of texts.keys()) this.#enter(path);
    return changes;
  }

  #enter(path: string): void {
    const parts = path.split("/");
    parts.forEach((name, at) => {
      const folder = parts.slice(0, at).join("/");
      let entries = this.#folders.get(folder);
      if (entries === undefined) this.#folders.set(folder, (entries = { files: new Set(), directories: new Set() }));
      (at === parts.length - 1 ? entries.files : entries.directories).add(name);
    });
  }

  text(path: string): string | undefined {
    return this.#texts.get(path);
  }

  /** The server has read what is shown of this file: nothing older, and nothing from the disk beneath it. */
  isUpToDate(path: string): boolean {
    return this.#read.get(path) === this.#texts.get(path);
  }

  readonly readFile = (name: string): string | undefined => {
    const path = pathUnder(this.root, name);
    const text = this.#texts.get(path);
    if (text === undefined) this.#read.delete(path);
    else this.#read.set(path, text);
    return text;
  };

  readonly fileExists = (name: string): true | undefined => (this.#texts.has(pathUnder(this.root, name)) ? true : undefined);

  readonly directoryExists = (name: string): true | undefined => (this.#folders.has(pathUnder(this.root, name)) ? true : undefined);

  readonly getAccessibleEntries = (name: string): { files: string[]; directories: string[] } | undefined => {
    const entries = this.#folders.get(pathUnder(this.root, name));
    if (entries === undefined) return undefined;
    const files = new Set(entries.files);
    const directories = new Set(entries.directories);
    for (const entry of namesIn(name)) {
      const kind = statSync(join(name, entry), { throwIfNoEntry: false });
      if (kind?.isFile() === true) files.add(entry);
      else if (kind?.isDirectory() === true) directories.add(entry);
    }
    return { files: [...files].sort(), directories: [...directories].sort() };
  };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
