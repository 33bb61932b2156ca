import { packageName } from "../src/core/catalogue/index.js";
import { type AcquirePattern, libraryId, type Library } from "../src/core/catalogue/library.js";
import type { AwaitFact, CallFact, Expr, TryFact, VariableId } from "../src/core/facts/types.js";
import { engineOf } from "../src/core/link/engines.js";
import { parts } from "../src/core/link/expressions.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { statementOf } from "../src/core/link/run-statements.js";
import type { TransactionSite } from "../src/core/link/transactions.js";
import { type Acquired, acquiredBy, holderOf, releasesBy } from "./lib/acquired.js";
import { earlyExit } from "./lib/early-exit.js";
import { finish } from "./lib/finish.js";
import { type Custody, custodyOf, isVariable, servesLater } from "./lib/ownership.js";
import { callPath } from "./lib/path.js";
import { runnerInService } from "./lib/runner.js";
import { isSame } from "./lib/turns.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  never: (library: string, what: string, remedy: string) => `This ${library} ${what} is never given back: ${remedy}.`,
  unsafe: (library: string, what: string, remedy: string) => `When something fails before it is given back, this ${library} ${what} is lost: ${remedy}.`,
  gap: (library: string, what: string) => `An \`await\` stands between this ${library} ${what} and the \`try\` that gives it back: when that fails, it is lost. Begin the \`try\` right after it.`,
  early: (library: string, what: string, kind: "client" | "transaction") => `The function returns before this ${library} ${what} is ${kind === "client" ? "given back: release it in a `finally`" : "over: roll it back before the `return`"}.`,
  open: (library: string) => `When something fails between this BEGIN and its COMMIT, the ${library} transaction stays open on the session: catch it and run ROLLBACK.`,
};

const WHAT = { client: "connection out of the pool", transaction: "transaction" } as const;
const REMEDY = { client: "release it in a `finally`", transaction: "commit it in a `try`, and roll it back in the `catch`" } as const;

export const requireRelease: Rule<Options> = {
  name: "require-release",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Require that what is taken out of a pool, and each transaction begun by hand, is given back on every path",
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
    if (project.program.role(file) !== "source") return [];
    const drafts: Draft[] = [];
    for (const call of project.program.file(file).calls) {
      const acquired = acquiredBy(project, call);
      if (!acquired || options.ignoreLibraries.includes(acquired.library.name)) continue;
      const draft = judge(project, file, call, acquired);
      if (draft) drafts.push(draft);
    }
    for (const site of project.transactions) {
      if (site.file !== file || site.style !== "sql" || options.ignoreLibraries.includes(packageName(site.library))) continue;
      const draft = judgeBegun(project, site);
      if (draft) drafts.push(draft);
    }
    return finish(requireRelease, project, drafts);
  },
};

