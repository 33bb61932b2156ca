import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { CallFact, Expr, Span } from "../src/core/facts/types.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle, mayUseHandle, touches } from "./lib/handles.js";
import { draftsIn } from "./lib/once.js";
import { callPath } from "./lib/path.js";
import { runnerInService } from "./lib/runner.js";
import { combinatorOf } from "../src/core/link/waits.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  parallel: (library: string, method: string) =>
    `\`Promise.${method}\` starts several statements on one ${library} transaction: its connection runs them one after the other, and when one fails the transaction ends while others are still to run. Await them in order.`,
};

/**
 * Where it goes wrong for sure. pg refuses it from version 9 on: https://github.com/brianc/node-postgres/pull/3603.
 * Sequelize may run what is still queued outside of the transaction: https://github.com/sequelize/sequelize/issues/16603.
 * TypeORM says the same of its query runners: https://github.com/typeorm/typeorm/issues/1014.
 */
const PROVEN: ReadonlySet<string> = new Set(["pg", "pg-pool", "sequelize", "typeorm"]);

/** Its transactions send statements in a pipeline on purpose. https://github.com/porsager/postgres#transactions */
const PIPELINED: ReadonlySet<string> = new Set(["postgres"]);

export const noParallelInTransaction: Rule<Options> = {
  name: "no-parallel-in-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow running several operations on one transaction handle at the same time",
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
    const { name } = noParallelInTransaction;
    return finish(noParallelInTransaction, project, draftsIn(file, project, name, options, () => find(project, options)));
  },
};

function find(project: ProjectFacts, options: Options): Iterable<Draft> {
  const drafts = new Map<CallFact, Draft>();
  for (const site of project.judgedTransactions) {
    const library = packageName(site.library);
    if (libraryWithId(site.library)?.sync !== false || PIPELINED.has(library) || options.ignoreLibraries.includes(library)) continue;
    for (const inside of project.inside.callsOf(site)) {
      const method = drafts.has(inside.call) || !inside.path.every((step) => isGivenHandle(project, step.file, step.call)) ? undefined : methodOf(inside.call);
      if (method !== undefined && operandsOnHandle(project, site, inside) >= 2 && runnerInService(project, site) !== undefined)
        drafts.set(inside.call, draftOf(project, site, inside, method));
    }
  }
  return drafts.values();
}

/** `allSettled` waits for all of them, whatever fails. */
function methodOf(call: CallFact): string | undefined {
  const name = combinatorOf(call);
  return name === "allSettled" ? undefined : name;
}

/** How many operands run statements on the transaction's handle. A list that is mapped counts as several. */
function operandsOnHandle(project: ProjectFacts, site: JudgedTransaction, { file, call }: InsideCall): number {
  const { program } = project;
  const [list] = call.args;
  const span = call.argSpans[0];
  if (!list || !span) return 0;
  if (list.k === "array") {
    const named = list.items.filter((item) => startedBefore(project, file, item).some((started) => usesHandle(project, site, file, started)));
    const used = program.callsIn(file, call.fn).filter((each) => each !== call && within(each.span, span) && program.chainEnd(file, each) === each);
    // The outermost calls of the list are its operands.
    const operands = used.filter((each) => !used.some((other) => other !== each && within(each.span, other.span)));
    return named.length + operands.filter((operand) => usesHandle(project, site, file, operand)).length + (operands.some((operand) => isMapped(project, site, file, operand)) ? 2 : 0);
  }
  const mapped = list.k === "call" ? program.call(file, list.id) : startedBefore(project, file, list)[0];
  return mapped && isMapped(project, site, file, mapped) ? 2 : filledWith(project, site, file, call, list);
}

/** `const jobs = []; for (const row of rows) jobs.push(tx.save(row)); await Promise.all(jobs);`: a push in a loop of its own counts as several. */
function filledWith(project: ProjectFacts, site: JudgedTransaction, file: string, wait: CallFact, list: Expr): number {
  if (list.k !== "var") return 0;
  const { program } = project;
  const values = program.valuesOf(file, list.id).map((value) => (value.k === "typed" ? value.of : value));
  const [first, more] = values;
  if (first?.k !== "array" || more !== undefined) return 0;
  const onHandle = (expr: Expr): boolean => expr.k === "call" && usesHandle(project, site, file, program.call(file, expr.id));
  const pushes = program.file(file).calls.filter(({ callee, args }) => callee.k === "member" && callee.name === "push" && callee.of.k === "var" && callee.of.id === list.id && args.some(onHandle));
  const once = pushes.filter((push) => push.fn === wait.fn && push.loop === wait.loop);
  const count = (some: readonly CallFact[]): number => some.reduce((sum, { args }) => sum + args.filter(onHandle).length, 0);
  // Of those in branches, perhaps one alone runs: `if (known) jobs.push(update()); else jobs.push(insert());`.
  const inBranches = Math.min(1, count(once.filter(({ conditional }) => conditional)));
  return first.items.filter(onHandle).length + count(once.filter(({ conditional }) => !conditional)) + inBranches + 2 * (pushes.length - once.length);
}

