import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { CallFact, LoopFact } from "../src/core/facts/types.js";
import { Bounds } from "../src/core/link/bounds.js";
import { isOverFoundByAddress } from "../src/core/link/by-address.js";
import { isOverDocument, isOverReceived } from "../src/core/link/documents.js";
import { isPerhapsShort } from "../src/core/link/short-lists.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { calleeName } from "../src/core/link/names.js";
import { functionKey } from "../src/core/link/program.js";
import { statementOf } from "../src/core/link/run-statements.js";
import { combinatorOf } from "../src/core/link/waits.js";
import { withArticle } from "./lib/article.js";
import { type Autocommit, autocommitOf, type Commit } from "./lib/autocommit.js";
import { keepsTogether, parentRow, reorders, writesParts } from "./lib/atomicity.js";
import { asksForItsItem } from "./lib/condition-around.js";
import { changesFiles } from "./lib/file-work.js";
import { finish } from "./lib/finish.js";
import { loopWritesOf, type LoopWrites } from "./lib/loop-writes.js";
import { namesTables } from "./lib/named-tables.js";
import { callPath } from "./lib/path.js";
import { runsMigrations } from "./lib/runner.js";
import { whyLong } from "./lib/why-long.js";
import { runsListed } from "./lib/statement-lists.js";
import { callsOfTurn, flowOfTurn, waitsElsewhere } from "./lib/turns.js";
import { isUpsertByHand } from "./lib/upsert.js";
import { namesNoOne } from "./lib/whole-tables.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  direct: (library: string, symbol: string) => `Each turn of the loop over \`${symbol}\` commits ${withArticle(library)} write of its own: put batches of them into one transaction, or write many rows with one statement.`,
  through: (library: string, symbol: string, callee: string, what: "writes" | "transaction") =>
    `Each turn of the loop over \`${symbol}\` calls \`${callee}\`, which commits ${what === "writes" ? `${library} writes` : `${withArticle(library)} transaction`} of its own: put batches of them into one transaction, or write many rows with one statement.`,
};

export const noAutocommitInLoop: Rule<Options> = {
  name: "no-autocommit-in-loop",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow loops that nothing bounds and in which each turn commits a write of its own",
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
    const { loops } = project.program.file(file);
    // A script's functions run once, but for those that a service runs: see `runsInService`.
    if (loops.length === 0 || project.program.role(file) === "test") return [];
    const bounds = new Bounds(project.graph);
    const drafts = loops.flatMap((loop) => {
      const all = loopOfPieces(project, bounds, file, loop);
      if (all === undefined && (!isData(loop) || bounds.isBounded(file, loop))) return [];
      const draft = judge(project, bounds, file, loop, all ?? loop, options);
      return draft ? [{ loop, draft }] : [];
    });
    return finish(noAutocommitInLoop, project, inOnePlace(drafts));
  },
};

interface Judged {
  loop: LoopFact;
  draft: Draft;
}

/** A loop in a loop is one place, found where most is written: in the innermost one. */
function inOnePlace(all: readonly Judged[]): Draft[] {
  const inside = (outer: Judged): Judged[] => all.filter(({ loop, draft }) => loop !== outer.loop && draft.confidence === "proven" && outer.loop.body.start <= loop.span.start && loop.span.end <= outer.loop.body.end);
  const places = all.filter((each) => inside(each).length === 0);
  return places.map(({ loop, draft }) => {
    const outer = all.filter((each) => inside(each).find((inner) => places.includes(inner))?.loop === loop);
    return { ...draft, related: [...(draft.related ?? []), ...outer.map(({ draft: { file, span } }) => ({ file, span, text: "commits in each turn of the loop around, too" }))] };
  });
}

/** A loop over data that runs to its end. Waiting for events, retries and searches turn for other reasons; pieces are batches already. */
function isData(loop: LoopFact): boolean {
  return runsToItsEnd(loop) && "symbol" in loop.bound && !/chunk|batch|page|slice|segment|attempt|retr(y|ies)/i.test(loop.bound.symbol);
}

