import { createHash } from "node:crypto";
import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Everything that `undo` needs, written and flushed before the first file of the project is touched. */
export interface JournalEntry {
  /** Relative to the root, "/" separators; links resolved. */
  file: string;
  /** Permission bits; for a created file those it is given. */
  mode: number;
  /** The content before: its hash, and its copy's name in the journal. `null` for a created file. */
  before: { sha256: string; copy: string } | null;
  /** The hash of the content after. */
  after: string;
}

interface JournalFile {
  version: 1;
  id: string;
  entries: JournalEntry[];
}

/** What an apply changes: the new bytes of a file, and the old ones unless it is created. */
export interface FileChange {
  file: string;
  before: Buffer | undefined;
  after: Buffer;
}

/**
 * `JOURNAL_PENDING`: an earlier fix was interrupted. `JOURNAL_UNREADABLE`: its record is damaged.
 * `FILE_CHANGED`: a file is no longer what the plan was made for; nothing has been written.
 */
export class JournalError extends Error {
  override readonly name = "JournalError";
  constructor(
    readonly code: "JOURNAL_PENDING" | "JOURNAL_UNREADABLE" | "FILE_CHANGED",
    message: string,
  ) {
    super(message);
  }
}

const FOLDER = ".sessionfix";
const DEFAULT_MODE = 0o644;

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function journals(root: string): string {
  return join(root, FOLDER, "journal");
}

