import type { CallFact, FunctionId, LoopFact } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";

/** What comes round by itself while the program serves: nobody calls it each time, and it runs again and again all the same. */
export interface Repeated {
  key: FunctionKey;
  file: string;
  call: CallFact;
  label: string;
}

const TIMERS = /^(default\.)?(setTimeout|setImmediate)$/;

/**
 * Functions that a timer runs which they arm again when they have run: `async function tick() { await work(); setTimeout(tick, 1000); }`.
 * One that is armed in a branch or a `catch` is a retry: it comes round until it succeeds.
 */
export function rearmed(graph: CallGraph): Repeated[] {
  const found: Repeated[] = [];
  let steps: ReadonlyMap<FunctionKey, readonly FunctionKey[]> | undefined;
  for (const { file, call, to, callee } of graph.handovers) {
    const token = callee === null ? undefined : graph.values.tokens.get(callee);
    if (token?.t !== "external" || !TIMERS.test(token.path) || !isStraight(call)) continue;
    steps ??= straightSteps(graph);
    const armers = armersOf(graph, file, call);
    if (armers.size > 0 && leadsTo(steps, to, armers)) found.push({ key: to, file, call, label: "a timer that is armed again each time" });
  }
  return found;
}

/** The function that arms a timer, and the one around it where it does so when its own work is done: `work().then(() => setTimeout(tick, 1000))`. */
function armersOf({ program }: CallGraph, file: string, call: CallFact): Set<FunctionKey> {
  const found = new Set<FunctionKey>();
  for (let fn: FunctionId = call.fn; fn !== 0; ) {
    found.add(functionKey(file, fn));
    const { parent } = program.fn(file, fn);
    const taker = program.callsIn(file, parent).find(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === fn));
    if (taker?.callee.k !== "member" || !/^(then|finally)$/.test(taker.callee.name) || !isStraight(taker)) break;
    fn = parent;
  }
  return found;
}

function isStraight({ conditional, handler }: CallFact): boolean {
  return !conditional && handler === undefined;
}

/** Who runs whom whenever it runs itself. */
function straightSteps(graph: CallGraph): Map<FunctionKey, FunctionKey[]> {
  const steps = new Map<FunctionKey, FunctionKey[]>();
  for (const { call, from, to } of graph.edges) {
    if (!isStraight(call)) continue;
    const known = steps.get(from);
    if (known) known.push(to);
    else steps.set(from, [to]);
  }
  return steps;
}

function leadsTo(steps: ReadonlyMap<FunctionKey, readonly FunctionKey[]>, from: FunctionKey, goals: ReadonlySet<FunctionKey>): boolean {
  const reached = new Set([from]);
  // A Set's iteration also visits what is added meanwhile.
  for (const key of reached) {
    if (goals.has(key)) return true;
    for (const to of steps.get(key) ?? []) reached.add(to);
  }
  return false;
}

/** Written without an end, and left neither by `break` nor by `return` or an error: the loop of a service that polls. */
export function isEndless({ program }: CallGraph, file: string, { id, fn, kind, bound, span, body, hasAwait }: LoopFact): boolean {
  if (bound.k !== "while" || bound.exits || !hasAwait || (kind !== "while" && kind !== "for") || program.fn(file, fn).generator) return false;
  if (program.file(file).throws.some(({ loop }) => loop === id)) return false;
  return /^(while\s*\(\s*(true|1)\s*\)|for\s*\(\s*;\s*;\s*\))/.test(program.text(file, { start: span.start, end: body.start }));
}

/** The endless loop of its function that a call stands in. */
export function endlessAround(graph: CallGraph, file: string, call: CallFact): LoopFact | undefined {
  for (let id = call.loop; id !== undefined; ) {
    const loop = graph.program.loop(file, id);
    if (isEndless(graph, file, loop)) return loop;
    id = loop.parent;
  }
  return undefined;
}