function judge(project: ProjectFacts, file: string, call: CallFact, { library, pattern, by }: Acquired): Draft | undefined {
  const contexts = project.contexts.ofCall(file, call);
  if (call.using || (contexts.size > 0 && [...contexts].every((context) => context === "test"))) return undefined;
  const name = library.name;
  const draft = (message: string, related: Draft["related"] = [], simple = false, isRare = false): Draft => ({
    file,
    span: call.span,
    message,
    // What start-up loses, it loses once, but a worker's loop each time round.
    confidence: !isRare && (contexts.has("per-call") || contexts.has("unknown") || call.loop !== undefined) ? "proven" : "likely",
    library: libraryId(library),
    ...(simple && pattern.kind === "client" && by === undefined ? { fix: "safe" as const, detail: { kind: "release" as const, releases: releasesOf(pattern), waits: name === "typeorm" } } : { fix: "manual" as const, fixReason: "where it is given back depends on what else the function does: put everything after it into a `try` with a `finally`" }),
    why: callPath(project, functionKey(file, call.fn)),
    related: by === undefined ? related : [...related, { file: by.file, span: by.call.span, text: "taken here, and handed to the caller" }],
  });
  const what = WHAT[pattern.kind];
  const remedy = REMEDY[pattern.kind];
  if (call.discarded) return pattern.kind === "client" && call.awaited ? draft(messages.never(name, what, remedy)) : undefined;
  const holder = holderOf(project, file, call);
  if (holder === undefined) return undefined;
  const custody = custodyOf(project, file, call.fn, holder, releasesBy(pattern, library));
  if (custody.kept || custody.releasedInside) return undefined;
  // TypeORM's query runner on SQLite is the session's one connection: its `release` gives nothing back.
  if (pattern.takes !== undefined && isOnSqlite(project, by?.call ?? call)) return undefined;
  if (custody.releases.length === 0) return custody.passed || servesLater(project, file, call.fn, holder) ? undefined : draft(messages.never(name, what, remedy), [], true);
  const ways = { releases: [...custody.releases, ...closingsOf(project, file, call, library, pattern)], takes: takingsOf(project, file, holder, pattern), from: pattern.takes === undefined ? 0 : firstUse(project, file, call, holder) };
  const risk = unprotected(project, file, call, ways);
  if (!risk) {
    const exit = earlyExit(project, file, { call, holder, releases: ways.releases, from: ways.from });
    return exit && draft(messages.early(name, what, pattern.kind), [{ file, span: exit.span, text: "returns without giving it back" }]);
  }
  // That a transaction cannot even begin, on a connection that was just taken, is rare.
  const begins = project.program.callsIn(file, call.fn).filter((each) => statementOf(project.graph, each)?.kind === "begin");
  const isRare = unprotected(project, file, call, { ...ways, takes: [...ways.takes, ...begins] }) === undefined;
  const related = [{ file, span: risk.wait.span, text: "an error here loses it" }];
  return draft(risk.gap ? messages.gap(name, what) : messages.unsafe(name, what, remedy), related, !risk.gap && isGivenBackOnce(project, file, call, custody), isRare);
}

/** The methods that give it back, the usual one first. */
function releasesOf({ releases }: AcquirePattern): string[] {
  return ["release", "done", "end", "close", "destroy", "dispose"].filter((method) => releases.test(method));
}

/** One plain statement of the function gives it back, in no branch and no `try`: it can move into a `finally`. */
function isGivenBackOnce({ program }: ProjectFacts, file: string, call: CallFact, { releases }: Custody): boolean {
  const [only, more] = releases;
  return only !== undefined && more === undefined && only.fn === call.fn && !only.conditional && only.loop === call.loop && !program.file(file).tries.some((each) => each.fn === call.fn && each.span.start >= call.span.end && each.span.start <= only.span.start && only.span.end <= each.span.end);
}

/** Calls that close the session it was taken from, where that gives it back as well. */
function closingsOf({ program }: ProjectFacts, file: string, call: CallFact, { closes }: Library, { closedWithSession }: AcquirePattern): CallFact[] {
  const { callee } = call;
  if (closedWithSession !== true || callee.k !== "member") return [];
  return program.callsIn(file, call.fn).filter((other) => other.callee.k === "member" && closes.includes(other.callee.name) && isSame(other.callee.of, callee.of));
}

/** The calls by which it takes its connection in the first place. */
function takingsOf({ program }: ProjectFacts, file: string, holder: VariableId, { takes }: AcquirePattern): CallFact[] {
  return takes === undefined ? [] : program.file(file).calls.filter(({ callee }) => callee.k === "member" && callee.name === takes && isVariable(callee.of, holder));
}

/** Where a client that takes its connection when it first needs one does so at the earliest. */
function firstUse({ program }: ProjectFacts, file: string, call: CallFact, holder: VariableId): number {
  const { calls, assigns } = program.file(file);
  const mentions = (expr: Expr) => [...parts(expr)].some((part) => part.k === "var" && part.id === holder);
  const used = [
    ...calls.filter(({ callee, args }) => mentions(callee) || args.some(mentions)).map(({ span }) => span.start),
    ...assigns.filter(({ value }) => mentions(value)).map(({ span }) => span.start),
  ];
  return Math.min(...used.filter((start) => start > call.span.end));
}

function isOnSqlite({ graph }: ProjectFacts, call: CallFact): boolean {
  const sources = (graph.external.get(call) ?? []).filter((id) => graph.values.tokens.get(id).t === "part");
  return sources.length > 0 && sources.every((id) => engineOf(graph, id) === "sqlite");
}

