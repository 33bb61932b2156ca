import { rmSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { Turns } from "./file-queue-turns.js";
import type { Peer } from "./file-queue-turns.js";
import { BEGUN, FROM_QUEUE, LEAVE, MessageReader, TO_QUEUE, TRYING, WANT } from "./file-queue-wire.js";
import type { MeetingPlace } from "./file-queue-wire.js";

/** More processes than this on one file do without the queue. */
const MOST_PEERS = 1_000;
/** A peer that reads nothing is dropped with so many bytes unread beyond what the system keeps. */
const MOST_UNREAD = 4_096;

/** A participant's way to the queue, be it in another process or in this thread. */
export interface Link {
  /** Whether the queue itself is served from here. */
  readonly serves: boolean;
  send(kind: number, request: number): void;
  /** Whether nobody but this participant is connected; always `true` where somebody else serves. */
  isAlone(): boolean;
  /** Whether this queue can no longer be found: another one has taken its place. */
  isDisplaced(): boolean;
  close(): void;
}

export interface LinkEvents {
  onMessage(kind: number, request: number): void;
  /** The queue is gone, or talks nonsense. Not called after `close()`. */
  onLost(): void;
}

/** Connects to the queue that another process serves. `undefined`: nobody does. */
export function connectTo(place: MeetingPlace, events: LinkEvents): Promise<Link | undefined> {
  return new Promise((resolve) => {
    let socket: Socket;
    try {
      socket = connect(place.path);
    } catch {
      return resolve(undefined);
    }
    let closed = false;
    const reader = new MessageReader(FROM_QUEUE, (kind, request) => { if (!closed) events.onMessage(kind, request); });
    socket.on("error", () => resolve(undefined)); // "close" follows
    socket.on("connect", () => {
      socket.unref();
      socket.on("close", () => { if (!closed) events.onLost(); });
      resolve({
        serves: false,
        isAlone: () => true,
        isDisplaced: () => false,
        send: (kind, request) => write(socket, kind, request),
        close: () => {
          closed = true;
          socket.destroy();
        },
      });
    });
    socket.on("data", (chunk) => { if (!reader.read(chunk)) socket.destroy(); });
    socket.on("end", () => socket.destroy());
  });
}

/** Serves the queue from this thread. `undefined`: somebody else has begun to. */
export function serveAt(place: MeetingPlace, events: LinkEvents): Promise<Link | undefined> {
  return new Promise((resolve) => {
    const turns = new Turns();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => accept(socket, turns, sockets));
    server.maxConnections = MOST_PEERS;
    server.on("error", () => resolve(undefined));
    try {
      // Exclusive: in a worker of node:cluster the primary would otherwise share one server among all workers.
      server.listen({ path: place.path, exclusive: true }, () => resolve(linkOf(server, place, turns, sockets, events)));
      server.unref();
    } catch {
      resolve(undefined);
    }
  });
}

function linkOf(server: Server, place: MeetingPlace, turns: Turns, sockets: ReadonlySet<Socket>, events: LinkEvents): Link {
  const self: Peer = { send: (kind, request) => events.onMessage(kind, request) };
  const inode = place.isFile ? inodeAt(place.path) : undefined;
  const isDisplaced = () => place.isFile && inodeAt(place.path) !== inode;
  return {
    serves: true,
    isAlone: () => sockets.size === 0,
    isDisplaced,
    send: (kind, request) => { dispatch(turns, self, kind, request); },
    close: () => {
      turns.close();
      // Closing a server removes its file, which may by now be another one's.
      if (!isDisplaced()) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function accept(socket: Socket, turns: Turns, sockets: Set<Socket>): void {
  const peer: Peer = { send: (kind, request) => write(socket, kind, request) };
  const reader = new MessageReader(TO_QUEUE, (kind, request) => { if (!dispatch(turns, peer, kind, request)) socket.destroy(); });
  sockets.add(socket);
  socket.unref();
  socket.on("error", () => {}); // "close" follows
  socket.on("data", (chunk) => { if (!reader.read(chunk)) socket.destroy(); });
  socket.on("end", () => socket.destroy());
  socket.on("close", () => {
    sockets.delete(socket);
    turns.gone(peer);
  });
}

function dispatch(turns: Turns, peer: Peer, kind: number, request: number): boolean {
  if (kind === WANT) return turns.ask(peer, request);
  if (kind === BEGUN) turns.begun(peer, request);
  else if (kind === LEAVE) turns.leave(peer, request);
  else if (kind === TRYING) turns.trying(peer, request);
  return true;
}

function write(socket: Socket, kind: number, request: number): void {
  if (socket.destroyed) return;
  socket.write(Uint8Array.of(kind, request));
  if (socket.writableLength > MOST_UNREAD) socket.destroy();
}

function inodeAt(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

/**
 * Removes the file that a dead server left behind. Two that do so at once end up with a queue each; the one that cannot be found
 * any more notices and gives up, see `isDisplaced`.
 */
export function clearAway(place: MeetingPlace): void {
  if (place.isFile) rmSync(place.path, { force: true });
}
