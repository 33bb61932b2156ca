import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Database from "better-sqlite3";
import { afterEach } from "vitest";
import { closeSessions } from "sessionfix-runtime";

const cleanups: (() => unknown)[] = [];
const gates: (() => void)[] = [];

afterEach(async () => {
  // A test that failed in between must not leave closing to wait for its transaction.
  for (const open of gates.splice(0)) open();
  await closeSessions();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

export function onCleanup(cleanup: () => unknown): void {
  cleanups.push(cleanup);
}

/** A folder of its own under the system's temporary one, gone after the test. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sessionfix-runtime-"));
  onCleanup(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A real file with one table `item(id, name)`, in WAL mode unless said otherwise. */
export function tempDatabase(journalMode: "wal" | "delete" = "wal"): string {
  const path = join(tempFolder(), "app.db");
  const db = new Database(path);
  db.pragma(`journal_mode = ${journalMode}`);
  db.exec("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  db.close();
  return path;
}

/** A connection made by hand, as a program without this package makes it. */
export function openByHand(path: string, options?: Database.Options): Database.Database {
  const db = new Database(path, options);
  onCleanup(() => db.close());
  return db;
}

export function insert(db: Database.Database, name: string): void {
  db.prepare("INSERT INTO item (name) VALUES (?)").run(name);
}

/** The names as another connection sees them: what is committed. */
export function committed(path: string): unknown[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare("SELECT name FROM item ORDER BY id").pluck().all();
  } finally {
    db.close();
  }
}

/** Another process that has the file open. Resolves once it has. */
export async function foreignProcess(path: string): Promise<Foreign> {
  const child = fork(fileURLToPath(new URL("foreign.mjs", import.meta.url)), [path], { execArgv: [] });
  onCleanup(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  await once(child, "message");
  return new Foreign(child);
}

export class Foreign {
  constructor(readonly child: ChildProcess) {}

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Runs SQL over there and resolves with its rows once it is done. */
  async run(sql: string): Promise<unknown> {
    this.child.send({ sql });
    const [answer] = (await once(this.child, "message")) as [{ rows?: unknown; error?: string }];
    if (answer.error !== undefined) throw new Error(`${sql}: ${answer.error}`);
    return answer.rows;
  }
}

/** A promise with its handle, to hold a transaction open for as long as the test wants. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => { open = resolve; });
  gates.push(() => { open(undefined as T); });
  return { promise, open };
}

/** Lets the event loop turn until `condition` holds. The test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the event loop turn so often that timers of a millisecond must have fired. */
export async function timersFired(count: number): Promise<void> {
  for (let fired = 0; fired < count; fired++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** The error of a promise that must reject. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the promise was expected to reject");
}
