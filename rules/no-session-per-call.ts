import type { Span } from "../src/core/facts/types.js";
import type { Place, SessionPerCallDetail } from "../src/core/finding.js";
import { RUNTIME } from "../src/core/contract.js";
import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import type { Made } from "../src/core/link/injection.js";
import { engineOf } from "../src/core/link/engines.js";
import { type FunctionKey, functionKey } from "../src/core/link/program.js";
import { callersOf, type OpenSite } from "../src/core/link/sessions.js";
import { constant, type Cost, ZERO } from "../src/core/cost.js";
import { administers } from "./lib/administration.js";
import { amount } from "./lib/amount.js";
import { madeOnce, whyPerRequest } from "../src/core/provider-words.js";
import { finish } from "./lib/finish.js";
import { isHandedAround } from "./lib/handed-around.js";
import { isHabit } from "./lib/habit.js";
import { serverOf } from "./lib/given-server.js";
import { closesOf, inheritingProviders, providerSession } from "./lib/inheriting-provider.js";
import { callPath, dearestPath, entryCosts, functionName, goesRound } from "./lib/path.js";
import { providerDetail, providerOf } from "./lib/provider.js";
import { isForRareTask } from "./lib/rare-task.js";
import { sessionDetail } from "./lib/session-detail.js";
import { type JudgedUse, usesOfOpen } from "./lib/uses.js";
import { isInWorker, opensInWorker } from "./lib/cloudflare-worker.js";
import { whoRunsPerCall } from "./lib/who-runs.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Functions that may open a session each time they are called, by name: `openTenantDatabase`. */
  allowFunctions: string[];
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  factory: (name: string, library: string, count: string, per: string) =>
    `${name} opens a new ${library} session each time it is called, and ${count}. Keep one session per ${per} and hand that out.`,
  inline: (name: string, library: string, per: string) => `${name} opens a new ${library} session each time it runs. Keep one session per ${per} and use that.`,
  provider: (name: string, library: string) => `\`${name}\` is made anew for each request, and opens a new ${library} session each time. Let one be made for the process.`,
};

