import { setTimeout as delay } from "node:timers/promises";
import type { HttpAnswer, HttpClient, SendOptions } from "./http-client.js";
import { createRandom, type Random } from "./random.js";
import { increment, LatencyRecorder } from "./statistics.js";

/** Requests of one actor that may be under way at once: load stays bounded when the program stands still. */
const MAX_IN_FLIGHT = 500;

export interface RequestSpec {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** An object is sent as JSON, a text as it is. Default none. */
  body?: unknown;
  /** Default: only what the body needs. */
  headers?: Record<string, string>;
}

export interface OperationContext<S> {
  state: S;
  random: Random;
  /** Counts this actor's operations, from 0. */
  index: number;
  send: (spec: RequestSpec) => Promise<HttpAnswer>;
  /** Starts the clock anew, for an operation that had to wait for an earlier one of its own actor. */
  restartClock: () => void;
}

/** Who puts load on the program, and how fast. */
export interface RunnableActor<S> {
  name: string;
  pace: Pace;
  operation(context: OperationContext<S>): Promise<HttpAnswer>;
}

export type Pace =
  /** Arrivals at a fixed rate, whether or not earlier ones were answered. */
  | { perSecond: number }
  /** So many clients, each of which sends its next request when the last one is answered and `thinkMs` have gone by. */
  | { concurrency: number; thinkMs: number };

/** One actor at work; each operation is sent to the next process in turn. */
export class ActorRun<S> {
  readonly latency = new LatencyRecorder();
  errors: Record<string, number> = {};
  operations = 0;
  succeeded = 0;
  readonly #actor: RunnableActor<S>;
  readonly #state: S;
  readonly #clients: readonly HttpClient[];
  readonly #random: Random;
  readonly #options: SendOptions;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #over = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #countsFrom = 0;
  #index = 0;

  constructor(actor: RunnableActor<S>, state: S, clients: readonly HttpClient[], seed: number, options: SendOptions = {}) {
    this.#actor = actor;
    this.#state = state;
    this.#clients = clients;
    this.#random = createRandom([...actor.name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), seed));
    this.#options = { ...options, actor: actor.name };
  }

  get name(): string {
    return this.#actor.name;
  }

  start(): void {
    this.#startedAt = performance.now();
    const { pace } = this.#actor;
    if ("perSecond" in pace) this.#scheduleNext(pace.perSecond);
    else for (let i = 0; i < pace.concurrency; i += 1) this.#track(this.#loop(pace.thinkMs));
  }

  /** Forgets what was counted: the warm-up is over. Operations that were due before do not count later, either. */
  beginCounting(): void {
    this.#countsFrom = performance.now();
    this.latency.reset();
    this.errors = {};
    this.operations = 0;
    this.succeeded = 0;
  }

  /** No new operations; resolves when those under way are answered. */
  async stop(): Promise<void> {
    this.#over.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#inFlight);
  }

  #track(work: Promise<void>): void {
    const tracked: Promise<void> = work.finally(() => this.#inFlight.delete(tracked));
    this.#inFlight.add(tracked);
  }

  async #loop(thinkMs: number): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      await this.#operate(performance.now());
      // Cut short when the run is over; at least a turn of the event loop, so that an answer at once cannot starve it.
      await delay(thinkMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #scheduleNext(perSecond: number): void {
    if (this.#over.signal.aborted) return;
    const dueAt = (): number => this.#startedAt + (this.#index * 1000) / perSecond;
    this.#timer = setTimeout(
      () => {
        // Late timers fire several at once: arrivals are due by the clock, not by the loop.
        for (let due = dueAt(); due <= performance.now(); due = dueAt()) this.#arrive(due);
        this.#scheduleNext(perSecond);
      },
      Math.max(0, dueAt() - performance.now()),
    );
  }

  #arrive(dueAt: number): void {
    if (this.#inFlight.size < MAX_IN_FLIGHT) {
      this.#track(this.#operate(dueAt));
      return;
    }
    this.#index += 1;
    this.operations += 1;
    increment(this.errors, "CLIENT_OVERLOADED");
  }

  /** @param dueAt the moment from which its latency counts. */
  async #operate(dueAt: number): Promise<void> {
    const index = this.#index;
    this.#index += 1;
    const client = this.#clients[index % this.#clients.length] as HttpClient;
    const startedAt = dueAt;
    let clock = dueAt;
    const outcome = await this.#ask(client, index, () => {
      clock = performance.now();
    });
    if (startedAt < this.#countsFrom) return;
    this.operations += 1;
    if (outcome.answered) this.latency.record(performance.now() - clock);
    if (outcome.errorCode === undefined) this.succeeded += 1;
    else increment(this.errors, outcome.errorCode);
  }

  async #ask(client: HttpClient, index: number, restartClock: () => void): Promise<{ answered: boolean; errorCode: string | undefined }> {
    try {
      const { errorCode } = await this.#actor.operation({
        state: this.#state,
        random: this.#random,
        index,
        send: ({ method, path, body, headers }) => client.send(method, path, body, { ...this.#options, ...(headers && { headers }) }),
        restartClock,
      });
      return { answered: true, errorCode };
    } catch (error) {
      return { answered: false, errorCode: error instanceof Error ? `ACTOR_${error.name}: ${error.message}` : "ACTOR_ERROR" };
    }
  }
}
