import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { FileQueue } from "../../runtime/file-queue.js";
import { Turns } from "../../runtime/file-queue-turns.js";
import type { Peer } from "../../runtime/file-queue-turns.js";
import { GRANT, GRANT_WANTED, MessageReader, NEXT, OVER, RECALL, TO_QUEUE, meetingPlace } from "../../runtime/file-queue-wire.js";

interface Listener extends Peer {
  readonly name: string;
  readonly heard: number[];
}

function listeners(count: number, onSend: (name: string, kind: number) => void = () => {}): Listener[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `p${index}`;
    const heard: number[] = [];
    return { name, heard, send: (kind) => { heard.push(kind); onSend(name, kind); } };
  });
}

describe("promise 5: the order of turns", () => {
  test("promise 5: whatever the order of asking, leaving and dying, turns are granted in the order of asking", () => {
    const step = fc.tuple(fc.constantFrom("ask", "leave", "die"), fc.nat({ max: 4 }));
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const granted: string[] = [];
      const turns = new Turns();
      const peers = listeners(5, (name, kind) => { if (kind === GRANT || kind === GRANT_WANTED) granted.push(name); });
      // A model that is too simple to be wrong: a line of names, the first of which has its turn.
      const line: string[] = [];
      const expected: string[] = [];
      let number = 0;
      const numbers = new Map<string, number>();
      for (const [kind, index] of steps) {
        const peer = peers[index]!;
        const isIn = line.includes(peer.name);
        if (kind === "ask") {
          if (isIn) continue;
          numbers.set(peer.name, ++number);
          expect(turns.ask(peer, number)).toBe(true);
          if (line.push(peer.name) === 1) expected.push(peer.name);
        } else {
          if (kind === "leave") turns.leave(peer, numbers.get(peer.name) ?? 0);
          else turns.gone(peer);
          if (!isIn) continue;
          const wasFirst = line[0] === peer.name;
          line.splice(line.indexOf(peer.name), 1);
          if (wasFirst && line[0] !== undefined) expected.push(line[0]);
        }
        expect(granted).toEqual(expected);
      }
      turns.close();
    }));
  });

  test("who has its turn learns of the first that waits behind it, once", () => {
    const turns = new Turns();
    const [a, b, c] = listeners(3) as [Listener, Listener, Listener];
    for (const each of [a, b, c]) turns.ask(each, 1);
    expect(a.heard).toEqual([GRANT, RECALL]);
    turns.leave(a, 1);
    expect(b.heard).toEqual([GRANT_WANTED]);
    turns.close();
  });

  test("a second request while the first stands is refused; a late word about an earlier one changes nothing", () => {
    const turns = new Turns();
    const [a, b] = listeners(2) as [Listener, Listener];
    turns.ask(a, 1);
    expect(turns.ask(a, 2)).toBe(false);
    turns.leave(a, 1);
    turns.ask(a, 2);
    turns.ask(b, 1);
    turns.leave(a, 1);
    expect(b.heard).toEqual([]);
    turns.close();
  });

  test("one that is not heard of: the one behind it may try; when that one has the lock, the other's turn is over", () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    try {
      const turns = new Turns();
      const [stopped, b, c] = listeners(3) as [Listener, Listener, Listener];
      for (const each of [stopped, b, c]) turns.ask(each, 1);
      vi.advanceTimersByTime(40);
      expect(b.heard).toContain(NEXT);
      for (let ms = 0; ms < 500; ms += 10) {
        vi.advanceTimersByTime(10);
        turns.trying(b, 1);
      }
      expect(c.heard).not.toContain(NEXT);
      turns.begun(b, 1);
      turns.trying(stopped, 1);
      expect(stopped.heard.at(-1)).toBe(OVER);
      turns.leave(b, 1);
      expect(c.heard.at(-1)).toBe(GRANT);
      turns.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("what goes over the socket", () => {
  test("messages survive any cutting of the stream; the first wrong byte ends it", () => {
    const kinds = [...TO_QUEUE];
    const message = fc.tuple(fc.constantFrom(...kinds), fc.integer({ min: 0, max: 255 }));
    fc.assert(fc.property(fc.array(message), fc.array(fc.nat({ max: 5 })), (messages, cuts) => {
      const read: [number, number][] = [];
      const reader = new MessageReader(TO_QUEUE, (kind, request) => read.push([kind, request]));
      const bytes = Uint8Array.from(messages.flat());
      let at = 0;
      for (const length of cuts) expect(reader.read(bytes.subarray(at, (at += length)))).toBe(true);
      expect(reader.read(bytes.subarray(at))).toBe(true);
      expect(read).toEqual(messages);
    }));
    const reader = new MessageReader(TO_QUEUE, () => { throw new Error("nothing to report"); });
    expect(reader.read(Buffer.from("GET / HTTP/1.1"))).toBe(false);
  });

  test("no meeting place on Windows; a folder of the user's own where there are no abstract names", { skip: process.platform === "win32" }, () => {
    expect(meetingPlace("1:2", "win32")).toBeUndefined();
    const place = meetingPlace("1:2", "darwin");
    expect(place?.isFile).toBe(true);
    expect(place?.path).not.toBe(meetingPlace("1:3", "darwin")?.path);
  });
});

describe("a queue that is looked for", () => {
  test("what begins waits for the answer, but not once the last session of the file is closed: the next one begins at once", () => {
    const at = meetingPlace(`a file of nobody ${process.pid}`);
    if (at === undefined) return; // Windows has no queue
    const queue = new FileQueue({ writer: undefined, deferred: new Set(), queue: undefined }, at);
    queue.probe();
    expect(queue.mayBegin()).toBe(false);
    queue.close();
    expect(queue.mayBegin()).toBe(true);
  });
});
