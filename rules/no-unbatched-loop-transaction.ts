import { add, constant, type Cost, multiply } from "../src/core/cost.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { LoopTransactionDetail, Place } from "../src/core/finding.js";
import { isOverPicked } from "../src/core/link/asked-ids.js";
import { Bounds } from "../src/core/link/bounds.js";
import { isOverFoundByAddress } from "../src/core/link/by-address.js";
import { isOverDocument } from "../src/core/link/documents.js";
import { isPerhapsShort } from "../src/core/link/short-lists.js";
import type { Engine } from "../src/core/link/engines.js";
import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { append, type FunctionKey, functionKey } from "../src/core/link/program.js";
import { statementsRunBy } from "../src/core/link/run-statements.js";
import { loopTimes } from "../src/core/link/summaries.js";
import type { HeldLoop, TransactionSite } from "../src/core/link/transactions.js";
import { namesTables } from "./lib/named-tables.js";
import { callPath, dearestPath, entryCosts } from "./lib/path.js";
import { amount } from "./lib/amount.js";
import { finish } from "./lib/finish.js";
import { isOverEdits } from "./lib/edits.js";
import { freshSessionsOf } from "./lib/own-session.js";
import { besideReplaced, keepsTogether, obstaclesOf, ORDER, PARENT } from "./lib/atomicity.js";
import { ONE_THING } from "./lib/one-thing.js";
import { isOverRows } from "./lib/reorders.js";
import { bodySpan, runnerOf, whyNotBatched } from "./lib/batchable.js";
import { isReadOnly } from "./lib/read-only.js";
import { runnerInService } from "./lib/runner.js";
import { areOnPools } from "./lib/pools.js";
import { changesMany, writesMany } from "./lib/pieces.js";
import { contains } from "./lib/turns.js";
import { whyLong } from "./lib/why-long.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Functions and transactions whose names match one of these are meant to be atomic: reported as manual at most. Regular expressions, case-insensitive. */
  atomicNames: string[];
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

/** What a transaction keeps from others. PostgreSQL and MySQL lock rows: https://www.postgresql.org/docs/current/explicit-locking.html */
const LOCKS: Record<Engine, string> = { sqlite: "the write lock", server: "a connection and its row locks", unknown: "its locks" };

const messages = {
  held: (loop: string, writes: string, library: string, engine: Engine) =>
    `This ${library} transaction holds ${LOCKS[engine]} while it loops over \`${loop}\`: ${writes}, and nothing bounds how long others wait. Commit in batches.`,
  renumbers: (loop: string, writes: string, library: string, engine: Engine) =>
    `This ${library} transaction holds ${LOCKS[engine]} while it gives each of \`${loop}\` a place, one by one: ${writes}. An order is right only as a whole, so batches are no remedy: number all rows by one statement (\`row_number()\`).`,
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
    const bounds = new Bounds(project.graph);
    const sites = new Map<CallFact, JudgedTransaction[]>();
    for (const site of project.judgedTransactions)
      if (site.file === file && !options.ignoreLibraries.includes(packageName(site.library))) append(sites, site.call, site);
    return finish(noUnbatchedLoopTransaction, project, [...sites.values()].flatMap((alike) => judgeAlike(project, bounds, alike, options) ?? []));
  },
};

/** One place begins a transaction of whichever library the program was set up with: one finding, that names them all. */
function judgeAlike(project: ProjectFacts, bounds: Bounds, sites: readonly JudgedTransaction[], options: Options): Draft | undefined {
  const libraries = [...new Set(sites.map(({ library }) => packageName(library)))].join(" or ");
  const [engine = "unknown", another] = new Set(sites.map((site) => site.engine));
  const drafts = sites.flatMap((site) => judge(project, bounds, site, options, { libraries, engine: another === undefined ? engine : "unknown" }) ?? []);
  const draft = drafts.find(({ confidence }) => confidence === "proven") ?? drafts[0];
  return draft !== undefined && driversOf(project, sites).size > 1 ? { ...draft, fix: "manual", fixReason: `it begins on ${libraries} by how the program is set up, and batches are written for one driver` } : draft;
}

/** The libraries of the sessions that are seen to be opened for it; an ORM's are those of its drivers. */
function driversOf({ graph }: ProjectFacts, sites: readonly JudgedTransaction[]): Set<string | undefined> {
  const { tokens } = graph.values;
  return new Set(sites.flatMap(({ sessions }) => sessions.filter((id) => tokens.get(id).t === "session").map((id) => tokens.libraryOf(id))));
}

interface Called {
  libraries: string;
  engine: Engine;
}

