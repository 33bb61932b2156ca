import type { Framework } from "../framework.js";

/** Process events that come once, at the end. https://nodejs.org/api/process.html#process-events */
const FINAL_EVENTS = /^(SIG[A-Z0-9]+|exit|beforeExit|disconnect|uncaughtException|unhandledRejection)$/;

const EMITTERS = /(^|\.)(on|addListener|prependListener|addEventListener)$/;

/** Node's and the browser's own: timers, events, servers. https://nodejs.org/api/timers.html */
export const platform: Framework = {
  name: "platform",
  specifiers: ["node:timers", "timers", "node:http", "http", "node:https", "https", "node:events", "events", "node:process", "process", "ws"],
  globals: ["setInterval", "process", "Bun", "Deno"],
  types: [],
  callbackParams: [],
  registrations: [
    { path: /^(default\.)?setInterval$/, role: () => ({ role: "entry", kind: "timer", label: "setInterval" }) },
    { path: /^process\.(on|once|addListener)$/, role: ({ literals }) => (FINAL_EVENTS.test(literals[0] ?? "") ? { role: "once", label: literals[0] ?? "process event" } : { role: "entry", kind: "event", label: `process ${literals[0] ?? "event"}` }) },
    { path: /^(default\.)?createServer$/, role: () => ({ role: "entry", kind: "route", label: "HTTP request" }) },
    { path: /^Bun\.serve$|^Deno\.serve$/, role: ({ property }) => (property === undefined || property === "fetch" ? { role: "entry", kind: "route", label: "HTTP request" } : undefined) },
    { path: EMITTERS, role: ({ literals }) => (/^(listening|close|exit|error|open|ready|end|finish)$/.test(literals[0] ?? "") ? undefined : { role: "entry", kind: "event", label: `${literals[0] ?? ""} event`.trim() }) },
  ],
  startups: [],
};

/** What a stream of the platform runs is work of whoever makes the stream: a handler that answers with one. https://streams.spec.whatwg.org/#rs-constructor */
export function runsForMaker(path: string, property: string | undefined): boolean {
  return /^(Readable|Transform|Writable)Stream$/.test(path) && property !== undefined && /^(start|pull|cancel|transform|flush|write|close|abort)$/.test(property);
}
