import type { Cost } from "../src/core/cost.js";
import type { LoopTransactionDetail, Place } from "../src/core/finding.js";
import { Bounds } from "../src/core/link/bounds.js";
import { packageName } from "../src/core/catalogue/index.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import type { FunctionKey } from "../src/core/link/program.js";
import type { HeldLoop, TransactionSite } from "../src/core/link/transactions.js";
import { callPath, dearestPath, entryCosts } from "./lib/path.js";
import { amount } from "./lib/amount.js";
import { finish } from "./lib/finish.js";
import { keepsTogether, obstaclesOf } from "./lib/atomicity.js";
import { callersPassing } from "./lib/helpers.js";
import { runnerInService } from "./lib/runner.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Functions and transactions whose names match one of these are meant to be atomic: reported as manual at most. Regular expressions, case-insensitive. */
  atomicNames: string[];
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  held: (loop: string, writes: string, library: string) =>
    `This ${library} transaction holds the write lock while it loops over \`${loop}\`: ${writes}, and nothing bounds how long others wait. Commit in batches.`,
  atomic: (loop: string, reason: string) => `This transaction loops over \`${loop}\` and writes each time round, but ${reason}: batching would need your decision.`,
};

export const noUnbatchedLoopTransaction: Rule<Options> = {
  name: "no-unbatched-loop-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow holding one transaction over a loop that nothing bounds and that writes each time round",
    schema: {
      type: "object",
      properties: {
        atomicNames: { type: "array", items: { type: "string", format: "regex" }, uniqueItems: true },
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { atomicNames: ["atomic"], ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts: Draft[] = [];
    const bounds = new Bounds(project.graph);
    for (const site of project.transactions) {
      if (options.ignoreLibraries.includes(packageName(site.library))) continue;
      for (const holder of site.fromParameter ? callersPassing(project, site) : [site]) {
        if (holder.file !== file) continue;
        const draft = judge(project, bounds, holder, options);
        if (draft) drafts.push(draft);
      }
    }
    return finish(noUnbatchedLoopTransaction, project, drafts);
  },
};

function judge(project: ProjectFacts, bounds: Bounds, site: TransactionSite & { helper?: boolean }, options: Options): Draft | undefined {
  const runner = runnerInService(project, site);
  if (runner === undefined || project.isPrivate(site)) return undefined;
  const held = project.writers
    .heldLoops(site)
    .filter(({ file, loop }) => loop.kind !== "for-in" && !(loop.hasReturn && loop.kind !== "callback") && !bounds.isBounded(file, loop, site))
    // Rows that replace or belong to what this one turn writes are as many as that one thing has.
    .filter((candidate) => !keepsTogether(project, candidate))
    .sort((a, b) => a.path.length - b.path.length || a.loop.span.start - b.loop.span.start);
  const outer = held[0];
  if (!outer) return undefined;

  const obstacles = obstaclesOf(project, site, outer, options.atomicNames);
  const symbol = symbolOf(outer);
  const statements = statementsOf(project, site);
  const fixable = site.library === "better-sqlite3" && outer.path.length === 0;
  const detail: LoopTransactionDetail = {
    kind: "loop-transaction",
    library: packageName(site.library),
    style: site.helper ? "helper" : site.style,
    sessionText: site.call.callee.k === "member" ? receiverText(project, site) : project.program.text(site.file, site.call.calleeSpan),
    transaction: site.call.span,
    invocations: site.invocations.filter((run) => run.file === site.file).map((run) => run.call.span),
    callback: bodySpan(project, site),
    mode: site.mode,
    commits: site.commits.map((call) => call.span),
    rollbacks: site.rollbacks.map((call) => call.span),
    loop: { file: outer.file, span: outer.loop.span, body: outer.loop.body, kind: outer.loop.kind, inCallback: outer.path.length === 0 && outer.file === site.file },
    asyncContext: enclosingFunction(project, site).async,
    obstacles,
  };
  const first = obstacles[0];
  const summaries = project.statementCosts;
  const entries = entryCosts(project, summaries).filter((entry) => entry.key === runner || reaches(project, entry.key, runner));
  return {
    file: site.file,
    span: site.call.span,
    message: first ? messages.atomic(symbol, first.what) : messages.held(symbol, amount(statements, "statement"), packageName(site.library)),
    confidence: first || outer.loop.bound.k === "while" || bounds.isOverShape(outer.file, outer.loop) ? "likely" : "proven",
    library: packageName(site.library),
    fix: first || !fixable ? "manual" : "review",
    fixReason: first ? first.what : fixable ? "all-or-nothing is given up: batches that are committed stay when a later one fails" : "the loop is not written in the transaction itself, or the library has no batching codemod yet",
    why: whyPath(project, runner, entries[0]),
    related: [{ file: outer.file, span: headOf(outer), text: `the loop over ${symbol}` }],
    cost: { statements },
    detail,
  };
}

function symbolOf({ loop }: HeldLoop): string {
  return "symbol" in loop.bound && loop.bound.symbol ? loop.bound.symbol : "repetitions";
}

function headOf({ loop }: HeldLoop): HeldLoop["loop"]["span"] {
  return { ...loop.span, endLine: loop.span.line, endColumn: loop.span.column + 1 };
}

/** Statements that run while the transaction is open. */
function statementsOf(project: ProjectFacts, site: TransactionSite): Cost {
  const body = site.bodies[0];
  if (body === undefined) return [];
  const { file, fn } = project.program.fnOf(body);
  const { extent } = site;
  return project.statementCosts.ofCalls(file, fn, (call) => !extent || (extent.start <= call.span.start && call.span.end <= extent.end));
}

function receiverText(project: ProjectFacts, site: TransactionSite): string {
  return project.program.text(site.file, site.call.calleeSpan).replace(/(\?\.|\.)\s*\w+\s*$/, "").trim();
}

function bodySpan(project: ProjectFacts, site: TransactionSite): LoopTransactionDetail["callback"] {
  const body = site.bodies[0];
  if (site.style === "sql" || body === undefined) return undefined;
  const { file, fn } = project.program.fnOf(body);
  return file === site.file ? fn.span : undefined;
}

function enclosingFunction(project: ProjectFacts, site: TransactionSite): { async: boolean } {
  const fn = project.program.fn(site.file, site.call.fn);
  return { async: fn.async || fn.kind === "module" };
}

function reaches(project: ProjectFacts, from: string, to: string): boolean {
  const seen = new Set<string>();
  const queue = [from];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (key === to) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const call of project.writers.callsOf(key)) queue.push(...project.writers.calleesOf(call));
  }
  return false;
}

function whyPath(project: ProjectFacts, runner: FunctionKey, entry: ReturnType<typeof entryCosts>[number] | undefined): Place[] {
  if (!entry) return [];
  const path = callPath(project, runner);
  return path.length > 0 ? path : dearestPath(project, project.statementCosts, entry).slice(0, 1);
}
