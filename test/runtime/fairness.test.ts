import { once } from "node:events";
import { statSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { join } from "node:path";
import { transaction } from "sessionfix-runtime";
import { beforeEach, describe, expect, test } from "vitest";
import { inodeOf } from "../../runtime/file-identity.js";
import { queueStatus } from "../../runtime/file-queue.js";
import { meetingPlace } from "../../runtime/file-queue-wire.js";
import { stateOf } from "../../runtime/session-state.js";
import { committed, foreignProcess, insert, onCleanup, openByHand, tempDatabase, tempFolder } from "./support/database.js";
import { bundledRuntime, eventually, runtimeProcess } from "./support/runtime-process.js";
import type { RuntimeProcess } from "./support/runtime-process.js";

const LONG = 25_000;
/**
 * For tests that look at the order: a process that is not heard of for 25 ms counts as stopped, and the next one is served. On a busy machine that happens to
 * processes that run.
 */
const IN_ORDER = { retry: 5 } as const;
let runtimeUrl = "";
beforeEach(async () => { runtimeUrl = await bundledRuntime(); });

const start = (path: string, count: number, env: Readonly<Record<string, string>> = {}): Promise<RuntimeProcess[]> =>
  Promise.all(Array.from({ length: count }, () => runtimeProcess(path, runtimeUrl, env)));

/** `first` holds the lock; each of `others` asks, in order, and is in the queue before the next one asks. */
async function lineUp(first: RuntimeProcess, others: readonly RuntimeProcess[]): Promise<void> {
  first.ask("first", { waits: true });
  await first.hears("begun", "first");
  for (const [index, process] of others.entries()) {
    process.ask(`other ${index}`);
    await process.reaches((status) => status.turn !== "none");
  }
}

const nameOf = (path: string): string => meetingPlace(inodeOf(path) ?? "")!.path;

/** Somebody in the queue who is none of the package's. */
async function dial(path: string): Promise<Socket> {
  const socket = connect(nameOf(path));
  socket.on("error", () => {});
  onCleanup(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Every acknowledged row is there, once, and nothing is there that nobody asked for. */
function expectNothingLost(path: string, processes: readonly RuntimeProcess[]): void {
  const rows = committed(path);
  const acknowledged = processes.flatMap((process) => process.names("done"));
  const asked = new Set(processes.flatMap((process) => process.names("asking")));
  expect(new Set(rows).size).toBe(rows.length);
  expect(acknowledged.filter((name) => !rows.includes(name))).toEqual([]);
  expect(rows.filter((name) => !asked.has(String(name)))).toEqual([]);
}

describe.runIf(process.platform !== "win32")("promise 5: processes are served in the order in which they asked", () => {
  test("promise 5: A holds; B, C and D ask in this order, then A again: they commit in this order", IN_ORDER, async () => {
    const path = tempDatabase();
    const [a, b, c, d] = await start(path, 4) as [RuntimeProcess, RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b, c, d]);
    // A has met nobody yet. It learns of the others while it holds the lock, and does not overtake them.
    a.tell("probe");
    await a.reaches((status) => status.joined);
    a.ask("again");
    a.tell("end", { name: "first" });
    await a.hears("done", "again");
    expect(committed(path)).toEqual(["first", "other 0", "other 1", "other 2", "again"]);
  });

  // Who is ahead here is this very process.
  test("promise 5: who is in the queue does not take a free lock out of its turn", { skip: process.platform !== "linux", ...IN_ORDER }, async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    const ahead = await dial(path);
    ahead.write("w\u0001");
    const granted = once(ahead, "data");
    a.tell("end", { name: "first" });
    await b.hears("done", "other 0");
    await granted;
    const alive = setInterval(() => ahead.write("t\u0001"), 5);
    onCleanup(() => clearInterval(alive));
    c.tell("probe");
    c.ask("behind");
    await c.reaches((status) => status.turn === "asked");
    expect(c.has("begun", "behind")).toBe(false);
    // Who cannot wait any longer may: a free lock is no reason for a timeout.
    b.ask("impatient", { timeoutMs: 1 });
    await b.hears("done", "impatient");
    expect(c.has("begun", "behind")).toBe(false);
    ahead.write("l\u0001");
    await c.hears("done", "behind");
  });

  test("a raw writer among them still gets the lock, and they get it back", async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    const raw = await foreignProcess(path);
    await raw.run("PRAGMA busy_timeout=20000");
    await lineUp(a, [b, c]);
    const write = raw.run("INSERT INTO item (name) VALUES ('raw')");
    a.tell("end", { name: "first" });
    await Promise.all([write, b.hears("done", "other 0"), c.hears("done", "other 1")]);
    expect(new Set(committed(path))).toEqual(new Set(["first", "other 0", "other 1", "raw"]));
  });

  test("promise 3: the event loop of a process in the queue turns", async () => {
    const path = tempDatabase();
    const [a, b] = await start(path, 2) as [RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    b.tell("ticks", { count: 50 });
    await eventually(() => b.messages.some((message) => message.ticked === 50));
    expect(b.has("begun", "other 0")).toBe(false);
    a.tell("end", { name: "first" });
    await b.hears("done", "other 0");
  });

  test("promise 17: an abort in the queue is heard at once, and the others keep their places", IN_ORDER, async () => {
    const path = tempDatabase();
    const db = openByHand(path);
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    const abort = new AbortController();
    const ours = transaction(db, (tx) => insert(tx, "never"), { signal: abort.signal, timeoutMs: LONG });
    await eventually(() => queueStatus(stateOf(db)).turn === "asked");
    c.ask("behind us");
    await c.reaches((status) => status.turn === "asked");
    const reason = new Error("the client went away");
    abort.abort(reason);
    await expect(ours).rejects.toBe(reason);
    expect(queueStatus(stateOf(db)).turn).toBe("none");
    a.tell("end", { name: "first" });
    await c.hears("done", "behind us");
    expect(committed(path)).toEqual(["first", "other 0", "behind us"]);
  });

  test("promise 14: the deadline holds in the queue, and the error names the holder", async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    c.ask("too late", { timeoutMs: 50 });
    const failure = await c.hears("failed", "too late");
    expect(failure.code).toBe("SESSIONFIX_LOCK_TIMEOUT");
    if (process.platform === "linux") expect(failure.holder).toMatchObject({ where: "another process", pid: a.pid });
    a.tell("end", { name: "first" });
    await b.hears("done", "other 0");
    expect(committed(path)).toEqual(["first", "other 0"]);
  });

  test("a process ends by itself: neither serving the queue nor being in it keeps it alive", async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b, c]);
    expect((await b.status()).serves).toBe(true);
    // As long as somebody is connected, a server does not stop by itself.
    if (process.platform === "linux") await dial(path);
    a.tell("end", { name: "first" });
    await c.hears("done", "other 1");
    for (const each of [b, c, a]) {
      each.tell("letGo");
      await eventually(() => each.hasEnded);
      expect(each.child.exitCode).toBe(0);
    }
  });

  test("a process with an unfinished transaction in the queue does not end before it is served", async () => {
    const path = tempDatabase();
    const [a, b] = await start(path, 2) as [RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    b.tell("letGo");
    a.tell("end", { name: "first" });
    await eventually(() => b.hasEnded);
    expect(committed(path)).toEqual(["first", "other 0"]);
  });
});

