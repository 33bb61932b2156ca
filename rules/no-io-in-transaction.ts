import { packageName } from "../src/core/catalogue/index.js";
import type { OutsideKind } from "../src/core/catalogue/outside/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { CallPlace } from "../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import type { InsideCall } from "../src/core/link/inside.js";
import { canWait, OUTSIDE_WAITS, outgoingCalls, type Wait, waitsIn } from "../src/core/link/outgoing.js";
import { functionKey } from "../src/core/link/program.js";
import { calleesOf } from "../src/core/link/sessions.js";
import { isWaitedFor } from "../src/core/link/waits.js";
import { finish } from "./lib/finish.js";
import { draftsIn } from "./lib/once.js";
import { otherWays } from "./lib/other-ways.js";
import { callPath } from "./lib/path.js";
import { isReadOnly } from "./lib/read-only.js";
import { runnerInService } from "./lib/runner.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Functions that may wait inside a transaction, by name: `appendToOutbox`. */
  allowFunctions: string[];
}

const messages = {
  direct: (callee: string, kind: OutsideKind, library: string) =>
    `\`${callee}\` ${OUTSIDE_WAITS[kind]}, and this ${library} transaction stays open with its locks until it is done. Do it before or after the transaction.`,
  helper: (callee: string, inner: string, kind: OutsideKind, library: string) =>
    `\`${callee}\` leads to \`${inner}\`, which ${OUTSIDE_WAITS[kind]}, and this ${library} transaction stays open with its locks until it is done. Do it before or after the transaction.`,
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
    if (options.ignoreLibraries.includes(packageName(site.library)) || !canWait(project, site)) continue;
    const waits = [...waitsIn(project, site, outgoing, (inside) => isAllowed(project, inside, options))];
    for (const wait of [...waits, ...waitsOnOtherWays(project, site, waits, outgoing, options)]) {
      const at = wait.path[0] ?? wait;
      const known = drafts.get(at.call);
      if (known?.confidence === "proven" || runnerInService(project, site) === undefined) continue;
      const draft = draftOf(project, site, wait, at);
      if (known === undefined || draft.confidence === "proven") drafts.set(at.call, draft);
    }
  }
  return drafts.values();
}

/** A helper that goes out is reached by many calls: three uploads are three times to wait. */
function waitsOnOtherWays(project: ProjectFacts, site: JudgedTransaction, waits: readonly Wait[], outgoing: ReturnType<typeof outgoingCalls>, options: Options): Wait[] {
  const inHelpers = waits.filter(({ path }) => path.length > 0);
  const others = otherWays(project, site, inHelpers, new Set(waits.map((wait) => (wait.path[0] ?? wait).call)));
  const isWaited = ({ file, call, path }: Wait): boolean => isWaitedFor(project, site, { file, call: outgoing.get(call)?.promise ?? call }, path);
  return [...others].filter((other) => isWaited(other) && !isAllowed(project, other, options));
}

function isAllowed(project: ProjectFacts, inside: InsideCall, { allowFunctions }: Options): boolean {
  if (allowFunctions.length === 0) return false;
  const names = [inside, ...inside.path].map(({ file, call }) => calleeText(project, file, call));
  return names.some((name) => allowFunctions.some((allowed) => name === allowed || name.endsWith(`.${allowed}`)));
}

function calleeText(project: ProjectFacts, file: string, call: CallFact): string {
  return project.program.text(file, call.calleeSpan).replace(/\s+/g, "");
}

/** `table[name]()`: one of several, and which one it is depends on the name. */
function isOneOfATable({ graph }: ProjectFacts, { call }: CallPlace): boolean {
  return call.callee.k === "member" && call.callee.name === "*" && calleesOf(graph, call).length > 1;
}

/** The pause before another attempt: only after an error. */
function isPauseAfterError({ kind, call, path }: Wait): boolean {
  return kind === "timer" && [call, ...path.map((step) => step.call)].some(({ handler }) => handler === "catch");
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, wait: Wait, at: CallPlace): Draft {
  const { file, call, kind, path } = wait;
  const library = packageName(site.library);
  const callee = calleeText(project, at.file, at.call);
  return {
    file: at.file,
    span: at.call.span,
    message: path.length === 0 ? messages.direct(callee, kind, library) : messages.helper(callee, calleeText(project, file, call), kind, library),
    confidence: isReadOnly(project, site) || isPauseAfterError(wait) || path.some((step) => isOneOfATable(project, step)) ? "likely" : "proven",
    library: site.library,
    fix: "manual",
    fixReason: "where it belongs (before, after, in an outbox table) depends on what must happen when one of the two fails",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [
      { file: site.file, span: site.call.calleeSpan, text: "the transaction" },
      ...path.slice(1).map((step) => ({ file: step.file, span: step.call.calleeSpan, text: `calls ${calleeText(project, step.file, step.call)}` })),
      ...(path.length > 0 ? [{ file, span: call.calleeSpan, text: OUTSIDE_WAITS[kind] }] : []),
    ],
  };
}
