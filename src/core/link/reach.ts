import type { Mention, Outline } from "../facts/outline.js";

export interface ReachHost {
  /** Undefined for a file that is not of the set, or that could not be parsed. */
  outline: (file: string) => Outline | undefined;
  /** The file of the set that a specifier means. */
  resolve: (fromFile: string, specifier: string) => string | undefined;
  /** Whether the file may export something of that name itself. */
  contains: (file: string, name: string) => boolean;
  /** The files of the set that import a file. */
  importers: (file: string) => readonly string[];
  /** The search may end as soon as it has come to more files than this; what it gives then is only a part. Default: no limit. */
  most?: number;
}

/**
 * The files that can matter for `seeds`, which matter with all that is in them: those whose code speaks of what the seeds
 * export, directly or through others, and what that code speaks of besides: what a session may be handed to, and what runs
 * beside it. A page that also formats dates does not bring in the dates; who imports a helper from a file that elsewhere opens a
 * database does not come in at all.
 */
export function* reachFiles(seeds: readonly string[], host: ReachHost): Waves<Reached> {
  const reach = new Reach(host);
  for (const [file, units] of yield* new Near(seeds, host).find()) for (const unit of units) reach.add(file, unit);
  for (const file of seeds) reach.all(file);
  return yield* reach.run();
}

/** The files that can matter, and which units of each. */
export type Reached = ReadonlyMap<string, ReadonlySet<number>>;

/**
 * A search that says, before each of its steps, which files' outlines it will ask for: who drives it may make them
 * ready meanwhile, several at a time, or just go on.
 */
export type Waves<Result> = Generator<readonly string[], Result, void>;

/** Goes through all steps at once: each outline is made when it is asked for. */
export function withoutWaiting<Result>(waves: Waves<Result>): Result {
  for (let step = waves.next(); ; step = waves.next()) if (step.done === true) return step.value;
}

/** Which units speak of the seeds: their own, and whoever speaks of one of them by name. */
class Near {
  readonly #seeds: ReadonlySet<string>;
  readonly #most: number;
  readonly #near = new Map<string, Set<number>>();
  readonly #stars = new Map<string, readonly string[]>();
  readonly #speakers = new Map<string, Map<number, number[]>>();
  /** How many near units the files have whose exports a file passes on. */
  readonly #passed = new Map<string, number>();

  constructor(
    seeds: readonly string[],
    private readonly host: ReachHost,
  ) {
    this.#seeds = new Set(seeds);
    this.#most = host.most ?? Infinity;
  }

