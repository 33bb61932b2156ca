// The other processes of the benchmark. Each ends with its parent's channel, and by itself at the latest after five minutes.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { loadContender } from "../contenders/index.mjs";
import { connect } from "./database.mjs";
import { sleep, watchLoop } from "./rounds.mjs";

const here = fileURLToPath(import.meta.url);
const ROLES = { writer, delayed };
/** Between two writes of the writer. In ms. */
export const WRITER_PAUSE_MS = 2;
const LIFETIME_MS = 300_000;

if (process.argv[1] === here) {
  setTimeout(() => process.exit(1), LIFETIME_MS).unref();
  process.on("disconnect", () => process.exit(0));
  await ROLES[process.argv[2]](...process.argv.slice(3));
}

/** Starts a child and waits until it is ready. */
export async function start(role, ...args) {
  const child = fork(here, [role, ...args]);
  await answerOf(child);
  return child;
}

/** Sends a message and waits for the answer. */
export function ask(child, message) {
  const answer = answerOf(child);
  child.send(message);
  return answer;
}

/** @throws {Error} when the child ends instead. */
export async function answerOf(child) {
  const answered = new AbortController();
  const ended = once(child, "exit", { signal: answered.signal }).then(([code, signal]) => {
    throw new Error(`The process "${child.spawnargs.slice(2).join(" ")}" ended with ${code ?? signal} instead of an answer.`);
  });
  try {
    return (await Promise.race([once(child, "message", { signal: answered.signal }), ended]))[0];
  } finally {
    answered.abort(); // takes the listeners away
  }
}

/** Messages may come while nobody awaits one. */
function inbox() {
  const received = [];
  let wake = () => {};
  process.on("message", (message) => { received.push(message); wake(); });
  return {
    get waiting() { return received.length; },
    async next() {
      while (received.length === 0) await new Promise((resolve) => { wake = resolve; });
      return received.shift();
    },
  };
}

/** Writes a row every few milliseconds into the files that it is told, one after the other, and reports its waits. */
async function writer(form, runtimeUrl) {
  const messages = inbox();
  const { transaction } = await import(runtimeUrl);
  process.send("ready");
  for (;;) {
    const db = connect(await messages.next());
    const insert = db.prepare("INSERT INTO other (at) VALUES (?)");
    const write = form === "raw"
      ? db.transaction(() => insert.run(Date.now())).immediate
      : () => transaction(db, () => insert.run(Date.now()), { timeoutMs: 60_000 });
    for (let n = 0; n < 20; n++) await write();
    process.send("writing");
    const waits = [];
    while (messages.waiting === 0) {
      const begun = performance.now();
      await write();
      waits.push(performance.now() - begun);
      await sleep(WRITER_PAUSE_MS);
    }
    await messages.next();
    db.close();
    process.send(waits);
  }
}

/** Writes one row when it is told to, in front of a lock that its parent holds. */
async function delayed(id, path, runtimeUrl) {
  const messages = inbox();
  const contender = await loadContender(id);
  const opened = await contender.open(path, { runtime: await import(runtimeUrl) });
  await opened.writeOne();
  process.send("ready");
  for (;;) {
    await messages.next();
    const stop = watchLoop();
    await sleep(20);
    let error;
    try {
      await opened.writeOne();
    } catch (caught) {
      error = String(caught);
    }
    const at = performance.timeOrigin + performance.now();
    await sleep(20);
    process.send({ longest: stop(), at, error });
  }
}
