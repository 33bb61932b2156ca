import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact, Expr, FunctionFact } from "../../src/core/facts/types.js";
import { engineOf } from "../../src/core/link/engines.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { type StatementFact, statementsOf } from "../../src/core/link/statements.js";
import { chainOf, Flow, isSame, waitsElsewhere } from "./turns.js";
import { combinatorOf } from "../../src/core/link/waits.js";

/** A read that one query for many could replace. */
export interface SingleRead {
  library: string;
  /** In the function that the call leads to, if not in the call itself. */
  direct: boolean;
  /** Prisma makes one query of those in the same tick: https://www.prisma.io/docs/orm/prisma-client/queries/query-optimization-performance */
  batchesInTick: boolean;
}

/** The table, the database or the model that is asked: another one each turn makes another query each turn. */
const SOURCE = /^(from|into|table|selectFrom|withSchema|getRepository|getTreeRepository|model|schema|database)$/;
const LOCK = /^(for|forUpdate|forShare|forNoKeyUpdate|forKeyShare|setLock|lock|lockMode)$/;
/** What a list of values does not replace: ranges, patterns, lists already, and SQL of its own. */
const NOT_EQUAL = /^([gl]te?|\$?[gl]te?|in|notIn|inArray|notInArray|whereIn|findByIds|any|anyOf|between|contains|startsWith|endsWith|i?like|search|match|has|hasSome|hasEvery|path|LessThan\w*|MoreThan\w*|Between|I?Like|In|Any|Raw|raw|skip|offset|cursor|after|before)$/;
const ORDER = /^(order|orderBy|orderByRaw|sort|addOrderBy)$/;
const LIMIT = /^(take|limit|top|first|skip|offset|cursor)$/;
const ONE_ROW = /^(findFirst|findFirstOrThrow|findOne|findOneBy|findOneOrFail|getOne|executeTakeFirst|executeTakeFirstOrThrow|first)$/;
/** A store that is asked first: then most turns need no query. */
const CACHE = /cache|memo|redis|loader/i;

/** The read that a call of a turn makes with what is new in that turn, itself or in the function that it calls. */
export function singleReadOf(project: ProjectFacts, file: string, call: CallFact, flow: Flow): SingleRead | undefined {
  return directRead(project, file, call, flow) ?? readThrough(project, call, flow);
}

function directRead(project: ProjectFacts, file: string, call: CallFact, flow: Flow): SingleRead | undefined {
  const statements = statementsOf(project.graph, call);
  const [first] = statements;
  if (!first || !statements.every((statement) => statement.kind === "read" && isRemote(project, statement)) || project.ambient.carries(first.library)) return undefined;
  const { program } = project;
  const chain = chainOf(program, file, call);
  const receiver = chain[0]?.callee;
  if (!receiver || flow.reaches(receiver) || !chain.some(({ args }) => args.some((arg) => flow.reaches(arg)))) return undefined;
  if (!isReplaceable(chain, first.sql, flow) || !isEqualityOnly(project, file, chain, first.sql, flow)) return undefined;
  const name = call.callee.k === "member" ? call.callee.name : "";
  return { library: first.library, direct: true, batchesInTick: first.library.startsWith("@prisma/") && /^findUnique/.test(name) };
}

/** A query of SQLite in this process is a function call: https://www.sqlite.org/np1queryprob.html */
function isRemote(project: ProjectFacts, { library, session, owner }: StatementFact): boolean {
  const engine = engineOf(project.graph, session ?? owner);
  return libraryWithId(library)?.sync === false && engine !== "sqlite";
}

/** Not another table each turn, no lock on purpose, and not the first few of each. */
function isReplaceable(chain: readonly CallFact[], sql: string | undefined, flow: Flow): boolean {
  const changes = (call: CallFact): boolean => call.args.some((arg) => flow.reaches(arg));
  const names = chain.map(({ callee }) => (callee.k === "member" ? callee.name : ""));
  if (chain.some((call, i) => (SOURCE.test(names[i] ?? "") || (call.kind === "call" && call.callee.k === "var")) && changes(call))) return false;
  const options = chain.flatMap(({ args }) => args.flatMap((arg) => (arg.k === "object" ? arg.props : [])));
  if (names.some((name) => LOCK.test(name)) || options.some(({ name }) => LOCK.test(name)) || /\bFOR\s+(NO\s+KEY\s+|KEY\s+)?(UPDATE|SHARE)\b/i.test(sql ?? "")) return false;
  const ordered = names.some((name) => ORDER.test(name)) || options.some(({ name }) => ORDER.test(name)) || /\bORDER\s+BY\b/i.test(sql ?? "");
  const limits = [...chain.flatMap(({ args }, i) => (LIMIT.test(names[i] ?? "") ? [args[0]] : [])), ...options.flatMap(({ name, value }) => (LIMIT.test(name) ? [value] : []))];
  const several = limits.some((limit) => limit !== undefined && !(limit.k === "literal" && limit.value === 1)) || /\bOFFSET\b|\bLIMIT\s+(?!1\b)/i.test(sql ?? "");
  const one = limits.length > 0 || names.some((name) => ONE_ROW.test(name)) || /\bLIMIT\b|\bFETCH\s+FIRST\b|\bTOP\b/i.test(sql ?? "");
  return !several && !(ordered && one);
}

