import type { HttpAnswer, HttpClient } from "./http-client.js";
import { createRandom, type Random } from "./random.js";
import type { Actor } from "./scenario.js";
import { increment, LatencyRecorder } from "./statistics.js";

/** Requests of one actor that may be under way at once: load stays bounded when the program stands still. */
const MAX_IN_FLIGHT = 500;

/** One actor at work: fixed arrivals, each sent to the next process in turn. */
export class ActorRun<S> {
  readonly latency = new LatencyRecorder();
  readonly errors: Record<string, number> = {};
  operations = 0;
  succeeded = 0;
  readonly #actor: Actor<S>;
  readonly #state: S;
  readonly #clients: readonly HttpClient[];
  readonly #random: Random;
  readonly #inFlight = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #stopped = false;

  constructor(actor: Actor<S>, state: S, clients: readonly HttpClient[], seed: number) {
    this.#actor = actor;
    this.#state = state;
    this.#clients = clients;
    this.#random = createRandom([...actor.name].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), seed));
  }

  get name(): string {
    return this.#actor.name;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#scheduleNext();
  }

  /** No new operations; resolves when those under way are answered. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#inFlight);
  }

  #dueAt(index: number): number {
    return this.#startedAt + (index * 1000) / this.#actor.perSecond;
  }

  #scheduleNext(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(
      () => {
        // Late timers fire several at once: arrivals are due by the clock, not by the loop.
        while (this.#dueAt(this.operations) <= performance.now()) this.#arrive();
        this.#scheduleNext();
      },
      Math.max(0, this.#dueAt(this.operations) - performance.now()),
    );
  }

  #arrive(): void {
    const index = this.operations;
    this.operations += 1;
    if (this.#inFlight.size >= MAX_IN_FLIGHT) {
      increment(this.errors, "CLIENT_OVERLOADED");
      return;
    }
    const work: Promise<void> = this.#operate(index).finally(() => this.#inFlight.delete(work));
    this.#inFlight.add(work);
  }

  async #operate(index: number): Promise<void> {
    const client = this.#clients[index % this.#clients.length];
    let clock = this.#dueAt(index);
    let answer: HttpAnswer;
    try {
      answer = await this.#actor.operation({
        state: this.#state,
        random: this.#random,
        index,
        send: (spec) => (client as HttpClient).send(spec.method, spec.path, spec.body),
        restartClock: () => {
          clock = performance.now();
        },
      });
    } catch (error) {
      increment(this.errors, error instanceof Error ? `ACTOR_${error.name}: ${error.message}` : "ACTOR_ERROR");
      return;
    }
    this.latency.record(performance.now() - clock);
    if (answer.errorCode === undefined) this.succeeded += 1;
    else increment(this.errors, answer.errorCode);
  }
}
