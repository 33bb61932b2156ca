import type { OperationContext, RequestSpec, RunnableActor } from "../actor-run.js";
import { HarnessError } from "../errors.js";
import type { HttpAnswer, HttpClient } from "../http-client.js";
import { openDatabase } from "../open-database.js";
import { createRandom } from "../random.js";
import type { Place } from "./place.js";
import type { Actor, Scenario } from "./scenario.js";

/** The name under which set-up requests take their locks. */
export const SET_UP = "set-up";

/** Runs the scenario's set-up against the first server; gives the actors' state. */
export function setUp(scenario: Scenario<unknown>, place: Place, client: HttpClient, seed: number): unknown {
  const send = ({ method, path, body, headers }: RequestSpec): Promise<HttpAnswer> => client.send(method, path, body, { actor: SET_UP, ...(headers && { headers }) });
  const expectOk = async (request: RequestSpec): Promise<unknown> => {
    const { status, body, errorCode } = await send(request);
    if (errorCode === undefined) return body;
    throw new HarnessError("VERIFY_SET_UP_FAILED", `set-up: ${request.method} ${request.path} failed: ${status} ${errorCode} ${JSON.stringify(body) ?? ""}`.trimEnd(), "Set-up must succeed on both programs.");
  };
  const open = () => openDatabase(place.database, { drivers: place.drivers });
  return scenario.setUp?.({ database: place.database, scratch: place.scratch, random: createRandom(seed), send, expectOk, open });
}

/** An actor of a scenario, as one that can be run. */
export function runnable(actor: Actor<unknown>): RunnableActor<unknown> {
  const pace = actor.rate === undefined ? { concurrency: actor.concurrency ?? 1, thinkMs: actor.thinkMs ?? 0 } : { perSecond: actor.rate };
  return {
    name: actor.name,
    pace,
    async operation(context) {
      const answer = await answerOf(actor, context);
      return answer.errorCode !== undefined && actor.accept?.includes(answer.status) === true ? { ...answer, errorCode: undefined } : answer;
    },
  };
}

async function answerOf({ run, request }: Actor<unknown>, { state, random, index, send }: OperationContext<unknown>): Promise<HttpAnswer> {
  if (run !== undefined) return run({ state, random, index, send });
  if (typeof request === "function") return send(await request({ state, random, index }));
  if (request === undefined) throw new TypeError("an actor without a request");
  return send(request);
}

export function describePace(actor: Actor<unknown>): string {
  if (actor.rate !== undefined) return `${actor.rate} per second`;
  const clients = `${actor.concurrency ?? 1} in closed loops`;
  return actor.thinkMs === undefined || actor.thinkMs === 0 ? clients : `${clients}, ${actor.thinkMs} ms between`;
}