/** What changes is compared with `=`: then a list (`IN`) or a join can stand in its place. */
function isEqualityOnly(project: ProjectFacts, file: string, chain: readonly CallFact[], sql: string | undefined, flow: Flow): boolean {
  if (sql !== undefined && /\b(I?LIKE|SIMILAR\s+TO|MATCH|AGAINST|BETWEEN|ANY\s*\()|<->|<=>|[<>]=?\s*[$?:@]|\bIN\s*\(\s*[$?:@]|\b(FROM|JOIN|INTO)\s+["'`[]?\$\{|\$\{\}["'`\]]?\./i.test(sql)) return false;
  return chain.every((call) => call.args.every((arg) => equalityIn(project, file, arg, flow, 0)) && !(NOT_EQUAL.test(nameOf(call)) && call.args.some((arg) => flow.reaches(arg))));
}

function equalityIn(project: ProjectFacts, file: string, expr: Expr, flow: Flow, depth: number): boolean {
  if (depth > 10) return false;
  const within = (part: Expr): boolean => equalityIn(project, file, part, flow, depth + 1);
  switch (expr.k) {
    case "object":
      return expr.props.every(({ name, value }) => within(value) && !(NOT_EQUAL.test(name) && flow.reaches(value)));
    case "array":
      // `where("at", ">", day)` and arrays of conditions alike.
      return expr.items.every(within);
    case "literal":
      return !(typeof expr.value === "string" && /^(<|>|<=|>=|i?like|in|not in|between)$/i.test(expr.value));
    case "either":
      return expr.of.every(within);
    case "await":
    case "typed":
      return within(expr.of);
    case "fn":
      return project.program.fn(file, expr.id).returns.every(within);
    case "call": {
      const inner = project.program.call(file, expr.id);
      return inner.args.every(within) && !(NOT_EQUAL.test(nameOf(inner, project, file)) && inner.args.some((arg) => flow.reaches(arg)));
    }
    default:
      return true;
  }
}

function nameOf({ callee }: CallFact, project?: ProjectFacts, file = ""): string {
  if (callee.k === "member" || callee.k === "global") return callee.name;
  return callee.k === "var" && project ? project.program.variable(file, callee.id).name : "";
}

/**
 * One function and no other, which always reads with what it is given, does nothing else that takes time, and keeps
 * nothing. A further function in between is not followed.
 */
function readThrough(project: ProjectFacts, call: CallFact, flow: Flow): SingleRead | undefined {
  const { writers, program } = project;
  const [key, more] = writers.calleesOf(call);
  if (key === undefined || more !== undefined || call.spread || call.args.some((arg) => arg.k === "fn")) return undefined;
  const { file: from, fn } = program.fnOf(key);
  const given = fn.params.flatMap(({ variable, rest }, i) => {
    const arg = call.args[i];
    return !rest && arg !== undefined && flow.reaches(arg) ? [variable] : [];
  });
  if (given.length === 0 || writers.functionWrites(key) || isKept(project, from, fn, key)) return undefined;
  const inner = new Flow(program, from, fn.span, given);
  const calls = writers.callsOf(key);
  if (calls.some((other) => other.loop !== undefined || (other.awaited && waitsElsewhere(project, other)))) return undefined;
  for (const other of calls) {
    const read = other.conditional || !isRun(project, from, other) ? undefined : directRead(project, from, other, inner);
    if (read) return { ...read, direct: false };
  }
  return undefined;
}

/** Wrapped by something (`cache(async (id) => …)`), decorated, or with a store of its own. */
function isKept(project: ProjectFacts, file: string, fn: FunctionFact, key: FunctionKey): boolean {
  const wrapped = project.program.callsIn(file, fn.parent).some(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === fn.id));
  return wrapped || (fn.decorators ?? []).length > 0 || CACHE.test(fn.name) || asksStore(project, file, project.writers.callsOf(key));
}

/** Something by the name of a cache, or a place that is asked and filled: `known.get(id)`, `known.set(id, row)`. */
export function asksStore({ program }: ProjectFacts, file: string, calls: readonly CallFact[]): boolean {
  const on = (names: RegExp): Expr[] => calls.flatMap(({ callee }) => (callee.k === "member" && names.test(callee.name) ? [callee.of] : []));
  const filled = on(/^(set|add)$/);
  return calls.some(({ memo, calleeSpan }) => memo !== undefined || CACHE.test(program.text(file, calleeSpan))) || on(/^(get|has)$/).some((of) => filled.some((other) => isSame(of, other)));
}

/** Whether the query runs where it stands: awaited, by itself or in a `Promise.all`, or given back by the function. */
export function isRun(project: ProjectFacts, file: string, call: CallFact): boolean {
  const { program } = project;
  const end = program.chainEnd(file, call);
  const isIt = (expr: Expr): boolean => (expr.k === "call" && expr.id === end.id) || ((expr.k === "await" || expr.k === "typed") && isIt(expr.of));
  if (end.awaited || program.fn(file, end.fn).returns.some(isIt)) return true;
  return program.callsIn(file, end.fn).some((other) => combinatorOf(other) !== undefined && other.awaited && other.args[0]?.k === "array" && other.args[0].items.some(isIt));
}