function judge(project: ProjectFacts, bounds: Bounds, site: JudgedTransaction, options: Options, { libraries, engine }: Called): Draft | undefined {
  const runner = runnerInService(project, site);
  if (runner === undefined || site.pattern?.atOnce || project.isPrivate(site) || isInner(project, site) || isReadOnly(project, site) || isOnPool(project, site)) return undefined;
  const joined = isJoined(project, site);
  const loops = project.writers.heldLoops(site);
  const held = loops
    .filter(({ file, loop, path }) => !(joined && path.length > 0) && loop.kind !== "for-in" && !(loop.hasReturn && loop.kind !== "callback") && !bounds.isBounded(file, loop, site))
    // Rows that replace or belong to what this one turn writes are as many as that one thing has.
    .filter((candidate) => !keepsTogether(project, candidate) && !isOverTables(project, candidate) && !isApart(project, candidate) && !isLeftBehind(project, site, candidate))
    .map((candidate) => ({ ...candidate, isSure: isSurelyLong(project, bounds, candidate, site, engine) }))
    .sort((a, b) => Number(b.isSure) - Number(a.isSure) || a.path.length - b.path.length || a.loop.span.start - b.loop.span.start);
  const outer = held[0];
  if (!outer) return undefined;

  const obstacles = [...obstaclesOf(project, site, outer, options.atomicNames), ...besideReplaced(project, loops)];
  const symbol = symbolOf(outer);
  const statements = site.style === "array" ? listed(held) : statementsOf(project, site);
  const unbatched = whyNotBatched(project, site, outer);
  const runnerDetail = runnerOf(project, site);
  const detail: LoopTransactionDetail = {
    kind: "loop-transaction",
    library: packageName(site.library),
    style: site.lender ? "helper" : site.style,
    sessionText: site.call.callee.k === "member" ? receiverText(project, site) : project.program.text(site.file, site.call.calleeSpan),
    ...(runnerDetail === undefined ? {} : { runner: runnerDetail }),
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
  const leading = leadingTo(project, runner);
  const long = whyLong(project, outer.file, outer.loop, site);
  const entries = entryCosts(project, summaries).filter((entry) => leading.has(entry.key));
  return {
    file: site.file,
    span: site.call.span,
    message: first && isWholeOrder(project, outer, obstacles) ? messages.renumbers(symbol, howMany(statements), libraries, engine) : first ? messages.atomic(symbol, first.what) : messages.held(symbol, howMany(statements), libraries, engine),
    confidence: (first && !isImport(project, outer, obstacles) && !isWholeOrder(project, outer, obstacles)) || !outer.isSure || libraryWithId(site.library)?.described || (engine === "sqlite" && long.length === 0 && isUnseen(project, runner)) ? "likely" : "proven",
    library: packageName(site.library),
    fix: first || unbatched !== undefined ? "manual" : "review",
    fixReason: first?.what ?? unbatched ?? "all-or-nothing is given up: batches that are committed stay when a later one fails",
    why: [...whyPath(project, runner, entries[0]), ...long],
    related: [{ file: outer.file, span: headOf(outer), text: `the loop over ${symbol}` }],
    ...(statements.length === 0 ? {} : { cost: { statements } }),
    detail,
  };
}

/** Written in the body of another transaction of the same session, it is a savepoint: that one holds the lock, also over this one's loops, and ends later. */
function isInner({ judgedTransactions, program }: ProjectFacts, site: JudgedTransaction): boolean {
  return judgedTransactions.some(
    (other) =>
      other.call !== site.call &&
      other.file === site.file &&
      other.sessions.some((id) => site.sessions.includes(id)) &&
      (other.extent ? contains(other.extent, site.call.span) : other.bodies.some((key) => program.fnOf(key).file === site.file && contains(program.fnOf(key).fn.span, site.call.span))),
  );
}

/** Helpers write on sessions that they get for themselves: the transaction holds nothing of that. */
function isApart(project: ProjectFacts, { writes }: HeldLoop): boolean {
  const fresh = freshSessionsOf(project);
  return writes.every(({ call }) => fresh.writesApart(call));
}

/** `rows.forEach(async (row) => { await tx.save(row); })`: nobody waits for what it writes, and the transaction does not either. */
function isLeftBehind({ program }: ProjectFacts, { sync }: JudgedTransaction, { file, loop }: HeldLoop): boolean {
  if (sync || loop.method !== "forEach" || loop.call === undefined) return false;
  return program.call(file, loop.call).args.some((arg) => arg.k === "fn" && program.fn(file, arg.id).async);
}

/** Each turn writes another table: as many as the program has. */
function isOverTables(project: ProjectFacts, { file, loop, writes }: HeldLoop): boolean {
  return writes.every((write) => write.file === file) && namesTables(project, file, loop, writes.map(({ call }) => call));
}

/**
 * Nobody is seen to wait: no request, event or timer leads to it. A row in a local file is written in microseconds, so where nothing says that the list is long either, the lock may be short; each
 * statement to a server is a round trip. A linter that is shown one file would not see them either way.
 */
function isUnseen({ contexts, program }: ProjectFacts, runner: FunctionKey): boolean {
  return program.files.size > 1 && !contexts.of(runner).has("per-call") && !contexts.of(runner).has("repeated");
}

/** How many helpers may stand between a transaction and its loop for the loop to be surely the transaction's own. */
const NEAR = 0;

function isSurelyLong(project: ProjectFacts, bounds: Bounds, held: HeldLoop, site: TransactionSite, engine: Engine): boolean {
  const { file, loop, path } = held;
  const inPieces = bounds.isOverPieces(file, loop) && (engine === "sqlite" ? changesMany(project, held) : writesMany(project, held));
  // A savepoint in the transaction's body is no helper.
  const helpers = path.filter(({ call }) => !project.judgedTransactions.some((inner) => (inner.call === call || inner.invocations.some((run) => run.call === call)) && isInner(project, inner)));
  return helpers.length <= NEAR && loop.bound.k !== "while" && !bounds.isOverShape(file, loop) && !isPerhapsShort(project.graph, file, loop) && !isOverPicked(project.graph, file, loop) && !isOverFoundByAddress(project.contexts, file, loop, site) && !isOverEdits(project, held, site) && !inPieces;
}

/** An import under a new parent: as long as the document is, so its parent does not make it one small thing. Where to cut it is still for people to say. */
function isImport({ graph }: ProjectFacts, { file, loop }: HeldLoop, obstacles: LoopTransactionDetail["obstacles"]): boolean {
  return obstacles.every(({ what }) => what === PARENT || what === ONE_THING) && isOverDocument(graph, file, loop);
}

/** As many statements as there are rows, where one would number them all: what cannot be batched is long all the same. */
function isWholeOrder(project: ProjectFacts, held: HeldLoop, obstacles: LoopTransactionDetail["obstacles"]): boolean {
  return obstacles.every(({ what }) => what === ORDER) && isOverRows(project, held);
}

/** BEGIN went to some connection of a pool, and the rest to others: no connection is held over the loop, and no-begin-on-pool says what is wrong. */
function isOnPool(project: ProjectFacts, { style, call }: TransactionSite): boolean {
  const statements = style === "sql" ? statementsRunBy(project.graph, call) : [];
  return statements.length > 0 && areOnPools(project, statements);
}

/** A transaction that callers join without saying so holds what any of them does: which loops of other functions those are cannot be told. */
function isJoined(project: ProjectFacts, site: JudgedTransaction): boolean {
  return site.lender !== undefined && (project.ambient.isAmbient(site) || project.ambient.isAmbient(site.lender));
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

/** What runs them may be out of sight, though they are seen to write. */
function howMany(statements: Cost): string {
  return statements.length === 0 ? "statements in each turn" : amount(statements, "statement");
}

/** Statements in a list that loops fill. */
function listed(held: readonly HeldLoop[]): Cost {
  return add(...held.map(({ loop, writes }) => multiply(constant(writes.length), loopTimes(loop))));
}

function receiverText(project: ProjectFacts, site: TransactionSite): string {
  return project.program.text(site.file, site.call.calleeSpan).replace(/(\?\.|\.)\s*\w+\s*$/, "").trim();
}

function enclosingFunction(project: ProjectFacts, site: TransactionSite): { async: boolean } {
  const fn = project.program.fn(site.file, site.call.fn);
  return { async: fn.async || fn.kind === "module" };
}

const callers = new WeakMap<ProjectFacts, Map<FunctionKey, FunctionKey[]>>();

/** The functions that lead to one, itself included. */
function leadingTo(project: ProjectFacts, target: FunctionKey): ReadonlySet<FunctionKey> {
  let index = callers.get(project);
  if (!index) {
    callers.set(project, (index = new Map<FunctionKey, FunctionKey[]>()));
    for (const { file, functions } of project.program.files.values())
      for (const { id } of functions) {
        const key = functionKey(file, id);
        for (const call of project.writers.callsOf(key)) for (const callee of project.writers.calleesOf(call)) append(index, callee, key);
      }
  }
  const found = new Set([target]);
  // A Set's iteration also visits what is added meanwhile.
  for (const key of found) for (const caller of index.get(key) ?? []) found.add(caller);
  return found;
}

function whyPath(project: ProjectFacts, runner: FunctionKey, entry: ReturnType<typeof entryCosts>[number] | undefined): Place[] {
  if (!entry) return [];
  const path = callPath(project, runner);
  return path.length > 0 ? path : dearestPath(project, project.statementCosts, entry).slice(0, 1);
}
