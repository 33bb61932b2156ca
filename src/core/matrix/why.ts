import { packageName } from "../catalogue/index.js";
import type { CallFact } from "../facts/types.js";
import type { CallPlace } from "../link/calls.js";
import type { ProjectFacts } from "../link/index.js";
import { functionName } from "../link/names.js";
import { type FunctionKey, functionKey } from "../link/program.js";
import type { OperationFacts } from "./build-matrix.js";
import { kindOf } from "./costs.js";
import type { Held } from "./held.js";
import type { Operation } from "./operations.js";
import type { Way } from "./reach.js";
import type { MatrixPlace, MatrixRow, Why, WhyPath } from "./types.js";

/** Who opens sessions in more ways than this has one habit, not so many mistakes. */
const WAYS_SHOWN = 20;

/** The paths from an operation's entry point to each session that it opens, each transaction with its loops, or else its statements. */
export function whyOf(project: ProjectFacts, row: MatrixRow, operation: Operation, facts: OperationFacts): Why {
  const start: MatrixPlace = { file: row.file, line: row.line, text: row.operation };
  const along = (way: Way, last: MatrixPlace): WhyPath => ({ steps: [start, ...way.map((step) => stepOf(project, step, operation)), last] });
  const to = (key: FunctionKey, last: MatrixPlace): WhyPath => along(shortestWay(key, facts), last);
  const at = (place: CallPlace, text: string): MatrixPlace => ({ file: place.file, line: place.call.span.line, text: `${nameOf(project, functionKey(place.file, place.call.fn), operation)} ${text}${inLoops(project, place)}` });
  return {
    sessions: facts.opens.flatMap((open) => facts.waysTo(open.fn, WAYS_SHOWN).map((way) => along(way, at(open, `opens a ${packageName(open.library)} session`)))),
    transactions: facts.held.map((held) => {
      const place = beginOf(held, facts);
      return { ...to(functionKey(place.file, place.call.fn), at(place, `begins a ${packageName(held.site.library)} transaction`)), statements: held.statements, loops: loopsOf(held), io: held.io };
    }),
    statements: facts.held.length > 0 ? [] : statementPlaces(project, facts).map(({ key, place, text }) => to(key, at(place, text))),
  };
}

function shortestWay(key: FunctionKey, { reached }: OperationFacts): Way {
  const way: Way[number][] = [];
  for (let at = reached.get(key)?.by; at; at = reached.get(at.from)?.by) way.unshift(at);
  return way;
}

function stepOf(project: ProjectFacts, step: Way[number], operation: Operation): MatrixPlace {
  const callee = project.program.text(step.file, step.call.calleeSpan).replace(/\s+/g, "");
  return { file: step.file, line: step.call.span.line, text: `${nameOf(project, step.from, operation)} calls ${callee}${inLoops(project, step)}` };
}

function nameOf(project: ProjectFacts, key: FunctionKey, operation: Operation): string {
  const { fn } = project.program.fnOf(key);
  return fn.name === "" && operation.keys.includes(key) ? "the handler" : functionName(project, key);
}

/** The loops around a call, with a callback of its own: ` for each of entries`. */
function inLoops({ program }: ProjectFacts, { file, call }: CallPlace): string {
  const symbols: string[] = [];
  const own = program.callbackLoop(file, call.id);
  if (own && "symbol" in own.bound) symbols.push(own.bound.symbol);
  for (let id = call.loop; id !== undefined; ) {
    const { bound, parent } = program.loop(file, id);
    symbols.push("symbol" in bound && bound.symbol !== "" ? bound.symbol : bound.k === "constant" ? `${bound.times} times` : "repetitions");
    id = parent;
  }
  return symbols.map((symbol) => (/ times$/.test(symbol) ? `, ${symbol}` : `, for each of ${symbol || "items"}`)).join("");
}

/** Where it begins for this operation: of a transaction that is made once and run in several places, the place that is reached. */
function beginOf({ site }: Held, { reached }: OperationFacts): CallPlace {
  return site.invocations.find(({ file, call }) => reached.has(functionKey(file, call.fn))) ?? site;
}

function loopsOf({ loops }: Held): MatrixPlace[] {
  return loops.map(({ file, loop }) => {
    const symbol = "symbol" in loop.bound && loop.bound.symbol !== "" ? loop.bound.symbol : "repetitions";
    return { file, line: loop.span.line, text: `writes for each of ${symbol}` };
  });
}

function statementPlaces(project: ProjectFacts, { reached }: OperationFacts): { key: FunctionKey; place: CallPlace; text: string }[] {
  const found: { key: FunctionKey; place: CallPlace; text: string }[] = [];
  for (const key of reached.keys()) {
    const { file, fn } = project.program.fnOf(key);
    for (const call of project.program.callsIn(file, fn.id)) {
      const kind = call.memo ? undefined : kindOf(project, call);
      if (kind) found.push({ key, place: { file, call }, text: `${VERBS[kind]} by ${textOf(project, file, call)}` });
    }
  }
  return found;
}

const VERBS = { read: "reads", write: "writes", unknown: "runs SQL" } as const;

function textOf({ program }: ProjectFacts, file: string, call: CallFact): string {
  const text = program.text(file, call.calleeSpan).replace(/\s+/g, " ");
  return text.length > 60 ? `…${text.slice(-59)}` : text;
}
