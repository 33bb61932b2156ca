import type { CallFact, ClassId, Expr, FunctionFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { DefaultSession } from "./default-session.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey, type FunctionKey, type Program } from "../../src/core/link/program.js";
import type { TokenId } from "../../src/core/link/tokens.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";
import { calleesOf } from "../../src/core/link/sessions.js";
import { oneOf } from "./one-of.js";

/** A transaction, or the one of the helper that runs it. */
type Begun = TransactionSite & { lender?: TransactionSite };

/** Sessions that are one by what they are: opened at a place, or instances of a project class. A declared type alone says nothing. */
export function certain(project: ProjectFacts, ids: Iterable<TokenId | undefined>): Set<TokenId> {
  const { tokens } = project.graph.values;
  const found = new Set<TokenId>();
  for (const id of ids) {
    const token = id === undefined ? undefined : tokens.get(id);
    if (id !== undefined && (token?.t === "session" || (token?.t === "typed" && token.role === "session" && token.owner !== undefined))) found.add(oneOf(project, id));
  }
  return found;
}

/** The one session that a transaction is surely on. */
export function sessionOf(project: ProjectFacts, site: TransactionSite): TokenId | undefined {
  const [only, more] = certain(project, site.sessions);
  return more === undefined ? only : undefined;
}

/** Whether sessions that a call may be on are the transaction's, and nothing else. */
export function areSession(project: ProjectFacts, site: TransactionSite, sessions: readonly (TokenId | undefined)[]): boolean {
  const own = sessionOf(project, site);
  const [only, more] = certain(project, sessions);
  return own !== undefined && only === own && more === undefined;
}

/**
 * Whether asking again gives the same session: made once, or kept. One that is made for each caller, or kept by key, may
 * be another database each time.
 */
export function isLasting(project: ProjectFacts, session: TokenId): boolean {
  const token = project.graph.values.tokens.get(session);
  if (token.t === "typed") return (project.graph.instantiations.get(token.owner ?? "")?.length ?? 0) <= 1;
  if (token.t !== "session") return false;
  const call = project.program.call(token.file, token.call);
  if (call.memo) return !call.memo.keyed;
  const contexts = project.contexts.ofCall(token.file, call);
  return !contexts.has("per-call") && !contexts.has("unknown");
}

/**
 * What a transaction is begun on, as written: `db` of `db.transaction(…)`, of `db.transaction().execute(…)`. For one on
 * a connection of its own, the pool: `pool` of `pool.connect()`.
 */
export function receiverOfTransaction(project: ProjectFacts, site: Begun): { file: string; expr: Expr } {
  const { file, call } = (site.lender ?? site).client ?? site.lender ?? site;
  const index = site.pattern?.session;
  const given = index === undefined ? undefined : call.args[index];
  return { file, expr: given ?? startOf(project, file, call.callee) };
}

function startOf(project: ProjectFacts, file: string, callee: Expr): Expr {
  if (callee.k !== "member") return callee;
  const inner = callee.of.k === "call" ? project.program.call(file, callee.of.id) : undefined;
  // `getDb().transaction(…)` is begun on what a call gives; `db.transaction().execute(…)` on what a chain starts from.
  return inner?.callee.k === "member" && (project.graph.external.get(inner) ?? []).some((id) => project.graph.values.tokens.get(id).t === "part")
    ? startOf(project, file, inner.callee)
    : callee.of;
}

/**
 * Whether a call in the transaction's own body is made on the binding that the transaction is begun on, and that binding
 * is what the call touches: `prisma` in `prisma.link.create(…)`, when it stands in `prisma.$transaction(…)`.
 */
export function isOnReceiver(project: ProjectFacts, site: Begun, file: string, call: CallFact, owners: readonly TokenId[]): boolean {
  const begun = receiverOfTransaction(project, site);
  if (begun.file !== file) return false;
  const { values } = project.graph;
  for (const part of startsOf(project, file, call.callee)) {
    if (!isSameBinding(project, file, part, begun.expr)) continue;
    const found = values.solver.values(values.expression(file, part, call.fn));
    if (owners.some((owner) => found.has(owner))) return true;
  }
  return false;
}

/**
 * The same for a call in a helper: the helper was given what the transaction is begun on, or what holds it, and makes the
 * call on that: `check(ctx)` in `ctx.db.transaction(…)`, when `check` runs `ctx.db.select(…)`.
 */
export function isOnGivenReceiver(project: ProjectFacts, site: Begun, { file, call, fn, path }: InsideCall, owners: readonly TokenId[], from?: DefaultSession): boolean {
  const begun = receiverOfTransaction(project, site);
  let carried: Carried | undefined = carriedBy(project, begun.file, begun.expr);
  let at = begun.file;
  for (let index = 0; carried && index < path.length; index++) {
    const step = path[index];
    const next = path[index + 1];
    if (!step || step.file !== at) return false;
    const inner = next ? functionKey(next.file, next.call.fn) : fn;
    const callee = [...project.inside.calleesOf(step.file, step.call)].find(({ to }) => contains(project, to, inner))?.to;
    if (callee === undefined) return false;
    carried = passedOn(project, step, carried, callee);
    at = project.program.fnOf(callee).file;
    if (carried && callee === from?.key) return isCarried(project, at, from.expr, call.fn, carried, owners);
  }
  if (!carried || at !== file) return false;
  for (const part of startsOf(project, file, call.callee)) if (isCarried(project, file, part, call.fn, carried, owners)) return true;
  return false;
}

function isCarried(project: ProjectFacts, file: string, part: Expr, fn: number, carried: Carried, owners: readonly TokenId[]): boolean {
  const { values } = project.graph;
  const found = carriedBy(project, file, part);
  if (found?.variable !== carried.variable || found.names.join(".") !== carried.names.join(".")) return false;
  const held = values.solver.values(values.expression(file, part, fn));
  return owners.some((owner) => held.has(owner));
}

/**
 * Whether a call is made on the very constant of a module that the transaction is begun on, by whatever name each file
 * imports it: one value, even where the analysis cannot tell which of several sessions it is.
 */
export function isOnSameConstant(project: ProjectFacts, site: Begun, file: string, call: CallFact, owners: readonly TokenId[]): boolean {
  const begun = receiverOfTransaction(project, site);
  const constant = ofModule(project, begun.file, begun.expr);
  if (constant === undefined) return false;
  const { values } = project.graph;
  for (const part of startsOf(project, file, call.callee)) {
    const other = ofModule(project, file, part);
    if (other?.made !== constant.made || other.names.join(".") !== constant.names.join(".")) continue;
    const found = values.solver.values(values.expression(file, part, call.fn));
    if (owners.some((owner) => found.has(owner))) return true;
  }
  // `query("SELECT …")`, a function of the program's own that is handed the text: what it runs that on.
  return calleesOf(project.graph, call).some((key) => project.writers.callsOf(key).some((inner) => project.graph.external.has(inner) && isOnSameConstant(project, site, project.program.fnOf(key).file, inner, owners)));
}

/** What is one value while a transaction is open: a constant by the call that makes it; `let pool`, which start-up sets to this or that, by its place. */
interface OfModule {
  made: CallFact | string;
  names: readonly string[];
}

/** A module's constant, or what it holds under a name: `db.knex` of `const db = new Database()`. */
function ofModule(project: ProjectFacts, file: string, expr: Expr): OfModule | undefined {
  if (expr.k === "typed") return ofModule(project, file, expr.of);
  if (expr.k === "member") {
    const holder = expr.name === "*" ? undefined : ofModule(project, file, expr.of);
    return holder && { made: holder.made, names: [...holder.names, expr.name] };
  }
  const made = moduleValue(project, file, expr) ?? variableOf(project, file, expr);
  return made === undefined ? undefined : { made, names: [] };
}

/** The place of a module's variable, whichever file asks for it. */
function variableOf({ program }: ProjectFacts, file: string, expr: Expr): string | undefined {
  const found = constantOf(program, file, expr);
  if (found.expr.k !== "var") return undefined;
  const { fn, kind } = program.variable(found.file, found.expr.id);
  return fn === 0 && (kind === "let" || kind === "var") ? `${found.expr.id} ${found.file}` : undefined;
}

/** What a module's constant is made by, once: `new PrismaClient()`, `remember("db", open)`. */
export function moduleValue({ program }: ProjectFacts, file: string, expr: Expr): CallFact | undefined {
  if (expr.k !== "var") return undefined;
  const made = constantOf(program, file, expr);
  const call = made.expr.k === "call" ? program.call(made.file, made.expr.id) : undefined;
  return call?.fn === 0 && call.loop === undefined ? call : undefined;
}

/** A variable or `this`, and the members that lead from it: `ctx`, `["db"]`. */
interface Carried {
  variable: number | `this of ${number}`;
  names: string[];
}

function carriedBy(project: ProjectFacts, file: string, expr: Expr): Carried | undefined {
  if (expr.k === "typed") return carriedBy(project, file, expr.of);
  if (expr.k === "var") return { variable: expr.id, names: [] };
  if (expr.k === "this") {
    const { class: id, static: isStatic } = project.program.fn(file, expr.fn);
    return id === undefined || isStatic === true ? undefined : { variable: `this of ${id}`, names: [] };
  }
  if (expr.k !== "member" || expr.name === "*") return undefined;
  const inner = carriedBy(project, file, expr.of);
  return inner && { ...inner, names: [...inner.names, expr.name] };
}

/** Whether a method is called on the caller's own object: `this.clear(id)`. */
function isOnThis({ program }: ProjectFacts, { file, call }: CallPlace, callee: FunctionKey): boolean {
  if (call.callee.k !== "member" || call.callee.of.k !== "this") return false;
  const target = program.fnOf(callee);
  const id = target.file === file ? classOf(program, file, target.fn) : undefined;
  return id !== undefined && id === program.fn(file, call.callee.of.fn).class;
}

/** The class whose instance is `this` in a function: a method's, or that of an arrow function in a field. */
export function classOf(program: Program, file: string, fn: FunctionFact): ClassId | undefined {
  let at = fn;
  while (at.kind === "arrow") at = program.fn(file, at.parent);
  return at.kind === "module" ? undefined : at.class;
}

/** What the callee calls it: the parameter at the place where the call passes it, or what holds it. */
function passedOn(project: ProjectFacts, { file, call }: CallPlace, carried: Carried, callee: FunctionKey): Carried | undefined {
  if (typeof carried.variable === "string" && isOnThis(project, { file, call }, callee)) return carried;
  for (const [index, arg] of call.args.entries()) {
    const given = carriedBy(project, file, arg);
    if (given?.variable !== carried.variable || given.names.some((name, at) => carried.names[at] !== name)) continue;
    const param = project.program.fnOf(callee).fn.params[index];
    if (call.spread || !param || param.rest || (typeof carried.variable === "number" && project.program.variable(file, carried.variable).kind === "let")) return undefined;
    return { variable: param.variable, names: carried.names.slice(given.names.length) };
  }
  return undefined;
}

function contains(project: ProjectFacts, outer: FunctionKey, inner: FunctionKey): boolean {
  const { file, fn } = project.program.fnOf(inner);
  for (let at = fn.id; ; at = project.program.fn(file, at).parent) {
    if (functionKey(file, at) === outer) return true;
    if (at === 0) return false;
  }
}

/** The calls that a chain is made of before this one: of `a().b().c()`, `a()` and `a().b()`. */
export function callsBefore(project: ProjectFacts, file: string, call: CallFact): CallFact[] {
  return [...startsOf(project, file, call.callee)].flatMap((part) => (part.k === "call" ? [project.program.call(file, part.id)] : []));
}

/** Every expression that a chain may start from: of `a.b.c().d`, `a.b.c()`, `a.b` and `a`. */
export function* startsOf(project: ProjectFacts, file: string, callee: Expr): Generator<Expr> {
  let at: Expr = callee;
  for (let depth = 0; depth < 100; depth++) {
    if (at.k === "member" || at.k === "typed" || at.k === "await") at = at.of;
    else if (at.k === "call") at = project.program.call(file, at.id).callee;
    else return;
    yield at;
  }
}

/** Whether two expressions of one file are the same binding, member for member, as seen from the same object. */
export function isSameBinding(project: ProjectFacts, file: string, left: Expr, right: Expr): boolean {
  const same = (a: Expr, b: Expr): boolean => {
    if (a.k === "typed") return same(a.of, b);
    if (b.k === "typed") return same(a, b.of);
    if (a.k === "var") return b.k === "var" && a.id === b.id;
    if (a.k === "this") return b.k === "this" && isSameThis(project, file, a.fn, b.fn);
    if (a.k === "member") return b.k === "member" && a.name === b.name && a.name !== "*" && same(a.of, b.of);
    return a.k === "global" && b.k === "global" && a.name === b.name;
  };
  return same(left, right);
}

/** Methods of one class see the same object, as far as one of them calls the other on itself. */
function isSameThis({ program }: ProjectFacts, file: string, left: number, right: number): boolean {
  if (left === right) return true;
  const [a, b] = [program.fn(file, left), program.fn(file, right)];
  return a.class !== undefined && a.class === b.class && a.static === b.static;
}
