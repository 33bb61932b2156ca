/**
 * Preloaded into every server process (`node --import`): instruments the driver, measures the event loop, and answers
 * the harness over IPC. Ends the process when the harness is gone.
 */
import { Server } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { ProcessReport } from "../types.js";
import { instrument } from "./instrument.js";
import type { FromProbe, ToProbe } from "./protocol.js";

/** Interval of the loop's delay sampler, in ms. It is part of each sample and taken off in the report. */
const RESOLUTION_MS = 5;

const script = process.argv[1];
if (script === undefined || process.send === undefined) throw new Error("the probe runs under the harness only");

const observed = instrument(script);
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();

const send = (message: FromProbe): void => {
  if (process.connected) process.send?.(message);
};

type Listen = (this: Server, ...args: unknown[]) => Server;
const prototype = Server.prototype as unknown as { listen: Listen };
const listen = prototype.listen;
prototype.listen = function (...args) {
  this.once("listening", () => {
    const address = this.address();
    if (address !== null && typeof address === "object") send({ type: "listening", port: address.port });
  });
  return listen.apply(this, args);
};

function report(): ProcessReport {
  const ms = (nanoseconds: number): number => Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION_MS) * 100) / 100);
  return {
    pid: process.pid,
    sessionsOpened: observed.sessionsOpened,
    lockTimeouts: observed.log.lockTimeouts,
    holds: [...observed.log.holds],
    loop: { p50Ms: ms(loop.percentile(50)), p99Ms: ms(loop.percentile(99)), maxMs: ms(loop.max) },
  };
}

process.on("message", (message: ToProbe) => {
  if (message.type === "reset") {
    observed.sessionsOpened = 0;
    observed.log.reset();
    loop.reset();
    send({ type: "reset-done" });
  } else {
    send({ type: "report", report: report() });
  }
});
process.on("disconnect", () => process.exit(1));
process.channel?.unref();
