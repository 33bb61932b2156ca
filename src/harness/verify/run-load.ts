import { setTimeout as delay } from "node:timers/promises";
import type { RunReport } from "../../core/verify-report.js";
import { ActorRun } from "../actor-run.js";
import { HttpClient } from "../http-client.js";
import { checkInvariants } from "../invariants.js";
import { summariseLocks } from "../locks.js";
import { createRandom } from "../random.js";
import { round } from "../statistics.js";
import { runnable, setUp } from "./operate.js";
import { openPlace, type Target } from "./place.js";
import type { Scenario } from "./scenario.js";

export interface LoadTimes {
  warmUpSeconds: number;
  seconds: number;
}

/** All actors at once, for a while that does not count and one that does. */
export async function runLoad(scenario: Scenario<unknown>, target: Target, probe: string, folder: string, seed: number, times: LoadTimes): Promise<RunReport> {
  const place = await openPlace(scenario, target, probe, folder, scenario.server.processes ?? 1, createRandom(seed));
  const { servers } = place;
  const clients = servers.map((server) => new HttpClient(server.port));
  try {
    const state = await setUp(scenario, place, clients[0] as HttpClient, seed);
    const runs = scenario.actors.map((actor) => new ActorRun(runnable(actor), state, clients, seed, { timeoutMs: (actor.timeoutSeconds ?? 30) * 1000 }));
    for (const run of runs) run.start();
    await delay(times.warmUpSeconds * 1000);
    await Promise.all(servers.map((server) => server.reset()));
    for (const run of runs) run.beginCounting();
    const startedAt = performance.now();
    const start = performance.timeOrigin + startedAt;
    await delay(times.seconds * 1000);
    const seconds = (performance.now() - startedAt) / 1000;
    await Promise.all(runs.map((run) => run.stop()));
    const processes = (await Promise.all(servers.map((server) => server.report()))).flat();
    const succeeded = runs.reduce((sum, run) => sum + run.succeeded, 0);
    return {
      start,
      seconds: round(seconds),
      actors: runs.map((run) => ({
        actor: run.name,
        operations: run.operations,
        perSecond: round(run.succeeded / seconds),
        share: succeeded === 0 ? 0 : round(run.succeeded / succeeded, 3),
        latency: run.latency.quantiles(),
        errors: run.errors,
        curve: run.latency.curve(),
      })),
      processes,
      locks: summariseLocks(processes, { start, end: start + seconds * 1000 }),
      invariants: checkInvariants(place.madeDatabase(), scenario.invariants ?? [], { drivers: place.drivers }),
    };
  } finally {
    for (const client of clients) client.close();
    await place.stop();
  }
}
