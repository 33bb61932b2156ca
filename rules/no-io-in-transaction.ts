import { packageName } from "../src/core/catalogue/index.js";
import { type OutsideKind, outsideOf } from "../src/core/catalogue/outside/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { runnerInService } from "./lib/runner.js";
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
  direct: (callee: string, kind: OutsideKind, library: string, held: string) =>
    `\`${callee}\` ${KINDS[kind]} while this ${library} transaction is open, and ${held} meanwhile. Do it before or after the transaction, or write what is to be done into an outbox table.`,
  helper: (callee: string, inner: string, kind: OutsideKind, library: string, held: string) =>
    `\`${callee}\` leads to \`${inner}\`, which ${KINDS[kind]} while this ${library} transaction is open, and ${held} meanwhile. Do it before or after the transaction, or write what is to be done into an outbox table.`,
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
    const drafts = new Map<CallFact, Draft>();
    for (const site of project.judgedTransactions) {
      if (options.ignoreLibraries.includes(packageName(site.library)) || project.ambient.isAmbient(site) || project.isPrivate(site)) continue;
      for (const inside of waits(project, site, options)) {
        const at = inside.path[0] ?? inside;
        if (at.file !== file || drafts.has(at.call) || runnerInService(project, site) === undefined) continue;
        drafts.set(at.call, draftOf(project, site, inside, at));
      }
    }
    return finish(noIoInTransaction, project, [...drafts.values()]);
  },
};

interface Wait extends InsideCall {
  kind: OutsideKind;
}

function* waits(project: ProjectFacts, site: JudgedTransaction, options: Options): Generator<Wait> {
  for (const inside of project.inside.callsOf(site)) {
    const kind = kindOf(project, inside);
    if (kind === undefined) continue;
    const names = [inside, ...inside.path].map(({ file, call }) => project.program.text(file, call.calleeSpan));
    if (!names.some((name) => options.allowFunctions.some((allowed) => name === allowed || name.endsWith(`.${allowed}`)))) yield { ...inside, kind };
  }
}

/** What a call waits for. What is started and dropped holds nothing up; what came in as an alternative is not sure. */
function kindOf(project: ProjectFacts, { file, call }: InsideCall): OutsideKind | undefined {
  const { program, graph } = project;
  const tokens = graph.external.get(call) ?? [];
  const found = new Set<OutsideKind | undefined>();
  for (const id of tokens) {
    const token = graph.values.tokens.get(id);
    found.add(token.t === "external" ? outsideOf(token.module, token.path) : undefined);
  }
  const [kind, more] = found;
  if (kind === undefined || more !== undefined || found.size > 1) return isSleep(project, file, call) ? "timer" : undefined;
  const end = program.chainEnd(file, call);
  const waited = end.awaited || call.awaited || isReturned(project, file, end);
  return waited ? kind : undefined;
}

/** `new Promise((resolve) => setTimeout(resolve, ms))`, awaited. */
function isSleep(project: ProjectFacts, file: string, call: CallFact): boolean {
  if (call.callee.k !== "global" || call.callee.name !== "setTimeout") return false;
  const executor = project.program.fn(file, call.fn);
  return project.program.callsIn(file, executor.parent).some(
    (made) => made.kind === "new" && made.awaited && made.callee.k === "global" && made.callee.name === "Promise" && made.args.some((arg) => arg.k === "fn" && arg.id === executor.id),
  );
}

/** The promise is what a function that is awaited gives back: `await Promise.all(ids.map((id) => fetch(id)))`. */
function isReturned(project: ProjectFacts, file: string, call: CallFact): boolean {
  const { program } = project;
  const isIt = (id: number): boolean => id === call.id;
  const fn = program.fn(file, call.fn);
  if (fn.returns.some((value) => (value.k === "call" && isIt(value.id)) || (value.k === "await" && value.of.k === "call" && isIt(value.of.id)))) return true;
  return program.callsIn(file, call.fn).some(
    (other) => other.awaited && other.callee.k === "member" && other.callee.of.k === "global" && other.callee.of.name === "Promise" && other.args.some((arg) => arg.k === "array" && arg.items.some((item) => item.k === "call" && isIt(item.id))),
  );
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call, kind, path }: Wait, at: { file: string; call: CallFact }): Draft {
  const library = packageName(site.library);
  const held = site.engine === "sqlite" ? "nobody else can write" : "its connection and its locks are held";
  const text = (where: { file: string; call: CallFact }) => project.program.text(where.file, where.call.calleeSpan).replace(/\s+/g, "");
  const message = path.length === 0 ? messages.direct(text(at), kind, library, held) : messages.helper(text(at), text({ file, call }), kind, library, held);
  return {
    file: at.file,
    span: at.call.span,
    message,
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: "where it belongs (before, after, in an outbox) is a decision about what happens when one of the two fails",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [
      { file: site.file, span: site.call.calleeSpan, text: "the transaction" },
      ...path.slice(1).map((step) => ({ file: step.file, span: step.call.calleeSpan, text: `calls ${text(step)}` })),
      ...(path.length > 0 ? [{ file, span: call.calleeSpan, text: KINDS[kind] }] : []),
    ],
  };
}
