import { packageName } from "../../src/core/catalogue/index.js";
import type { CallFact, FunctionFact, ParamFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import { mayBeSavepoint } from "../../src/core/link/statements.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";
import { carriesHandle, isGivenHandle } from "./handles.js";
import { otherWays } from "./other-ways.js";
import { areSession, isLasting, isOnGivenReceiver, isOnReceiver, isOnSameConstant, sessionOf } from "./same-session.js";

/** A transaction that begins on the session of another one while that one is open. */
export interface NestedTransaction {
  outer: JudgedTransaction;
  inner: TransactionSite;
  /** Where the inner one begins, and how the outer one's body leads there. */
  inside: InsideCall;
  /** The call in the outer one's body that leads there, or in a helper that has the handle; the inner one itself when it stands in the body. */
  at: CallPlace;
  /** `second`: a transaction of its own; `refused`: SQLite refuses a BEGIN within one. */
  how: "second" | "refused";
}

const known = new WeakMap<ProjectFacts, ReadonlyMap<CallFact, NestedTransaction>>();

/** All of a program's nested transactions, by the call where they are reported. */
export function nestedTransactions(project: ProjectFacts): ReadonlyMap<CallFact, NestedTransaction> {
  let found = known.get(project);
  if (!found) known.set(project, (found = findNested(project)));
  return found;
}

function findNested(project: ProjectFacts): Map<CallFact, NestedTransaction> {
  const found = new Map<CallFact, NestedTransaction>();
  const sites = new Map(project.transactions.map((site) => [site.call, site]));
  for (const outer of project.judgedTransactions) {
    if (outer.style === "array" || project.program.role(outer.file) === "test" || project.ambient.isAmbient(outer)) continue;
    const inHelpers: InsideCall[] = [];
    const judge = (inside: InsideCall): void => {
      const inner = sites.get(inside.call);
      if (!inner || project.ambient.isAmbient(inner)) return;
      const at = leavesHandle(project, inside);
      const how = found.has(at.call) ? undefined : nests(project, outer, inner, inside);
      if (how !== undefined) found.set(at.call, { outer, inner, inside, at, how });
    };
    for (const inside of project.inside.callsOf(outer)) {
      judge(inside);
      if (inside.path.length > 0 && sites.has(inside.call)) inHelpers.push(inside);
    }
    // A helper that begins transactions for the whole program is reached by many calls.
    for (const other of otherWays(project, outer, inHelpers, new Set())) judge(other);
  }
  return found;
}

function nests(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, inside: InsideCall): NestedTransaction["how"] | undefined {
  const { tokens } = project.graph.values;
  const library = packageName(inner.library);
  // https://github.com/sessionfix/sessionfix/blob/main/runtime/README.md: its nested transactions are savepoints, on whatever they are begun.
  if (library === "sessionfix-runtime" || inner.library !== outer.library || isHanded(project, inside)) return undefined;
  const owners = (project.graph.external.get(inner.call) ?? []).flatMap((id) => (tokens.libraryOf(id) === inner.library ? (tokens.ownerOf(id) ?? []) : []));
  // On a handle it is a savepoint, or what the library makes of it.
  if (asksFirst(project, inside)) return undefined;
  if (owners.length === 0 || owners.some((id) => tokens.handleOf(id) !== undefined)) return undefined;
  // What a declared type leaves open, the constant says: the outer one was begun on it.
  if (!isOnSameConstant(project, outer, inside.file, inside.call, owners) && (owners.some((id) => mayBeHandle(project, id)) || !isSame(project, outer, inner, inside, owners))) return undefined;
  if (inner.style === "sql" || (inner.style === "handle" && inner.handles.length === 0)) return isRefused(outer, inner) && !setsSavepoint(project, inner) ? "refused" : undefined;
  // better-sqlite3 and its like make a savepoint of it. https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#transactionfunction---function
  if (inner.sync || inner.style === "wrapper" || inner.pattern?.ambient === true || inner.pattern?.nested === "joins") return undefined;
  // A list is one statement to its caller: it commits by itself, as any statement on the session does.
  return inner.style === "array" || isLeftAlone(project, inside) ? undefined : "second";
}

/** Where the way to it leaves the handle: the call after the last one that hands it on, most often the first. */
function leavesHandle(project: ProjectFacts, inside: InsideCall): CallPlace {
  const handed = inside.path.findLastIndex((step) => isGivenHandle(project, step.file, step.call));
  return inside.path[handed + 1] ?? inside;
}

/** The function that begins it, or one that it is written in, is given the handle, and trusted with it. One that is not given it cannot know, whoever before it was. */
function isHanded(project: ProjectFacts, inside: InsideCall): boolean {
  const { path } = inside;
  const around = new Set(functionsAround(project, inside));
  return path.some((step, index) => isGivenHandle(project, step.file, step.call) && (index === path.length - 1 ? !ignoresHandle(project, inside, step) : [...project.inside.calleesOf(step.file, step.call)].some(({ to }) => around.has(to))));
}

function* functionsAround({ program }: ProjectFacts, { fn: inner }: InsideCall): Generator<FunctionKey> {
  const { file, fn } = program.fnOf(inner);
  for (let at = fn.parent; at !== 0; at = program.fn(file, at).parent) yield functionKey(file, at);
}

/** `async function add(tx, row) { return await knex.transaction(async (tx) => …); }`: the inner one's handle has the name of the parameter, which is not read elsewhere. */
function ignoresHandle(project: ProjectFacts, { file, call, fn }: InsideCall, step: CallPlace): boolean {
  const { program, inside } = project;
  const around = program.fnOf(fn).fn;
  if (call.fn !== around.id || step.call.spread || ![...inside.calleesOf(step.file, step.call)].some(({ to, written }) => to === fn && !written)) return false;
  const callbacks = call.args.flatMap((arg) => (arg.k === "fn" ? [program.fn(file, arg.id)] : []));
  const given = step.call.args.flatMap((arg, index) => (carriesHandle(project, step.file, arg, step.call.fn) ? [around.params[index]] : []));
  const nameOf = (param: ParamFact | undefined): string => (param && param.rest !== true ? program.variable(file, param.variable).name : "");
  return given.length > 0 && given.every((param) => {
    const name = nameOf(param);
    const hidden = callbacks.filter(({ params }) => params.some((own) => nameOf(own) === name));
    return name !== "" && hidden.length > 0 && !wordsOf(project, file, around, hidden).includes(name);
  });
}

/** The words of a function's body without those of functions in it, in source order. */
function wordsOf({ program }: ProjectFacts, file: string, { body }: FunctionFact, leftOut: readonly FunctionFact[]): string[] {
  const ends = [body.start, ...leftOut.map(({ span }) => span.end)];
  return ends.flatMap((start, index) => program.text(file, { start, end: leftOut[index]?.span.start ?? body.end }).match(/[\w$]+/g) ?? []);
}

/** `void drain()`: nobody waits for it, the transaction least of all. */
function isLeftAlone({ program }: ProjectFacts, { path }: InsideCall): boolean {
  return path.some((step) => program.isLeftAlone(step.file, step.call));
}

/** A helper that looks whether a transaction is open already, or is given one, begins its own only where there is none: `if (db.isTransaction) return work(db)`. */
function asksFirst({ program }: ProjectFacts, { file, call, fn, path }: InsideCall): boolean {
  if (path.length === 0) return false;
  const { body } = program.fnOf(fn).fn;
  const before = program.text(file, { start: body.start, end: call.calleeSpan.start });
  if (path.some((step, index) => index > 0 && asksOnTheWay(program, step))) return true;
  return /\b(?:if|return|const|let)\b|[?&|]/.test(before) && /(?:is|in|has|active|current|open|existing)_?(?:transact|trx|tx)|\b(?:trx?|tx|transaction)\b/i.test(before);
}

/** `if (!this.currentTransaction) return Jobs.inTransaction(work);` */
function asksOnTheWay(program: ProjectFacts["program"], { file, call }: CallPlace): boolean {
  const { body } = program.fn(file, call.fn);
  return call.conditional && /\bif\s*\([^)]*(?:is|in|has|active|current|open|existing)_?(?:transact|trx|tx)/i.test(program.text(file, { start: body.start, end: call.calleeSpan.start }));
}

/** https://www.sqlite.org/lang_transaction.html: transactions do not nest. Code that asks first whether one is open begins under a condition. */
function isRefused(outer: JudgedTransaction, inner: TransactionSite): boolean {
  return outer.engine === "sqlite" && (outer.style === "sql" || outer.sync) && !inner.call.conditional && (inner.call.tries ?? []).length === 0;
}

/** `exec(depth > 0 ? "SAVEPOINT inner" : "BEGIN")` */
function setsSavepoint({ graph }: ProjectFacts, { call }: TransactionSite): boolean {
  const text = statementOf(graph, call)?.text;
  return text !== undefined && mayBeSavepoint(graph, text);
}

/** A declared type that may be a handle, or a connection that the caller began something on. */
function mayBeHandle(project: ProjectFacts, id: number): boolean {
  const token = project.graph.values.tokens.get(id);
  if (token.t === "typed") return token.role !== "session";
  return token.t === "derived" && (token.kind === "client" || mayBeHandle(project, token.of));
}

function isSame(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, inside: InsideCall, owners: readonly number[]): boolean {
  if (inside.path.length === 0 ? isOnReceiver(project, outer, inside.file, inside.call, owners) : isOnGivenReceiver(project, outer, inside, owners)) return true;
  const session = sessionOf(project, outer);
  return session !== undefined && areSession(project, outer, inner.sessions) && isLasting(project, session);
}
