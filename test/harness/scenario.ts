import type { OperationContext, RequestSpec } from "../../src/harness/actor-run.js";
import type { HttpAnswer, HttpClient } from "../../src/harness/http-client.js";
import type { Invariant, InvariantResult } from "../../src/harness/invariants.js";
import type { Random } from "../../src/harness/random.js";

export type { OperationContext, RequestSpec };

/** A sequential script: each answer goes into the transcript that before and after must share. */
export interface ScriptContext {
  /** Folder that `prepare` filled. */
  files: string;
  random: Random;
  send: (spec: RequestSpec) => Promise<HttpAnswer>;
  /** Counts the sessions that the server opens during `work`. */
  countSessions: (operation: string, n: number, work: () => Promise<unknown>) => Promise<void>;
}

/** Who puts load on the program: arrivals at a fixed rate, whether or not earlier ones were answered. */
export interface Actor<S> {
  name: string;
  perSecond: number;
  operation(context: OperationContext<S>): Promise<HttpAnswer>;
}

export interface Scenario<S> {
  name: string;
  /** The program's entry, relative to its folder. */
  entry: string;
  /** Environment of a server process. It must listen on 127.0.0.1, on a free port. */
  environment(databasePath: string): Record<string, string>;
  /** Writes the files that the program reads. The same seed gives the same files. */
  prepare(folder: string, random: Random): void;
  alone(script: ScriptContext): Promise<void>;
  /** Makes what the load works on. */
  setUp(client: HttpClient, files: string, size: { concurrent: number }): Promise<S>;
  actors: readonly Actor<S>[];
  /** Long operations that are started at one moment, and should end at about one. */
  concurrent: { name: string; count: number; operation: (state: S, index: number) => RequestSpec };
  /** An operation that needs the write lock, sent while another process holds it; and a request that needs no lock. */
  blocked: { operation: (state: S) => RequestSpec; health: RequestSpec };
  invariants: readonly Invariant[];
  /** Checks of the final state against what clients were told. */
  acknowledged(state: S, databasePath: string): InvariantResult[];
}

/** Must succeed, for set-up steps. */
export async function expectOk(answer: Promise<HttpAnswer>, what: string): Promise<Record<string, unknown>> {
  const { status, body, errorCode } = await answer;
  if (errorCode !== undefined) throw new Error(`${what} failed: ${status} ${errorCode} ${JSON.stringify(body)}`);
  return body as Record<string, unknown>;
}
