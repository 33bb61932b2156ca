import type { Finding } from "./finding.js";
import type { Span } from "./facts/types.js";

/** Replaces `[start, end)` by `text`. Offsets count UTF-16 code units of the file without its byte order mark. */
export interface TextEdit {
  file: string;
  start: number;
  end: number;
  text: string;
}

export interface Region {
  file: string;
  start: number;
  end: number;
}

export interface CreatedFile {
  file: string;
  text: string;
}

/** A name that a file must import. How the line looks is decided when all edits of the file are known. */
export interface ImportNeed {
  file: string;
  /** A package's specifier, or a file of the project. */
  from: { package: string } | { file: string; /** what an existing import of a neighbour suggests */ specifier?: string };
  name: string;
  /** The local name, when it is not `name`. */
  as?: string;
  kind: "named" | "default";
  /** Needed as a type alone. */
  type?: true;
}

export interface FindingRef {
  rule: string;
  file: string;
  span: Span;
  fingerprint: string;
}

/** Everything that one fix changes. It lands whole or not at all. */
export interface EditGroup {
  /** Stable between runs over the same findings. */
  id: string;
  transform: string;
  finding: FindingRef;
  safety: "safe" | "review";
  /** Why it is not `safe`; for `safe` absent. */
  reason?: string;
  edits: TextEdit[];
  creates: CreatedFile[];
  imports: ImportNeed[];
  /** Regions whose lines move or are written anew: an edit of another group in there would be made for the old lines. */
  claims?: Region[];
  /** Comments that spoke only of what goes, and go with it. Its reason names them. */
  drops?: string[];
  /** Some places of the finding stay as they are, which its reason says: it may be reported still, with fewer places. */
  partial?: boolean;
  /** Rules that then ask for a next step: what they report after the fix is no defect of it. */
  asksFor?: string[];
  /** Rules that may have something to say only once the fix is made: then it is refused, and says so, until that is mended. */
  reveals?: string[];
  /** Groups without which this one makes no sense: it falls with them. */
  requires?: string[];
}

export interface ManualFix {
  finding: FindingRef;
  transform: string;
  reason: string;
}

export interface Plan {
  groups: EditGroup[];
  manual: ManualFix[];
}

/** What a plan may see of a project. Files are relative to `root`, with "/" separators. */
export interface PlanHost {
  root: string;
  read(file: string): string | undefined;
  exists(file: string): boolean;
  list(): string[];
}

export interface PlanOptions {
  /** Items a transaction in batched loops; the contract's default otherwise. */
  batchSize?: number;
}

/** The codemods as the fix command uses them: planning, and turning any subset of a plan into file contents. */
export interface Codemods {
  plan(findings: readonly Finding[], host: PlanHost, options: PlanOptions): Plan;
  /** File → new content for every file that the groups change or create. */
  assemble(groups: readonly EditGroup[], host: PlanHost): Map<string, string>;
}

export const BOM = "\uFEFF";

/** `EDIT_OUT_OF_RANGE`, `EDIT_OVERLAP`: an edit that cannot be applied. Nothing has been changed. */
export class EditError extends Error {
  override readonly name = "EditError";
  constructor(
    readonly code: "EDIT_OUT_OF_RANGE" | "EDIT_OVERLAP",
    message: string,
  ) {
    super(message);
  }
}

export function withoutBom(text: string): string {
  return text.startsWith(BOM) ? text.slice(1) : text;
}

/** The line ending that most of the file's lines have; `"\n"` for a file of one line. */
export function lineEnding(text: string): "\r\n" | "\n" {
  let crlf = 0;
  let lf = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) {
    if (at > 0 && text[at - 1] === "\r") crlf++;
    else lf++;
  }
  return crlf > lf ? "\r\n" : "\n";
}

/** Inserted text is written with `"\n"`; the file may want another ending. */
function inLineEnding(text: string, ending: "\r\n" | "\n"): string {
  return ending === "\n" ? text : text.replace(/\r?\n/g, "\r\n");
}

/** Insertions come before a replacement that starts at the same offset, and among themselves keep their order. */
function inOrder(edits: readonly TextEdit[]): TextEdit[] {
  return edits
    .map((edit, index) => ({ edit, index }))
    .sort((a, b) => {
      if (a.edit.start !== b.edit.start) return a.edit.start - b.edit.start;
      const aInserts = a.edit.start === a.edit.end ? 0 : 1;
      const bInserts = b.edit.start === b.edit.end ? 0 : 1;
      return aInserts - bInserts || a.index - b.index;
    })
    .map(({ edit }) => edit);
}

function sameEdit(a: TextEdit, b: TextEdit): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end && a.text === b.text;
}

/** Two edits collide when both change a common part, or one inserts strictly inside what the other replaces. */
function collide(a: TextEdit, b: TextEdit): boolean {
  if (a.file !== b.file) return false;
  if (a.start === a.end) return b.start < a.start && a.start < b.end;
  if (b.start === b.end) return a.start < b.start && b.start < a.end;
  return a.start < b.end && b.start < a.end;
}