/** `rows.map((row) => tx.save(row))`. */
function isMapped(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact): boolean {
  const { program } = project;
  const loop = program.callbackLoop(file, call.id);
  const body = call.args.find((arg) => arg.k === "fn");
  if (loop?.method !== "map" || (loop.bound.k === "constant" && loop.bound.times < 2) || body?.k !== "fn") return false;
  // What a turn starts and leaves is nothing that is waited for: no-floating-query-in-transaction.
  return program.callsIn(file, body.id).some((each) => (each.awaited || !each.discarded) && usesHandle(project, site, file, each));
}

/** `const jobs = rows.map(…); await Promise.all(jobs);`: what a name stands for, where that is one call. It has not been waited for. */
function startedBefore(project: ProjectFacts, file: string, expr: Expr): CallFact[] {
  if (expr.k !== "var") return [];
  const [only, more] = project.program.valuesOf(file, expr.id);
  return only && !more && only.k === "call" ? [project.program.call(file, only.id)] : [];
}

/** How many functions that are written beside each other may call on. */
const MAX_CLOSURES = 2;

/** A statement on the transaction's handle, or a helper of the project that is handed it, or that is written around it. */
function usesHandle(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact, depth = 0): boolean {
  return chainOf(project, file, call).some((each) => {
    if (depth < MAX_CLOSURES && closuresOf(project, file, each).some((fn) => project.program.callsIn(file, fn).some((inner) => usesHandle(project, site, file, inner, depth + 1)))) return true;
    const facts = touches(project, each).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl" || kind === "unknown");
    // On a model of the library, the handle is among the options: `Thing.update(values, { where, transaction })`.
    if (facts.length > 0) return facts.every(({ library }) => packageName(library) === packageName(site.library)) && (mayUseHandle(project, facts) || isGivenHandle(project, file, each));
    // What other packages do with a handle is not known.
    return runsProjectCode(project, file, each) && isGivenHandle(project, file, each);
  });
}

/** `const check = async (name) => { await tx.…; }; … check(a)`: a function of the same one, which sees the same handle. */
function closuresOf({ program, inside }: ProjectFacts, file: string, call: CallFact): number[] {
  const around = new Set(enclosing(program, file, call.fn));
  return [...inside.calleesOf(file, call)].flatMap(({ to, written }) => {
    const target = program.fnOf(to);
    return !written && target.file === file && target.fn.parent !== 0 && target.fn.class === undefined && around.has(target.fn.parent) ? [target.fn.id] : [];
  });
}

function* enclosing(program: ProjectFacts["program"], file: string, fn: number): Generator<number> {
  for (let at = fn; at !== 0; at = program.fn(file, at).parent) yield at;
}

/** A call and those before it in its chain. */
function chainOf({ program }: ProjectFacts, file: string, call: CallFact): CallFact[] {
  const chain: CallFact[] = [];
  for (let at: CallFact | undefined = call; at; ) {
    chain.push(at);
    let of: Expr = at.callee;
    while (of.k === "member") of = of.of;
    at = of.k === "call" ? program.call(file, of.id) : undefined;
  }
  return chain;
}

function runsProjectCode(project: ProjectFacts, file: string, call: CallFact): boolean {
  return [...project.inside.calleesOf(file, call)].some(({ written }) => !written);
}

function within(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call, path }: InsideCall, method: string): Draft {
  const library = packageName(site.library);
  return {
    file,
    span: call.span,
    message: messages.parallel(library, method),
    confidence: PROVEN.has(library) || site.library === "drizzle-orm/node-postgres" ? "proven" : "likely",
    library: site.library,
    ...(method === "all" ? { fix: "review" as const } : { fix: "manual" as const }),
    fixReason: "in order, the first error keeps the rest from running",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [
      { file: site.file, span: site.call.calleeSpan, text: "the transaction" },
      ...path.map((step) => ({ file: step.file, span: step.call.calleeSpan, text: "leads here" })),
    ],
  };
}
