import { FACTS_VERSION } from "../facts/types.js";
import type { Finding } from "../finding.js";
import { type Digest, seal, unseal } from "./envelope.js";
import type { PackedOutline } from "./packed-outline.js";

/**
 * What a scan of a whole root leaves for those who see one file at a time: which files can matter, what they were, and where
 * their imports lead. Editors read it, so it says everything needed to notice that it is no longer right.
 */
export interface ProjectMap {
  /** The folder beside the map in which the facts are kept. */
  folder: string;
  files: MapFile[];
  /** The configuration files that imports were resolved by: absolute path and hash of the text; null: there was none. */
  config: [file: string, hash: string | null][];
  found: Found;
}

/** What the scan found, and what it was told to look for. */
export interface Found {
  /** By what: see `DETECTION`. */
  detection: string;
  /** Likely findings, too, and all rules where none are named. */
  strict: boolean;
  /** Only these rules. Absent: those of the config. */
  rules?: readonly string[];
  /** Options by rule, on top of its defaults. */
  options?: Readonly<Record<string, object>>;
  findings: Finding[];
  /** Where something of sessionfix failed: what was found there, or with it, may not be all. */
  hasDefects?: true;
}

export interface MapFile {
  /** Relative to the root. */
  file: string;
  /** Of the file's bytes. */
  hash: string;
  /** Each specifier with the file of this map that it means; null for what lies outside. */
  imports: [specifier: string, target: string | null][];
  /** What a framework imports for it: names that it may speak of, each with where it is from. */
  named?: [name: string, specifier: string, imported: string][];
  /** Absent where it could not be made. */
  outline?: PackedOutline;
}

/** The third layout of it. */
const KIND = `map-3-${FACTS_VERSION}`;

export function mapName(root: string, digest: Digest): string {
  return `project-${digest(root).slice(0, 16)}.json`;
}

export function encodeMap(root: string, map: ProjectMap, digest: Digest): string {
  return seal(KIND, root, map, digest);
}

/** The map of this root, or `undefined` when the text is not what `encodeMap` made for it with this version of facts. */
export function decodeMap(root: string, text: string, digest: Digest): ProjectMap | undefined {
  const value = unseal(KIND, root, text, digest);
  return isMap(value) ? value : undefined;
}

// The digest proves that a scan wrote it: the shape is checked no further than types need.
function isMap(value: unknown): value is ProjectMap {
  return typeof value === "object" && value !== null && "files" in value && Array.isArray(value.files) && "config" in value && Array.isArray(value.config);
}