export const noSessionPerCall: Rule<Options> = {
  name: "no-session-per-call",
  meta: {
    priority: "P0",
    recommended: true,
    description: "Disallow making a database session (or a factory of sessions) on every call",
    schema: {
      type: "object",
      properties: {
        allowFunctions: { type: "array", items: { type: "string" }, uniqueItems: true },
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { allowFunctions: [], ignoreLibraries: [] },
  },

  detect(file, project, options) {
    // What a test puts in the place of the program's own factory is the test's, even where the program's functions are seen to run it.
    if (project.program.role(file) === "test") return [];
    const drafts: Draft[] = [];
    for (const open of [...project.opens, ...project.readOnlyOpens]) {
      if (open.file !== file || options.ignoreLibraries.includes(packageName(open.library))) continue;
      if (administers(project, open)) continue;
      const server = serverOf(project, open);
      if (server === "of the call") continue;
      const draft = judge(project, open, options);
      const reason = REASONS[server];
      if (draft) drafts.push(reason === undefined ? draft : { ...draft, confidence: "likely", fix: "manual", fixReason: reason });
    }
    for (const { made, library, said } of inheritingProviders(project, file))
      if (!options.ignoreLibraries.includes(packageName(library)) && !options.allowFunctions.includes(made.name)) drafts.push(draftOfProvider(project, made, library, said));
    return finish(noSessionPerCall, project, drafts);
  },
};

const TOLD = "each object is told its own database, so one session for all of them would be wrong: keep it in a field of the object";

const LEFT_OPEN = "each call is told its own database, so one session for all of them would be wrong: close it where it is used, as its other users do";

const TOLD_BY_SOME = "some requests name the database themselves, so one session for all of them would be wrong";

const REASONS: Partial<Record<ReturnType<typeof serverOf>, string>> = { "of the call, left open": LEFT_OPEN, "of some calls": TOLD_BY_SOME, "of an object": TOLD };

const IN_WORKER = { fix: "manual", fixReason: "a Worker asks the same factory for a session of each request, which it may not share" } as const;

const READ_ONLY = { fix: "manual", fixReason: "it is opened read-only: keep one such session beside the one that writes" } as const;

function judge(project: ProjectFacts, open: OpenSite, options: Options): Draft | undefined {
  if (opensInWorker(project, open)) return undefined;
  const factories = project.factoriesOf(open);
  const { uses: all, through } = usesOfOpen(project, open, factories);
  const uses = all.filter((use) => !isInWorker(project, use));
  const perCall = uses.filter((use) => use.contexts.has("per-call"));
  // What is kept in a field is one session an owner: per call only where a path shows it.
  const unknown = open.stored ? [] : uses.filter((use) => use.contexts.has("unknown") && !use.contexts.has("per-call"));
  const name = functionName(project, factories[0]?.key ?? open.fn);
  if (options.allowFunctions.some((allowed) => name === allowed || name.endsWith(`.${allowed}`))) return undefined;
  const bySeveral = !open.pattern.lazy && repeatedBySeveral(project, unknown.filter((use) => !isKept(project, use)));
  if (perCall.length === 0 && !bySeveral && (unknown.length === 0 || open.pattern.lazy)) return undefined;

  if (open.readOnly && !isHandedAround(project, open, perCall)) return undefined;

  const places = [...perCall, ...unknown];
  const apart = new Set(all.flatMap((use) => (use.own ? [use.call] : [])));
  const summaries = project.summarize(
    (callFile, call): Cost => (callFile === open.file && call === open.call && !call.memo ? constant(1) : ZERO),
    (_file, call) => (apart.has(call) ? ZERO : undefined),
  );
  const entries = entryCosts(project, summaries);
  const dearest = entries[0] && !goesRound(entries[0].cost) ? entries[0] : undefined;
  const proven = bySeveral || (perCall.length > 0 && isHabit(project, open, uses));
  const detail = sessionDetail(project, open, factories);
  const made = providerOf(project, open);
  const isSession = open.call.callee.k === "super";
  if (made) detail.provider = providerDetail(project, made, isSession, open.pattern.shares?.forks?.of);
  if (made && isSession) detail.closes = [...detail.closes, ...closesOf(project, made, open.library)];
  const { fix, fixReason } = uses.length < all.length ? IN_WORKER : open.readOnly ? READ_ONLY : safetyOf(detail, uses);
  const subject = name.startsWith("the ") ? capitalize(name) : `\`${name}\``;
  const per = engineOf(project.graph, open.token) === "sqlite" ? "database file" : "database";
  const message = made ? messages.provider(made.name, packageName(open.library)) :
    through === "open" ? messages.inline(subject, packageName(open.library), per) : messages.factory(subject, packageName(open.library), countOf(perCall.filter((use) => !use.lends).length, unknown.filter((use) => !use.lends).length), per);
  return {
    file: open.file,
    span: open.call.span,
    message: dearest && !made ? `${message} \`${dearest.label}\` opens ${amount(dearest.cost, "session")}.` : message,
    confidence: proven && !isForRareTask(project, open, places) ? "proven" : "likely",
    library: packageName(open.library),
    fix,
    fixReason,
    why: dearest ? dearestPath(project, summaries, dearest) : callPath(project, open.fn),
    related: relatedPlaces(project, open, places),
    cost: dearest ? { sessions: dearest.cost } : undefined,
    detail,
  };
}

/** A provider whose class is the library's own, extended, without a constructor: the container's `new` opens. */
function draftOfProvider(project: ProjectFacts, made: Made, library: string, span: Span): Draft {
  const detail = providerSession(project, made, library);
  return {
    file: made.file,
    span,
    message: messages.provider(made.name, packageName(library)),
    confidence: "proven",
    library: packageName(library),
    ...safetyOf(detail, []),
    why: [],
    related: [],
    detail,
  };
}

/** What programs do once, when they start or stop, by its name. */
const ONCE_BY_NAME = /^(init|setup|migrat|runMigrat|seed|bootstrap|boot|start|stop|main|ensure|shutdown|close|reset|(create|apply|load)(Tables?|Schema))/i;

/**
 * Nobody in the project calls these functions, so how often they run is not known. Two or more that each get a
 * session of their own show that sessions are made by habit, not once. One that another of them calls, or that is written in another, runs on that one's account.
 */
function repeatedBySeveral(project: ProjectFacts, uses: readonly JudgedUse[]): boolean {
  const users = new Set(uses.map((use) => functionKey(use.file, use.call.fn)));
  const isCalledByAnother = (key: FunctionKey) => callersOf(project.graph, key).some(({ file, call }) => functionKey(file, call.fn) !== key && users.has(functionKey(file, call.fn)));
  const isWrittenInAnother = (key: FunctionKey): boolean => {
    const { file, fn } = project.program.fnOf(key);
    return fn.kind !== "module" && ancestorsOf(project, file, fn.parent).some((outer) => users.has(outer));
  };
  return [...users].filter((key) => !ONCE_BY_NAME.test(project.program.fnOf(key).fn.name) && !isCalledByAnother(key) && !isWrittenInAnother(key)).length >= 2;
}

/** `this.db = openDb()`: one session an object, and how many objects there are is not seen. */
function isKept({ program }: ProjectFacts, { file, call }: JudgedUse): boolean {
  const last = program.chainEnd(file, call);
  return program.file(file).assigns.some(({ fn, target, value }) => fn === call.fn && target.k === "member" && target.of.k === "this" && value.k === "call" && value.id === last.id);
}

function ancestorsOf({ program }: ProjectFacts, file: string, fn: number): FunctionKey[] {
  const found: FunctionKey[] = [];
  for (let at = program.fn(file, fn); at.kind !== "module"; at = program.fn(file, at.parent)) found.push(functionKey(file, at.id));
  return found;
}

function relatedPlaces(project: ProjectFacts, open: OpenSite, uses: readonly JudgedUse[]): Place[] {
  const places = [...uses.filter((use) => use.call !== open.call), ...(uses.some((use) => use.call === open.call) ? whoRunsPerCall(project, open) : [])];
  // A call that may run several functions, each of which opens one, is one place.
  return [...new Map(places.map((use) => [use.call, use])).values()]
    .map((use) => ({ file: use.file, span: use.call.span, text: `${functionName(project, functionKey(use.file, use.call.fn))} gets a session of its own here` }))
    .sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.span.start - b.span.start));
}

