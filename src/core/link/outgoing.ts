import { frameworkOf } from "../catalogue/index.js";
import { outsideOf, type OutsideKind } from "../catalogue/outside/index.js";
import type { CallFact, Expr } from "../facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "./index.js";
import type { InsideCall } from "./inside.js";
import type { TokenId } from "./tokens.js";
import { isWaitedFor } from "./waits.js";

/** A call that goes out, and the promise that says when it is back: its own, or the one around a timer. */
export interface Outgoing {
  kind: OutsideKind;
  promise: CallFact;
}

/** A call that goes out, and that a transaction stays open for. */
export interface Wait extends InsideCall {
  kind: OutsideKind;
}

/** What outgoing calls wait for, in words. */
export const OUTSIDE_WAITS: Record<OutsideKind, string> = {
  network: "waits for the network",
  file: "waits for the file system",
  timer: "waits for a timer",
  queue: "waits for a message queue",
  model: "waits for a model's answer",
  process: "waits for another process",
};

/** All calls of the project that go out: many transactions reach the same ones. */
export function outgoingCalls(project: ProjectFacts): ReadonlyMap<CallFact, Outgoing> {
  const found = new Map<CallFact, Outgoing>();
  const kinds = new Map<TokenId, OutsideKind | undefined>();
  for (const { file, calls } of project.program.files.values())
    for (const call of calls) {
      const sleep = sleepOf(project, file, call);
      const kind = sleep ? "timer" : call.kind === "new" ? undefined : goesOut(project, call, kinds);
      if (kind !== undefined) found.set(call, { kind, promise: sleep ?? call });
    }
  return found;
}

/** Whether waiting in it can be told to be waiting while it is open. */
export function canWait(project: ProjectFacts, site: JudgedTransaction): boolean {
  return !endsAtFirstAwait(site) && !project.ambient.isOfOwnMaking(site) && !project.isPrivate(site);
}

/** What a synchronous driver's transaction awaits, it awaits after its end: no-async-sync-transaction. */
function endsAtFirstAwait({ sync, style }: JudgedTransaction): boolean {
  return sync && (style === "callback" || style === "wrapper");
}

/**
 * What a transaction stays open for. One for each chain of calls: of `client.index("things").deleteDocuments(ids)`, the
 * last call that goes out. `isAllowed` leaves calls out.
 */
export function waitsIn(project: ProjectFacts, site: JudgedTransaction, outgoing: ReadonlyMap<CallFact, Outgoing>, isAllowed: (inside: InsideCall) => boolean = () => false): Iterable<Wait> {
  const found = new Map<CallFact, Wait>();
  for (const inside of project.inside.callsOf(site)) {
    const goes = outgoing.get(inside.call);
    if (!goes || !isWaitedFor(project, site, { file: inside.file, call: goes.promise }, inside.path) || isAllowed(inside)) continue;
    const end = project.program.chainEnd(inside.file, inside.call);
    const known = found.get(end);
    if (!known || known.call.span.end < inside.call.span.end) found.set(end, { ...inside, kind: goes.kind });
  }
  return found.values();
}

/** Packages that tests have in the place of a client. */
const STAND_IN = /[-/](mock|mocks|stub|memory-server)$/;

/** Where the callee may be several values, all of them must go out. */
function goesOut({ graph }: ProjectFacts, call: CallFact, kinds: Map<TokenId, OutsideKind | undefined>): OutsideKind | undefined {
  const callees = graph.external.get(call);
  if (callees === undefined) return undefined;
  const found = new Set<OutsideKind | undefined>();
  for (const id of callees) {
    const token = graph.values.tokens.get(id);
    // `process.env.URL && new Client()`
    if (token.t === "external" && token.module === null && /^process\.env\b/.test(token.path)) continue;
    // `process.env.NODE_ENV === "test" ? require("ioredis-mock") : Redis`
    if (token.t === "external" && token.module !== null && STAND_IN.test(token.module)) continue;
    if (!kinds.has(id)) kinds.set(id, token.t === "external" ? outsideOf(token.module, token.path) : undefined);
    const kind = kinds.get(id);
    // What a framework carries along may be anything; a declared type says what it is.
    if (kind === undefined && token.t === "external" && token.module !== null && frameworkOf(token.module)) continue;
    found.add(kind);
  }
  const [kind] = found;
  return found.has(undefined) ? undefined : kind;
}

/** The promise in `new Promise((resolve) => setTimeout(resolve, ms))`; with 0 ms, it only lets others have a turn. */
function sleepOf({ program }: ProjectFacts, file: string, call: CallFact): CallFact | undefined {
  if (call.callee.k !== "global" || call.callee.name !== "setTimeout") return undefined;
  const executor = program.fn(file, call.fn);
  const resolve = executor.params[0]?.variable;
  const [run, ms] = call.args;
  if (ms === undefined || (ms.k === "literal" && ms.value === 0) || run === undefined) return undefined;
  const resolves = (expr: Expr): boolean => expr.k === "var" && expr.id === resolve;
  if (!resolves(run) && !(run.k === "fn" && program.callsIn(file, run.id).some(({ callee }) => resolves(callee)))) return undefined;
  return program.callsIn(file, executor.parent).find(
    (made) => made.kind === "new" && made.callee.k === "global" && made.callee.name === "Promise" && made.args.some((arg) => arg.k === "fn" && arg.id === executor.id),
  );
}
