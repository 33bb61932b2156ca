import type { HttpAnswer, HttpClient } from "./http-client.js";
import type { Invariant, InvariantResult } from "./invariants.js";
import type { Random } from "./random.js";

export interface RequestSpec {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: unknown;
}

/** A sequential script: each answer goes into the transcript that before and after must share. */
export interface ScriptContext {
  /** Folder that `prepare` filled. */
  files: string;
  random: Random;
  send: (spec: RequestSpec) => Promise<HttpAnswer>;
  /** Counts the sessions that the server opens during `work`. */
  countSessions: (operation: string, n: number, work: () => Promise<unknown>) => Promise<void>;
}

export interface OperationContext<S> {
  state: S;
  random: Random;
  /** Counts this actor's operations, from 0. */
  index: number;
  send: (spec: RequestSpec) => Promise<HttpAnswer>;
  /** Starts the clock anew, for an operation that had to wait for an earlier one of its own actor. */
  restartClock: () => void;
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
