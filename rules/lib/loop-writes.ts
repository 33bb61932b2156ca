import { libraryWithId, packageName } from "../../src/core/catalogue/index.js";
import { RUNTIME } from "../../src/core/contract.js";
import type { CallFact, Expr, LoopFact, Span } from "../../src/core/facts/types.js";
import type { LoopWritesDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { statementsOf } from "../../src/core/link/statements.js";
import type { Commit } from "./autocommit.js";
import { isSameBinding } from "./same-session.js";

export interface LoopWrites {
  detail: LoopWritesDetail;
  /** Why batches would not do the same, or cannot be written down. */
  obstacle?: string;
}

/** What `wrap-loop-writes` needs to know of a loop whose turns commit; nothing where the runtime cannot run the library's transactions. */
export function loopWritesOf(project: ProjectFacts, file: string, loop: LoopFact, commits: readonly { call: CallFact; commit: Commit }[]): LoopWrites | undefined {
  const [first] = commits;
  if (first === undefined || !isRunnable(first.commit.library)) return undefined;
  const sessions = commits.map(({ call, commit }) => sessionAt(project, file, loop, call, commit.library));
  const [session] = sessions;
  const nameless = sessions.includes(undefined) ? "the session that a turn writes on has no name at the loop: give it one there (a variable or field that is set once)" : undefined;
  const several = sessions.some((other) => other?.text !== session?.text) ? "a turn writes on several sessions, and a transaction is on one of them" : undefined;
  const obstacle = ofShape(project, file, loop) ?? ofTurn(project, file, loop, new Set(commits.filter(({ commit }) => commit.direct).map(({ call }) => call))) ?? nameless ?? several;
  return {
    detail: { kind: "loop-writes", library: packageName(first.commit.library), loop: loop.span, ...(session === undefined ? {} : { session }) },
    ...(obstacle === undefined ? {} : { obstacle }),
  };
}

/** The runtime begins its transactions, or runs the library's own wrapper. */
function isRunnable(library: string): boolean {
  const known = libraryWithId(library);
  return Object.hasOwn(RUNTIME.drivers, packageName(library)) || (known?.batch !== undefined && known.transactions.some(({ style }) => style === "wrapper"));
}

function ofShape(project: ProjectFacts, file: string, loop: LoopFact): string | undefined {
  const { functions, tries } = project.program.file(file);
  if (loop.kind === "for-in") return "the loop goes over names, not over a list that can be cut into batches";
  if (loop.kind === "callback" && loop.method !== "forEach") return "what the turns give is collected, which batches would have to do as well";
  if (isReadMeanwhile(project, file, loop)) return "the rows are read while the loop runs, and a transaction would begin in the middle of that: read them into a list first (`all()`)";
  if (loop.hasBreak || loop.hasReturn) return "the loop may end early, so how many turns there are is only known inside it";
  if (loop.hasAwait || functions.some((fn) => fn.loopBody === loop.id && (fn.async || fn.generator))) return "a turn waits, and a batch would hold the write lock meanwhile";
  if (tries.some(({ span, handler }) => handler !== undefined && isWithin(span, loop.body))) {
    return "a turn catches errors, so a failed one is passed over and the rest goes on: in a batch it would be kept half done (the runtime's `onItemError: \"skip\"` undoes just that item)";
  }
  return undefined;
}

function isReadMeanwhile(project: ProjectFacts, file: string, { bound }: LoopFact): boolean {
  if (bound.k !== "over") return false;
  const { over } = bound;
  return [over, ...(over.k === "var" ? valuesOf(project, file, over) : [])].some((list) => {
    const callee = list.k === "call" ? project.program.call(file, list.id).callee : undefined;
    return callee?.k === "member" && callee.name === "iterate";
  });
}

function ofTurn(project: ProjectFacts, file: string, loop: LoopFact, commits: ReadonlySet<CallFact>): string | undefined {
  const transactions = new Set(project.judgedTransactions.flatMap(({ call, invocations }) => [call, ...invocations.map((run) => run.call)]));
  const seen = new Set<FunctionKey>();
  const cannotJoin = (call: CallFact): string | undefined => {
    if (transactions.has(call)) return "begins a transaction of its own";
    if (statementsOf(project.graph, call).some(({ kind }) => kind !== "read" && kind !== "write")) return "runs a statement that may not stand in a transaction";
    for (const key of project.writers.calleesOf(call)) {
      if (seen.has(key)) continue;
      seen.add(key);
      for (const inner of project.writers.callsOf(key)) {
        const found = cannotJoin(inner);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  for (const call of project.program.file(file).calls) {
    if (!isWithin(call.span, loop.body)) continue;
    const what = cannotJoin(call) ?? (!commits.has(call) && project.writers.callWrites(call) ? "writes as well, in a loop or function inside the turn" : undefined);
    if (what !== undefined) return `\`${nameOf(project.program.text(file, call.calleeSpan))}\` ${what}`;
  }
  return undefined;
}

function nameOf(callee: string): string {
  return /^[\w$.#?!]{1,60}$/.test(callee) ? callee : (/[\w$]+$/.exec(callee)?.[0] ?? "a call");
}

/** The session by a name that means the same at the loop: what the statement is called on, or what it was prepared on. */
function sessionAt(project: ProjectFacts, file: string, loop: LoopFact, call: CallFact, library: string): LoopWritesDetail["session"] {
  const { tokens } = project.graph.values;
  const prepared = statementsOf(project.graph, call).some(({ owner }) => {
    const held = tokens.get(owner);
    return held.t === "derived" && held.kind === "statement";
  });
  const maker = prepared ? preparedBy(project, file, call, libraryWithId(library)?.prepares ?? []) : call;
  if (maker?.callee.k !== "member") return undefined;
  const named = /^((?:this\.)?#?[\w$]+)\.[\w$]+$/.exec(project.program.text(file, maker.calleeSpan));
  const text = named?.[1];
  if (text === undefined || text === "this" || !isTheSameAt(project, file, loop, maker.callee.of)) return undefined;
  return { text, start: maker.calleeSpan.start };
}

const MAX_STEPS = 12;

/** The call, mostly `prepare`, that a statement comes from: in the same chain, or kept under a name that is set once. */
function preparedBy(project: ProjectFacts, file: string, call: CallFact, prepares: readonly string[]): CallFact | undefined {
  let at: Expr | undefined = call.callee.k === "member" ? call.callee.of : undefined;
  for (let step = 0; at !== undefined && step < MAX_STEPS; step++) {
    if (at.k === "typed") at = at.of;
    else if (at.k === "call") {
      const made: CallFact = project.program.call(file, at.id);
      if (made.callee.k !== "member") return undefined;
      if (prepares.includes(made.callee.name)) return made;
      at = made.callee.of;
    } else {
      const values: Expr[] = valuesOf(project, file, at);
      at = values.length === 1 ? values[0] : undefined;
    }
  }
  return undefined;
}

/** All that a variable or field is set to in its file. */
function valuesOf(project: ProjectFacts, file: string, place: Expr): Expr[] {
  if (place.k === "var") return [...project.program.valuesOf(file, place.id)];
  return project.program.file(file).assigns.filter(({ target }) => target.k === "member" && isSameBinding(project, file, target, place)).map(({ value }) => value);
}

function isTheSameAt(project: ProjectFacts, file: string, loop: LoopFact, session: Expr): boolean {
  const { program } = project;
  if (session.k === "var") {
    const { kind, fn, span } = program.variable(file, session.id);
    const settings = valuesOf(project, file, session);
    // A part of a destructured parameter is set once, out of the parameter.
    const isPart = (value: Expr): boolean => value.k === "member" && value.of.k === "var" && program.variable(file, value.of.id).span === undefined;
    const once = settings.length === 0 || (settings.length === 1 && (kind !== "param" || settings.every(isPart)));
    return once && (span === undefined || !isWithin(span, loop.span)) && functionsAround(project, file, loop.fn).includes(fn);
  }
  if (session.k !== "member" || session.of.k !== "this") return false;
  const own = functionsAround(project, file, loop.fn).find((id) => program.fn(file, id).kind !== "arrow") ?? 0;
  return isSameBinding(project, file, session.of, { k: "this", fn: own }) && valuesOf(project, file, session).length <= 1;
}

function functionsAround({ program }: ProjectFacts, file: string, innermost: number): number[] {
  const found = [innermost];
  for (let at = innermost; at !== 0; ) found.push((at = program.fn(file, at).parent));
  return found;
}

function isWithin(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
