import { type FactsEntry, decodeFacts, encodeFacts, factsKey, sealFacts } from "../../core/cache/facts-entry.js";
import { encodeMap, mapName, type ProjectMap } from "../../core/cache/project-map.js";
import { seal, unseal } from "../../core/cache/envelope.js";
import type { Finding } from "../../core/finding.js";
import type { Defect } from "../defects.js";
import type { SkippedFile } from "../discover.js";
import { isObject } from "../json-file.js";
import { digest } from "./digest.js";
import { CacheFolder } from "./folder.js";
import { cacheIdentity } from "./identity.js";

/** What one look at a file's bytes leaves behind: enough to choose the files to parse, or why it is left out. */
export interface KnownSource {
  /** Of the bytes. */
  hash: string;
  /** Absent for a file that is left out. */
  specifiers?: string[];
  namesLibrary?: boolean;
  reason?: string;
  /** Somewhere in it stands what a comment that speaks to sessionfix begins with. */
  hasDirective?: boolean;
  /** What its syntax check said: empty for nothing. Absent when it was not checked. */
  syntax?: string;
}

interface IndexEntry extends KnownSource {
  /** See `stampOf`. Empty when it proves nothing: the file was too young. */
  stamp: string;
}

/** A whole scan's outcome, with the configuration files that it rests on besides the sources. */
export interface StoredScan {
  findings: Finding[];
  skipped: SkippedFile[];
  unscanned: string[];
  files: number;
  parsed: number;
  /** What of sessionfix failed. Absent where nothing did. */
  defects?: Defect[];
  /** Every JSON file that was asked for while imports were resolved, by absolute path; null: there was none. */
  json: [string, string | null][];
}

/** What earlier scans of the same root have left. Nothing in it is believed unless everything it was made from is the same. */
export class ScanCache {
  readonly #folder: CacheFolder;
  readonly #indexName: string;
  readonly #known: Map<string, IndexEntry>;
  readonly #next = new Map<string, IndexEntry>();
  readonly #used = new Set<string>();
  #changed = false;

  constructor(
    folder: string,
    private readonly root: string,
    identity = cacheIdentity(),
  ) {
    this.#folder = new CacheFolder(folder, identity);
    this.#indexName = `index-${digest(root).slice(0, 16)}.json`;
    this.#known = this.#readIndex();
  }

  /** Why nothing can be kept, if so: for the curious, not an error. */
  get problem(): string | undefined {
    return this.#folder.problem;
  }

  /** What is known of a file whose stamp is still the same. */
  lookUp(file: string, stamp: string): KnownSource | undefined {
    const entry = this.#known.get(file);
    if (entry === undefined || entry.stamp === "" || entry.stamp !== stamp) return undefined;
    this.#next.set(file, entry);
    return entry;
  }

  /** What is known of a file whose bytes have this hash, whatever its stamp. */
  lookUpContent(file: string, hash: string): KnownSource | undefined {
    const entry = this.#known.get(file);
    return entry?.hash === hash ? entry : undefined;
  }

  keep(file: string, stamp: string, source: KnownSource): void {
    const before = this.#known.get(file);
    const { hash, specifiers, namesLibrary, reason, hasDirective, syntax } = source;
    if (before?.stamp !== stamp || before.hash !== hash) this.#changed = true;
    this.#next.set(file, {
      stamp,
      hash,
      ...(specifiers === undefined ? {} : { specifiers }),
      ...(namesLibrary === undefined ? {} : { namesLibrary }),
      ...(reason === undefined ? {} : { reason }),
      ...(hasDirective === true ? { hasDirective } : {}),
      ...(syntax === undefined ? {} : { syntax }),
    });
  }

  keepSyntax(file: string, syntax: string): void {
    const entry = this.#next.get(file);
    if (entry === undefined || entry.syntax === syntax) return;
    this.#next.set(file, { ...entry, syntax });
    this.#changed = true;
  }

  facts(file: string, hash: string): FactsEntry | undefined {
    const key = factsKey(file, hash, digest);
    const text = this.#folder.read(`facts/${key}.json`);
    this.#used.add(`${key}.json`);
    return text === undefined ? undefined : decodeFacts(key, file, text, digest);
  }

  keepFacts(file: string, hash: string, entry: FactsEntry): void {
    this.#writeFacts(factsKey(file, hash, digest), (key) => encodeFacts(key, entry, digest));
  }

  /** The same for an entry that has been encoded elsewhere. */
  keepEncoded(file: string, hash: string, payload: string, digestOfPayload: string): void {
    this.#writeFacts(factsKey(file, hash, digest), (key) => sealFacts(key, payload, digestOfPayload));
  }

  #writeFacts(key: string, encode: (key: string) => string): void {
    this.#used.add(`${key}.json`);
    this.#folder.write(`facts/${key}.json`, encode(key));
  }

  /** The outcome for exactly these inputs. `question` names what was asked, so that each question has one answer kept. */
  outcome(question: string, inputs: string): StoredScan | undefined {
    const text = this.#folder.read(outcomeName(this.root, question));
    const value = text === undefined ? undefined : unseal("scan", inputs, text, digest);
    return isStoredScan(value) ? value : undefined;
  }

  keepOutcome(question: string, inputs: string, outcome: StoredScan): void {
    this.#folder.write(outcomeName(this.root, question), seal("scan", inputs, outcome, digest));
  }

  /** For editors: where the facts of a whole root are. Kept beside the versions' folders, since they do not know ours. */
  keepMap(map: Omit<ProjectMap, "folder">): void {
    this.#folder.write(`../${mapName(this.root, digest)}`, encodeMap(this.root, { ...map, folder: this.#folder.name }, digest));
  }

  /** Files that a narrower scan did not ask about stay known. */
  save(now: number): void {
    if (!this.#changed) return;
    const merged = new Map([...this.#known, ...this.#next]);
    this.#folder.write(this.#indexName, seal("index", this.root, [...merged], digest));
    this.#folder.prune("facts", this.#used, now);
  }

  #readIndex(): Map<string, IndexEntry> {
    const text = this.#folder.read(this.#indexName);
    const value = text === undefined ? undefined : unseal("index", this.root, text, digest);
    return isIndex(value) ? new Map(value) : new Map<string, IndexEntry>();
  }
}

function outcomeName(root: string, question: string): string {
  return `scan-${digest(`${root}\0${question}`).slice(0, 16)}.json`;
}

// The digest proves that we wrote it: the shape is checked no further than types need.
function isIndex(value: unknown): value is [string, IndexEntry][] {
  return Array.isArray(value) && value.every((entry: unknown) => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string" && isObject(entry[1]));
}

function isStoredScan(value: unknown): value is StoredScan {
  return isObject(value) && Array.isArray(value["findings"]) && Array.isArray(value["json"]);
}
