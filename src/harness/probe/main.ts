/**
 * Preloaded into every process of the program under test (`node --import`): watches the driver, measures the event
 * loop, and answers the harness over a socket. A process that neither listens nor opens a database is left alone: `npm
 * start` runs under the same preload. Ends the process when the harness is gone.
 */
import { connect, Server, type Socket } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { readJsonLines, writeJsonLine } from "../json-lines.js";
import type { ProcessReport } from "../types.js";
import { watchDriver } from "./instrument.js";
import { currentLabel, labelRequests } from "./labels.js";
import { CONTROL_VARIABLE, type FromProbe, type ToProbe } from "./protocol.js";

/** Interval of the loop's delay sampler, in ms. It is part of each sample and taken off in the report. */
const RESOLUTION_MS = 5;

const [port, token = ""] = (process.env[CONTROL_VARIABLE] ?? "").split(":");
if (port === undefined || port === "") throw new Error("the probe runs under the harness only");

const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let control: Socket | undefined;
const observed = watchDriver({ onLoad: () => void join(), labelOf: currentLabel });
labelRequests();

type Listen = (this: Server, ...args: unknown[]) => Server;
const prototype = Server.prototype as unknown as { listen: Listen };
const listen = prototype.listen;
prototype.listen = function (...args) {
  this.once("listening", () => {
    const address = this.address();
    if (address !== null && typeof address === "object") writeJsonLine(join(), { type: "listening", port: address.port } satisfies FromProbe);
  });
  return listen.apply(this, args);
};

/** The connection to the harness, made at the first sign that this process is part of the program. */
function join(): Socket {
  if (control !== undefined) return control;
  loop.enable();
  const socket = connect({ host: "127.0.0.1", port: Number(port) });
  control = socket;
  socket.unref();
  socket.on("close", () => process.exit(1));
  socket.on("error", () => undefined);
  writeJsonLine(socket, { type: "hello", token, pid: process.pid } satisfies FromProbe);
  readJsonLines<ToProbe>(socket, (message) => {
    if (message.type === "reset") {
      observed.sessionsOpened = 0;
      observed.log.reset();
      loop.reset();
      writeJsonLine(socket, { type: "reset-done" } satisfies FromProbe);
    } else {
      writeJsonLine(socket, { type: "report", report: report() } satisfies FromProbe);
    }
  });
  return socket;
}

function report(): ProcessReport {
  const ms = (nanoseconds: number): number => Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 100) / 100);
  return {
    pid: process.pid,
    watched: observed.watched,
    sessionsOpened: observed.sessionsOpened,
    lockTimeouts: observed.log.lockTimeouts,
    holds: [...observed.log.holds],
    loop: { p50Ms: ms(loop.percentile(50)), p99Ms: ms(loop.percentile(99)), maxMs: ms(loop.max) },
  };
}
