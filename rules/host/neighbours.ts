import path from "node:path";
import { unpackOutline } from "../../src/core/cache/packed-outline.js";
import type { MapFile } from "../../src/core/cache/project-map.js";
import { outlineOf, type Outline } from "../../src/core/facts/outline.js";
import type { FileFacts } from "../../src/core/facts/types.js";
import { reachFiles, withoutWaiting } from "../../src/core/link/reach.js";
import type { KeptScan } from "./cache-reader.js";

export type Imports = MapFile["imports"];

/** A text that is not what was scanned, and where its imports lead. */
export interface ChangedFile {
  facts: FileFacts;
  text: string;
  imports: Imports;
}

export interface Neighbours {
  /** With the file itself, in order. */
  files: string[];
  /** All whose code was asked for on the way: if one of these is not as it was, others might belong here. */
  asked: ReadonlySet<string>;
}

/** Whoever speaks of what the file exports, by name, directly or not, and what these and the file speak of; undefined when they are more than `most`. */
export function neighboursOf(scan: KeptScan, file: string, changed: ChangedFile | undefined, most: number): Neighbours | undefined {
  const { importers, targets, outlines } = graphOf(scan);
  const own = changed && { outline: outlineOf(changed.facts), targets: new Map(changed.imports) };
  const asked = new Set<string>();
  const outline = (each: string) => {
    asked.add(each);
    return own && each === file ? own.outline : outlines(each);
  };
  const reached = withoutWaiting(
    reachFiles([file], {
      outline,
      resolve: (from, specifier) => (own && from === file ? own.targets : targets(from)).get(specifier) ?? undefined,
      importers: (each) => importers.get(each) ?? [],
      most,
      contains: (each, name) => {
        const { exports, stars } = outline(each) ?? NOTHING;
        return exports.has(name) || exports.has("=") || stars.length > 0;
      },
    }),
  );
  return reached.size > most ? undefined : { files: [...reached.keys()].sort(), asked };
}

const NOTHING: Outline = { units: [], exports: new Map(), stars: [] };

/** Where the imports of a changed text lead; undefined when one is relative and new, so that nobody has resolved it. */
export function importsOf(scan: KeptScan, file: string, specifiers: readonly string[]): Imports | undefined {
  const known = graphOf(scan).folders.get(path.posix.dirname(file));
  const imports: Imports = [];
  for (const specifier of specifiers) {
    const target = known?.get(specifier);
    if (target === undefined && specifier.startsWith(".")) return undefined;
    imports.push([specifier, target ?? null]);
  }
  return imports;
}

/** What a framework imports by itself for files in the folder of this one, which may use more of it than when it was scanned. */
export function namesAround(scan: KeptScan, file: string): NonNullable<MapFile["named"]> {
  const folder = path.posix.dirname(file);
  const names = new Map([...scan.files.values()].flatMap(({ file: each, named = [] }) => (named.length > 0 && path.posix.dirname(each) === folder ? named.map((name) => [name[0], name] as const) : [])));
  return [...names.values()];
}

/** What is asked again for each file of the same scan. */
interface Graph {
  importers: ReadonlyMap<string, readonly string[]>;
  /** What specifiers mean, by folder: resolution depends on the importer's folder alone. */
  folders: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
  targets: (file: string) => ReadonlyMap<string, string | null>;
  outlines: (file: string) => Outline | undefined;
}

const graphs = new WeakMap<KeptScan, Graph>();

function graphOf(scan: KeptScan): Graph {
  let graph = graphs.get(scan);
  if (!graph) graphs.set(scan, (graph = makeGraph(scan)));
  return graph;
}

function makeGraph(scan: KeptScan): Graph {
  const importers = new Map<string, string[]>();
  const folders = new Map<string, Map<string, string | null>>();
  for (const { file, imports } of scan.files.values()) {
    const folder = path.posix.dirname(file);
    const specifiers = folders.get(folder) ?? new Map<string, string | null>();
    folders.set(folder, specifiers);
    for (const [specifier, target] of imports) {
      specifiers.set(specifier, target);
      if (target === null) continue;
      const list = importers.get(target);
      if (list) list.push(file);
      else importers.set(target, [file]);
    }
  }
  const entry = (file: string) => scan.files.get(file);
  return {
    importers,
    folders,
    targets: remembered((file) => new Map(entry(file)?.imports)),
    outlines: remembered((file) => {
      const { outline, imports = [] } = entry(file) ?? {};
      return outline && unpackOutline(outline, imports);
    }),
  };
}

function remembered<T>(make: (file: string) => T): (file: string) => T {
  const known = new Map<string, { value: T }>();
  return (file) => {
    let made = known.get(file);
    if (!made) known.set(file, (made = { value: make(file) }));
    return made.value;
  };
}
