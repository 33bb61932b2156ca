import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import { RUNTIME } from "../src/core/contract.js";
import type { Expr, FunctionFact } from "../src/core/facts/types.js";
import type { AsyncBodyDetail, Suggestion } from "../src/core/finding.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../src/core/link/program.js";
import { callsParameter } from "../src/core/link/schedule.js";
import { statementOf } from "../src/core/link/run-statements.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { combinatorOf } from "../src/core/link/waits.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  awaits: (library: string) =>
    `This ${library} transaction is synchronous: it ends when its function first awaits, and what follows is written outside of it. Do the awaiting before or after it, and make the function synchronous.`,
  promise: (library: string) => `This ${library} transaction is synchronous and does not wait for a promise: newer drivers refuse one and roll back. Make the function synchronous.`,
};

export const noAsyncSyncTransaction: Rule<Options> = {
  name: "no-async-sync-transaction",
  meta: {
    priority: "P0",
    recommended: true,
    description: "Disallow giving an async function to a synchronous driver's transaction",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts: Draft[] = [];
    for (const site of project.judgedTransactions) {
      if (site.file !== file || options.ignoreLibraries.includes(packageName(site.library))) continue;
      const draft = judge(project, site);
      if (draft) drafts.push(draft);
    }
    return finish(noAsyncSyncTransaction, project, drafts);
  },
};

function judge(project: ProjectFacts, site: JudgedTransaction): Draft | undefined {
  if (!site.sync || (site.style !== "callback" && site.style !== "wrapper") || project.program.role(site.file) === "test") return undefined;
  if (site.lender && !givesBack(project, site.lender)) return undefined;
  const promising = site.bodies.filter((key) => givesPromise(project, key));
  const [key] = promising;
  if (key === undefined) return undefined;
  const { fn, file } = project.program.fnOf(key);
  const awaits = fn.async && awaitsSomething(project, file, fn);
  const suggestion = file === site.file && fn.async && !awaits ? dropAsync(project, site, file, fn) : undefined;
  const detail = awaits && file === site.file && site.bodies.length === 1 ? asyncBody(project, site, fn) : undefined;
  const library = packageName(site.library);
  return {
    file: site.file,
    span: site.call.span,
    message: awaits ? messages.awaits(library) : messages.promise(library),
    confidence: promising.length === site.bodies.length ? "proven" : "likely",
    library: site.library,
    ...(detail ? { fix: "review" as const, detail } : suggestion === undefined ? { fix: "manual" as const } : isDropped(site) ? { fix: "safe" as const } : { fix: "review" as const }),
    ...(suggestion !== undefined && isDropped(site) ? {} : {
      fixReason: detail ? WAITS : awaits ? advice(site.library) : "callers may rely on the promise",
    }),
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: file === site.file ? [] : [{ file, span: { ...fn.span, endLine: fn.span.line, endColumn: fn.span.column + 1 }, text: "the function" }],
    ...(suggestion ? { suggestions: [suggestion] } : {}),
  };
}

const WAITS = "the runtime's transaction begins in immediate mode and waits for the function: the file's write lock is held for as long as that awaits, and other tasks' writes on the session wait or are refused";

function advice(library: string): string {
  return `what is awaited in it has to move out of it, or to become synchronous${library === "drizzle-orm/better-sqlite3" ? "; or run it by `drizzleRunner(db)` of sessionfix-runtime/drizzle, which waits for it" : ""}`;
}

/** The runtime can run the function where the driver is one of its own, and all that run the transaction wait for what it gives. */
function asyncBody({ program }: ProjectFacts, site: JudgedTransaction, fn: FunctionFact): AsyncBodyDetail | undefined {
  const { style, call, invocations, lender, library } = site;
  if (style !== "wrapper" || lender || !(library in RUNTIME.drivers) || call.callee.k !== "member" || fn.kind !== "arrow") return undefined;
  const session = program.text(site.file, { start: call.calleeSpan.start, end: call.calleeSpan.end - ".transaction".length });
  if (!/^[\w$.#]+$/.test(session) || invocations.length === 0 || invocations.some((run) => run.call.discarded && !run.call.awaited)) return undefined;
  return { kind: "async-body", session, body: fn.span, invocations: invocations.map((run) => ({ file: run.file, span: run.call.span })) };
}

/** An async function, or one that gives back what an async function of the project promises. */
function givesPromise({ program, graph, schedule }: ProjectFacts, key: FunctionKey): boolean {
  const { fn, file } = program.fnOf(key);
  if (fn.generator) return false;
  if (fn.async) return true;
  return fn.returns.some((value) => {
    if (value.k !== "call") return false;
    const call = program.call(file, value.id);
    if (combinatorOf(call) !== undefined) return true;
    // A function that came in as a parameter is judged where it was passed.
    if (callsParameter(graph, file, call)) return false;
    const targets = schedule.edgesOf(call);
    return call.kind === "call" && targets.length > 0 && targets.every(({ to }) => program.fnOf(to).fn.async && !program.fnOf(to).fn.generator) && !takesFunction(call.args);
  });
}

/** A call that is given a function may have that one among its targets, and give back something else. */
function takesFunction(args: readonly Expr[]): boolean {
  return args.some((arg) => arg.k === "fn");
}

/** A helper's transaction waits for what it was given only if it gives that promise on: else the helper runs it on the side. */
function givesBack({ program, graph }: ProjectFacts, lender: NonNullable<JudgedTransaction["lender"]>): boolean {
  if (lender.fromParameter) return true;
  return lender.bodies.every((key) => {
    const { fn, file } = program.fnOf(key);
    // An async function in the helper is the helper's own mistake.
    return !fn.async && fn.returns.some((value) => value.k === "call" && callsParameter(graph, file, program.call(file, value.id)));
  });
}

/** Nobody sees whether it gives a promise: its result is awaited or goes nowhere. */
function isDropped({ style, call, invocations }: JudgedTransaction): boolean {
  const runs = style === "wrapper" ? invocations.map((run) => run.call) : [call];
  return runs.length > 0 && runs.every(({ awaited, discarded }) => awaited || discarded);
}

function awaitsSomething({ program }: ProjectFacts, file: string, fn: FunctionFact): boolean {
  const { awaits, loops } = program.file(file);
  return awaits.some((wait) => wait.fn === fn.id) || loops.some(({ fn: of, kind }) => of === fn.id && kind === "for-await");
}

/** Where the function gives back nothing, or what a prepared statement gave: a builder would run only when it is awaited. */
function dropAsync(project: ProjectFacts, site: JudgedTransaction, file: string, fn: FunctionFact): Suggestion | undefined {
  const isPlain = (value: Expr): boolean => {
    if (value.k === "object" || value.k === "array" || value.k === "literal" || value.k === "template" || value.k === "member") return true;
    return value.k === "call" && libraryWithId(site.library)?.engine !== "wrapped" && statementOf(project.graph, project.program.call(file, value.id)) !== undefined;
  };
  const found = /^async\s+/.exec(project.program.text(file, fn.span));
  if (!found || !fn.returns.every(isPlain)) return undefined;
  return { message: "Drop `async`: nothing is awaited in the function.", edits: [{ start: fn.span.start, end: fn.span.start + found[0].length, text: "" }] };
}
