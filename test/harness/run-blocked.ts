import Database from "better-sqlite3";
import { HttpClient } from "../../src/harness/http-client.js";
import type { Place } from "./place.js";
import { delay } from "./run-load.js";
import type { Scenario } from "./scenario.js";
import { round } from "../../src/harness/statistics.js";
import type { BlockedReport } from "./types.js";

/** How often liveness is asked for while the operation waits, and how long an answer may take to count, in ms. */
const HEALTH_INTERVAL_MS = 100;
export const HEALTH_LIMIT_MS = 500;

/**
 * Holds the write lock from another process (this one) while the program is asked for something that needs it: does the
 * caller get an error at the deadline, and does the program answer others meanwhile?
 */
export async function runBlocked<S>(scenario: Scenario<S>, place: Place, holdMs: number): Promise<BlockedReport> {
  const server = await place.startServer();
  const client = new HttpClient(server.port);
  const watcher = new HttpClient(server.port);
  let session: Database.Database | undefined;
  try {
    const state = await scenario.setUp(client, place.files, { concurrent: 1 });
    session = new Database(place.databasePath);
    session.exec("BEGIN IMMEDIATE");

    const { method, path, body } = scenario.blocked.operation(state);
    const startedAt = performance.now();
    let released = false;
    const pending = client.send(method, path, body, { timeoutMs: holdMs + 40_000 }).then((answer) => ({
      answer,
      afterMs: round(performance.now() - startedAt, 0),
      answeredWhileHeld: !released,
    }));
    const watch = watchHealth(watcher, scenario, pending);
    await Promise.race([pending, delay(holdMs)]);
    released = true;
    session.exec("ROLLBACK");
    const heldMs = round(performance.now() - startedAt, 0);

    const { answer, afterMs, answeredWhileHeld } = await pending;
    const health = await watch;
    const afterwards = await client.send(method, path, body);
    return {
      heldMs,
      answer: { status: answer.status, code: answer.errorCode ?? "", message: messageOf(answer.body), afterMs },
      answeredWhileHeld,
      health,
      afterwards: { status: afterwards.status },
    };
  } finally {
    session?.close();
    client.close();
    watcher.close();
    await server.stop();
  }
}

async function watchHealth<S>(
  client: HttpClient,
  scenario: Scenario<S>,
  until: Promise<unknown>,
): Promise<BlockedReport["health"]> {
  let over = false;
  void until.finally(() => {
    over = true;
  });
  const { method, path } = scenario.blocked.health;
  const latencies: Array<Promise<number>> = [];
  // The operation goes first; a liveness request that overtakes it would prove nothing.
  await delay(HEALTH_INTERVAL_MS);
  while (!over) {
    const sentAt = performance.now();
    latencies.push(client.send(method, path).then(() => performance.now() - sentAt));
    await delay(HEALTH_INTERVAL_MS);
  }
  const times = await Promise.all(latencies);
  return {
    sent: times.length,
    answeredInTime: times.filter((ms) => ms <= HEALTH_LIMIT_MS).length,
    maxMs: round(Math.max(0, ...times), 0),
  };
}

function messageOf(body: unknown): string {
  return typeof body === "object" && body !== null && "message" in body ? String(body.message) : "";
}
