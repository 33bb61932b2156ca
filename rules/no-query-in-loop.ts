import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact, Expr, LoopFact } from "../src/core/facts/types.js";
import { Bounds } from "../src/core/link/bounds.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { withArticle } from "./lib/article.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { asksStore, isRun, type SingleRead, singleReadOf } from "./lib/single-read.js";
import { callsOfTurn, contains, Flow, flowOfTurn, isSame, waitsElsewhere } from "./lib/turns.js";
import { combinatorOf } from "../src/core/link/waits.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

/** How each library reads the rows of a whole list. */
const REMEDIES: Readonly<Record<string, string>> = {
  "@prisma/client": "`findMany` with `in`, or `include` where the list itself is read",
  "drizzle-orm": "`inArray`, or a join where the list itself is read",
  knex: "`whereIn`, or a join where the list itself is read",
  kysely: "`where(column, \"in\", list)`, or a join where the list itself is read",
  typeorm: "`In(list)`, or `relations` where the list itself is read",
  sequelize: "a list in `where`, or `include` where the list itself is read",
  pg: "`= ANY($1)`, or a join where the list itself is read",
};
const REMEDY = "`IN (…)`, a join, or a batch loader";

const messages = {
  direct: (library: string, symbol: string, remedy: string) => `Each turn of the loop over \`${symbol}\` waits for ${withArticle(library)} query of its own (N + 1): read all of them with one query, by ${remedy}.`,
  through: (library: string, symbol: string, remedy: string, callee: string) =>
    `Each turn of the loop over \`${symbol}\` calls \`${callee}\`, which waits for ${withArticle(library)} query of its own (N + 1): read all of them with one query, by ${remedy}.`,
};

export const noQueryInLoop: Rule<Options> = {
  name: "no-query-in-loop",
  meta: {
    priority: "P3",
    recommended: false,
    description: "Disallow loops that nothing bounds and in which each turn reads from a database server what one query could read",
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
    if (loops.length === 0 || project.program.role(file) !== "source") return [];
    const bounds = new Bounds(project.graph);
    const drafts = loops.flatMap((loop) => (isOverData(loop) ? (judge(project, bounds, file, loop, options) ?? []) : []));
    return finish(noQueryInLoop, project, drafts);
  },
};

/** A loop over data that runs to its end. Pages and retries turn for other reasons; periods are ranges, which no list replaces. */
function isOverData({ kind, bound, method, hasBreak, hasReturn }: LoopFact): boolean {
  if (bound.k !== "over" || PIECES.test(bound.symbol) || PERIODS.test(bound.symbol)) return false;
  if (kind === "callback") return /^(forEach|map|flatMap)$/.test(method ?? "");
  return (kind === "for" || kind === "for-of" || kind === "for-in") && !hasBreak && !hasReturn;
}

const PIECES = /chunk|batch|page|slice|segment|attempt|retr(?:y|ies)/i;
const PERIODS = /^(?:day|week|month|quarter|year|hour|date|period|interval|range)s$|(?:Day|Week|Month|Quarter|Year|Hour|Date|Period|Interval|Range)s$/;

interface Found {
  call: CallFact;
  read: SingleRead;
}

function judge(project: ProjectFacts, bounds: Bounds, file: string, loop: LoopFact, options: Options): Draft | undefined {
  const calls = callsOfTurn(project, file, loop);
  if (calls.length === 0) return undefined;
  const flow = flowOfTurn(project, file, loop);
  const found = calls.flatMap((call): Found[] => {
    const read = call.conditional ? undefined : singleReadOf(project, file, call, flow);
    return read && !options.ignoreLibraries.includes(packageName(read.library)) && runsEachTurn(project, file, loop, call, read) ? [{ call, read }] : [];
  });
  const first = found.find(({ read }) => read.direct) ?? found[0];
  if (!first || bounds.isBounded(file, loop) || isShort(project, bounds, file, loop)) return undefined;
  if (!runsInService(project, file, first.call) || isOrdered(project, file, loop, found) || isBatchFunction(project, file, first.call)) return undefined;
  if (asksStore(project, file, calls) || calls.some((call) => call.awaited && waitsElsewhere(project, call))) return undefined;
  const symbol = "symbol" in loop.bound ? loop.bound.symbol : "";
  return {
    file,
    span: first.call.span,
    message: messageOf(project, file, first, symbol),
    confidence: first.read.direct && loop.kind !== "callback" && project.contexts.ofCall(file, first.call).has("per-call") ? "proven" : "likely",
    library: first.read.library,
    fix: "manual",
    fixReason: "one query for the whole list gives its rows in another order and without those that are missing, so the code after it has to put them together by key",
    why: callPath(project, functionKey(file, first.call.fn)),
    related: [
      { file, span: { ...loop.span, endLine: loop.span.line, endColumn: loop.span.column + 1 }, text: `the loop over ${symbol}` },
      ...found.filter((other) => other !== first).map(({ call }) => ({ file, span: call.span, text: "reads in each turn, too" })),
    ],
  };
}