function countOf(perCall: number, unknown: number): string {
  const places = (count: number) => (count === 1 ? "1 place does so" : `${count} places do so`);
  if (perCall === 0) return `${places(unknown)}`;
  return `${places(perCall)} per request, event or tick`;
}

function safetyOf(detail: SessionPerCallDetail, uses: readonly JudgedUse[]): Pick<Draft, "fix" | "fixReason"> {
  if (uses.some((use) => use.own) && !sharedAtUses(detail)) return { fix: "manual", fixReason: "some callers ask the same factory for a session of their own (in memory, read-only, on another file)" };
  if (detail.openOverAwait.length > 0)
    return { fix: "manual", fixReason: "a transaction stays open over an await on this session; sharing it would let other work slip into that transaction" };
  if (detail.unshared !== undefined) {
    const { why, file, span } = detail.unshared;
    return { fix: "manual", fixReason: file === undefined || span === undefined ? why : `${why} (${file}:${span.line})` };
  }
  if (detail.provider !== undefined) {
    const { obstacles, isSession } = detail.provider;
    if (obstacles.length === 0) return { fix: "review", fixReason: madeOnce(detail.provider) };
    // What its constructor makes and keeps can be shared inside of it.
    if (isSession || detail.factory !== null) return { fix: "manual", fixReason: whyPerRequest(obstacles) };
  }
  if (detail.scoped.length > 0) return { fix: "review", fixReason: `the session itself is changed or occupied (${[...new Set(detail.scoped.map((place) => place.what))].join(", ")}), which would reach everybody who shares it` };
  if (detail.factory?.async) return { fix: "review", fixReason: "the session is opened asynchronously: the first callers share one pending open" };
  if (detail.factory !== null && detail.factory.keyParam === undefined && detail.factory.params.length > 0)
    return { fix: "review", fixReason: "the factory's parameters decide more than the path" };
  if (detail.factory === null && detail.shareable === true) return { fix: "review", fixReason: "the client then lives as long as the process" };
  const [sharing] = [detail.library, ...(detail.wrappers ?? [])].flatMap((id) => libraryWithId(id)?.sharing ?? []);
  if (detail.factory === null && detail.shares === true) return { fix: "review", fixReason: sharing ?? "the session then lives as long as the process" };
  if (sharing !== undefined && detail.shareable !== true) return { fix: "review", fixReason: sharing };
  if (detail.factory === null && !Object.hasOwn(RUNTIME.drivers, detail.library)) return { fix: "manual", fixReason: "a session of this library that is opened in place has no codemod yet: open it once, in a module of its own, and import it" };
  return { fix: "safe" };
}

/** The callers can be told apart, and changed one by one: those that ask for a session of their own stay. */
function sharedAtUses({ factory }: SessionPerCallDetail): boolean {
  return factory !== null && factory.keyParam === 0 && (factory.kind === "function" || factory.kind === "arrow");
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