describe.runIf(process.platform !== "win32")("promise 5: sudden death of any of them loses nothing", () => {
  const COUNT = 60;

  /** Four processes write; `victim` picks one of them once all are at it, and it is killed. */
  async function killOne(victim: (processes: readonly RuntimeProcess[]) => Promise<RuntimeProcess>, env: Readonly<Record<string, string>> = {}): Promise<void> {
    const path = tempDatabase();
    const processes = await start(path, 4, env);
    for (const [index, each] of processes.entries()) each.tell("write", { prefix: `p${index}`, count: COUNT });
    await eventually(() => processes.every((each) => each.names("done").length > 2));
    const dead = await victim(processes);
    dead.kill("SIGKILL");
    await eventually(() => dead.hasEnded);
    const others = processes.filter((each) => each !== dead);
    await eventually(() => others.every((each) => each.names("done").length === COUNT));
    expectNothingLost(path, processes);
  }

  const server = async (processes: readonly RuntimeProcess[]): Promise<RuntimeProcess> => {
    for (;;) {
      for (const each of processes) if ((await each.status()).serves) return each;
    }
  };

  test("SIGKILL of the process that serves the queue", async () => {
    await killOne(server);
  });

  test("the same where processes meet at a socket file, which a dead server leaves behind: the next one serves", async () => {
    const folder = tempFolder();
    const env = { SESSIONFIX_FILE_QUEUE: "file", TMPDIR: folder };
    await killOne(server, env);
    const own = join(folder, `sessionfix-${process.getuid?.()}`);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    // A file that a dead server left is no obstacle to the next queue.
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3, env) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b, c]);
    expect((await b.status()).serves).toBe(true);
    b.kill("SIGKILL");
    await c.reaches((status) => status.serves);
    a.tell("end", { name: "first" });
    await c.hears("done", "other 1");
  });

  test("SIGKILL of any other in the middle of its work", async () => {
    await killOne(async (processes) => {
      for (;;) {
        for (const each of processes) {
          const { joined, serves } = await each.status();
          if (joined && !serves) return each;
        }
      }
    });
  });

  test("SIGKILL of the holder, of the server of the queue, of one that waits: the others are served at once, in order", IN_ORDER, async () => {
    for (const victim of ["holder", "server", "waiter"]) {
      const path = tempDatabase();
      const [a, b, c, d] = await start(path, 4) as [RuntimeProcess, RuntimeProcess, RuntimeProcess, RuntimeProcess];
      await lineUp(a, [b, c, d]);
      expect((await b.status()).serves).toBe(true);
      const dead = victim === "holder" ? a : victim === "server" ? b : c;
      dead.kill("SIGKILL");
      await eventually(() => dead.hasEnded);
      if (dead !== a) a.tell("end", { name: "first" });
      for (const [index, each] of [b, c, d].entries()) if (each !== dead) await each.hears("done", `other ${index}`);
      const expected = ["first", "other 0", "other 1", "other 2"].filter((_, index) => [a, b, c, d][index] !== dead);
      const rows = committed(path);
      // After the server's death those who waited ask anew, so that their order among themselves is open.
      expect(victim === "server" ? new Set(rows) : rows).toEqual(victim === "server" ? new Set(expected) : expected);
    }
  });

  test("SIGSTOP of the server of the queue, which has its turn, while another holds the lock: the others get on", async () => {
    const path = tempDatabase();
    const [a, b, c, d] = await start(path, 4) as [RuntimeProcess, RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b, c, d]);
    expect((await b.status()).serves).toBe(true);
    b.kill("SIGSTOP");
    a.tell("end", { name: "first" });
    await Promise.all([c.hears("done", "other 1"), d.hears("done", "other 2")]);
    b.kill("SIGCONT");
    await b.hears("done", "other 0");
    expect(committed(path)).toHaveLength(4);
  });

  test("SIGSTOP of one whose turn comes: those behind it get on, and so does it when it is continued", async () => {
    const path = tempDatabase();
    const [a, b, c, d] = await start(path, 4) as [RuntimeProcess, RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b, c, d]);
    c.kill("SIGSTOP");
    a.tell("end", { name: "first" });
    await d.hears("done", "other 2");
    c.kill("SIGCONT");
    await c.hears("done", "other 1");
    expect(committed(path)).toEqual(["first", "other 0", "other 2", "other 1"]);
  });

  test("SIGSTOP of the holder: a timeout that names it, never a hang; then all go on", async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    a.kill("SIGSTOP");
    c.ask("patient for a while", { timeoutMs: 100 });
    const failure = await c.hears("failed", "patient for a while");
    expect(failure.code).toBe("SESSIONFIX_LOCK_TIMEOUT");
    if (process.platform === "linux") expect(failure.holder).toMatchObject({ where: "another process", pid: a.pid, state: "stopped" });
    a.kill("SIGCONT");
    a.tell("end", { name: "first" });
    await b.hears("done", "other 0");
    expect(committed(path)).toEqual(["first", "other 0"]);
  });
});

