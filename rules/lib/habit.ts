import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import { callersOf, type OpenSite } from "../../src/core/link/sessions.js";
import { alike } from "./alike.js";
import type { JudgedUse } from "./uses.js";

/** No rare task explains so many functions that get a session, call the one that opens it, or each open the same … */
const USERS = 4;
/** … or so many entry points that lead to it … */
const ENTRIES = 8;
/** … or one entry point in so many: a small program has no others. */
const OF_SO_MANY = 5;

/**
 * Whether a session per call is how the program works, and not how one rare task does: a restored backup, a migrated
 * record, a server that is tried. One way that leads to one open from far away is as often such a task. What a handler
 * does itself, what several functions do and what many entry points lead to is the program's habit.
 */
export function isHabit(project: ProjectFacts, open: OpenSite, uses: readonly JudgedUse[]): boolean {
  const { contexts, program, labels } = project;
  const shared = uses.filter((use) => !use.own);
  const perCall = shared.filter((use) => use.contexts.has("per-call"));
  const users = usersOf(project, open, perCall);
  if (users.size > 1 || usersOf(project, open, shared).size >= USERS || callersPerCall(project, open.fn).size >= USERS) return true;
  if (perCall.length > 0 && isKeptBesides(project, open, shared)) return true;
  if (new Set(alike(project, open).flatMap(({ file, call, fn }) => (contexts.ofCall(file, call).has("per-call") ? [fn] : []))).size >= USERS) return true;

  const entries = new Map(contexts.entries().map((entry) => [entry.key, entry]));
  const before = new Set(perCall.flatMap((use) => [...contexts.leadingTo(use.file, use.call)]));
  const leading = [...before].flatMap((key) => entries.get(key) ?? []);
  if (leading.length >= ENTRIES || (leading.length > 0 && leading.length * OF_SO_MANY >= entries.size)) return true;
  // What a container makes for each request has no handler of its own.
  if (leading.some(({ key, label, step }) => servesAll(labels.of(key, label, step))) || [...before].some((key) => contexts.injection.scoped(key) !== undefined)) return true;
  return [...users].some((key) => isInHandler(program, key, entries));
}

/**
 * The program keeps such a session for its own life as well, where it begins to serve, and asks for it in the same words: then it is the
 * program's own database that a call opens once more, and no other one that a rare task has to do with.
 */
function isKeptBesides({ contexts, graph, program }: ProjectFacts, open: OpenSite, uses: readonly JudgedUse[]): boolean {
  const makers = program.fnOf(open.fn).fn.kind === "constructor" ? callersOf(graph, open.fn) : [];
  const places = [...uses, ...makers].map(({ file, call }) => ({
    file,
    call,
    contexts: contexts.ofCall(file, call),
    asked: program.text(file, { start: call.calleeSpan.end, end: call.span.end }),
  }));
  const serving = new Set(contexts.entries().map(({ step }) => step.file));
  const kept = places.filter((place) => serving.has(place.file) && !place.call.memo && program.role(place.file) === "source" && [...place.contexts].every((context) => context === "once" || context === "unknown"));
  return kept.some(({ asked }) => places.some((place) => place.contexts.has("per-call") && place.asked === asked));
}

/** The functions that get a session; for what a class opens for its objects, those that make one. */
function usersOf(project: ProjectFacts, open: OpenSite, uses: readonly JudgedUse[]): Set<FunctionKey> {
  const { program } = project;
  return new Set(uses.flatMap(({ file, call }) => {
    const key = functionKey(file, call.fn);
    if (key !== open.fn || program.fnOf(key).fn.kind !== "constructor") return [key];
    const makers = callersPerCall(project, key);
    return makers.size === 0 ? [key] : [...makers];
  }));
}

function callersPerCall({ contexts, graph }: ProjectFacts, key: FunctionKey): Set<FunctionKey> {
  return new Set(callersOf(graph, key).filter(({ file, call }) => contexts.ofCall(file, call).has("per-call")).map(({ file, call }) => functionKey(file, call.fn)));
}

/** A handler, a callback in one, or a function without a name, as wrappers of handlers are given them. */
function isInHandler(program: ProjectFacts["program"], key: FunctionKey, handlers: ReadonlyMap<FunctionKey, unknown>): boolean {
  const { file, fn } = program.fnOf(key);
  if (fn.name === "" && fn.kind !== "module") return true;
  for (let at = fn; at.kind !== "module"; at = program.fn(file, at.parent)) if (handlers.has(functionKey(file, at.id))) return true;
  return false;
}

/** `app.use(…)`, `app.all("*", …)`, what a container makes for each request: every request comes by here. */
function servesAll(label: string): boolean {
  return /^(ALL|middleware)( \/?\*\w*)?$/.test(label) || label.startsWith("each request ");
}
