import { ActorRun } from "../../src/harness/actor-run.js";
import { HttpClient } from "../../src/harness/http-client.js";
import { checkInvariants } from "../../src/harness/invariants.js";
import { type Place, startServers, stopServers } from "./place.js";
import { expectOk, type Scenario } from "./scenario.js";
import type { ServerProcess } from "../../src/harness/server-process.js";
import { summariseLocks } from "../../src/harness/locks.js";
import { increment, round } from "../../src/harness/statistics.js";
import type { ActorReport } from "../../src/harness/types.js";
import type { ConcurrentReport, LoadReport, Progress } from "./types.js";

export interface LoadOptions {
  seed: number;
  /** Server processes on the one database. */
  processes: number;
  /** How often the concurrent operations are run. */
  rounds: number;
  progress: Progress;
}

/** Time between the actors' start and the long operations', in ms: the actors' first answers come from a quiet program. */
const LEAD_MS = 500;

/** Runs the actors for as long as the long operations take, and looks at what everyone got. */
export async function runLoad<S>(scenario: Scenario<S>, place: Place, options: LoadOptions): Promise<LoadReport> {
  const servers = await startServers(place, options.processes);
  const clients = servers.map((server) => new HttpClient(server.port));
  try {
    const state = await scenario.setUp(first(clients), place.files, { concurrent: scenario.concurrent.count * options.rounds });
    await Promise.all(servers.map((server) => server.reset()));

    const callers = await connectCallers(scenario, first(servers));
    clients.push(...callers);

    const startedAt = performance.now();
    const window = { start: performance.timeOrigin + startedAt, end: Infinity };
    const runs = scenario.actors.map((actor) => new ActorRun({ ...actor, pace: { perSecond: actor.perSecond } }, state, clients.slice(0, servers.length), options.seed));
    for (const run of runs) run.start();
    await delay(LEAD_MS);
    const rounds: ConcurrentReport[] = [];
    for (let i = 0; i < options.rounds; i += 1) {
      options.progress(`${scenario.concurrent.count} × ${scenario.concurrent.name} at once, round ${i + 1} of ${options.rounds}`);
      rounds.push(await runConcurrent(scenario, state, callers, i * scenario.concurrent.count));
    }
    const seconds = (performance.now() - startedAt) / 1000;
    window.end = window.start + seconds * 1000;
    await Promise.all(runs.map((run) => run.stop()));

    const processes = (await Promise.all(servers.map((server) => server.report()))).flat();
    return {
      seconds: round(seconds),
      actors: reportActors(runs, seconds),
      processes,
      locks: summariseLocks(processes, window),
      imports: worstRound(rounds),
      invariants: [
        ...checkInvariants(place.databasePath, scenario.invariants),
        ...scenario.acknowledged(state, place.databasePath),
      ],
    };
  } finally {
    for (const client of clients) client.close();
    await stopServers(servers);
  }
}

/**
 * One client for each long operation, connected before anyone starts. All go to one process, as in the reference's test;
 * the actors go to every process, and so meet the long operations' lock both within a process and across two.
 */
async function connectCallers<S>(scenario: Scenario<S>, server: ServerProcess): Promise<HttpClient[]> {
  const { method, path } = scenario.blocked.health;
  const callers = Array.from({ length: scenario.concurrent.count }, () => new HttpClient(server.port));
  await Promise.all(callers.map((caller) => expectOk(caller.send(method, path), "connecting")));
  return callers;
}

async function runConcurrent<S>(
  scenario: Scenario<S>,
  state: S,
  callers: readonly HttpClient[],
  offset: number,
): Promise<ConcurrentReport> {
  const { operation } = scenario.concurrent;
  const startedAt = performance.now();
  const errors: Record<string, number> = {};
  const elapsedMs = await Promise.all(
    callers.map(async (caller, i) => {
      const spec = operation(state, offset + i);
      const answer = await caller.send(spec.method, spec.path, spec.body, { timeoutMs: 120_000, actor: scenario.concurrent.name });
      if (answer.errorCode !== undefined) increment(errors, answer.errorCode);
      return round(performance.now() - startedAt, 0);
    }),
  );
  const totalMs = Math.max(...elapsedMs);
  return { elapsedMs, spreadMs: totalMs - Math.min(...elapsedMs), totalMs, errors };
}

/** The round with the widest spread; errors of all. */
function worstRound(rounds: readonly ConcurrentReport[]): ConcurrentReport {
  const worst = [...rounds].sort((a, b) => b.spreadMs - a.spreadMs)[0];
  if (worst === undefined) throw new RangeError("the load needs at least one round");
  const errors: Record<string, number> = {};
  for (const each of rounds) {
    for (const [code, count] of Object.entries(each.errors)) errors[code] = (errors[code] ?? 0) + count;
  }
  return { ...worst, errors };
}

function reportActors<S>(runs: readonly ActorRun<S>[], seconds: number): ActorReport[] {
  const succeeded = runs.reduce((sum, run) => sum + run.succeeded, 0);
  return runs.map((run) => ({
    actor: run.name,
    operations: run.operations,
    perSecond: round(run.succeeded / seconds),
    share: succeeded === 0 ? 0 : round(run.succeeded / succeeded, 3),
    latency: run.latency.quantiles(),
    errors: run.errors,
  }));
}

function first<T>(items: readonly T[]): T {
  const item = items[0];
  if (item === undefined) throw new RangeError("the load needs at least one process");
  return item;
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
