// A process that uses the package, told what to do by the test. The runtime is the build whose URL it is given.
import Database from "better-sqlite3";

const [path, runtimeUrl] = process.argv.slice(2);
const { LockTimeoutError, closeSessions, probeQueue, queueStatus, stateOf, transaction } = await import(runtimeUrl);
const db = new Database(path, { timeout: 20_000 });
const insert = db.prepare("INSERT INTO item (name) VALUES (?)");
const gates = new Map();

const spin = (ms) => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

const commands = {
  /** One transaction: holds the lock for at least 5 ms, longer than a turn may last, and then until it is told to end. */
  ask({ name, timeoutMs = 25_000, waits = false, label = name }) {
    const gate = waits ? new Promise((resolve) => gates.set(name, resolve)) : undefined;
    transaction(db, async () => {
      insert.run(name);
      process.send({ begun: name });
      spin(5);
      await gate;
    }, { timeoutMs, label }).then(
      () => process.send({ done: name }),
      (error) => process.send({ failed: name, code: error.code, isTimeout: error instanceof LockTimeoutError, holder: error.holder, message: error.message }),
    );
  },
  end: ({ name }) => gates.get(name)(),
  /** `count` transactions of one row each, one after the other, each acknowledged once it is committed. */
  async write({ prefix, count }) {
    for (let n = 0; n < count; n++) {
      const name = `${prefix}.${n}`;
      process.send({ asking: name });
      await transaction(db, () => { insert.run(name); spin(0.5); }, { timeoutMs: 25_000 });
      process.send({ done: name });
      if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    process.send({ finished: prefix });
  },
  status: () => process.send({ status: queueStatus(stateOf(db)) }),
  probe: () => probeQueue(stateOf(db)),
  ticks({ count }) {
    let left = count;
    const timer = setInterval(() => {
      if (--left > 0) return;
      clearInterval(timer);
      process.send({ ticked: count });
    }, 1);
  },
  close: () => closeSessions(),
  /** From here on nothing but the package could keep the process alive. */
  letGo: () => process.disconnect(),
};

process.on("message", ({ command, ...given }) => { void commands[command](given); });
process.send({ ready: true });