function runsToItsEnd({ kind, bound, hasBreak, hasReturn }: LoopFact): boolean {
  return bound.k === "over" && kind !== "for-await" && kind !== "while" && kind !== "do" && (kind === "callback" || (!hasBreak && !hasReturn));
}

/** `for (const rows of chunk(all, 100)) for (const row of rows) …`: a piece is short, but the loop around goes through all of them, and each row of each piece is committed by itself. */
function loopOfPieces(project: ProjectFacts, bounds: Bounds, file: string, loop: LoopFact): LoopFact | undefined {
  const { program } = project;
  const around = loop.parent === undefined ? undefined : program.file(file).loops.find(({ id }) => id === loop.parent);
  if (around === undefined || around.kind === "callback" || !runsToItsEnd(loop) || loop.bound.k !== "over") return undefined;
  if (!bounds.isOverPieces(file, around) || bounds.isBounded(file, around) || isOfShortList(program, bounds, file, around)) return undefined;
  return flowOfTurn(project, file, around).reaches(loop.bound.over) ? around : undefined;
}

function isOfShortList(program: ProjectFacts["program"], bounds: Bounds, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && bound.over.k === "call" && program.call(file, bound.over.id).args.some((arg) => arg.k !== "literal" && bounds.isBoundedList(file, arg));
}

/** `all`: the loop that says how much there is in all; the one around, where this one goes through a piece. */
function judge(project: ProjectFacts, bounds: Bounds, file: string, loop: LoopFact, all: LoopFact, options: Options): Draft | undefined {
  const autocommit = autocommitOf(project);
  const calls = callsOfTurn(project, file, loop);
  const commits = calls.flatMap((call) => {
    const commit = autocommit.of(file, call);
    return commit && !options.ignoreLibraries.includes(packageName(commit.library)) ? [{ call, commit }] : [];
  });
  const first = commits.find(({ commit }) => commit.direct) ?? commits[0];
  if (!first || !runsInService(project, autocommit, file, loop, first.call)) return undefined;
  if (namesTables(project, file, loop, commits.map(({ call }) => call))) return undefined;
  // What waits for something else meanwhile marks its progress turn by turn, on purpose.
  if (callsAnywhereIn(project, file, loop).some((call) => call.awaited && (combinatorOf(call) !== undefined || waitsElsewhere(project, call)))) return undefined;
  const symbol = "symbol" in loop.bound ? loop.bound.symbol : "";
  const confidence = isSure(project, bounds, file, loop, all, first, commits) && !mayJoin(project, file, first) ? "proven" : "likely";
  return {
    file,
    span: first.call.span,
    message: messageOf(project, file, first, symbol),
    confidence,
    library: first.commit.library,
    ...(first.commit.apart ? APART : fixOf(confidence === "proven" && !commits.some(({ call }) => statementOf(project.graph, call)?.through) ? loopWritesOf(project, file, loop, commits) : undefined)),
    why: [...callPath(project, functionKey(file, first.call.fn)), ...whyLong(project, file, all)],
    related: [
      { file, span: { ...loop.span, endLine: loop.span.line, endColumn: loop.span.column + 1 }, text: `the loop over ${symbol}` },
      ...commits.filter((other) => other !== first).map(({ call }) => ({ file, span: call.span, text: "commits in each turn, too" })),
    ],
  };
}

const APART = { fix: "manual", fixReason: "each turn gets a session of its own: hand the helper one session first, on which a batch can be one transaction" } as const;

function fixOf(writes: LoopWrites | undefined): Pick<Draft, "fix" | "fixReason" | "detail"> {
  if (writes === undefined) {
    return { fix: "manual", fixReason: "turns that are committed stay when a later one fails; in one transaction they would not, and how large the batches may be depends on who else writes" };
  }
  const { detail, obstacle } = writes;
  if (obstacle !== undefined) return { fix: "manual", fixReason: obstacle, detail };
  return { fix: "review", fixReason: "when a turn fails, the turns of its batch are rolled back with it, where each was kept before; who else writes waits for a batch instead of a turn", detail };
}

