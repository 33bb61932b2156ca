import type { RequestSpec } from "../actor-run.js";
import type { HttpAnswer } from "../http-client.js";
import type { Invariant } from "../invariants.js";
import type { OpenedDatabase } from "../open-database.js";
import type { Random } from "../random.js";
import type { Thresholds } from "./thresholds.js";

/** A load on an application of one's own, and what must hold under it. `S` is what `setUp` makes for the actors. */
export interface Scenario<S = undefined> {
  name: string;
  server: ServerSpec;
  /** Fills the scratch folder before the first server starts: a copy of a database, files to import. Default: nothing. */
  prepare?: (context: PrepareContext) => void | Promise<void>;
  /** Makes what the load works on, through the application that has just started. Default: nothing. */
  setUp?: (context: SetUpContext) => S | Promise<S>;
  /** Who puts load on the application; all at once. */
  actors: readonly Actor<S>[];
  /** What must hold in every committed state; foreign keys and the file's soundness always must. Default: none more. */
  invariants?: readonly Invariant[];
  /** What of the final state and of the answers is compared; `false` for nothing. */
  compare?: CompareSpec | false;
  /** Seconds of load that do not count, before those that do. Default 1. */
  warmUpSeconds?: number;
  /** Seconds of load that count. Default 10. */
  seconds?: number;
  /** How often each program is put under load; figures are medians over these. Default 3. */
  repetitions?: number;
  /** Of all random choices. Default 1. */
  seed?: number;
  /** What the verdict asks for. */
  thresholds?: Thresholds;
}

/**
 * How the application is started. In `args` and `env`, `{port}` is a free port, `{database}` the path of a fresh database
 * file and `{scratch}` an empty folder; `{database}` or `{scratch}` must occur, or the load would run on a database of yours.
 */
export interface ServerSpec {
  /** A program, found by PATH: `node`, `npm`. It runs in the application's folder. */
  command: string;
  /** Default none. */
  args?: readonly string[];
  /** Besides the environment that `verify` itself has. `PORT` is the port unless it is set here. Default none. */
  env?: Readonly<Record<string, string>>;
  /** The database's file in the scratch folder, where the application is told a folder and chooses the name. Default `data.db`. */
  database?: string;
  /** Asked with GET until it is answered with a status below 500. Default: ready as soon as the port accepts connections. */
  ready?: string;
  /** Server processes on the one database. Default 1. */
  processes?: number;
  /** Run once in each folder before its first start, such as `["npm", "run", "build"]`. Default: nothing. */
  build?: readonly string[];
  /** Default 20. */
  startTimeoutSeconds?: number;
}

export interface PrepareContext {
  /** Where the database will be. */
  database: string;
  scratch: string;
  random: Random;
}

export interface SetUpContext extends PrepareContext {
  send: (request: RequestSpec) => Promise<HttpAnswer>;
  /** Like `send`, but throws unless the answer's status is below 400; gives the answer's body. */
  expectOk: (request: RequestSpec) => Promise<unknown>;
  /** Opens the database beside the application. */
  open: () => OpenedDatabase;
}

export interface ActorContext<S> {
  /** What `setUp` made. */
  state: S;
  random: Random;
  /** Counts this actor's operations, from 0. */
  index: number;
}

/** One kind of client. It has either a `rate` or a `concurrency`, and either a `request` or a `run`. */
export interface Actor<S = undefined> {
  name: string;
  /** Arrivals per second, whether or not earlier ones were answered: latency counts from when one was due. */
  rate?: number;
  /** So many clients in closed loops: each sends its next request when it has the last answer. */
  concurrency?: number;
  /** In a closed loop, from an answer to the next request. Default 0. */
  thinkMs?: number;
  request?: RequestSpec | ((context: ActorContext<S>) => RequestSpec | Promise<RequestSpec>);
  /** An operation of several requests; its latency is that of all. The last answer counts. */
  run?: (context: ActorContext<S> & { send: (request: RequestSpec) => Promise<HttpAnswer> }) => Promise<HttpAnswer>;
  /** Statuses from 400 that are right answers, such as 409. Default none. */
  accept?: readonly number[];
  /** Default 30. */
  timeoutSeconds?: number;
}

export interface CompareSpec {
  /** Operations of each actor, sent one after the other to one process, nobody else about. Default 5. */
  operations?: number;
  /** Default true. */
  answers?: boolean;
  /** Tables that may differ: logs, caches. Default none. */
  ignoreTables?: readonly string[];
  /** Columns that may differ, as `table.column`, or `column` for every table. Default none. */
  ignoreColumns?: readonly string[];
}

/**
 * Types a scenario, and gives it back as it is.
 *
 * @example
 * export default defineScenario({
 *   name: "shop",
 *   server: { command: "node", args: ["dist/server.js"], env: { DB_PATH: "{database}" }, ready: "/health" },
 *   actors: [{ name: "list", rate: 20, request: { method: "GET", path: "/items" } }],
 * });
 */
export function defineScenario<S = undefined>(scenario: Scenario<S>): Scenario<S> {
  return scenario;
}
