import { describe, expect, it } from "vitest";
import { ActorRun, type RunnableActor } from "../../../src/harness/actor-run.js";
import type { HttpAnswer, HttpClient } from "../../../src/harness/http-client.js";

const OK: HttpAnswer = { status: 200, body: {}, errorCode: undefined };

/** A client whose answers come when the test gives them. */
function slowClient(): { client: HttpClient; open: Array<(answer: HttpAnswer) => void>; sent: number } {
  const asked = { open: [] as Array<(answer: HttpAnswer) => void>, sent: 0 };
  const client = { send: () => new Promise<HttpAnswer>((resolve) => { asked.sent += 1; asked.open.push(resolve); }) } as unknown as HttpClient;
  return Object.assign(asked, { client });
}
const turn = () => new Promise(setImmediate);
const actor = (pace: RunnableActor<undefined>["pace"]): RunnableActor<undefined> => ({ name: "a", pace, operation: ({ send }) => send({ method: "GET", path: "/" }) });

describe("a closed loop", () => {
  it("has as many requests under way as clients, and sends the next when one is answered", async () => {
    const asked = slowClient();
    const run = new ActorRun(actor({ concurrency: 3, thinkMs: 0 }), undefined, [asked.client], 1);
    run.start();
    await turn();
    expect(asked.sent).toBe(3);
    asked.open.shift()?.(OK);
    await expect.poll(() => asked.sent).toBe(4);
    expect(asked.open).toHaveLength(3);
    const stopped = run.stop();
    for (const answer of asked.open.splice(0)) answer({ ...OK, status: 409, errorCode: "HTTP_409" });
    await stopped;
    expect({ sent: asked.sent, operations: run.operations, succeeded: run.succeeded, errors: run.errors }).toEqual({ sent: 4, operations: 4, succeeded: 1, errors: { HTTP_409: 3 } });
  });

  it("does not count what was begun before the count", async () => {
    const asked = slowClient();
    const run = new ActorRun(actor({ concurrency: 1, thinkMs: 0 }), undefined, [asked.client], 1);
    run.start();
    await turn();
    run.beginCounting();
    asked.open.shift()?.(OK);
    await expect.poll(() => asked.sent).toBe(2);
    expect(run.operations).toBe(0);
    const stopped = run.stop();
    asked.open.shift()?.(OK);
    await stopped;
    expect({ operations: run.operations, latencies: run.latency.quantiles().count }).toEqual({ operations: 1, latencies: 1 });
  });
});

describe("a fixed rate", () => {
  it("sends on without answers, up to a bound that is counted as an error", async () => {
    const asked = slowClient();
    const run = new ActorRun(actor({ perSecond: 1_000_000 }), undefined, [asked.client], 1);
    run.start();
    await expect.poll(() => run.errors["CLIENT_OVERLOADED"] ?? 0).toBeGreaterThan(0);
    expect(asked.sent).toBe(500);
    const stopped = run.stop();
    for (const answer of asked.open.splice(0)) answer(OK);
    await stopped;
    expect(run.succeeded).toBe(500);
    expect(run.operations).toBe(500 + (run.errors["CLIENT_OVERLOADED"] ?? 0));
  });
});

describe("an actor that throws", () => {
  it("is an error of its own name, without a latency", async () => {
    let calls = 0;
    const run = new ActorRun<undefined>({ name: "a", pace: { concurrency: 1, thinkMs: 0 }, operation: () => { calls += 1; throw new TypeError("no state"); } }, undefined, [slowClient().client], 1);
    run.start();
    await expect.poll(() => calls).toBeGreaterThan(1);
    await run.stop();
    expect(run.errors).toEqual({ "ACTOR_TypeError: no state": run.operations });
    expect(run.latency.quantiles().count).toBe(0);
  });
});