/** The calls of one turn with those of the loops inside. */
function callsAnywhereIn({ program }: ProjectFacts, file: string, loop: LoopFact): CallFact[] {
  const facts = program.file(file);
  const bodies = facts.functions.filter((fn) => fn.loopBody === loop.id).map(({ id }) => id);
  return facts.calls.filter((call) => (loop.kind === "callback" ? bodies.includes(call.fn) : call.fn === loop.fn && loop.body.start <= call.span.start && call.span.end <= loop.body.end));
}

/** Somebody waits for it, and no transaction is open around it, also none that a caller opened. */
function runsInService(project: ProjectFacts, autocommit: Autocommit, file: string, loop: LoopFact, call: CallFact): boolean {
  if (autocommit.isHeld(functionKey(file, call.fn), call.span) || autocommit.isHeld(functionKey(file, loop.fn), loop.span)) return false;
  if (runsMigrations(project, { file, call })) return false;
  const contexts = project.contexts.ofCall(file, call);
  const around = project.program.file(file).functions.filter((fn) => fn.span.start <= call.span.start && call.span.end <= fn.span.end);
  if (!contexts.has("per-call") && around.some(({ name }) => /migrat|^seed([A-Z_]|$)|backfill/i.test(name))) return false;
  return contexts.has("per-call") || contexts.has("repeated") || contexts.has("unknown");
}

interface Found {
  call: CallFact;
  commit: Commit;
}

function messageOf(project: ProjectFacts, file: string, { call, commit }: Found, symbol: string): string {
  const library = packageName(commit.library);
  return commit.direct ? messages.direct(library, symbol) : messages.through(library, symbol, calleeName(project, file, call), commit.transaction ? "transaction" : "writes");
}

/**
 * A plain loop whose every turn writes (if it runs at all), itself, in a function that always does, or in one branch or another. Loops over a thing's parts or what is most often a handful, and
 * writes in branches are likely; so are loops over an object's properties, unless the object is a table by key that came from outside.
 */
function isSure(project: ProjectFacts, bounds: Bounds, file: string, loop: LoopFact, all: LoopFact, { call, commit }: Found, commits: readonly Found[]): boolean {
  const isSync = libraryWithId(commit.library)?.sync === true;
  const ofOneThing = isOfThis(project, file, all);
  const ofShape = bounds.isOverShape(file, all) && !isOverReceived(project.graph, file, all);
  const isEach = loop.kind !== "callback" || loop.method === "forEach" || (loop.method === "map" && isSync);
  // A transaction that takes turns with other work, or moves one thing from state to state, is often meant. One that adds rows at once is not.
  const isMeant = commit.transaction !== undefined && !(isSync && commit.transaction === "adds");
  return (
    isEach && !isMeant && !ofOneThing && !ofShape &&
    (!call.conditional || call.everyTurn === true || asksForItsItem(project.program, file, loop, call) || isUpsertByHand(project, file, commits.flatMap(({ call: each, commit: made }) => (made.direct ? [each] : [])))) &&
    !mayThrowAfter(project, file, loop, call) && !failsAlone(project, file, loop, call) &&
    !isPerhapsShort(project.graph, file, all) && !isOverFoundByAddress(project.contexts, file, all) && !isOfOneWhole(project, file, loop, call) && !marksWork(project, file, loop, call, commits) && !changesFiles(project, callsOfTurn(project, file, loop)) &&
    // A script: whoever wrote its statements may have meant each to stand by itself.
    runsListed(project, { file, loop, writes: commits.map((each) => ({ file, call: each.call })) }).length === 0
  );
}

