import { readFileSync } from "node:fs";
import path from "node:path";
import { buildFacts } from "../core/facts/build-facts.js";
import type { FileFacts } from "../core/facts/types.js";
import type { Finding } from "../core/finding.js";
import { linkProject } from "../core/link/index.js";
import { detectAll } from "../../rules/detect.js";
import type { DetectOptions } from "../../rules/detect.js";
import { describeFailure } from "./check-syntax.js";
import type { SkippedFile } from "./discover.js";
import { errorMessage } from "./errors.js";
import { parseSource } from "./parse.js";
import { decode } from "./read-source.js";
import type { Resolver } from "./resolve.js";
import { selectFiles } from "./select.js";
import type { FileNode } from "./select.js";
import { listSpecifiers } from "./specifiers.js";

/** What one look at a file's text leaves behind. */
export interface SourceEntry {
  specifiers: string[];
  namesLibrary: boolean;
  /** Absent once the file is known not to matter; it is read again when asked for. */
  text?: string;
}

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

type Built = { ok: true; facts: FileFacts } | { ok: false; reason: string };

export interface ProjectParts {
  root: string;
  resolver: Resolver;
  entries: Map<string, SourceEntry>;
  namesLibrary: (text: string) => boolean;
  detect: DetectOptions;
  /** The file's path below the folder that the user named: see `LinkHost.place`. */
  place: (file: string) => string;
}

/** The scanned tree in memory: detects, and detects again over changed texts without touching the disk. */
export class Project {
  readonly skipped: SkippedFile[] = [];
  private readonly facts = new Map<string, FileFacts>();
  private readonly overlayFacts = new Map<string, { text: string; facts: FileFacts }>();

  constructor(private readonly parts: ProjectParts) {}

  get parsed(): number {
    return this.facts.size;
  }

  /** Parses what can matter and runs every rule. `onFile` is told of each file before it is parsed. */
  detect(onFile?: (done: number, total: number) => void): Finding[] {
    const { entries, resolver } = this.parts;
    const selected = [...selectFiles(graphOf(entries, resolver))].sort();
    for (const [index, file] of selected.entries()) {
      onFile?.(index, selected.length);
      this.addFacts(file);
    }
    return this.run(selected, resolver, new Map());
  }

  /** Files that were read but cannot matter: their texts can go. */
  release(onEach?: (file: string, text: string) => void): void {
    for (const [file, entry] of this.parts.entries) {
      if (this.facts.has(file) || entry.text === undefined) continue;
      onEach?.(file, entry.text);
      delete entry.text;
    }
  }

  /** The text that was scanned, without its byte order mark. */
  text(file: string): string | undefined {
    const entry = this.parts.entries.get(file);
    return entry ? (entry.text ?? readAgain(path.join(this.parts.root, file))) : undefined;
  }

  /**
   * The findings if these texts (by file relative to the root; new files are welcome) stood on the disk.
   *
   * @throws BrokenOverlayError when one of the texts does not parse.
   */
  redetect(changed: ReadonlyMap<string, string>): Finding[] {
    const overlay = new Map([...changed].map(([file, text]) => [file, text.replace(/^\uFEFF/, "")]));
    const entries = new Map(this.parts.entries);
    for (const [file, text] of overlay) {
      entries.set(file, { specifiers: listSpecifiers(text), namesLibrary: this.parts.namesLibrary(text), text });
    }
    const resolver = this.parts.resolver.withFiles(overlay.keys());
    const selected = [...selectFiles(graphOf(entries, resolver))].sort();
    for (const file of selected) if (!overlay.has(file)) this.addFacts(file);
    for (const [file, text] of overlay) this.addOverlay(file, text);
    return this.run(selected, resolver, overlay);
  }

  private run(selected: string[], resolver: Resolver, overlay: ReadonlyMap<string, string>): Finding[] {
    const facts = selected.flatMap((file) => (overlay.has(file) ? this.overlayFacts.get(file)?.facts : this.facts.get(file)) ?? []);
    const project = linkProject(facts, {
      resolve: (fromFile, specifier) => resolver.resolve(fromFile, specifier),
      text: (file) => overlay.get(file) ?? this.text(file),
      place: this.parts.place,
    });
    return detectAll(project, this.parts.detect);
  }

  private addFacts(file: string): void {
    if (this.facts.has(file) || this.skipped.some((skip) => skip.file === file)) return;
    const text = this.text(file);
    if (text === undefined) return;
    const built = build(file, text);
    if (built.ok) this.facts.set(file, built.facts);
    else this.skipped.push({ file, reason: built.reason });
  }

  private addOverlay(file: string, text: string): void {
    if (this.overlayFacts.get(file)?.text === text) return;
    const built = build(file, text);
    if (!built.ok) throw new BrokenOverlayError(file, built.reason);
    this.overlayFacts.set(file, { text, facts: built.facts });
  }
}

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

function build(file: string, text: string): Built {
  const parsed = parseSource(file, text);
  if (!parsed.ok) return { ok: false, reason: describeFailure(parsed.reason) };
  try {
    const { program, scopeManager, comments } = parsed;
    return { ok: true, facts: buildFacts({ program, scopeManager, text, file, comments }) };
  } catch (error) {
    // One odd file must not cost the report on all the others.
    if (process.env["DEBUG"]?.includes("sessionfix")) throw error;
    return { ok: false, reason: `sessionfix failed on it (${errorMessage(error)}); please report this file's syntax` };
  }
}

function readAgain(absolute: string): string | undefined {
  try {
    const source = decode(readFileSync(absolute));
    return source.ok ? source.text : undefined;
  } catch {
    return undefined;
  }
}
