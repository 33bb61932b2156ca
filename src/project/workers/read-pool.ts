import { existsSync } from "node:fs";
import path from "node:path";
import { setImmediate } from "node:timers/promises";
import { Tinypool } from "tinypool";
import { isBuilt, toolFolder } from "../cache/identity.js";
import type { ReadReply, ReadRequest, ReadTask } from "./read-task.js";

/** Less text than this is read before a thread is up. In UTF-16 units. */
const WORTH_A_THREAD = 500_000;
/** How much text goes to a thread at once: little enough that none is long behind the others. In UTF-16 units. */
const PORTION = 150_000;
/** Each thread has the next portion when it is through with one. */
const AHEAD = 2;

export interface ReadPoolOptions {
  /** Threads in all; the caller's own is one of them. At least 1. */
  jobs: number;
  /** The facts will be kept for the next scan. */
  isKept: boolean;
  /** The file that threads load. Default: what was built of `read-task.ts`; run from its sources, the tool has none. */
  worker?: string | undefined;
}

/**
 * Threads that read files side by side. The caller's own reads along; where threads cannot be had, or one fails, it
 * reads all that is left. Without enough to do, none is started.
 */
export class ReadPool {
  #pool: Tinypool | undefined;
  #isBroken = false;

  constructor(private readonly options: ReadPoolOptions) {}

  /** Tells `take` of what threads have read, and `own` of each file that the caller is to read itself. */
  async read(tasks: readonly ReadTask[], { take, own }: { take: (reply: ReadReply) => void; own: (task: ReadTask) => void }): Promise<void> {
    // The longest first: whoever comes last should have little left to do.
    const waiting = [...tasks].sort((a, b) => b.text.length - a.text.length);
    const pool = this.#poolFor(waiting);
    const threads = pool === undefined ? [] : Array.from({ length: (this.options.jobs - 1) * AHEAD }, () => this.#feed(pool, waiting, take, own));
    const all = Promise.all(threads);
    // What `take` throws is for who waits below; until then nobody listens, and that would end the process.
    all.catch(() => undefined);
    for (let task = waiting.pop(); task; task = waiting.pop()) {
      own(task);
      // What the threads have sent is taken in between.
      if (threads.length > 0) await setImmediate();
    }
    await all;
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
    this.#pool = undefined;
  }

  async #feed(pool: Tinypool, waiting: ReadTask[], take: (reply: ReadReply) => void, own: (task: ReadTask) => void): Promise<void> {
    while (waiting.length > 0 && !this.#isBroken) {
      const portion = portionOf(waiting);
      const request: ReadRequest = { tasks: portion, isKept: this.options.isKept };
      let replies: ReadReply[];
      try {
        replies = (await pool.run(request)) as ReadReply[];
      } catch {
        // A thread without memory, or one that could not be started: nothing is lost but time.
        this.#isBroken = true;
        portion.forEach(own);
        return;
      }
      replies.forEach(take);
    }
  }

  #poolFor(tasks: readonly ReadTask[]): Tinypool | undefined {
    if (this.#isBroken || this.options.jobs < 2) return undefined;
    if (this.#pool !== undefined) return this.#pool;
    const amount = tasks.reduce((sum, { text }) => sum + text.length, 0);
    const filename = amount < WORTH_A_THREAD ? undefined : (this.options.worker ?? builtWorker());
    if (filename === undefined) return undefined;
    const threads = this.options.jobs - 1;
    this.#pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads, concurrentTasksPerWorker: AHEAD });
    // Of a thread that fails while nothing is asked of it. Nobody listening would end the process.
    this.#pool.on("error", () => (this.#isBroken = true));
    return this.#pool;
  }
}

/** Takes as much as one thread gets at once off the front. */
function portionOf(waiting: ReadTask[]): ReadTask[] {
  let count = 0;
  for (let size = 0; count < waiting.length && size < PORTION; count++) size += waiting[count]?.text.length ?? 0;
  return waiting.splice(0, count);
}

function builtWorker(): string | undefined {
  const tool = toolFolder();
  if (tool === undefined || !isBuilt(tool)) return undefined;
  const file = path.join(tool, "dist/read-worker.js");
  return existsSync(file) ? file : undefined;
}
