import type { Mention, Outline } from "../core/facts/outline.js";
import { callersOf } from "./select.js";
import type { FileNode } from "./select.js";

export interface ReachHost {
  /** Undefined for a file that is not of the set, or that could not be parsed. */
  outline: (file: string) => Outline | undefined;
  /** The file of the set that a specifier means. */
  resolve: (fromFile: string, specifier: string) => string | undefined;
  /** Whether the file's text has this word: a file without it exports nothing of that name itself. */
  contains: (file: string, word: string) => boolean;
}

/**
 * The files that can matter. Every file that names a library, and every file that imports one of these, directly or
 * not, is looked at; of what they import besides, only what the code there that can come near a database speaks of:
 * what a session may be handed to, and what runs beside it. A page that also formats dates does not bring in the dates.
 */
export function reachFiles(nodes: ReadonlyMap<string, FileNode>, host: ReachHost): Set<string> {
  const callers = callersOf(nodes);
  const reach = new Reach(callers, host);
  for (const file of callers) {
    if (nodes.get(file)?.namesLibrary === true) reach.all(file);
    else reach.nearDatabase(file);
  }
  return reach.run();
}

class Reach {
  readonly #selected: Set<string>;
  readonly #units = new Map<string, Set<number>>();
  readonly #names = new Set<string>();
  readonly #queue: [file: string, unit: number][] = [];

  constructor(
    private readonly callers: ReadonlySet<string>,
    private readonly host: ReachHost,
  ) {
    this.#selected = new Set(callers);
  }

  run(): Set<string> {
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) {
      const [file, index] = next;
      const unit = this.host.outline(file)?.units[index];
      if (!unit) continue;
      for (const other of unit.units) this.#add(file, other);
      for (const mention of unit.imports) this.#follow(file, mention);
    }
    return this.#selected;
  }

  all(file: string): void {
    const outline = this.host.outline(file);
    for (let unit = 0; unit < (outline?.units.length ?? 0); unit++) this.#add(file, unit);
    for (const specifier of outline?.stars ?? []) this.#follow(file, { specifier, name: "*" });
  }

  /** The units that speak of what leads to a library, and those that speak of them. */
  nearDatabase(file: string): void {
    const outline = this.host.outline(file);
    if (!outline) return;
    const speakers = new Map<number, number[]>();
    const near = new Set<number>();
    for (const [index, { units, imports }] of outline.units.entries()) {
      for (const other of units) speakers.set(other, [...(speakers.get(other) ?? []), index]);
      if (imports.some(({ specifier }) => this.callers.has(this.host.resolve(file, specifier) ?? ""))) near.add(index);
    }
    // A Set's iteration also visits what is added meanwhile.
    for (const unit of near) for (const speaker of speakers.get(unit) ?? []) near.add(speaker);
    for (const unit of near) this.#add(file, unit);
  }

  #add(file: string, unit: number): void {
    let known = this.#units.get(file);
    if (!known) {
      this.#units.set(file, (known = new Set()));
      this.#selected.add(file);
      // Whoever needs a part of a module runs its own code.
      this.#add(file, 0);
    }
    if (known.has(unit)) return;
    known.add(unit);
    this.#queue.push([file, unit]);
  }

  #follow(file: string, { specifier, name }: Mention): void {
    const target = this.host.resolve(file, specifier);
    if (target !== undefined) this.#exported(target, name);
  }

  #exported(file: string, name: string): void {
    const key = `${file}\0${name}`;
    if (this.#names.has(key)) return;
    this.#names.add(key);
    const outline = this.host.outline(file);
    this.#selected.add(file);
    if (!outline) return;
    if (name === "*") {
      this.all(file);
      return;
    }
    const units = [...(outline.exports.get(name) ?? []), ...(outline.exports.get("=") ?? [])];
    for (const unit of units) this.#add(file, unit);
    if (outline.exports.has(name)) return;
    // A default import of a CommonJS module is the module.
    if (name === "default") this.all(file);
    for (const specifier of outline.stars) {
      const target = this.host.resolve(file, specifier);
      if (target !== undefined && this.host.contains(target, name)) this.#exported(target, name);
    }
  }
}
