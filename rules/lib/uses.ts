import { triesWhatItIsTold } from "./administration.js";
import { lends, withBorrowers } from "./borrowers.js";
import type { Context } from "../../src/core/link/contexts.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { asksForOwn, callersOf, type Factory, type OpenSite, replacesAtUse, saysOwn, type SessionUse } from "../../src/core/link/sessions.js";
import { Relays } from "./relays.js";
import { append, functionKey, type FunctionKey } from "../../src/core/link/program.js";
import { isToldItsFile } from "./told-file.js";
import { contains } from "./turns.js";

/** A place that gets a session, and in which circumstances it runs. */
export interface JudgedUse {
  file: string;
  call: OpenSite["call"];
  /** Undefined when the open itself is the use: there is no factory. */
  factory?: Factory;
  /** It asks for a session of its own on purpose: in memory, read-only, on another file, in place of one that it has closed. Then it has no contexts. */
  own: boolean;
  contexts: ReadonlySet<Context>;
  /** It gets the session for what it was given, and makes none for itself. */
  lends?: true;
  /** The call that gets the session which is lent to it. */
  borrowed?: OpenSite["call"];
}

/** The calls that get a session: of the factories, or the open itself when there is none. */
export function callUses(project: ProjectFacts, open: OpenSite, factories: readonly Factory[]): JudgedUse[] {
  if (factories.length === 0) return usesOfObject(project, open) ?? (triesWhatItIsTold(project, open, open) ? [] : [judged(project, open.file, open.call)]);
  const all = uniqueCalls(factories.flatMap((factory) => project.usesOf(factory)));
  const relays = new Relays(project, all, factories);
  const uses = all.filter((use) => !relays.getsSomethingElse(use));
  const own = new Set(uses.filter((use) => asksForOwn(project.graph, open, use) || replacesAtUse(project.graph, open, use) || triesWhatItIsTold(project, open, use) || isToldItsFile(project, open, use)));
  withThoseAbove(uses, factories, own);
  const ofOthers = withoutOwn(project, uses, own);
  return uses.filter((use) => !relays.handsOn(use)).map((use) => (own.has(use) ? { ...use, own: true, contexts: new Set() } : { ...judged(project, use.file, use.call), contexts: ofOthers(use), factory: use.factory }));
}

/** A factory that asks another one runs on the account of those who ask it, and not of those among them who ask for a session of their own. */
function withoutOwn({ contexts }: ProjectFacts, uses: readonly SessionUse[], own: ReadonlySet<SessionUse>): (use: SessionUse) => JudgedUse["contexts"] {
  const asked = new Map<FunctionKey, SessionUse[]>();
  for (const use of uses) append(asked, use.factory.key, use);
  const found = (use: SessionUse, depth: number): JudgedUse["contexts"] => {
    const above = asked.get(functionKey(use.file, use.call.fn)) ?? [];
    if (depth > MAX_LEVELS || !above.some((each) => own.has(each))) return contexts.ofCall(use.file, use.call);
    return new Set(above.filter((each) => !own.has(each)).flatMap((each) => [...found(each, depth + 1)]));
  };
  return (use) => found(use, 0);
}

/** How many factories may ask each other. */
const MAX_LEVELS = 6;

/** `const scratch = () => openBoard(":memory:")`: who asks a factory that gets all its sessions so asks for one of its own, too. */
function withThoseAbove(uses: readonly SessionUse[], factories: readonly Factory[], own: Set<SessionUse>): void {
  if (own.size === 0) return;
  for (const { key, file, fn, level } of [...factories].sort((a, b) => a.level - b.level)) {
    const inside = level === 0 ? [] : uses.filter((use) => use.file === file && contains(fn.span, use.call.span));
    if (inside.length > 0 && inside.every((use) => own.has(use))) for (const use of uses) if (use.factory.key === key) own.add(use);
  }
}

/** A class that keeps the session in its object: whose objects these are counts, where some of them want a session of their own. */
function usesOfObject({ graph, program, contexts }: ProjectFacts, open: OpenSite): JudgedUse[] | undefined {
  if (!open.stored || program.fnOf(open.fn).fn.kind !== "constructor") return undefined;
  const makers = callersOf(graph, open.fn);
  if (!makers.some((maker) => saysOwn(graph, maker))) return undefined;
  return uniqueCalls(makers).map(({ file, call }) => {
    const own = saysOwn(graph, { file, call }) || replacesAtUse(graph, open, { file, call });
    return { file, call, own, contexts: own || call.memo ? new Set() : contexts.ofCall(file, call) };
  });
}

function judged(project: ProjectFacts, file: string, call: OpenSite["call"]): JudgedUse {
  return { file, call, own: false, contexts: project.contexts.ofCall(file, call) };
}

/** On whose account sessions are made: callers of its factories, of the function that lends it out, or the open itself. */
export function usesOfOpen(project: ProjectFacts, open: OpenSite, factories: readonly Factory[]): { uses: JudgedUse[]; through: "factory" | "loan" | "open" } {
  const calls = callUses(project, open, factories);
  const own = judged(project, open.file, open.call);
  // Who reads a getter makes no call, nor does a container that calls a factory: how often these run is known of themselves.
  const read = factories.some((factory) => factory.fn.kind === "getter") || project.contexts.injection.scoped(open.fn) !== undefined;
  if (factories.length > 0) return calls.length > 0 || !read ? { uses: withBorrowers(project, open, read ? [...calls, own] : calls), through: "factory" } : { uses: [own], through: "open" };
  const borrowers = !open.call.memo && lends(project, open, open.fn) ? callersOf(project.graph, open.fn) : [];
  if (borrowers.length === 0) return { uses: calls, through: "open" };
  return { uses: withBorrowers(project, open, uniqueCalls(borrowers).map(({ file, call }) => judged(project, file, call))), through: "loan" };
}

/** A call that may reach several factories (an overridden method) is one place. */
function uniqueCalls<T extends { file: string; call: OpenSite["call"] }>(uses: readonly T[]): T[] {
  return [...new Map(uses.map((use) => [use.call, use])).values()];
}
