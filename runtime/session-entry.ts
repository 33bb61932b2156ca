import { inodeOf, identifyFolderEntry, isAnonymous } from "./file-identity.js";
import { registry } from "./registry.js";

/** An open (or opening) session of this thread. */
export interface SessionEntry {
  /** What tells sessions of one file apart that are not exchangeable: the driver, or the text of the `open` function. */
  readonly kind: string;
  readonly path: string | undefined;
  readonly driver: string;
  /** What `getSession` returns: the session, or the promise of it. */
  readonly session: object;
  readonly isOpen: () => boolean;
  readonly close: (timeoutMs: number) => Promise<void>;
  /** The open session itself; `undefined` while its promise is pending. */
  readonly opened: () => object | undefined;
  /** Factories that handed it out and have not been closed since. */
  readonly owners: Set<object>;
  /** Its place in the registry. A file that did not exist at the opening gets its final one once it does. */
  key: string;
}

/** The open session for `path`, if this thread has one. */
export function findEntry(kind: string, path: string | undefined): SessionEntry | undefined {
  const key = keyOf(kind, path);
  const found = registry.entries.get(key);
  if (found !== undefined || path === undefined || isAnonymous(path) || isFileless(path)) return found;
  const early = registry.entries.get(`${kind}|${identifyFolderEntry(path)}`);
  if (early !== undefined) place(early, key);
  return early;
}

/** Where the session for `path` belongs in the registry, as things stand on disk. */
export function keyOf(kind: string, path: string | undefined): string {
  if (path === undefined) return `${kind}|default`;
  if (isAnonymous(path) || isFileless(path)) return `${kind}|name:${path.trim()}`;
  return `${kind}|${inodeOf(path) ?? identifyFolderEntry(path)}`;
}

/** A URL of a server or a URI with parameters is its own identity. A single letter before the colon is a drive. */
function isFileless(path: string): boolean {
  return /^[a-z][a-z0-9+.-]+:/i.test(path);
}

export function place(entry: SessionEntry, key: string): void {
  remove(entry);
  entry.key = key;
  registry.entries.set(key, entry);
}

export function remove(entry: SessionEntry): void {
  if (registry.entries.get(entry.key) === entry) registry.entries.delete(entry.key);
}
