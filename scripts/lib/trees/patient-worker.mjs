import { fork } from "node:child_process";

/** A process that uses no processor at all, and does not answer, is waited for this many times its limit. */
const IDLE = 60;

/**
 * A process that answers one task at a time within a limit of processor time. What takes the process with it (a hang,
 * the parser's stack, memory) is an answer like any other; the next task gets a new process.
 */
export class PatientWorker {
  #child;

  constructor(file, execArgv = []) {
    this.file = file;
    this.execArgv = execArgv;
  }

  /** The answer, or `{ hang: true }`, or `{ crash }` when the process ended. `ms` and `peak` are always there. */
  ask(task, limitMs) {
    const child = (this.#child ??= fork(this.file, { execArgv: ["--enable-source-maps", ...this.execArgv], stdio: ["ignore", "ignore", "pipe", "ipc"] }));
    const startedAt = performance.now();
    return new Promise((resolve) => {
      let complaint = "";
      const onError = (chunk) => (complaint = (complaint + chunk).slice(-4_000));
      const done = (answer) => {
        clearTimeout(timer);
        child.stderr.off("data", onError);
        child.off("message", done);
        child.off("exit", onExit);
        resolve({ ms: performance.now() - startedAt, peak: 0, problems: [], skips: [], findings: 0, files: 0, ...answer });
      };
      const onExit = (code, signal) => {
        this.#child = undefined;
        if (complaint.includes("CPU limit exceeded")) done({ hang: true, ms: limitMs });
        else done({ crash: `the process ended (${signal ?? `exit code ${code}`}) ${complaint.trim()}`.trim() });
      };
      const timer = setTimeout(() => {
        this.#child = undefined;
        child.off("exit", onExit);
        child.kill("SIGKILL");
        done({ hang: true });
      }, limitMs * IDLE);
      child.stderr.on("data", onError);
      child.on("message", done);
      child.on("exit", onExit);
      child.send({ ...task, limitMs });
    });
  }

  end() {
    this.#child?.kill();
    this.#child = undefined;
  }
}
