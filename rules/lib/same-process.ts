import type { Confidence } from "../../src/core/finding.js";
import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { Processes, type Root } from "../../src/core/link/processes.js";
import { functionKey } from "../../src/core/link/program.js";

const known = new WeakMap<ProjectFacts, Processes>();

export function processesOf(project: ProjectFacts): Processes {
  let processes = known.get(project);
  if (!processes) known.set(project, (processes = new Processes(project.program, project.contexts)));
  return processes;
}

/** A call, and the calls that lead to it from the place that decides what it is given, innermost first. */
export interface Reached {
  place: CallPlace;
  at: readonly CallPlace[];
  /** It counts although it need not run each time. */
  sometimes?: true;
}

/** One way from where code begins to running a call. */
export interface Way {
  root: Root;
  /** The calls on the way, outermost first, the call itself last. */
  calls: readonly CallPlace[];
}

/**
 * Whether two calls both run in one process that serves: `proven` where the ways to both are seen and nothing on them is a
 * choice; undefined where they are alternatives, or belong to different programs, or to a script or a test.
 */
export function runTogether(project: ProjectFacts, one: Reached, other: Reached): Confidence | undefined {
  let best: Confidence | undefined;
  for (const left of waysTo(project, one))
    for (const right of waysTo(project, other)) {
      const judged = judge(project, { ...left, ...(one.sometimes && { sometimes: true }) }, { ...right, ...(other.sometimes && { sometimes: true }) });
      if (judged === "proven") return judged;
      best ??= judged;
    }
  return best;
}

export function waysTo(project: ProjectFacts, { place, at }: Pick<Reached, "place" | "at">): Way[] {
  const outermost = at.at(-1) ?? place;
  return processesOf(project)
    .rootsOf(outermost)
    .filter(({ context }) => context !== "test")
    .map((root) => ({
      root,
      calls: [...root.path.flatMap(({ file, call }) => (call ? [{ file, call }] : [])), ...at.toReversed(), place],
    }));
}

function judge(project: ProjectFacts, left: Way & Pick<Reached, "sometimes">, right: Way & Pick<Reached, "sometimes">): Confidence | undefined {
  const { program } = project;
  if ([left, right].some(({ root, calls }) => program.role(root.file) !== "source" || calls.some(({ file }) => program.role(file) !== "source"))) return undefined;
  if (!processesOf(project).together(left.root.file, right.root.file)) return undefined;
  if (areAlternatives(project, left, right)) return undefined;
  const choice = [left, right].some(({ calls, sometimes }) => !sometimes && calls.some(({ call }) => isChoice(call)));
  const functions = new Set(left.calls.map(({ file, call }) => functionKey(file, call.fn)));
  const shared = right.calls.some(({ file, call }) => functions.has(functionKey(file, call.fn)));
  // What one function chooses between, by `if` or by an early return, is never both.
  if (choice && shared) return undefined;
  const together = shared && [left, right].every(({ calls }) => calls.length === 1);
  return choice || (!together && (left.root.context === "unknown" || right.root.context === "unknown")) ? "likely" : "proven";
}

/** It need not run. What is opened at first use and kept is opened some time. */
function isChoice(call: CallFact): boolean {
  return call.memo === undefined && (call.conditional || call.handler === "catch");
}

/** One call on both ways, which runs the one or the other: a table of drivers, an overridden method. */
function areAlternatives({ program }: ProjectFacts, left: Way, right: Way): boolean {
  for (const [index, { call }] of left.calls.entries()) {
    const at = right.calls.findIndex((other) => other.call === call);
    if (at === -1) continue;
    const next = left.calls[index + 1];
    const other = right.calls[at + 1];
    if (!next || !other || next.call === other.call) continue;
    const [chosen, rejected] = [next, other].map(({ file, call: { fn } }) => ({ file, fn: program.fn(file, fn) }));
    // Two methods of what one `new` makes are no choice.
    const ofOneClass = chosen?.file === rejected?.file && chosen?.fn.class !== undefined && chosen.fn.class === rejected?.fn.class;
    if (chosen?.fn !== rejected?.fn && !ofOneClass) return true;
  }
  return false;
}