function messageOf(project: ProjectFacts, file: string, { call, read }: Found, symbol: string): string {
  const library = packageName(read.library);
  const remedy = REMEDIES[library] ?? REMEDY;
  return read.direct ? messages.direct(library, symbol, remedy) : messages.through(library, symbol, remedy, project.program.text(file, call.calleeSpan));
}

/** A promise that the callback gives back is waited for where `Promise.all` takes the list. Prisma makes one query of its `findUnique`s there. */
function runsEachTurn(project: ProjectFacts, file: string, loop: LoopFact, call: CallFact, read: SingleRead): boolean {
  if (!isRun(project, file, call) || (loop.kind === "callback" && read.batchesInTick)) return false;
  if (loop.kind !== "callback" || project.program.chainEnd(file, call).awaited || project.program.fn(file, call.fn).async) return true;
  const each = loop.call === undefined ? undefined : project.program.takerOf(file, project.program.call(file, loop.call));
  return each !== undefined && combinatorOf(each) !== undefined;
}

function runsInService(project: ProjectFacts, file: string, call: CallFact): boolean {
  const contexts = project.contexts.ofCall(file, call);
  if (contexts.has("per-call")) return true;
  const around = project.program.file(file).functions.filter(({ span }) => contains(span, call.span));
  return contexts.has("unknown") && !around.some(({ name }) => /migrat|^seed([A-Z_]|$)|backfill/i.test(name));
}

/**
 * Over the properties of an object, most often an enumeration: as many as its type has. Or the rows of a read with a limit among its
 * options: `findMany({ take: 20 })`. Kept in a variable or not.
 */
function isShort({ program }: ProjectFacts, bounds: Bounds, file: string, loop: LoopFact): boolean {
  const { bound } = loop;
  if (bound.k !== "over") return false;
  const isIt = (over: Expr): boolean => {
    if (over.k === "await" || over.k === "typed") return isIt(over.of);
    if (over.k !== "call") return false;
    const isLimited = program.call(file, over.id).args.some((arg) => arg.k === "object" && arg.props.some(({ name }) => /^(take|limit)$/.test(name)));
    return isLimited || bounds.isOverShape(file, { ...loop, bound: { ...bound, over } });
  };
  const { over } = bound;
  if (over.k !== "var") return isIt(over);
  const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === over.id);
  return assigns.length > 0 && assigns.every(({ value }) => isIt(value));
}

/** A turn that needs what another one did: it writes, it goes on from the last result, or it makes the list longer. */
function isOrdered(project: ProjectFacts, file: string, loop: LoopFact, found: readonly Found[]): boolean {
  const { program, writers } = project;
  const { calls, functions } = program.file(file);
  const inside = calls.filter(({ span }) => contains(loop.body, span));
  // A function that calls itself walks a tree: the next level's keys are this one's rows.
  const around = functions.filter(({ id, span }) => id !== 0 && contains(span, loop.span)).map(({ id }) => functionKey(file, id));
  if (inside.some((call) => writers.callWrites(call) || writers.calleesOf(call).some((key) => around.includes(key)))) return true;
  const list: Expr | undefined = loop.bound.k === "over" ? loop.bound.over : undefined;
  if (list && inside.some(({ callee }) => callee.k === "member" && /^(push|unshift|splice|add|set)$/.test(callee.name) && isSame(callee.of, list))) return true;
  const carried = new Flow(program, file, loop.body, loop.writesOuter.filter(({ alsoRead }) => alsoRead).map(({ variable }) => variable));
  return found.some(({ call }) => [call, ...program.chainAfter(file, call)].some(({ args }) => args.some((arg) => carried.reaches(arg))));
}

/** A function that a batch loader calls with the keys of one tick: `new DataLoader(async (ids) => …)`, `batchUsers`. */
function isBatchFunction({ program }: ProjectFacts, file: string, call: CallFact): boolean {
  const { functions, calls } = program.file(file);
  const loaders = calls.filter(({ calleeSpan }) => /loader/i.test(program.text(file, calleeSpan)));
  return functions.some(({ id, name, span }) => {
    if (id === 0 || !contains(span, call.span)) return false;
    return /^batch|loader/i.test(name) || loaders.some(({ args }) => args.some((arg) => (arg.k === "fn" && arg.id === id) || (arg.k === "var" && name !== "" && program.variable(file, arg.id).name === name)));
  });
}
