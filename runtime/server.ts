import { AsyncLocalStorage } from "node:async_hooks";
import { UnsupportedSessionError } from "./errors.js";
import type { Measure } from "./lifecycle.js";
import type { SlowLimits } from "./slow.js";
import type { TransactionOptions } from "./types.js";

/** On sessions whose transactions another module than the core runs, because their database is a server's. */
export const SERVER = Symbol.for("sessionfix-runtime.server");

/** What the core asks of such a session. */
export interface Server {
  transaction(body: (tx: never) => unknown, options: TransactionOptions, measure: Measure | undefined, entry: (...args: never[]) => unknown): Promise<unknown>;
  /** Whether the caller is inside of a transaction on it. */
  isInside(): boolean;
  isOpen(): boolean;
  /** Resolves once it is connected and verified; a failure is forgotten, so that the next call tries again. */
  ready(): Promise<void>;
  /** Refuses what is new, waits for what runs, then calls `end`. */
  close(timeoutMs: number, end: () => void | Promise<void>): Promise<void>;
  slowLimits: SlowLimits;
}

export function serverOf(session: unknown): Server | undefined {
  return typeof session === "object" && session !== null ? (session as { readonly [SERVER]?: Server })[SERVER] : undefined;
}

const KEY = Symbol.for("sessionfix-runtime.server-context.v1");

type Shared = typeof globalThis & { [KEY]?: AsyncLocalStorage<object | undefined> };

/** The innermost transaction on any server that the caller runs inside of. Shared by all copies of this package. */
export const serverContext: AsyncLocalStorage<object | undefined> = ((globalThis as Shared)[KEY] ??= new AsyncLocalStorage<object | undefined>());

/** `run` and not `exit`, which takes the hooks of all promises out and puts them back: some 20 µs on Node 20. */
export function outsideOfServers<R>(work: () => R): R {
  return serverContext.getStore() === undefined ? work() : serverContext.run(undefined, work);
}

/** A synchronous transaction would have to stop the thread until the network answers. */
export function refuseServer(session: unknown, helper: string, instead: string): void {
  if (serverOf(session) === undefined) return;
  throw new UnsupportedSessionError(`${helper}() cannot work on a server: its answers come through the event loop, which a synchronous call stops. Use await ${instead}(), with a body that awaits tx.query().`);
}

/** A server's URL as it may be shown: errors and events end up in logs. */
export function withoutPassword(path: string): string {
  if (!path.includes("://")) return path;
  return path.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@:]*):[^/?#]*@/i, "$1@").replace(/([?&](?:password|authToken)=)[^&#]*/gi, "$1***");
}
