import type { CallFact } from "../../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { isByHand, isSurelyOpen } from "./by-hand.js";
import { onDefault } from "./default-session.js";
import { carriesHandle } from "./handles.js";
import { optionOf } from "./option-style.js";
import { functionName } from "./path.js";
import { isSameSession, leavesOut, strayFacts } from "./strays.js";

/** A statement on the session in a function that is given a transaction's handle, and the transaction that gives it. */
export interface HandedStray {
  site: JudgedTransaction;
  inside: InsideCall;
}

/**
 * Statements that pass by the handle which their own function is given: `async function close(id, tx) { await tx.order.delete(…); await prisma.line.deleteMany(…); }`. Who calls it hands the
 * transaction on, so that the mistake is here, once for all of them. Only what is waited for in the function itself: what it begins to run later is outside on purpose.
 */
export function handedStrays(project: ProjectFacts, sites: Iterable<JudgedTransaction>, allowed: readonly string[]): Map<CallFact, HandedStray> {
  const found = new Map<CallFact, HandedStray>();
  for (const site of sites)
    for (const inside of project.inside.callsOf(site)) {
      const { file, call, fn, path } = inside;
      if (isByHand(site) && !isSurelyOpen(site, inside)) continue;
      if (path.length === 0 || found.has(call) || call.handler === "catch" || project.program.role(file) !== "source") continue;
      if (!project.program.chainEnd(file, call).awaited || !isHanded(project, inside) || allowed.includes(functionName(project, fn))) continue;
      const facts = strayFacts(project, site, inside);
      // A way that leaves the handle out is the mistake of who does so.
      if (leavesOut(project, inside, optionOf(site))) continue;
      // On MySQL a change of the schema ends the transaction that it runs in, so that it is kept out.
      if (!facts || facts.some(({ kind }) => kind === "ddl") || onDefault(project, inside, facts)) continue;
      if (isSameSession(project, site, inside, facts)) found.set(call, { site, inside });
    }
  return found;
}

/** The call that runs the function gives it the handle, as one of its parameters. */
export function isHanded(project: ProjectFacts, { file, call, fn, path }: InsideCall): boolean {
  const step = path.at(-1);
  const { file: at, fn: around } = project.program.fnOf(fn);
  if (!step || step.call.spread || at !== file || call.fn !== around.id) return false;
  if (![...project.inside.calleesOf(step.file, step.call)].some(({ to, written }) => to === fn && !written)) return false;
  return step.call.args.some((arg, index) => around.params[index] !== undefined && carriesHandle(project, step.file, arg, step.call.fn));
}