describe.runIf(process.platform === "linux")("promise 5: what is said on the socket can delay, never harm", () => {
  test("garbage, half messages, floods, silence, and turns that are taken and never used", async () => {
    const path = tempDatabase();
    const [a, b, c] = await start(path, 3) as [RuntimeProcess, RuntimeProcess, RuntimeProcess];
    await lineUp(a, [b]);
    const peers = await Promise.all(Array.from({ length: 6 }, () => dial(path)));
    const [garbage, half, flood, silent, idle, twice] = peers as [Socket, Socket, Socket, Socket, Socket, Socket];
    garbage.write(Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) & 0xff)));
    half.write("w");
    flood.write("t\0".repeat(200_000));
    silent.write("");
    idle.write("w\u0001"); // it gets a turn, and does nothing with it
    twice.write("w\u0001w\u0002w\u0003");
    await Promise.all([garbage, twice].map((socket) => once(socket, "close")));
    c.ask("in spite of all");
    await c.reaches((status) => status.turn === "asked");
    a.tell("end", { name: "first" });
    await b.hears("done", "other 0");
    await c.hears("done", "in spite of all");
    expect(b.hasEnded).toBe(false);
    expect(committed(path)).toEqual(["first", "other 0", "in spite of all"]);
  });

  async function squat(path: string, answer: (socket: Socket) => void): Promise<Server> {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      onCleanup(() => socket.destroy());
      answer(socket);
    });
    onCleanup(() => server.close());
    server.listen(nameOf(path));
    await once(server, "listening");
    return server;
  }

  test.each<[string, (socket: Socket) => void]>([
    ["that never answers", () => {}],
    ["that hangs up", (socket) => socket.destroy()],
    ["that talks nonsense", (socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["that goes on beating and never gives a turn", (socket) => {
      const timer = setInterval(() => socket.write("h\u0001"), 5);
      socket.on("close", () => clearInterval(timer));
    }],
    ["that gives turns to everybody", (socket) => socket.on("data", (chunk) => {
      const last = chunk[chunk.length - 1] ?? 0;
      socket.write(Uint8Array.of(0x67, last, 0x6e, last, 0x72, last, 0x6f, last));
    })],
  ])("somebody else's server under the name %s: everyone is served", async (_, answer) => {
    const path = tempDatabase();
    await squat(path, answer);
    const processes = await start(path, 2);
    for (const [index, each] of processes.entries()) each.tell("write", { prefix: `p${index}`, count: 20 });
    await eventually(() => processes.every((each) => each.names("done").length === 20));
    expectNothingLost(path, processes);
  });
});
