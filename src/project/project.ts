import { readFileSync } from "node:fs";
import path from "node:path";
import { packOutline } from "../core/cache/packed-outline.js";
import type { MapFile } from "../core/cache/project-map.js";
import { decodeEntry } from "../core/cache/facts-entry.js";
import type { FactsEntry } from "../core/cache/facts-entry.js";
import { globalTypeNames } from "../core/catalogue/index.js";
import { bindGlobals } from "../core/facts/bind-globals.js";
import { narrowFacts } from "../core/facts/narrow.js";
import { outlineOf } from "../core/facts/outline.js";
import type { Outline } from "../core/facts/outline.js";
import type { FileFacts } from "../core/facts/types.js";
import type { Finding } from "../core/finding.js";
import { linkProject, type ProjectFacts } from "../core/link/index.js";
import { reachFiles, withoutWaiting, type Reached, type Waves } from "../core/link/reach.js";
import { fileRole, isDeclarationFile } from "../core/link/roles.js";
import { detectAll } from "../../rules/detect.js";
import type { DetectOptions } from "../../rules/detect.js";
import { digest } from "./cache/digest.js";
import { ambientNames } from "./ambient-types.js";
import { AutoImports } from "./auto-imports.js";
import type { ScanCache } from "./cache/scan-cache.js";
import { checkSyntax } from "./check-syntax.js";
import { askForDecorated } from "./decorated.js";
import { defectKey, detectAround, isDebugging, linkWhole, OverlayDefectError, withoutCulprits } from "./defects.js";
import type { Defect, Link } from "./defects.js";
import type { SkippedFile } from "./discover.js";
import { errorMessage } from "./errors.js";
import { factsOfText } from "./file-facts.js";
import { readTreesInPlace } from "./parse.js";
import { decode } from "./read-source.js";
import type { Resolver } from "./resolve.js";
import { importersOf, selectFiles, withoutTests } from "./select.js";
import type { FileNode } from "./select.js";
import type { SourceEntry } from "./sources.js";
import { Words } from "./words.js";
import { listSpecifiers } from "./specifiers.js";
import { ReadPool } from "./workers/read-pool.js";
import type { ReadTask } from "./workers/read-task.js";

/** A text given to `redetect` does not parse: the edit that made it broke the file. */
export class BrokenOverlayError extends Error {
  readonly code = "BROKEN_OVERLAY";

  constructor(
    readonly file: string,
    readonly reason: string,
  ) {
    super(`The changed text of ${file} does not parse: ${reason}`);
    this.name = "BrokenOverlayError";
  }
}

export interface ProjectParts {
  root: string;
  resolver: Resolver;
  entries: Map<string, SourceEntry>;
  namesLibrary: (text: string) => boolean;
  detect: DetectOptions;
  /** The file's path below the folder that the user named: see `LinkHost.place`. */
  place: (file: string) => string;
  /** Also the tests that nothing else imports. */
  tests: boolean;
  cache?: ScanCache | undefined;
  /** Threads that read files, the caller's own included. */
  jobs: number;
}

/** The scanned tree in memory: detects, and detects again over changed texts without touching the disk. */
export class Project {
  readonly skipped: SkippedFile[] = [];
  /** What of sessionfix failed, by file: the rest was done without it. */
  readonly defects: Defect[] = [];
  private readonly facts = new Map<string, FileFacts>();
  private readonly unparsable = new Set<string>();
  /** Files whose facts an earlier scan had left. */
  fromCache = 0;
  /** A file was no longer what it had been when it was first looked at: what was found is right for neither. */
  changedMeanwhile = false;
  private readonly outlines = new WeakMap<FileFacts, Outline>();
  private knownAutoImports: { value: AutoImports | undefined } | undefined;
  private readonly overlayFacts = new Map<string, { text: string; facts: FileFacts }>();

  constructor(private readonly parts: ProjectParts) {}

  /** What was analysed, with its hash where results are kept, and where its imports lead among the same files. */
  map(): MapFile[] {
    const { entries, resolver } = this.parts;
    return [...this.facts].map(([file, { specifiers }]) => {
      const imports = specifiers.map((specifier): MapFile["imports"][number] => {
        const target = resolver.resolve(file, specifier);
        return [specifier, target !== undefined && this.facts.has(target) ? target : null];
      });
      const outline = this.outline(file, NO_OVERLAY);
      const named = this.autoImports && [...this.autoImports.usedBy(file, this.text(file) ?? "")].map(([name, { specifier, imported }]): [string, string, string] => [name, specifier, imported]);
      return { file, hash: entries.get(file)?.hash ?? "", imports, ...(named?.length ? { named } : {}), ...(outline ? { outline: packOutline(outline, imports) } : {}) };
    });
  }

