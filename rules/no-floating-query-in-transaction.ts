import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { Suggestion } from "../src/core/finding.js";
import type { CallPlace } from "../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import type { InsideCall } from "../src/core/link/inside.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle, runsIn, touches } from "./lib/handles.js";
import { draftsIn } from "./lib/once.js";
import { callPath } from "./lib/path.js";
import { isGiven } from "./lib/strays.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Also report a transaction that is itself not awaited. Default: true. */
  checkTransactions: boolean;
}

const messages = {
  query: (library: string) => `Nobody waits for this ${library} statement: the transaction may be over before it runs, and its error is lost. Await it.`,
  each: (library: string, method: string) =>
    `\`${method}\` drops the promises of its async callback: the ${library} transaction may be over before their statements run. Use \`for … of\` and await.`,
  helper: (library: string, name: string) => `Nobody waits for \`${name}\`, which runs ${library} statements: the transaction may be over before they run, and their errors are lost. Await it.`,
  transaction: (library: string) => `Nobody waits for this ${library} transaction: what follows runs before it commits, and its error is unhandled. Await it.`,
};

/** Statements of these libraries call a function back: nothing is lost when their result is dropped. */
const CALLBACKS: ReadonlySet<string> = new Set(["sqlite3", "mysql"]);

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
    const { name } = noFloatingQueryInTransaction;
    return finish(noFloatingQueryInTransaction, project, draftsIn(file, project, name, options, () => find(project, options)));
  },
};

function find(project: ProjectFacts, options: Options): Iterable<Draft> {
  const drafts = new Map<CallFact, Draft>();
  const dropped = droppedCalls(project);
  for (const site of project.judgedTransactions) {
    const library = packageName(site.library);
    if (mayBeSync(project, site) || CALLBACKS.has(library) || options.ignoreLibraries.includes(library) || project.program.role(site.file) === "test") continue;
    if (options.checkTransactions && isFloatingTransaction(project, site)) drafts.set(site.call, draftOf(project, site, site, { message: messages.transaction(library), canAwait: true }));
    for (const inside of project.inside.callsOf(site)) {
      const floats = dropped.has(inside.call) && !drafts.has(inside.call) ? floating(project, site, inside) : undefined;
      if (floats) drafts.set(inside.call, draftOf(project, site, inside, floats));
    }
  }
  return drafts.values();
}

interface Floating {
  message: string;
  canAwait: boolean;
}

/** The calls of chains that are dropped: many transactions reach the same ones. */
function droppedCalls(project: ProjectFacts): ReadonlySet<CallFact> {
  const { program } = project;
  return new Set([...program.files.values()].flatMap(({ file, calls }) => calls.filter((call) => isDropped(project, file, program.chainEnd(file, call)))));
}

/** What is wrong with a call that is dropped inside a transaction, if anything. */
function floating(project: ProjectFacts, site: JudgedTransaction, { file, call, path }: InsideCall): Floating | undefined {
  const { program } = project;
  const library = packageName(site.library);
  if (isStatement(project, site, file, call)) return { message: messages.query(library), canAwait: true };
  const loop = program.callbackLoop(file, call.id);
  if (loop) return dropsPromises(loop.method) && asyncBodyRuns(project, site, file, call) ? { message: messages.each(library, loop.method ?? ""), canAwait: false } : undefined;
  // Only in the transaction's own code, where it is plain what a helper is given.
  return path.length === 0 && isAsyncHelper(project, file, call) ? { message: messages.helper(library, program.text(file, call.calleeSpan)), canAwait: true } : undefined;
}

/** A statement that promises its result. One that was given a function calls that one back. */
function isStatement(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact): boolean {
  const { program } = project;
  const chain = [call, ...program.chainAfter(file, call)];
  if (chain.some(({ callee, args }) => !isThen(callee) && args.some((arg) => arg.k === "fn"))) return false;
  // `.then(trx.commit).catch(trx.rollback)`: the transaction is over when it is, and not before.
  if (chain.some(({ callee, args }) => isThen(callee) && args.some((arg) => arg.k === "member" && /^(commit|rollback)$/.test(arg.name)))) return false;
  if (touches(project, call).some(({ library }) => isSync(library))) return false;
  const isRun = ({ kind }: { kind: string }): boolean => kind === "read" || kind === "write" || kind === "ddl";
  // On the handle, or given it: `Order.query(trx).patch(row)`, `Order.create(row, { transaction: t })`.
  return runsIn(project, site, call).some(isRun) || (touches(project, call).some(isRun) && isGiven(project, file, call));
}

/** A value may be a session of several drivers: where one of them is synchronous, the code may be its branch. */
function mayBeSync({ graph }: ProjectFacts, site: JudgedTransaction): boolean {
  return site.sync || site.sessions.some((id) => isSync(graph.values.tokens.libraryOf(id)));
}

function isSync(library: string | undefined): boolean {
  return libraryWithId(library)?.sync ?? false;
}

function isThen(callee: CallFact["callee"]): boolean {
  return callee.k === "member" && /^(then|catch|finally)$/.test(callee.name);
}

/** An async function of the project that is handed the handle and writes or reads with it. */
function isAsyncHelper(project: ProjectFacts, file: string, call: CallFact): boolean {
  if (!isGivenHandle(project, file, call)) return false;
  const callees = [...project.inside.calleesOf(file, call)].filter(({ written }) => !written).map(({ to }) => to);
  return callees.length > 0 && callees.every((key) => project.program.fnOf(key).fn.async && project.statementCosts.ofFunction(key).length > 0);
}

/** An expression statement: not awaited, not returned, and without the `void` that says it is meant. */
function isDropped(project: ProjectFacts, file: string, call: CallFact): boolean {
  if (!call.discarded || call.awaited) return false;
  const { start } = call.span;
  return !/\bvoid\s*\(?\s*$/.test(project.program.text(file, { start: Math.max(0, start - 12), end: start }));
}

function dropsPromises(method: string | undefined): boolean {
  return method === "forEach" || method === "map" || method === "flatMap";
}

/** `items.forEach(async (item) => { await tx.save(item); })`. */
function asyncBodyRuns(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact): boolean {
  const { program } = project;
  const body = call.args.find((arg) => arg.k === "fn");
  if (body?.k !== "fn" || !program.fn(file, body.id).async) return false;
  return program.callsIn(file, body.id).some((each) => program.chainEnd(file, each).awaited && (isStatement(project, site, file, each) || isAsyncHelper(project, file, each)));
}

/** The transaction itself is an expression statement. With a `.catch(…)` behind it, it is meant to run on its own. */
function isFloatingTransaction(project: ProjectFacts, site: JudgedTransaction): boolean {
  const { program } = project;
  if (program.role(site.file) !== "source" || site.call !== program.chainEnd(site.file, site.call) || !isDropped(project, site.file, site.call)) return false;
  if (site.lender && !program.fn(site.lender.file, site.lender.call.fn).async) return false;
  // A function that is not async may end the transaction by itself, as Knex lets it.
  return site.style === "array" || (site.style === "callback" && site.bodies.length > 0 && site.bodies.every((key) => program.fnOf(key).fn.async));
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call }: CallPlace, { message, canAwait }: Floating): Draft {
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
