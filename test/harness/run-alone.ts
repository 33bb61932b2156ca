import { digestDatabase, sha256 } from "../../src/harness/digest.js";
import { HttpClient } from "../../src/harness/http-client.js";
import { checkInvariants } from "../../src/harness/invariants.js";
import { createRandom } from "../../src/harness/random.js";
import type { Place } from "./place.js";
import type { Scenario } from "./scenario.js";
import { normaliseBody } from "../../src/harness/transcript.js";
import type { AloneReport, SessionCount } from "./types.js";

/** Runs the scenario's script against one process with nobody else about: what the program does, not how fast. */
export async function runAlone<S>(scenario: Scenario<S>, place: Place, seed: number): Promise<AloneReport> {
  const server = await place.startServer();
  const client = new HttpClient(server.port);
  const transcript: string[] = [];
  const sessions: SessionCount[] = [];
  try {
    await scenario.alone({
      files: place.files,
      random: createRandom(seed),
      async send(spec) {
        const answer = await client.send(spec.method, spec.path, spec.body);
        const body = normaliseBody(answer.body, [[place.files, "<files>"]]);
        transcript.push(`${spec.method} ${normaliseBody(spec.path)} -> ${answer.status} ${body}`);
        return answer;
      },
      async countSessions(operation, n, work) {
        await server.reset();
        await work();
        sessions.push({ operation, n, sessions: (await server.report()).reduce((sum, report) => sum + report.sessionsOpened, 0) });
      },
    });
  } finally {
    client.close();
    await server.stop();
  }
  return {
    transcript,
    transcriptHash: sha256(transcript.join("\n")),
    state: digestDatabase(place.databasePath, { replace: [[place.files, "<files>"]] }),
    sessions,
    invariants: checkInvariants(place.databasePath, scenario.invariants),
  };
}