  get parsed(): number {
    return this.facts.size;
  }

  /** Parses what can matter and runs every rule. `onFile` is told of each file before it is parsed. */
  async detect(onFile?: OnFile): Promise<Finding[]> {
    return this.run(await this.selectAhead(onFile), this.parts.resolver, NO_OVERLAY);
  }

  /** Parses what can matter and joins it, without running rules. */
  async link(onFile?: OnFile): Promise<ProjectFacts> {
    const facts = this.gather(await this.selectAhead(onFile), NO_OVERLAY);
    const link = this.linker(this.parts.resolver, NO_OVERLAY);
    try {
      return linkWhole(facts, link);
    } catch (error) {
      if (isDebugging()) throw error;
      const { facts: rest, defects } = withoutCulprits(facts, link);
      this.recall(defects);
      return link(rest);
    }
  }

  /** What can matter of the files on the disk, each step's files read side by side. */
  private async selectAhead(onFile: OnFile = () => {}): Promise<Reached> {
    const { entries, resolver, cache, jobs } = this.parts;
    const nodes = this.nodesOf(entries, resolver, NO_OVERLAY);
    // What will be looked at shows on the way; it is never more than this.
    const most = selectFiles(nodes);
    const total = most.size;
    const amount = [...most].reduce((sum, file) => sum + (entries.get(file)?.text?.length ?? 0), 0);
    if (amount >= WORTH_IN_PLACE) readTreesInPlace();
    const pool = new ReadPool({ jobs: isDebugging() ? 1 : jobs, isKept: cache !== undefined });
    const waves = this.reach(nodes, resolver, entries, NO_OVERLAY);
    try {
      for (let step = waves.next(); ; step = waves.next()) {
        if (step.done === true) return step.value;
        await this.readAhead(step.value, pool, () => onFile(this.facts.size + this.unparsable.size, total));
      }
    } finally {
      await pool.close();
    }
  }

  /** Reads what is not known yet. */
  private async readAhead(files: readonly string[], pool: ReadPool, onFile: () => void): Promise<void> {
    const tasks = files.flatMap((file): ReadTask[] => {
      if (this.isRead(file)) return [];
      if (this.recallFacts(file)) {
        onFile();
        return [];
      }
      const text = this.text(file);
      return text === undefined ? [] : [{ file, text }];
    });
    await pool.read(tasks, {
      take: ({ file, payload, digest: digestOfPayload }) => {
        const hash = this.parts.entries.get(file)?.hash;
        if (hash !== undefined && digestOfPayload !== undefined && !this.changedMeanwhile) this.parts.cache?.keepEncoded(file, hash, payload, digestOfPayload);
        this.takeFacts(file, decodeEntry(payload));
        onFile();
      },
      own: ({ file }) => {
        this.addFacts(file);
        onFile();
      },
    });
  }

  private select(entries: ReadonlyMap<string, SourceEntry>, resolver: Resolver, overlay: ReadonlyMap<string, string>): Reached {
    return withoutWaiting(this.reach(this.nodesOf(entries, resolver, overlay), resolver, entries, overlay));
  }

  private reach(nodes: ReadonlyMap<string, FileNode>, resolver: Resolver, entries: ReadonlyMap<string, SourceEntry>, overlay: ReadonlyMap<string, string>): Waves<Reached> {
    const outline = (file: string): Outline | undefined => this.outline(file, overlay);
    const resolve = (from: string, specifier: string) => {
      const target = resolver.resolve(from, specifier);
      return target !== undefined && entries.has(target) ? target : undefined;
    };
    const words = new Map<string, Words>();
    const contains = (file: string, word: string) => {
      let known = words.get(file);
      if (known === undefined) words.set(file, (known = new Words(overlay.get(file) ?? this.text(file) ?? "")));
      return known.has(word);
    };
    const importing = importersOf(nodes);
    const seeds = [...nodes].flatMap(([file, node]) => (node.namesLibrary ? [file] : []));
    return reachFiles(seeds, { outline, resolve, contains, importers: (file) => importing.get(file) ?? [] });
  }

