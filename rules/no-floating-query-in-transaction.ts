import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { Suggestion } from "../src/core/finding.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { carriesHandle, touches } from "./lib/handles.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Also report a transaction that is itself not awaited. Default: true. */
  checkTransactions: boolean;
}

const messages = {
  query: (library: string) => `Nobody waits for this ${library} statement: the transaction may commit before it runs, and its error is lost. Await it.`,
  each: (library: string) => `\`forEach\` drops the promises of its async callback: the ${library} transaction may commit before their statements run. Use \`for … of\` and await.`,
  helper: (library: string, name: string) => `Nobody waits for \`${name}\`, which runs ${library} statements: the transaction may commit before they run, and their errors are lost. Await it.`,
  transaction: (library: string) => `Nobody waits for this ${library} transaction: what follows runs before it commits, and an error in it is unhandled. Await it.`,
};

export const noFloatingQueryInTransaction: Rule<Options> = {
  name: "no-floating-query-in-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow statements in a transaction that nobody waits for",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
        checkTransactions: { type: "boolean" },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [], checkTransactions: true },
  },

  detect(file, project, options) {
    const drafts = new Map<CallFact, Draft>();
    for (const site of project.judgedTransactions) {
      if (site.sync || isSync(site) || options.ignoreLibraries.includes(packageName(site.library))) continue;
      if (project.program.role(site.file) === "test") continue;
      if (site.file === file && options.checkTransactions && isFloatingTransaction(project, site)) drafts.set(site.call, draftOf(project, site, { file, call: site.call }, messages.transaction(packageName(site.library)), true));
      for (const inside of project.inside.callsOf(site)) {
        if (inside.file !== file || drafts.has(inside.call)) continue;
        const message = floating(project, site, inside);
        if (message !== undefined) drafts.set(inside.call, draftOf(project, site, inside, message, !message.startsWith("`forEach`")));
      }
    }
    return finish(noFloatingQueryInTransaction, project, [...drafts.values()]);
  },
};

function isSync(site: JudgedTransaction): boolean {
  return libraryWithId(site.library)?.sync ?? false;
}

/** What is wrong with a call inside a transaction, if anything. */
function floating(project: ProjectFacts, site: JudgedTransaction, { file, call, path }: InsideCall): string | undefined {
  const library = packageName(site.library);
  const { program } = project;
  const facts = touches(project, call).filter(({ kind, library: id }) => (kind === "read" || kind === "write" || kind === "ddl") && libraryWithId(id)?.sync === false);
  if (facts.length > 0) return isDropped(project, file, program.chainEnd(file, call)) ? messages.query(library) : undefined;
  const loop = program.callbackLoop(file, call.id);
  if (loop?.method === "forEach") return asyncBodyRuns(project, site, file, call) ? messages.each(library) : undefined;
  // A helper of the project that takes the handle: only in the transaction's own code, where it is plain what it is given.
  if (path.length > 0 || !isDropped(project, file, call)) return undefined;
  const callees = [...project.inside.calleesOf(file, call)].filter(({ written }) => !written);
  const asynchronous = callees.length > 0 && callees.every(({ to }) => program.fnOf(to).fn.async);
  if (!asynchronous || !call.args.some((arg) => carriesHandle(project, file, arg, call.fn))) return undefined;
  return messages.helper(library, program.text(file, call.calleeSpan));
}

/** An expression statement: not awaited, not returned, not chained, and without the `void` that says it is meant. */
function isDropped(project: ProjectFacts, file: string, call: CallFact): boolean {
  return call.discarded && !call.awaited && !isVoid(project, file, call);
}

function isVoid(project: ProjectFacts, file: string, call: CallFact): boolean {
  const { start } = call.span;
  return /\bvoid\s*\(?\s*$/.test(project.program.text(file, { start: Math.max(0, start - 12), end: start }));
}

/** `items.forEach(async (item) => { await tx.save(item); })`. */
function asyncBodyRuns(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact): boolean {
  const { program } = project;
  const body = call.args.find((arg) => arg.k === "fn");
  if (body?.k !== "fn" || !program.fn(file, body.id).async) return false;
  const awaited = new Set(program.file(file).calls.filter(({ fn, awaited: waits }) => fn === body.id && waits));
  const runs = (each: CallFact): boolean => touches(project, each).some(({ kind, library }) => (kind === "read" || kind === "write") && library === site.library);
  return program.callsIn(file, body.id).some((each) => runs(each) && (awaited.has(program.chainEnd(file, each)) || awaited.has(each)));
}

/** The transaction itself is an expression statement. With a `.catch(…)` behind it, it is meant to run on its own. */
function isFloatingTransaction(project: ProjectFacts, site: JudgedTransaction): boolean {
  if (site.style !== "callback" && site.style !== "array") return false;
  if (site.lender && !project.program.fn(site.lender.file, site.lender.call.fn).async) return false;
  return site.call === project.program.chainEnd(site.file, site.call) && isDropped(project, site.file, site.call);
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call }: { file: string; call: CallFact }, message: string, canAwait: boolean): Draft {
  const suggestion = canAwait ? addAwait(project, file, call) : undefined;
  return {
    file,
    span: call.span,
    message,
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: "awaiting it changes when what follows runs",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: call === site.call ? [] : [{ file: site.file, span: site.call.calleeSpan, text: "the transaction" }],
    ...(suggestion ? { suggestions: [suggestion] } : {}),
  };
}

/** Only where `await` may stand. */
function addAwait(project: ProjectFacts, file: string, call: CallFact): Suggestion | undefined {
  if (!project.program.fn(file, call.fn).async) return undefined;
  return { message: "Await it.", edits: [{ start: call.span.start, end: call.span.start, text: "await " }] };
}