/**
 * Applies the edits of one file to its text (with or without a byte order mark, which stays). Every byte outside the
 * edits' ranges stays as it was; inserted text takes the file's own line ending. The same replacement given twice is
 * applied once. Throws `EditError` when an edit lies outside the text or two edits collide.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const body = withoutBom(text);
  const ending = lineEnding(body);
  const out: string[] = [text.slice(0, text.length - body.length)];
  let at = 0;
  let last: TextEdit | undefined;
  for (const edit of inOrder(edits)) {
    if (edit.start < 0 || edit.end < edit.start || edit.end > body.length) {
      throw new EditError(
        "EDIT_OUT_OF_RANGE",
        `${edit.file}: the edit ${edit.start}-${edit.end} lies outside the file's ${body.length} characters. The plan is stale: make it anew.`,
      );
    }
    if (last !== undefined && edit.start !== edit.end && sameEdit(last, edit)) continue;
    if (edit.start < at) {
      throw new EditError("EDIT_OVERLAP", `${edit.file}: two edits overlap at offset ${edit.start}. Apply one of them, then plan again.`);
    }
    out.push(body.slice(at, edit.start), inLineEnding(edit.text, ending));
    at = edit.end;
    if (edit.start !== edit.end) last = edit;
  }
  out.push(body.slice(at));
  return out.join("");
}

export interface Selection {
  accepted: EditGroup[];
  refused: { group: EditGroup; reason: string }[];
}

/**
 * Takes the groups in order. One that collides with an earlier one, with itself, or that creates a file which an
 * earlier one creates with other content, is refused as a whole.
 */
export function selectGroups(groups: readonly EditGroup[]): Selection {
  const accepted: EditGroup[] = [];
  const refused: Selection["refused"] = [];
  const taken = new Map<string, TextEdit[]>();
  const created = new Map<string, { text: string; by: EditGroup }>();
  const claimed: Region[] = [];
  for (const group of groups) {
    const missing = group.requires?.find((id) => !accepted.some((one) => one.id === id));
    const reason = missing === undefined ? (whyRefused(group, taken, created) ?? whyClaimed(group, taken, claimed)) : `it needs another fix that was not made (${missing})`;
    if (reason !== undefined) {
      refused.push({ group, reason });
      continue;
    }
    accepted.push(group);
    claimed.push(...(group.claims ?? []));
    for (const edit of group.edits) {
      const list = taken.get(edit.file);
      if (list === undefined) taken.set(edit.file, [edit]);
      else list.push(edit);
    }
    for (const file of group.creates) created.set(file.file, { text: file.text, by: group });
  }
  return { accepted, refused };
}

function whyRefused(
  group: EditGroup,
  taken: ReadonlyMap<string, TextEdit[]>,
  created: ReadonlyMap<string, { text: string; by: EditGroup }>,
): string | undefined {
  for (const [index, edit] of group.edits.entries()) {
    for (const other of group.edits.slice(0, index)) {
      if (collide(edit, other) && !sameEdit(edit, other)) return `its own edits overlap in ${edit.file} at offset ${edit.start}`;
    }
    for (const other of taken.get(edit.file) ?? []) {
      if (collide(edit, other) && !sameEdit(edit, other)) return `it overlaps another fix in ${edit.file} at offset ${edit.start}`;
    }
  }
  for (const file of group.creates) {
    const earlier = created.get(file.file);
    if (earlier !== undefined && earlier.text !== file.text) return `another fix creates ${file.file} with other content`;
  }
  return undefined;
}

function within(edit: TextEdit, region: Region): boolean {
  return edit.file === region.file && edit.start < region.end && region.start < edit.end + (edit.start === edit.end ? 1 : 0);
}

function whyClaimed(group: EditGroup, taken: ReadonlyMap<string, TextEdit[]>, claimed: readonly Region[]): string | undefined {
  const mine = group.claims ?? [];
  const hit =
    group.edits.find((edit) => claimed.some((region) => within(edit, region))) ?? mine.flatMap((region) => (taken.get(region.file) ?? []).filter((edit) => within(edit, region)))[0];
  return hit === undefined ? undefined : `another fix moves the lines around it in ${hit.file} at offset ${hit.start}`;
}

/** The edits of all groups, by file, in the groups' order. */
export function editsByFile(groups: readonly EditGroup[]): Map<string, TextEdit[]> {
  const byFile = new Map<string, TextEdit[]>();
  for (const group of groups) {
    for (const edit of group.edits) {
      const list = byFile.get(edit.file);
      if (list === undefined) byFile.set(edit.file, [edit]);
      else list.push(edit);
    }
  }
  return byFile;
}

/** Not a cryptographic hash: it tells a changed file from an unchanged one, and stays the same on every machine. */
export function contentHash(text: string): string {
  return [0x9e3779b9, 0x85ebca6b].map((seed) => hash53(text, seed).toString(16).padStart(14, "0")).join("");
}

function hash53(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** The files whose content is no longer the one that a plan was made for. */
export function staleFiles(hashes: Readonly<Record<string, string>>, read: (file: string) => string | undefined): string[] {
  return Object.entries(hashes)
    .filter(([file, hash]) => {
      const text = read(file);
      return text === undefined || contentHash(text) !== hash;
    })
    .map(([file]) => file);
}