  /**
   * The files and their imports, those that a framework makes as well. Who names a type that a declaration file makes of a library's for all files has no import that would tell: such a
   * file counts as one that names the library.
   */
  private nodesOf(entries: ReadonlyMap<string, SourceEntry>, resolver: Resolver, overlay: ReadonlyMap<string, string>): Map<string, FileNode> {
    const all = graphOf(entries, resolver);
    const text = (file: string): string => overlay.get(file) ?? this.text(file) ?? "";
    if (this.autoImports) for (const [file, node] of all) for (const { target } of this.autoImports.usedBy(file, text(file)).values()) node.imports.push(target);
    const nodes = this.parts.tests ? all : withoutTests(all, (file) => fileRole(this.parts.place(file), false) === "test");
    for (const file of askForDecorated(nodes, text)) {
      const node = nodes.get(file);
      if (node) node.namesLibrary = true;
    }
    const declaring = [...nodes].filter(([file, { namesLibrary }]) => namesLibrary && isDeclarationFile(file)).map(([file]) => text(file));
    const names = declaring.length === 0 ? new Set<string>() : ambientNames(declaring, globalTypeNames());
    if (names.size === 0) return nodes;
    const speaks = new RegExp(String.raw`\b(?:${[...names].join("|")})\b`);
    for (const [file, node] of nodes) if (!node.namesLibrary && speaks.test(text(file))) node.namesLibrary = true;
    return nodes;
  }

  private get autoImports(): AutoImports | undefined {
    return (this.knownAutoImports ??= { value: AutoImports.of(this.parts.entries.keys(), (file) => this.text(file) ?? "") }).value;
  }

  private withAutoImports(facts: FileFacts, text: string | undefined): FileFacts {
    const names = text === undefined ? undefined : this.autoImports?.usedBy(facts.file, text);
    return names?.size ? bindGlobals(facts, names) : facts;
  }

  private outline(file: string, overlay: ReadonlyMap<string, string>): Outline | undefined {
    const facts = this.factsOf(file, overlay);
    const known = facts && this.outlines.get(facts);
    if (facts === undefined || known) return known;
    try {
      const made = outlineOf(facts);
      this.outlines.set(facts, made);
      return made;
    } catch (error) {
      if (isDebugging()) throw error;
      const defect: Defect = { code: "defect-in-linking", file, message: errorMessage(error) };
      if (overlay.has(file)) throw new OverlayDefectError(defect);
      this.recall([defect]);
      return undefined;
    }
  }

  /** What failed here, or in the scan whose outcome was kept, is not tried again. */
  recall(defects: readonly Defect[]): void {
    for (const defect of defects) {
      this.defects.push(defect);
      if (defect.code !== "defect-in-linking") continue;
      this.facts.delete(defect.file);
      this.unparsable.add(defect.file);
    }
  }

  private factsOf(file: string, overlay: ReadonlyMap<string, string>): FileFacts | undefined {
    if (overlay.has(file)) return this.overlayFacts.get(file)?.facts;
    this.addFacts(file);
    return this.facts.get(file);
  }

  /** Files that were read but cannot matter: their texts can go. With `check`, those that are no code at all are told. */
  release(check: boolean): SkippedFile[] {
    const broken: SkippedFile[] = [];
    for (const [file, entry] of this.parts.entries) {
      if (this.facts.has(file)) continue;
      if (check && !this.unparsable.has(file)) {
        entry.syntax ??= checkSyntax(file, this.text(file) ?? "") ?? "";
        this.parts.cache?.keepSyntax(file, entry.syntax);
        if (entry.syntax !== "") broken.push({ file, reason: entry.syntax });
      }
      delete entry.text;
    }
    return broken;
  }

  /** The text that was scanned, without its byte order mark. */
  text(file: string): string | undefined {
    const entry = this.parts.entries.get(file);
    return entry ? (entry.text ?? this.readAgain(file, entry)) : undefined;
  }

  private readAgain(file: string, entry: SourceEntry): string | undefined {
    try {
      const bytes = readFileSync(path.join(this.parts.root, file));
      if (entry.hash !== undefined && digest(bytes) !== entry.hash) this.changedMeanwhile = true;
      const source = decode(bytes);
      return source.ok ? source.text : undefined;
    } catch {
      this.changedMeanwhile = true;
      return undefined;
    }
  }

