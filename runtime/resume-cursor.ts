import type { BatchSource } from "./batch-source.js";
import type { ResumeOptions, ResumeRow, ResumeStore } from "./batch-types.js";
import { SessionOptionError } from "./errors.js";
import { checkOneOf } from "./options.js";
import { isPromiseLike } from "./promises.js";
import { fingerprintOf } from "./resume-fingerprint.js";
import type { Fingerprint } from "./resume-fingerprint.js";
import { anotherRun, changedInput, checkRow, corrupt, isRow, makeRow } from "./resume-row.js";

/** How many items are passed over between two turns of the event loop. */
const SKIP_AT_ONCE = 1_000;

/** How far a resumable run is: what the database says, and what its next row will say. */
export class ResumeCursor<Item, Tx> {
  readonly key: string;
  /** Items that an earlier run had done. */
  resumed = 0;
  /** An earlier run had come to the end. */
  alreadyDone = false;
  /** The last batch is committed, and the cursor says so (or is gone, as asked). */
  finished = false;
  readonly fingerprint: Fingerprint<Item>;
  readonly #store: ResumeStore<Tx>;
  readonly #forgets: boolean;
  /** As this run last read or wrote it, committed. */
  #known: ResumeRow | undefined;
  /** As the present batch has written it. */
  #written: { readonly row: ResumeRow | undefined; readonly finished: boolean } | undefined;

  constructor(options: ResumeOptions, items: unknown, store: ResumeStore<Tx>) {
    this.key = options.key;
    this.#forgets = options.whenDone === "forget";
    this.#store = store;
    this.fingerprint = fingerprintOf(items, options.fingerprint);
  }

  /** The row as it stands, to be read in a transaction before the run. */
  read(tx: Tx): unknown {
    return this.#store.read(tx, this.key);
  }

  /**
   * Compares what was read with the input, as far as that can be said before items are pulled.
   *
   * @returns How many items have to be passed over, see {@link pass}.
   */
  begin(found: unknown): number {
    const row = checkRow(this.key, found);
    this.#known = row;
    if (row === undefined) return 0;
    const { whole, total } = this.fingerprint;
    if (whole && row.fingerprint !== this.fingerprint.current()) throw changedInput(this.key, row, "its fingerprint differs");
    if (!whole && !row.fingerprint.startsWith("rolling:")) throw changedInput(this.key, row, "the earlier run was given an array or a fingerprint");
    if (total !== undefined && row.items > total) throw corrupt(this.key, `it says that ${row.items} items are done, of ${total}`);
    if (row.state === "done" && total !== undefined && row.items < total) throw corrupt(this.key, `it says that all is done with ${row.items} items of ${total}`);
    this.resumed = row.items;
    this.alreadyDone = this.finished = whole && row.state === "done";
    return this.alreadyDone ? 0 : row.items;
  }

  /** Passes over what `source` has ready, `most` items at most, and returns how many. */
  pass(source: BatchSource<Item>, most: number): number {
    let count = 0;
    for (const limit = Math.min(most, SKIP_AT_ONCE); count < limit && source.has(count); count++) this.fingerprint.note(source.get(count));
    source.drop(count);
    this.fingerprint.settle();
    return count;
  }

  /** All done items are passed over, or the source has come to its end with `missing` of them not seen. */
  passed(missing: number, hasMore: boolean): void {
    const row = this.#known;
    if (row === undefined) return;
    if (missing > 0) throw changedInput(this.key, row, `it ends after ${row.items - missing} items`);
    if (!this.fingerprint.whole && row.fingerprint !== this.fingerprint.current()) throw changedInput(this.key, row, `its first ${row.items} items differ`);
    if (row.state !== "done") return;
    if (hasMore) throw changedInput(this.key, row, "it goes on where that one ended");
    this.alreadyDone = this.finished = true;
  }

  /** Whether nothing is left to do for a source that has ended: there is no row, and none is wanted. */
  get isIdle(): boolean {
    return this.finished || (this.#forgets && this.#known === undefined);
  }

  /** A batch begins, possibly again: its transaction must see the row that this run knows. */
  check(tx: Tx): unknown {
    this.fingerprint.reset();
    this.#written = undefined;
    const verify = (found: unknown): void => {
      if (isRow(found, this.#known)) return;
      const row = checkRow(this.key, found);
      if (row !== undefined || this.#known !== undefined) throw anotherRun(this.key, this.#known, row);
    };
    const found = this.#store.read(tx, this.key);
    return isPromiseLike(found) ? found.then(verify) : verify(found);
  }

  /** Writes, in the batch's own transaction, that `count` more items are done. */
  advance(tx: Tx, count: number, isLast: boolean): void | PromiseLike<void> {
    const items = (this.#known?.items ?? 0) + count;
    if (isLast && this.#forgets) {
      this.#written = { row: undefined, finished: true };
      return this.#store.remove(tx, this.key);
    }
    const row = makeRow(this.key, this.fingerprint.current(), items, isLast ? "done" : "running");
    this.#written = { row, finished: isLast };
    return this.#store.write(tx, row);
  }

  /** The batch is committed. */
  settle(): void {
    if (this.#written === undefined) return;
    this.#known = this.#written.row;
    this.finished = this.#written.finished;
    this.#written = undefined;
    this.fingerprint.settle();
  }
}

export function checkResume(given: string | ResumeOptions): ResumeOptions {
  const options = typeof given === "string" ? { key: given } : given;
  if (typeof options !== "object" || options === null || typeof options.key !== "string" || options.key === "") throw new SessionOptionError("resume needs a key that names the run in its database: a string that is not empty.");
  if (options.fingerprint !== undefined && typeof options.fingerprint !== "string") throw new SessionOptionError("resume.fingerprint must be a string that is the same exactly if the input is.");
  if (options.whenDone !== undefined) checkOneOf("resume.whenDone", options.whenDone, ["keep", "forget"]);
  return options;
}
