import type { AloneReport } from "../../core/verify-report.js";
import type { RequestSpec } from "../actor-run.js";
import { digestDatabase } from "../digest.js";
import { HttpClient } from "../http-client.js";
import { checkInvariants } from "../invariants.js";
import { createRandom } from "../random.js";
import { normaliseBody } from "../transcript.js";
import { runnable, setUp } from "./operate.js";
import { openPlace, type Target } from "./place.js";
import type { CompareSpec, Scenario } from "./scenario.js";

const OPERATIONS = 5;

/** The actors' operations in turn, to one process, nobody else about: what the program does, not how fast. */
export async function runAlone(scenario: Scenario<unknown>, target: Target, probe: string, folder: string, seed: number): Promise<AloneReport> {
  const { operations = OPERATIONS, ignoreTables = [], ignoreColumns = [] }: CompareSpec = scenario.compare === false ? {} : (scenario.compare ?? {});
  const place = await openPlace(scenario, target, probe, folder, 1, createRandom(seed));
  const client = new HttpClient(place.servers[0]?.port ?? 0);
  const replace = [[place.scratch, "<scratch>"], [place.database, "<database>"]] as const;
  const transcript: string[] = [];
  try {
    const state = await setUp(scenario, place, client, seed);
    const random = createRandom(seed);
    for (let index = 0; index < operations; index += 1) {
      for (const actor of scenario.actors) {
        const send = async ({ method, path, body, headers }: RequestSpec) => {
          const answer = await client.send(method, path, body, { actor: actor.name, ...(headers && { headers }) });
          transcript.push(`${actor.name}: ${method} ${normaliseBody(path, replace)} -> ${answer.status} ${normaliseBody(answer.body ?? answer.errorCode, replace)}`);
          return answer;
        };
        await runnable(actor).operation({ state, random, index, send, restartClock: () => undefined });
      }
    }
  } finally {
    client.close();
    await place.stop();
  }
  const { digest, tables } = digestDatabase(place.madeDatabase(), { replace, ignoreTables, ignoreColumns, drivers: place.drivers });
  return {
    transcript,
    digest,
    tables: Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, { rows: table.rows, digest: table.digest }])),
    invariants: checkInvariants(place.madeDatabase(), scenario.invariants ?? [], { drivers: place.drivers }),
  };
}
