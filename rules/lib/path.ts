import { type Cost, formatCost, isZero, weightOf } from "../../src/core/cost.js";
import type { CallFact, Span } from "../../src/core/facts/types.js";
import type { Place } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { calleeName, functionName } from "../../src/core/link/names.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import type { Summaries } from "../../src/core/link/summaries.js";

export { functionName };

/** An entry point, and what calling it once costs. */
export interface EntryCost {
  key: FunctionKey;
  label: string;
  cost: Cost;
  registration: Place;
}

/** Repetition that only recursion or a `while` explains makes a figure that nobody can check by reading. */
function isObscure(cost: Cost): boolean {
  return cost.some(({ symbols }) => symbols.length > 2 || symbols.includes("depth") || symbols.includes("repetitions"));
}

/** Some way there goes round in a circle of functions: how often nobody can say, and the dearest way need not lead anywhere. */
export function goesRound(cost: Cost): boolean {
  return cost.some(({ symbols }) => symbols.includes("depth"));
}

/** The entry points from which something is reached: those whose cost a reader can follow first, then the dearest first. */
export function entryCosts(project: ProjectFacts, summaries: Summaries): EntryCost[] {
  return project.contexts
    .entries()
    .map((entry) => ({ ...entry, cost: summaries.ofFunction(entry.key) }))
    .filter(({ cost }) => !isZero(cost))
    .map(({ key, label, step, cost }) => {
      const { file, fn } = project.program.fnOf(key);
      const name = project.labels.of(key, label, step);
      return { key, label: name, cost, registration: { file: step.call ? step.file : file, span: step.call ? nameSpan(step.call) : fn.span, text: name } };
    })
    .sort((a, b) => Number(isObscure(a.cost)) - Number(isObscure(b.cost)) || weightOf(b.cost) - weightOf(a.cost) || (a.label < b.label ? -1 : 1));
}

/** From an entry point along the dearest calls to where it happens, one place a step. */
export function dearestPath(project: ProjectFacts, summaries: Summaries, entry: EntryCost): Place[] {
  const path: Place[] = [entry.registration];
  const seen = new Set<FunctionKey>();
  for (let key: FunctionKey | undefined = entry.key; key !== undefined && !seen.has(key); ) {
    seen.add(key);
    const next = dearestCall(project, summaries, key, seen, key === entry.key ? handlerName(project, key) : functionName(project, key));
    if (!next) break;
    path.push(next.place);
    key = next.to;
  }
  return path;
}

function dearestCall(project: ProjectFacts, summaries: Summaries, key: FunctionKey, seen: ReadonlySet<FunctionKey>, name: string) {
  const { file, fn } = project.program.fnOf(key);
  const candidates = [];
  for (const call of project.program.file(file).calls) {
    if (call.fn !== fn.id) continue;
    const cost = summaries.ofCalls(file, fn, (other) => other === call);
    if (isZero(cost)) continue;
    const targets = summaries.targetsOf(call).filter((target) => !seen.has(target) && !isZero(summaries.ofFunction(target)));
    candidates.push({ call, cost, to: targets[0] });
  }
  const best = candidates.sort((a, b) => weightOf(b.cost) - weightOf(a.cost))[0];
  if (!best) return undefined;
  const what = best.to === undefined ? "opens a session" : `calls ${functionName(project, best.to)}`;
  const times = formatCost(best.cost);
  return { place: { file, span: best.call.span, text: `${name} ${what}${times === "1" ? "" : ` (${times} sessions)`}` }, to: best.to };
}

/** Where a call names what it calls: of a chain over many lines, as of `new Hono().get(…)⏎.post(…)`, its own line and not the first. */
function nameSpan({ callee, calleeSpan }: CallFact): Span {
  if (callee.k !== "member" || callee.of.k !== "call" || calleeSpan.line === calleeSpan.endLine) return calleeSpan;
  const { end, endLine, endColumn } = calleeSpan;
  return { start: end - callee.name.length, end, line: endLine, column: endColumn - callee.name.length, endLine, endColumn };
}

/** What a container makes has no function that an operation is called after: its class has a key of its own. */
function isClass(key: FunctionKey): boolean {
  return key.startsWith("class ");
}

/** What the step before has called by its route need not have a name of its own. */
function handlerName(project: ProjectFacts, key: FunctionKey): string {
  return !isClass(key) && project.program.fnOf(key).fn.name === "" ? "the handler" : functionName(project, key);
}

/** From an entry point along the calls that run a function, without what they cost. Getters are read, so they leave no step. */
export function callPath(project: ProjectFacts, key: FunctionKey): Place[] {
  const context = project.contexts.of(key).has("per-call") ? "per-call" : "repeated";
  const path = project.contexts.pathTo(key, context);
  const entered = path.find(({ entry }) => entry !== undefined)?.key;
  return path.flatMap(({ key: reached, ...step }): Place[] => {
    const { program, labels } = project;
    if (step.entry !== undefined && !isClass(reached)) {
      const { file, fn } = program.fnOf(reached);
      const text = labels.of(reached, step.entry, step);
      return [step.call ? { file: step.file, span: nameSpan(step.call), text } : { file, span: fn.span, text }];
    }
    if (!step.call) return [];
    const caller = step.from === undefined ? step.file : step.from === entered ? handlerName(project, step.from) : functionName(project, step.from);
    return [{ file: step.file, span: nameSpan(step.call), text: `${caller} calls ${calleeName(project, step.file, step.call)}` }];
  });
}
