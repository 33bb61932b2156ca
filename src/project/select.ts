/** What the choice needs of one file. */
export interface FileNode {
  /** It names a database library. */
  namesLibrary: boolean;
  /** The files of the set that it imports. */
  imports: string[];
}

/**
 * The files that can matter: those that name a database library, all that import them, directly or not (their callers),
 * and all that any of these import (what a session may be handed to). Linear in files and imports.
 */
export function selectFiles(nodes: ReadonlyMap<string, FileNode>): Set<string> {
  const importers = importersOf(nodes);
  const seeds = [...nodes].filter(([, node]) => node.namesLibrary).map(([file]) => file);
  const callers = reach(seeds, (file) => importers.get(file) ?? []);
  return reach(callers, (file) => nodes.get(file)?.imports ?? []);
}

/**
 * The files without tests, which every rule leaves alone: a test says nothing of how the program runs, and what it hands to the program's functions the program
 * never sees. What such a file has for others, because a file that is no test imports it, stays.
 */
export function withoutTests(nodes: ReadonlyMap<string, FileNode>, isTest: (file: string) => boolean): Map<string, FileNode> {
  const starts = [...nodes.keys()].filter((file) => !isTest(file));
  const kept = reach(starts, (file) => nodes.get(file)?.imports ?? []);
  return new Map([...nodes].filter(([file]) => kept.has(file)));
}

/** Who imports each file. */
export function importersOf(nodes: ReadonlyMap<string, FileNode>): Map<string, string[]> {
  const importers = new Map<string, string[]>();
  for (const [file, node] of nodes) {
    for (const imported of node.imports) {
      const known = importers.get(imported);
      if (known) known.push(file);
      else importers.set(imported, [file]);
    }
  }
  return importers;
}

/** What can be come to from `starts`, themselves included. */
export function reach(starts: Iterable<string>, next: (file: string) => readonly string[]): Set<string> {
  const reached = new Set(starts);
  // A Set's iteration also visits what is added meanwhile.
  for (const file of reached) for (const neighbour of next(file)) reached.add(neighbour);
  return reached;
}
