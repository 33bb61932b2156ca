import { FACTS_VERSION } from "../facts/types.js";
import { type Digest, seal, unseal } from "./envelope.js";

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
}

export interface MapFile {
  /** Relative to the root. */
  file: string;
  /** Of the file's bytes. */
  hash: string;
  /** Each specifier with the file of this map that it means; null for what lies outside. */
  imports: [specifier: string, target: string | null][];
}

export function mapName(root: string, digest: Digest): string {
  return `project-${digest(root).slice(0, 16)}.json`;
}

export function encodeMap(root: string, map: ProjectMap, digest: Digest): string {
  return seal(`map-${FACTS_VERSION}`, root, map, digest);
}

/** The map of this root, or `undefined` when the text is not what `encodeMap` made for it with this version of facts. */
export function decodeMap(root: string, text: string, digest: Digest): ProjectMap | undefined {
  const value = unseal(`map-${FACTS_VERSION}`, root, text, digest);
  return isMap(value) ? value : undefined;
}

// The digest proves that a scan wrote it: the shape is checked no further than types need.
function isMap(value: unknown): value is ProjectMap {
  return typeof value === "object" && value !== null && "files" in value && Array.isArray(value.files) && "config" in value && Array.isArray(value.config);
}