function flushFolder(path: string): void {
  try {
    const handle = openSync(path, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {
    // Folders cannot be flushed on every platform; the rename itself is still atomic.
  }
}

/** Writes and flushes a new file. */
function writeFlushed(path: string, bytes: Buffer, mode = DEFAULT_MODE): void {
  const handle = openSync(path, "wx", mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Beside its target, so that the rename stays within one file system; the name is known, so that it can be cleared. */
function temporaryFor(path: string, id: string): string {
  return join(dirname(path), `.${basename(path)}.sessionfix-${id}`);
}

/** The target gets the bytes at once or not at all. */
function replaceFile(path: string, bytes: Buffer, mode: number, id: string, beforeRename: () => void): void {
  const temporary = temporaryFor(path, id);
  rmSync(temporary, { force: true });
  writeFlushed(temporary, bytes, mode);
  // The process's umask may have taken bits away.
  chmodSync(temporary, mode);
  beforeRename();
  renameSync(temporary, path);
  flushFolder(dirname(path));
}

function ids(root: string): string[] {
  const folder = journals(root);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d+-\d+$/.test(name))
    .sort((a, b) => Number(a.split("-")[0]) - Number(b.split("-")[0]) || Number(a.split("-")[1]) - Number(b.split("-")[1]));
}

function load(root: string, id: string): JournalFile {
  const path = join(journals(root), id, "journal.json");
  try {
    const read = JSON.parse(readFileSync(path, "utf8")) as JournalFile;
    if (read.version !== 1 || !Array.isArray(read.entries)) throw new Error("unknown version");
    return read;
  } catch (error) {
    throw new JournalError("JOURNAL_UNREADABLE", `${path} cannot be read (${error instanceof Error ? error.message : String(error)}). Its copies of the files are beside it; remove the folder when they are not needed.`);
  }
}

function isDone(root: string, id: string): boolean {
  return existsSync(join(journals(root), id, "done"));
}

/** The id of a fix that was cut short, if the last one was. */
export function pendingJournal(root: string): string | undefined {
  const last = ids(root).at(-1);
  return last !== undefined && !isDone(root, last) ? last : undefined;
}

/**
 * Writes all changes, or leaves a journal by which `undo` restores every byte: at any moment the process may be killed.
 * Each file is replaced by a rename. Throws `JournalError` before anything is written when a file differs from
 * `before`, or when an earlier apply was cut short.
 *
 * @param step called before each write, with what is about to happen; tests use it to stop at every point.
 */
export function applyChanges(root: string, changes: readonly FileChange[], step: (what: string) => void = () => undefined): string {
  const pending = pendingJournal(root);
  if (pending !== undefined) throw new JournalError("JOURNAL_PENDING", "An earlier fix was cut short. Run `sessionfix undo` first: it restores the files as they were.");
  const folder = journals(root);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith(".tmp")) rmSync(join(folder, name), { recursive: true, force: true });
  const ignore = join(root, FOLDER, ".gitignore");
  if (!existsSync(ignore)) writeFlushed(ignore, Buffer.from("*\n"));

  const id = nextId(root);
  const entries: JournalEntry[] = [];
  const draft = join(folder, `${id}.tmp`);
  mkdirSync(draft);
  step("journal");
  for (const [index, change] of changes.entries()) {
    const path = join(root, change.file);
    const now = existsSync(path) ? readFileSync(path) : undefined;
    if ((now === undefined) !== (change.before === undefined) || (now !== undefined && change.before !== undefined && !now.equals(change.before))) {
      rmSync(draft, { recursive: true, force: true });
      throw new JournalError("FILE_CHANGED", `${change.file} has changed since the fix was planned. Nothing was written: run the fix again.`);
    }
    const copy = `${index}.before`;
    if (change.before !== undefined) writeFlushed(join(draft, copy), change.before);
    entries.push({
      file: now === undefined ? change.file : realFile(root, change.file),
      mode: now === undefined ? DEFAULT_MODE : statSync(path).mode & 0o7777,
      before: change.before === undefined ? null : { sha256: sha256(change.before), copy },
      after: sha256(change.after),
    });
    step(`copy ${change.file}`);
  }
  const journal: JournalFile = { version: 1, id, entries };
  writeFlushed(join(draft, "journal.json"), Buffer.from(`${JSON.stringify(journal, null, 2)}\n`));
  flushFolder(draft);
  step("journal written");
  renameSync(draft, join(folder, id));
  flushFolder(folder);

  for (const [index, change] of changes.entries()) {
    const entry = entries[index];
    if (entry === undefined) continue;
    step(`write ${change.file}`);
    replaceFile(join(root, entry.file), change.after, entry.mode, id, () => step(`rename ${change.file}`));
  }
  step("done");
  writeFlushed(join(folder, id, "done"), Buffer.from("\n"));
  flushFolder(join(folder, id));
  return id;
}

function nextId(root: string): string {
  const last = Number(ids(root).at(-1)?.split("-")[0] ?? 0);
  return `${Math.max(Date.now(), last + 1)}-${process.pid}`;
}

/** A link inside the root is followed, so that the link itself stays. */
function realFile(root: string, file: string): string {
  const real = realpathSync(join(root, file));
  const top = realpathSync(root);
  return real.slice(top.length + 1).split("\\").join("/");
}

export interface UndoOutcome {
  /** The fix that was undone; absent when there is none. */
  id?: string;
  /** Files that have their former bytes again. */
  restored: string[];
  /** Created files that are gone. */
  removed: string[];
  /** Files that an interrupted fix had not reached. */
  untouched: string[];
  /** Files that someone changed since: when there are any, and `force` is off, nothing is undone. */
  refused: { file: string; reason: string }[];
}

/**
 * Brings back the bytes from before the last fix that is not undone yet, also after the fix (or an undo) was killed
 * half-way. When a file was changed since the fix, nothing at all is restored unless `force` is set.
 */
export function undoJournal(root: string, force: boolean, step: (what: string) => void = () => undefined): UndoOutcome {
  const outcome: UndoOutcome = { restored: [], removed: [], untouched: [], refused: [] };
  const id = ids(root).at(-1);
  if (id === undefined) return outcome;
  outcome.id = id;
  const folder = join(journals(root), id);
  const { entries } = load(root, id);
  const states = entries.map((entry) => ({ entry, state: stateOf(root, entry) }));
  outcome.refused = states.filter(({ state }) => state === "changed").map(({ entry }) => ({ file: entry.file, reason: "it was changed after the fix" }));
  if (outcome.refused.length > 0 && !force) return outcome;
  outcome.refused = [];
  for (const { entry, state } of states) {
    const path = join(root, entry.file);
    rmSync(temporaryFor(path, id), { force: true });
    if (state === "before") {
      outcome.untouched.push(entry.file);
      continue;
    }
    step(`restore ${entry.file}`);
    if (entry.before === null) {
      rmSync(path, { force: true });
      flushFolder(dirname(path));
      outcome.removed.push(entry.file);
      continue;
    }
    const bytes = readFileSync(join(folder, entry.before.copy));
    if (sha256(bytes) !== entry.before.sha256) throw new JournalError("JOURNAL_UNREADABLE", `${join(folder, entry.before.copy)}, the copy of ${entry.file}, is damaged. Nothing more was restored.`);
    replaceFile(path, bytes, entry.mode, id, () => step(`rename ${entry.file}`));
    outcome.restored.push(entry.file);
  }
  step("journal removed");
  // The name changes first: a journal that is half removed must never be taken for a whole one.
  const spent = `${folder}.tmp`;
  renameSync(folder, spent);
  rmSync(spent, { recursive: true, force: true });
  return outcome;
}

function stateOf(root: string, entry: JournalEntry): "before" | "after" | "changed" {
  const path = join(root, entry.file);
  if (!existsSync(path)) return entry.before === null ? "before" : "changed";
  const hash = sha256(readFileSync(path));
  if (entry.before !== null && hash === entry.before.sha256) return "before";
  return hash === entry.after ? "after" : "changed";
}