/** What comes after work that writes in ways of its own (a batch, a transaction over many rows) notes that it is done: the turns are units of work, not rows. */
function marksWork(project: ProjectFacts, file: string, loop: LoopFact, call: CallFact, commits: readonly Found[]): boolean {
  const own = new Set(commits.map((each) => each.call));
  return callsOfTurn(project, file, loop).some((other) => !own.has(other) && other.span.end <= call.span.start && statementOf(project.graph, other) === undefined && project.writers.callWrites(other));
}

/** As many as one thing has, most often a handful: `this.lines`, `this.known.values()`. */
function isOfThis({ program }: ProjectFacts, file: string, { bound }: LoopFact): boolean {
  if (bound.k !== "over") return false;
  const callee = bound.over.k === "call" ? program.call(file, bound.over.id).callee : undefined;
  const list = callee?.k === "member" && /^(keys|values|entries)$/.test(callee.name) ? callee.of : bound.over;
  return list.k === "member" && list.of.k === "this";
}

/** A turn that may throw by what its write has said: the next one's write depends on it, as those of a check or a search do. */
function mayThrowAfter({ program }: ProjectFacts, file: string, loop: LoopFact, { span }: CallFact): boolean {
  const { throws, tries } = program.file(file);
  return throws.some((thrown) => thrown.loop === loop.id && thrown.span.start >= span.end && !tries.some(({ handler }) => handler && handler.start <= thrown.span.start && thrown.span.end <= handler.end));
}

/**
 * Turns that fail by themselves on purpose, and leave what the others have written: `catch { failed.push(row.id); }` tells what becomes of each row,
 * `catch (error) { if (!isTaken(error)) throw error; }` passes over the one failure that it expects, which would undo all rows of one transaction.
 */
function failsAlone({ program }: ProjectFacts, file: string, loop: LoopFact, { fn, span }: CallFact): boolean {
  const { calls, throws, tries } = program.file(file);
  const within = (inner: Range, outer: Range) => outer.start <= inner.start && inner.end <= outer.end;
  return tries.some(({ fn: of, block, handler, span: whole }) => {
    if (of !== fn || handler === undefined || !within(span, block) || !within(whole, loop.body)) return false;
    const last = throws.findLast((thrown) => thrown.fn === fn && within(thrown.span, handler));
    if (last !== undefined) return mayPassOver(program.text(file, { ...handler, end: last.span.start }), program.text(file, { ...handler, start: last.span.end }));
    return calls.some(({ callee, span: told }) => callee.k === "member" && callee.name === "push" && within(told, handler));
  });
}

/** A `catch` goes on after some failures: its last `throw` stands under a condition, as what comes after one does by itself, or one before it does. */
function mayPassOver(before: string, after: string): boolean {
  return /[^\s;}]/.test(after) || /\bif\s*\([^;{}]*\)\s*\{?\s*$/.test(before) || /\bcontinue\b/.test(before);
}

interface Range {
  start: number;
  end: number;
}

/** The rows of the loop belong to one thing or order: what is as long as that, and right only as a whole, wants one transaction. */
function isOfOneWhole(project: ProjectFacts, file: string, loop: LoopFact, call: CallFact): boolean {
  const held = { file, loop, fn: functionKey(file, loop.fn), path: [], writes: [{ file, call }] };
  const isPart = writesParts(project, file, loop, call) || parentRow(project, held).length > 0;
  // An import under a new parent is as long as the document is, and what comes in the place of all rows is as long as the table.
  return (isPart && !isOverDocument(project.graph, file, loop)) || keepsTogether(project, held, (removal) => !namesNoOne(project, file, removal)) || reorders(project, held).length > 0;
}

/**
 * Whether a caller out of sight may have a transaction open that the write would join: where a transaction is the session's own state, and nobody
 * is seen to call this.
 */
function mayJoin(project: ProjectFacts, file: string, { call, commit }: Found): boolean {
  const library = libraryWithId(commit.library);
  const apart = library !== undefined && !library.sync && (library.acquires.length > 0 || library.transactions.some(({ handle }) => handle !== undefined));
  const contexts = project.contexts.ofCall(file, call);
  return !apart && !contexts.has("per-call") && !contexts.has("repeated");
}