/** The first `await` after the taking whose failure leaves the function without a release. */
function unprotected({ program }: ProjectFacts, file: string, call: CallFact, { releases, takes, from }: { releases: readonly CallFact[]; takes: readonly CallFact[]; from: number }): { wait: AwaitFact; gap: boolean } | undefined {
  const facts = program.file(file);
  const tries = facts.tries.filter((each) => each.fn === call.fn);
  const inside = (span: { start: number; end: number } | undefined, at: { start: number; end: number }) => span !== undefined && span.start <= at.start && at.end <= span.end;
  const normal = releases.filter((release) => !tries.some((each) => inside(each.handler, release.span)));
  const last = Math.max(...releases.map(({ span }) => span.start));
  const protects = (each: TryFact): boolean => {
    if (releases.some((release) => inside(each.handler, release.span) || inside(each.finalizer, release.span))) return true;
    if (!each.handler) return false;
    const leaves = [...facts.throws, ...facts.exits].some((left) => left.fn === call.fn && inside(each.handler, left.span));
    return !leaves && normal.some((release) => release.span.start >= each.span.end);
  };
  for (const wait of facts.awaits) {
    if (wait.fn !== call.fn || wait.span.start < call.span.end || wait.span.start >= last || wait.span.end <= from) continue;
    if (releases.some((release) => inside(wait.span, release.span) || inside(release.span, wait.span))) continue;
    if (takes.some((taking) => inside(wait.span, taking.span))) continue;
    // In a branch that has given it back.
    if (normal.some((release) => release.branchEnd !== undefined && release.span.end <= wait.span.start && wait.span.end <= release.branchEnd)) continue;
    // In a branch of another kind: a `catch` or `finally` has an error of its own already.
    if (tries.some((each) => inside(each.handler, wait.span) || inside(each.finalizer, wait.span))) continue;
    // Other paths have given it back by then.
    if (normal.some((release) => release.span.end <= wait.span.start && release.conditional === false && release.loop === call.loop)) continue;
    const around = tries.filter((each) => inside(each.block, wait.span));
    if (around.some(protects)) continue;
    const gap = tries.some((each) => each.span.start >= wait.span.end && protects(each));
    return { wait, gap };
  }
  return undefined;
}

/** BEGIN … COMMIT as SQL with nothing that would notice a failure in between. */
function judgeBegun(project: ProjectFacts, site: TransactionSite): Draft | undefined {
  const { file, call, extent } = site;
  const runner = runnerInService(project, site);
  if (!extent || runner === undefined || site.rollbacks.length > 0 || project.isPrivate(site)) return undefined;
  const facts = project.program.file(file);
  const within = (span: { start: number; end: number }) => extent.start <= span.start && span.end <= extent.end;
  if (facts.tries.some((each) => each.fn === call.fn && each.span.end > extent.start && each.span.start < extent.end)) return undefined;
  // A `try` around all of it, or a caller's, may roll back: then a rollback of the same session stands somewhere near.
  if (call.tries || rollsBackElsewhere(project, site)) return undefined;
  const risky = project.program.callsIn(file, call.fn).find((other) => within(other.span) && project.graph.external.has(other));
  if (!risky) return undefined;
  return {
    file,
    span: call.span,
    message: messages.open(packageName(site.library)),
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: "what should happen after a failure is your decision; a `transaction` function of the library does it by itself",
    why: callPath(project, runner),
    related: [{ file, span: risky.span, text: "an error here leaves it open" }],
  };
}

const rolled = new WeakMap<ProjectFacts, Set<string>>();

/** A file that runs ROLLBACK outside the function: in a helper, or in the caller. */
function rollsBackElsewhere(project: ProjectFacts, { file }: TransactionSite): boolean {
  let files = rolled.get(project);
  if (!files) {
    files = new Set();
    for (const facts of project.program.files.values())
      for (const call of facts.calls) if (call.args.some((arg) => (arg.k === "literal" && /^\s*ROLLBACK\b/i.test(String(arg.value))) || isRollback(call))) files.add(facts.file);
    rolled.set(project, files);
  }
  return files.has(file);
}

function isRollback({ callee }: CallFact): boolean {
  return callee.k === "member" && /^rollback/i.test(callee.name);
}