  *find(): Waves<ReadonlyMap<string, ReadonlySet<number>>> {
    const queue = new Set<string>();
    const grew = (file: string) => {
      for (const importer of this.host.importers(file)) queue.add(importer);
    };
    yield [...this.#seeds];
    for (const file of this.#seeds) {
      this.#near.set(file, new Set(this.host.outline(file)?.units.keys()));
      grew(file);
    }
    while (queue.size > 0 && this.#near.size <= this.#most) {
      const wave = [...queue];
      yield wave;
      for (const file of wave) {
        // Leaving the set, so that it comes up again when something else grows.
        queue.delete(file);
        if (!this.#seeds.has(file) && this.#look(file)) grew(file);
      }
    }
    return this.#near;
  }

  /** Whether more units of the file are near than before. */
  #look(file: string): boolean {
    const outline = this.host.outline(file);
    if (!outline) return false;
    const known = this.#near.get(file) ?? new Set<number>();
    const before = known.size;
    for (const [index, { imports }] of outline.units.entries()) if (!known.has(index) && imports.some((mention) => this.#isNear(file, mention))) known.add(index);
    // A star passes on what is near without a unit of its own: the module's code stands for it.
    if (this.#starsOf(file, outline).some((target) => this.#near.has(target))) known.add(0);
    const speakers = this.#speakersOf(file, outline);
    // A Set's iteration also visits what is added meanwhile.
    for (const unit of known) for (const speaker of speakers.get(unit) ?? []) known.add(speaker);
    if (known.size > 0) this.#near.set(file, known);
    return known.size > before || this.#passesOnMore(file);
  }

  /** Whether what a file passes on by its stars has grown. Stars may go round in circles. */
  #passesOnMore(file: string): boolean {
    const passed = new Set([file]);
    let size = 0;
    for (const each of passed) {
      if (each !== file) size += this.#near.get(each)?.size ?? 0;
      const outline = this.#near.has(each) ? this.host.outline(each) : undefined;
      for (const target of outline ? this.#starsOf(each, outline) : []) passed.add(target);
    }
    const before = this.#passed.get(file) ?? 0;
    this.#passed.set(file, size);
    return size > before;
  }

  #isNear(file: string, { specifier, name }: Mention): boolean {
    const target = this.host.resolve(file, specifier);
    return target !== undefined && this.#exportsNear(target, name);
  }

  /** `seen`: the files with stars that have been asked already. */
  #exportsNear(file: string, name: string, seen?: Set<string>): boolean {
    const near = this.#near.get(file);
    if (!near || seen?.has(file)) return false;
    if (name === "*") return near.size > 0;
    const outline = this.host.outline(file);
    if (!outline) return true;
    const own = outline.exports.get(name);
    if (own?.some((unit) => near.has(unit)) === true || outline.exports.get("=")?.some((unit) => near.has(unit)) === true) return true;
    if (own) return false;
    if (name === "default") return true;
    const stars = this.#starsOf(file, outline);
    if (stars.length === 0) return false;
    const passed = (seen ?? new Set<string>()).add(file);
    return stars.some((target) => this.#exportsNear(target, name, passed));
  }

  /** Where a file's stars lead: asked for each name that somebody takes out of a barrel. */
  #starsOf(file: string, { stars }: Outline): readonly string[] {
    let targets = this.#stars.get(file);
    if (!targets) this.#stars.set(file, (targets = stars.flatMap((specifier) => this.host.resolve(file, specifier) ?? [])));
    return targets;
  }

  #speakersOf(file: string, { units }: Outline): Map<number, number[]> {
    let speakers = this.#speakers.get(file);
    if (!speakers) {
      this.#speakers.set(file, (speakers = new Map<number, number[]>()));
      for (const [index, unit] of units.entries())
        for (const other of unit.units) {
          const list = speakers.get(other);
          if (list) list.push(index);
          else speakers.set(other, [index]);
        }
    }
    return speakers;
  }
}

class Reach {
  readonly #units = new Map<string, Set<number>>();
  readonly #names = new Set<string>();
  readonly #queue: [file: string, unit: number][] = [];
  /** What is asked of other files by name. */
  #asked: [file: string, name: string][] = [];

  constructor(private readonly host: ReachHost) {}

  *run(): Waves<Reached> {
    const most = this.host.most ?? Infinity;
    while ((this.#queue.length > 0 || this.#asked.length > 0) && this.#units.size <= most) {
      for (let next = this.#queue.pop(); next; next = this.#queue.pop()) {
        const [file, index] = next;
        const unit = this.host.outline(file)?.units[index];
        if (!unit) continue;
        for (const other of unit.units) this.add(file, other);
        for (const mention of unit.imports) this.#follow(file, mention);
      }
      const asked = this.#asked;
      this.#asked = [];
      yield [...new Set(asked.map(([file]) => file))];
      for (const [file, name] of asked) this.#exported(file, name);
    }
    return this.#units;
  }

  all(file: string): void {
    const outline = this.host.outline(file);
    for (let unit = 0; unit < (outline?.units.length ?? 0); unit++) this.add(file, unit);
    for (const specifier of outline?.stars ?? []) this.#follow(file, { specifier, name: "*" });
  }

  add(file: string, unit: number): void {
    let known = this.#units.get(file);
    if (!known) {
      this.#units.set(file, (known = new Set()));
      // Whoever needs a part of a module runs its own code.
      this.add(file, 0);
    }
    if (known.has(unit)) return;
    known.add(unit);
    this.#queue.push([file, unit]);
  }

  #follow(file: string, { specifier, name }: Mention): void {
    const target = this.host.resolve(file, specifier);
    if (target !== undefined) this.#ask(target, name);
  }

  #ask(file: string, name: string): void {
    const key = `${file}\0${name}`;
    if (this.#names.has(key)) return;
    this.#names.add(key);
    this.#asked.push([file, name]);
  }

  #exported(file: string, name: string): void {
    this.add(file, 0);
    const outline = this.host.outline(file);
    if (!outline) return;
    if (name === "*") {
      this.all(file);
      return;
    }
    const units = [...(outline.exports.get(name) ?? []), ...(outline.exports.get("=") ?? [])];
    for (const unit of units) this.add(file, unit);
    if (outline.exports.has(name)) return;
    // A default import of a CommonJS module is the module.
    if (name === "default") this.all(file);
    for (const specifier of outline.stars) {
      const target = this.host.resolve(file, specifier);
      if (target !== undefined && this.host.contains(target, name)) this.#ask(target, name);
    }
  }
}