  /**
   * The findings if these texts (by file relative to the root; new files are welcome) stood on the disk, by the scan's
   * own choice of rules or another.
   *
   * @throws BrokenOverlayError when one of the texts does not parse.
   */
  redetect(changed: ReadonlyMap<string, string>, detect: DetectOptions = this.parts.detect): Finding[] {
    const overlay = new Map([...changed].map(([file, text]) => [file, text.replace(/^\uFEFF/, "")]));
    const entries = new Map(this.parts.entries);
    for (const [file, text] of overlay) {
      entries.set(file, { specifiers: listSpecifiers(text), namesLibrary: this.parts.namesLibrary(text), text });
    }
    const resolver = this.parts.resolver.withFiles(overlay.keys());
    for (const [file, text] of overlay) this.addOverlay(file, text);
    return this.run(this.select(entries, resolver, overlay), resolver, overlay, detect);
  }

  private run(selected: Reached, resolver: Resolver, overlay: ReadonlyMap<string, string>, detect = this.parts.detect): Finding[] {
    const facts = this.gather(selected, overlay);
    const link = this.linker(resolver, overlay);
    try {
      return detectAll(link(facts), detect);
    } catch (error) {
      if (isDebugging()) throw error;
      return detectAround(facts, link, detect, this.taker(overlay));
    }
  }

  /** Keeps what failed in a scan; of changed texts only what failed before may fail. */
  private taker(overlay: ReadonlyMap<string, string>): (defect: Defect) => void {
    const known = new Set(this.defects.map(defectKey));
    return (defect) => {
      if (known.has(defectKey(defect))) return;
      if (overlay.size > 0) throw new OverlayDefectError(defect);
      this.recall([defect]);
    };
  }

  /** The facts of what was selected, in order. */
  private gather(selected: Reached, overlay: ReadonlyMap<string, string>): FileFacts[] {
    return [...selected].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([file, units]) => {
      const facts = this.factsOf(file, overlay);
      return facts ? [narrowFacts(facts, units)] : [];
    });
  }

  private linker(resolver: Resolver, overlay: ReadonlyMap<string, string>): Link {
    return (facts) =>
      linkProject(facts, {
        resolve: (fromFile, specifier) => resolver.resolve(fromFile, specifier),
        text: (file) => overlay.get(file) ?? this.text(file),
        place: this.parts.place,
      });
  }

  private addFacts(file: string): void {
    if (this.isRead(file) || this.recallFacts(file)) return;
    const built = this.parse(file, this.parts.entries.get(file)?.hash);
    if (built !== undefined) this.takeFacts(file, built);
  }

  private isRead(file: string): boolean {
    return this.facts.has(file) || this.unparsable.has(file);
  }

  /** Takes the facts that an earlier scan has left, if it has. */
  private recallFacts(file: string): boolean {
    const { entries, cache } = this.parts;
    const hash = entries.get(file)?.hash;
    const known = hash === undefined ? undefined : cache?.facts(file, hash);
    if (known === undefined) return false;
    if (known.ok) this.fromCache++;
    this.takeFacts(file, known);
    return true;
  }

  private takeFacts(file: string, built: FactsEntry): void {
    if (built.ok) this.facts.set(file, this.autoImports ? this.withAutoImports(built.facts, this.text(file)) : built.facts);
    else {
      this.unparsable.add(file);
      this.skipped.push({ file, reason: built.reason });
      if (built.defect !== undefined) this.defects.push({ code: "defect-in-reading", file, message: built.defect });
    }
  }

  private parse(file: string, hash: string | undefined): FactsEntry | undefined {
    const text = this.text(file);
    if (text === undefined) return undefined;
    const built = factsOfText(file, text);
    if (hash !== undefined && !this.changedMeanwhile) this.parts.cache?.keepFacts(file, hash, built);
    return built;
  }

  private addOverlay(file: string, text: string): void {
    if (this.overlayFacts.get(file)?.text === text) return;
    const built = factsOfText(file, text);
    if (!built.ok) throw new BrokenOverlayError(file, built.reason);
    this.overlayFacts.set(file, { text, facts: this.withAutoImports(built.facts, text) });
  }
}

type OnFile = (done: number, total: number) => void;

/** Less text than this is read sooner the usual way: see `readTreesInPlace`. In UTF-16 units. */
const WORTH_IN_PLACE = 2_000_000;

const NO_OVERLAY: ReadonlyMap<string, string> = new Map();

function graphOf(entries: ReadonlyMap<string, SourceEntry>, resolver: Resolver): Map<string, FileNode> {
  const nodes = new Map<string, FileNode>();
  for (const [file, { specifiers, namesLibrary }] of entries) {
    const imports = specifiers.flatMap((specifier) => {
      const target = resolver.resolve(file, specifier);
      return target !== undefined && entries.has(target) ? [target] : [];
    });
    nodes.set(file, { namesLibrary, imports });
  }
  return nodes;
}
