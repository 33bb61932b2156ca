import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import { isByHand, isSurelyOpen } from "./by-hand.js";
import { onDefault } from "./default-session.js";
import { isOfSibling } from "./dispatch.js";
import { isHanded } from "./handed-strays.js";
import { functionName } from "./path.js";
import { isAllowed, isHandedAt, isSameSession, nameOf, strayFacts } from "./strays.js";

/** A helper that a function which is given a transaction's handle calls without it. */
export interface HandedHelper {
  site: JudgedTransaction;
  file: string;
  at: CallFact;
  helper: string;
  /** The function that is given the handle. */
  fn: FunctionKey;
  /** From the transaction's body to that function. */
  path: readonly CallPlace[];
  /** What runs on the session in the helper. */
  strays: CallPlace[];
  /** Each way to one of these takes a branch behind the helper. */
  inBranch: boolean;
}

/**
 * Helpers that run on the session, called by a function that is given the handle, and which is trusted with it: `async function seed(tx, id) { const all = await loadAll(); … }`, where `loadAll` reads
 * on the session. One finding where the helper is called, whoever hands the handle on. As in the transaction's own body, what is given the handle anywhere after that is trusted in turn.
 */
export function handedHelpers(project: ProjectFacts, sites: Iterable<JudgedTransaction>, allowed: readonly string[]): Map<CallFact, HandedHelper> {
  const found = new Map<CallFact, HandedHelper>();
  for (const site of sites)
    for (const inside of project.inside.callsOf(site)) {
      if (isByHand(site) && !isSurelyOpen(site, inside)) continue;
      const holder = holderOf(project, inside.path);
      const at = holder === undefined ? undefined : inside.path[holder];
      if (holder === undefined || !at || !isStray(project, site, inside, at, holder, allowed)) continue;
      const helper = nameOf(project, at.file, at.call) ?? functionName(project, inside.fn);
      const fn = functionKey(at.file, at.call.fn);
      const known = found.get(at.call) ?? { site, file: at.file, at: at.call, helper, fn, path: inside.path.slice(0, holder), strays: [], inBranch: true };
      known.strays.push(inside);
      known.inBranch &&= [...inside.path.slice(holder + 1).map(({ call }) => call), inside.call].slice(1).some(({ conditional }) => conditional);
      found.set(at.call, known);
    }
  return found;
}

/** The first step of a way that does not hand the handle on, where each before it gives it to a parameter of the function that it leads to. */
function holderOf(project: ProjectFacts, path: readonly CallPlace[]): number | undefined {
  const first = path.findIndex((_, index) => !isHandedAt(project, path, index));
  if (first < 1) return undefined;
  const { file, call } = path[first]!;
  return isHanded(project, { file, call, fn: functionKey(file, call.fn), path: path.slice(0, first) }) ? first : undefined;
}

function isStray(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall, at: CallPlace, holder: number, allowed: readonly string[]): boolean {
  const { path, fn, call } = inside;
  if (project.program.role(at.file) !== "source" || at.call.handler === "catch" || call.handler === "catch" || !project.program.chainEnd(at.file, at.call).awaited) return false;
  if (path.slice(holder).some((_, index) => isHandedAt(project, path, holder + index)) || isOfSibling(project, site, inside)) return false;
  const facts = strayFacts(project, site, inside);
  // On MySQL a change of the schema ends the transaction that it runs in, so that it is kept out.
  if (!facts || facts.some(({ kind }) => kind === "ddl") || onDefault(project, inside, facts) !== undefined) return false;
  const names = [nameOf(project, at.file, at.call) ?? "", functionName(project, fn), functionName(project, functionKey(at.file, at.call.fn))];
  return !names.some((name) => isAllowed(name, allowed)) && isSameSession(project, site, inside, facts);
}
