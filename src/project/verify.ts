import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { UsageError } from "./errors.js";
import { applyChanges, undoJournal } from "./journal.js";
import type { FileChange } from "./journal.js";

/** Of a failing command's output, in characters and lines: the end says what failed. */
const TAIL = 8_192;
const LINES = 8;
/** Time that an interrupted command has to end by itself, in milliseconds. */
const PATIENCE = 3_000;

/** Where a signal can be sent to a command with all that it has started: a test runner has workers. */
const GROUPS = process.platform !== "win32";

/**
 * Puts changes to a command of the user's, on the disk, since that is where tests look. Each time they are written under
 * a journal and taken back by it, so that `undo` restores every byte whenever the process is killed.
 */
export class Verifier {
  /** How often the command ran. */
  checks = 0;
  /** Of the changes that were kept. */
  journal: string | undefined;

  constructor(
    private readonly root: string,
    readonly command: string,
    private readonly onCheck: (check: number) => void = () => undefined,
  ) {}

  #child: ChildProcess | undefined;
  #interruptedBy: NodeJS.Signals | undefined;
  #insisting: NodeJS.Timeout | undefined;

  /**
   * @throws UsageError `VERIFY_FAILS_ALREADY` when the command fails without any change: then it can tell nothing.
   */
  async assertHolds(): Promise<void> {
    const failure = await this.#guarded(() => this.#run());
    if (failure !== undefined) {
      throw new UsageError("VERIFY_FAILS_ALREADY", `The command fails before anything is changed: ${this.command}\n${failure}`, "Make it pass first, or run the fix without --verify. Nothing was written.");
    }
  }

  /** What the command says of the changes, in its last lines; `undefined` when it succeeds. Nothing stays on the disk. */
  check(changes: readonly FileChange[]): Promise<string | undefined> {
    return this.#guarded(async () => {
      applyChanges(this.root, changes);
      try {
        return await this.#run();
      } finally {
        // By force: what the command itself made of the files goes, too.
        undoJournal(this.root, true);
      }
    });
  }

  /** The same, but the changes stay when the command succeeds. */
  keepIfGood(changes: readonly FileChange[]): Promise<string | undefined> {
    return this.#guarded(async () => {
      const journal = applyChanges(this.root, changes);
      let isGood = false;
      try {
        const failure = await this.#run();
        isGood = failure === undefined;
        if (isGood) this.journal = journal;
        return failure;
      } finally {
        if (!isGood) undoJournal(this.root, true);
      }
    });
  }

  /** Signals that would end the process wait until the files are as they were. */
  async #guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    const interrupt = (signal: NodeJS.Signals) => {
      this.#interruptedBy = signal;
      this.#signal(signal);
      // A shell may lose the signal between two commands, and a program may not care.
      this.#insisting ??= setTimeout(() => this.#signal("SIGKILL"), PATIENCE);
    };
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    try {
      return await work();
    } finally {
      clearTimeout(this.#insisting);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    }
  }

  #signal(signal: NodeJS.Signals): void {
    const child = this.#child;
    try {
      if (GROUPS && child?.pid !== undefined) process.kill(-child.pid, signal);
      else child?.kill(signal);
    } catch {
      // It has just ended by itself.
    }
  }

  #run(): Promise<string | undefined> {
    this.onCheck(++this.checks);
    return new Promise((resolve, reject) => {
      const child = spawn(this.command, { shell: true, cwd: this.root, stdio: ["ignore", "pipe", "pipe"], detached: GROUPS });
      this.#child = child;
      let tail = "";
      const keep = (text: string) => (tail = (tail + text).slice(-TAIL));
      child.stdout.setEncoding("utf8").on("data", keep);
      child.stderr.setEncoding("utf8").on("data", keep);
      child.on("error", reject);
      child.on("close", (code, signal) => {
        this.#child = undefined;
        const by = this.#interruptedBy;
        if (by !== undefined) reject(new UsageError("VERIFY_INTERRUPTED", `Interrupted by ${by} while the command ran`, "The files are as they were before the fix."));
        else resolve(code === 0 ? undefined : describe(this.command, code, signal, tail));
      });
    });
  }
}

function describe(command: string, code: number | null, signal: string | null, tail: string): string {
  const lines = tail.split(/\r?\n/).filter((line) => line.trim() !== "");
  const end = lines.slice(-LINES).map((line) => `  ${line}`);
  return [`\`${command}\` ${code === null ? `was ended by ${signal ?? "a signal"}` : `failed with exit code ${code}`}${end.length === 0 ? "" : ":"}`, ...end].join("\n");
}
