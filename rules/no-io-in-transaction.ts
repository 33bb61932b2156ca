import { packageName } from "../src/core/catalogue/index.js";
import { outsideOf, type OutsideKind } from "../src/core/catalogue/outside/index.js";
import type { CallFact, Expr } from "../src/core/facts/types.js";
import type { CallPlace } from "../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import type { InsideCall } from "../src/core/link/inside.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { draftsIn } from "./lib/once.js";
import { callPath } from "./lib/path.js";
import { runnerInService } from "./lib/runner.js";
import { isWaitedFor } from "./lib/waits.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Functions that may wait inside a transaction, by name: `appendToOutbox`. */
  allowFunctions: string[];
}

const KINDS: Record<OutsideKind, string> = {
  network: "waits for the network",
  file: "waits for the file system",
  timer: "waits for a timer",
  queue: "waits for a message queue",
  model: "waits for a model's answer",
  process: "waits for another process",
};

const messages = {
  direct: (callee: string, kind: OutsideKind, library: string) =>
    `\`${callee}\` ${KINDS[kind]}, and this ${library} transaction stays open with its locks until it is done. Do it before or after the transaction.`,
  helper: (callee: string, inner: string, kind: OutsideKind, library: string) =>
    `\`${callee}\` leads to \`${inner}\`, which ${KINDS[kind]}, and this ${library} transaction stays open with its locks until it is done. Do it before or after the transaction.`,
};

export const noIoInTransaction: Rule<Options> = {
  name: "no-io-in-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow waiting for the network, files, timers, queues or models inside a transaction",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
        allowFunctions: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [], allowFunctions: [] },
  },

  detect(file, project, options) {
    const { name } = noIoInTransaction;
    return finish(noIoInTransaction, project, draftsIn(file, project, name, options, () => find(project, options)));
  },
};

function find(project: ProjectFacts, options: Options): Iterable<Draft> {
  const drafts = new Map<CallFact, Draft>();
  const outgoing = outgoingCalls(project);
  for (const site of project.judgedTransactions) {
    if (options.ignoreLibraries.includes(packageName(site.library)) || endsAtFirstAwait(site) || project.ambient.isAmbient(site) || project.isPrivate(site)) continue;
    for (const wait of waitsIn(project, site, outgoing, options)) {
      const at = wait.path[0] ?? wait;
      if (!drafts.has(at.call) && runnerInService(project, site) !== undefined) drafts.set(at.call, draftOf(project, site, wait, at));
    }
  }
  return drafts.values();
}

/** What a synchronous driver's transaction awaits, it awaits after its end: no-async-sync-transaction. */
function endsAtFirstAwait({ sync, style }: JudgedTransaction): boolean {
  return sync && (style === "callback" || style === "wrapper");
}

interface Wait extends InsideCall {
  kind: OutsideKind;
}

/** One for each chain of calls: of `client.index("things").deleteDocuments(ids)`, the last call that goes out. */
function waitsIn(project: ProjectFacts, site: JudgedTransaction, outgoing: ReadonlyMap<CallFact, Outgoing>, options: Options): Iterable<Wait> {
  const found = new Map<CallFact, Wait>();
  for (const inside of project.inside.callsOf(site)) {
    const goes = outgoing.get(inside.call);
    if (!goes || !isWaitedFor(project, site, { file: inside.file, call: goes.promise }, inside.path) || isAllowed(project, inside, options)) continue;
    const end = project.program.chainEnd(inside.file, inside.call);
    const known = found.get(end);
    if (!known || known.call.span.end < inside.call.span.end) found.set(end, { ...inside, kind: goes.kind });
  }
  return found.values();
}

function isAllowed(project: ProjectFacts, inside: InsideCall, { allowFunctions }: Options): boolean {
  if (allowFunctions.length === 0) return false;
  const names = [inside, ...inside.path].map(({ file, call }) => calleeText(project, file, call));
  return names.some((name) => allowFunctions.some((allowed) => name === allowed || name.endsWith(`.${allowed}`)));
}

/** A call that goes out, and the promise that says when it is back: its own, or the one around a timer. */
interface Outgoing {
  kind: OutsideKind;
  promise: CallFact;
}

/** All of the project: many transactions reach the same ones. */
function outgoingCalls(project: ProjectFacts): ReadonlyMap<CallFact, Outgoing> {
  const found = new Map<CallFact, Outgoing>();
  for (const { file, calls } of project.program.files.values())
    for (const call of calls) {
      const sleep = sleepOf(project, file, call);
      const kind = sleep ? "timer" : call.kind === "new" ? undefined : goesOut(project, call);
      if (kind !== undefined) found.set(call, { kind, promise: sleep ?? call });
    }
  return found;
}

/** Where the callee may be several values, all of them must go out. */
function goesOut({ graph }: ProjectFacts, call: CallFact): OutsideKind | undefined {
  const found = new Set<OutsideKind | undefined>();
  for (const id of graph.external.get(call) ?? []) {
    const token = graph.values.tokens.get(id);
    // `url ? new Client(url) : undefined`, `process.env.URL && new Client()`
    if (token.t === "external" && token.module === null && /^(undefined|process\.env)\b/.test(token.path)) continue;
    found.add(token.t === "external" ? outsideOf(token.module, token.path) : undefined);
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

function calleeText(project: ProjectFacts, file: string, call: CallFact): string {
  return project.program.text(file, call.calleeSpan).replace(/\s+/g, "");
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call, kind, path }: Wait, at: CallPlace): Draft {
  const library = packageName(site.library);
  const callee = calleeText(project, at.file, at.call);
  return {
    file: at.file,
    span: at.call.span,
    message: path.length === 0 ? messages.direct(callee, kind, library) : messages.helper(callee, calleeText(project, file, call), kind, library),
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: "where it belongs (before, after, in an outbox table) depends on what must happen when one of the two fails",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [
      { file: site.file, span: site.call.calleeSpan, text: "the transaction" },
      ...path.slice(1).map((step) => ({ file: step.file, span: step.call.calleeSpan, text: `calls ${calleeText(project, step.file, step.call)}` })),
      ...(path.length > 0 ? [{ file, span: call.calleeSpan, text: KINDS[kind] }] : []),
    ],
  };
}
