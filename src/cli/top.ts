import type { Command } from "commander";
import type { FilesLook } from "../inspect/look.js";
import type { Sort, TopFrame } from "../inspect/top-frame.js";
import { EXIT } from "./failure.js";
import { positiveNumber } from "./numbers.js";
import { Screen } from "./screen.js";
import { painter } from "./terminal.js";

const EXAMPLES = `
Examples:
  $ npx sessionfix top app.db                  who writes, waits and reads, live
  $ npx sessionfix top app.db --json           one JSON object a second, for jq and friends
  $ npx sessionfix top app.db --for 60 > log   a minute, for later

Keys: q ends, s sorts by the next column, p pauses. Any program in any language is seen; none is touched.
"waits" is a thread that naps as SQLite's busy handler does while another process holds the write lock.`;

interface TopFlags {
  interval: number;
  for?: number;
  json: boolean;
  sort: string;
}

/** ms between two looks at the locks: what is shorter may go unseen. */
const LOOK_EVERY_MS = 20;
/** Frames that the bars show at most. */
const HISTORY = 120;

export function addTopCommand(program: Command): void {
  program
    .command("top <database>")
    .summary("watch the locks of a SQLite file live: holders and waiters of any process")
    .description("Shows who holds the write lock of a SQLite database, who waits and who reads, like top(1).")
    .option("--interval <seconds>", "how often to redraw", positiveNumber, 1)
    .option("--for <seconds>", "end after this time", positiveNumber)
    .option("--json", "print one JSON object an interval", false)
    .option("--sort <column>", "write, wait, hold, read or pid", "write")
    .addHelpText("after", EXAMPLES)
    .action(async (database: string, flags: TopFlags) => {
      process.exitCode = await top(database, flags);
    });
}

async function top(database: string, flags: TopFlags): Promise<number> {
  const [{ findDatabase, lookAtFiles }, { journalOf }, { LockWatch, probeOf }, { TopFrames, SORTS }, { renderTop }, { UsageError }, { seesPartOnly }] = await Promise.all([
    import("../inspect/look.js"), import("../inspect/diagnose.js"), import("../inspect/watch.js"), import("../inspect/top-frame.js"), import("../report/top.js"), import("../project/errors.js"), import("../inspect/namespace.js"),
  ]);
  if (!isOneOf(SORTS, flags.sort)) throw new UsageError("BAD_OPTION", `There is no column "${flags.sort}" to sort by.`, `Use one of ${SORTS.join(", ")}.`);
  const path = findDatabase(database);
  const look = (): FilesLook | { path: string } => {
    try {
      return lookAtFiles(path);
    } catch {
      return { path }; // encrypted, or replaced just now: its locks are still there to see
    }
  };
  let files = look();
  const watch = new LockWatch(probeOf(path, () => ("header" in files ? journalOf(files) : "wal")));
  const frames = new TopFrames(watch, seesPartOnly());
  const color = painter(process.stdout);
  const interactive = !flags.json && process.stdout.isTTY === true && process.env["TERM"] !== "dumb";
  const screen = interactive ? new Screen() : undefined;
  let sort: Sort = flags.sort;
  const history: TopFrame[] = [];

  const show = (): void => {
    const frame = history.at(-1);
    if (frame === undefined) return;
    const view = { frame, history, sort, paused: screen?.paused ?? false, color };
    if (flags.json) process.stdout.write(`${JSON.stringify(frame)}\n`);
    else if (screen === undefined) process.stdout.write(`${renderTop({ ...view, width: 120, height: 1_000 }).join("\n")}\n\n`);
    else screen.draw(renderTop({ ...view, width: screen.width, height: screen.height, keys: "q end   s sort   p pause" }));
  };
  screen?.onKey((key) => {
    if (key === "s") sort = SORTS[(SORTS.indexOf(sort) + 1) % SORTS.length] ?? "write";
    show();
  });
  screen?.onResize(show);

  const begin = performance.now();
  const ends = flags.for === undefined ? Infinity : begin + flags.for * 1_000;
  let nextFrame = begin + flags.interval * 1_000;
  let stop = false;
  // Whoever reads the output may stop reading: `| head` ends the watch, and is no error.
  process.stdout.on("error", () => { stop = true; });
  const onSignal = (): void => { stop = true; };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  try {
    while (!stop && screen?.ended !== true) {
      const now = performance.now();
      watch.look(now);
      const last = now >= ends;
      if (now >= nextFrame || last) {
        nextFrame = Math.max(nextFrame + flags.interval * 1_000, now);
        if (screen?.paused !== true) {
          files = look();
          history.push(frames.next(now, new Date(), files));
          if (history.length > HISTORY) history.shift();
          show();
        }
      }
      if (last) break;
      await new Promise((resolve) => void setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    screen?.close();
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
  return EXIT.ok;
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
