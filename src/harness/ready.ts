import { request } from "node:http";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Between two attempts, in ms. */
const PAUSE_MS = 25;

/** Waits until somebody accepts connections on the port and, with a path, answers it with a status below 500. */
export async function waitForAnswer(port: number, path: string | undefined, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await (path === undefined ? accepts(port) : answers(port, path))) return;
    await delay(PAUSE_MS);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function answers(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path, timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 500);
    });
    asked.on("timeout", () => asked.destroy(new Error("timeout")));
    asked.on("error", () => resolve(false));
    asked.end();
  });
}

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
