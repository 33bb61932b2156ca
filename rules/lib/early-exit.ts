import type { CallFact, ExitFact, Span, VariableId } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { mentions } from "./ownership.js";

/** What a function takes, and where it gives it back. */
export interface Held {
  call: CallFact;
  holder: VariableId;
  releases: readonly CallFact[];
  /** Before this, nothing is taken yet. */
  from: number;
}

/**
 * A `return` between the taking and the giving back that does neither: `if (!row) return undefined;` in front of `await t.commit()`. A branch that asks for what was
 * taken, or hands it to somebody, is taken to know what it does.
 */
export function earlyExit({ program }: ProjectFacts, file: string, { call, holder, releases, from }: Held): ExitFact | undefined {
  if (call.conditional) return undefined;
  const facts = program.file(file);
  const tries = facts.tries.filter(({ fn }) => fn === call.fn);
  const exits = facts.exits.filter(({ fn }) => fn === call.fn);
  const isHandled = (at: Span): boolean => tries.some(({ handler, finalizer }) => isIn(at, handler) || isIn(at, finalizer));
  // A branch that gave it back has left the function by its end: what follows has it still.
  const hasLeft = (release: CallFact, until: number): boolean =>
    release.branchEnd !== undefined && release.branchEnd <= until && exits.some(({ span }) => release.span.start < span.end && span.end <= (release.branchEnd ?? 0));
  const name = program.variable(file, holder).name;
  return exits.find(({ span, loop, branch }) => {
    if (span.start < Math.max(call.span.end, from) || loop !== call.loop || isHandled(span)) return false;
    const before = releases.filter((release) => release.span.start < span.end && !isHandled(release.span));
    if (!before.every((release) => hasLeft(release, span.start))) return false;
    if (!releases.some((release) => release.span.start >= span.end && !tries.some(({ handler }) => isIn(release.span, handler)))) return false;
    if (tries.some((each) => (isIn(span, each.block) || isIn(span, each.handler)) && releases.some((release) => isIn(release.span, each.finalizer)))) return false;
    const own = { start: Math.max(branch ?? 0, call.span.end), end: span.end };
    if (facts.calls.some(({ fn, span: at, args }) => fn === call.fn && own.start <= at.start && at.end <= own.end && args.some((arg) => mentions(arg, holder)))) return false;
    return branch === undefined || branch <= call.span.end || !asksFor(program.text(file, { start: call.span.end, end: branch }), name);
  });
}

/** Whether the condition in front of a branch names something, or is that of an `else`, which says what is not so. */
function asksFor(before: string, name: string): boolean {
  const condition = /(?:\belse|\bif\s*\((?:(?!\bif\s*\()[^;{}])*\)|\b(?:case|default)\b[^;{}]*:)\s*$/.exec(before)?.[0];
  return condition === undefined || condition === "else" || new RegExp(`(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(condition);
}

function isIn(at: Span, span: Span | undefined): boolean {
  return span !== undefined && span.start <= at.start && at.end <= span.end;
}
