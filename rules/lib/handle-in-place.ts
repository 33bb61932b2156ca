import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact, Expr, Span } from "../../src/core/facts/types.js";
import type { OuterOptionDetail, OuterSessionDetail } from "../../src/core/finding.js";
import { constantOf, type PlacedExpr } from "../../src/core/link/constants.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { optionsIndex } from "./option-style.js";
import { isSameBinding, moduleValue, receiverOfTransaction, startsOf } from "./same-session.js";
import { homeOf } from "./strays.js";
import { writtenWithCalls } from "./written.js";

/** The handle's name in the one function that the transaction runs, which is written where it begins. */
export function namedHandle(project: ProjectFacts, site: JudgedTransaction): { handle: string; body: number } | undefined {
  const home = homeOf(project, site);
  const [body, more] = site.bodies;
  if (body === undefined || more !== undefined || site.file !== home) return undefined;
  const { fn } = project.program.fnOf(body);
  const parameter = fn.params[site.pattern?.handle ?? 0];
  const handle = parameter === undefined ? undefined : project.program.variable(home, parameter.variable);
  return handle?.span === undefined || !/^[\w$]+$/.test(handle.name) ? undefined : { handle: handle.name, body: fn.span.start };
}

/** What the handle takes the place of, where a statement stands in the transaction's own body. Undefined: people have to see. */
export function inPlace(project: ProjectFacts, site: JudgedTransaction, at: CallFact): OuterSessionDetail | undefined {
  const named = site.lender === undefined ? namedHandle(project, site) : undefined;
  const replaced = named && (replacedWhereMade(project, site, at) ?? replacedAt(project, site, at));
  return replaced && { kind: "outer-session", ...replaced, ...named };
}

/** Where the options stand that the handle is to be passed in. Undefined: people have to see. */
export function inOptions(project: ProjectFacts, site: JudgedTransaction, at: CallFact): OuterOptionDetail | undefined {
  const named = site.lender === undefined ? namedHandle(project, site) : undefined;
  const index = optionsIndex(at);
  const option = site.pattern?.option;
  // Where they stand is known of Sequelize alone.
  if (named === undefined || index === undefined || option === undefined || site.library !== "sequelize" || at.args.length < index) return undefined;
  return { kind: "outer-option", option, index, ...named };
}

type Replaced = Pick<OuterSessionDetail, "session" | "again" | "made">;

/** The longest name at the beginning of a call that the handle, or what it makes, can take the place of. */
function replacedAt(project: ProjectFacts, site: JudgedTransaction, at: CallFact): Replaced | undefined {
  let outer = at.callee;
  for (const part of [...(at.callee.k === "member" ? [] : [at.callee]), ...startsOf(project, site.file, at.callee)]) {
    const next = outer.k === "member" ? outer.name : "";
    outer = part;
    const session = writtenWithCalls(project, site.file, part);
    // What is written otherwise (`db!.insert()`, `(db as Db).insert()`) is left.
    if (session === undefined || !isWrittenAt(project, site.file, at.span, session)) continue;
    const stands = standsFor(project, site, part, next);
    if (stands !== undefined) return { session, ...stands };
  }
  return undefined;
}

function isWrittenAt(project: ProjectFacts, file: string, span: Span, session: string): boolean {
  const text = project.program.text(file, span);
  return text.startsWith(session) && /^[.(<`[]/.test(text.slice(session.length));
}

/** The statement runs on a constant of the transaction's own function: what that is made on becomes the handle. */
function replacedWhereMade(project: ProjectFacts, site: JudgedTransaction, at: CallFact): Replaced | undefined {
  const { program } = project;
  const [body] = site.bodies;
  for (const part of startsOf(project, site.file, at.callee)) {
    if (part.k !== "var" || body === undefined) continue;
    const variable = program.variable(site.file, part.id);
    const around = program.fnOf(body).fn.span;
    const [value, more] = program.valuesOf(site.file, part.id);
    if (variable.kind !== "const" || variable.span === undefined || !contains(around, variable.span) || value?.k !== "call" || more !== undefined) continue;
    const call = program.call(site.file, value.id);
    const asked = standsFor(project, site, value, "") && writtenWithCalls(project, site.file, value);
    const replaced = asked !== undefined ? { session: asked } : isMaking(site, call) ? replacedAt(project, site, call) : undefined;
    if (replaced !== undefined) return { ...replaced, made: call.span };
  }
  return undefined;
}

/** Whether a name is what the handle is (none: the handle itself), or what it makes again; `next`: the member that is asked of it. */
function standsFor(project: ProjectFacts, site: JudgedTransaction, part: Expr, next: string): { again?: string } | undefined {
  const begun = receiverOfTransaction(project, site);
  const isBegun = isSameBinding(project, site.file, part, begun.expr) || isOneSession(project, site.file, part, begun);
  const pattern = libraryWithId(site.library)?.handle;
  if (pattern === undefined) return isBegun ? {} : undefined;
  if (part.k === "member" && part.name === pattern.is) return isOnSession(project, site, part) ? {} : undefined;
  if (isBegun) return pattern.lacks.includes(next) || next === pattern.is ? undefined : {};
  const { file, expr } = valueOf(project, site.file, part);
  if (expr.k === "var" && isModel(project, file, expr.id, next)) return { again: pattern.model };
  const call = expr.k === "call" ? project.program.call(file, expr.id) : undefined;
  if (call === undefined || next === pattern.is || !isOnSession(project, site, part)) return undefined;
  if (isMaking(site, call)) return imports(project, site.library, pattern.shownBy) ? { again: pattern.again } : undefined;
  return project.opens.some((open) => open.call === call) && !pattern.lacks.includes(next) ? {} : undefined;
}

/** A table's class by its name, and one of the static methods that its library gave it. */
function isModel({ program }: ProjectFacts, file: string, variable: number, next: string): boolean {
  const { kind, span } = program.variable(file, variable);
  const found = kind === "class" && span !== undefined ? program.file(file).classes.find((one) => contains(one.span, span) && one.name === program.variable(file, variable).name) : undefined;
  return found?.superClass !== undefined && !found.members.some(({ name, static: isStatic }) => isStatic && name === next);
}

/** Whether a file of the program imports what only newer versions export. */
function imports({ program }: ProjectFacts, library: string, name: string): boolean {
  const specifiers = libraryWithId(library)?.specifiers ?? [];
  return [...program.files.values()].some(({ variables }) => variables.some((variable) => variable.import?.name === name && specifiers.includes(variable.import.specifier)));
}

function isMaking(site: JudgedTransaction, { callee }: CallFact): boolean {
  return callee.k === "member" && (libraryWithId(site.library)?.handle?.makes.includes(callee.name) ?? false);
}

/** Both are one constant, or what one function without parameters gives: that it gives the same each time has been shown of the statement. */
function isOneSession(project: ProjectFacts, file: string, part: Expr, begun: PlacedExpr): boolean {
  const source = sourceOf(project, file, part);
  return source !== undefined && source === sourceOf(project, begun.file, begun.expr);
}

/** The call that makes a module's constant, or the function that is asked for the session. */
function sourceOf(project: ProjectFacts, file: string, expr: Expr): CallFact | FunctionKey | undefined {
  const constant = moduleValue(project, file, expr);
  const { file: at, expr: made } = constantOf(project.program, file, expr);
  const call = made.k === "call" ? project.program.call(at, made.id) : undefined;
  if (call === undefined || call.kind !== "call" || call.args.length > 0) return constant;
  const [key, more] = [...project.inside.calleesOf(at, call)].flatMap(({ to, written }) => (written ? [] : [to]));
  if (key === undefined || more !== undefined) return constant;
  const { file: home, fn } = project.program.fnOf(key);
  const given = fn.returns.flatMap(alternatives);
  // A method's answer is its object's; what a call makes of the session may be something else than that.
  if (fn.class !== undefined || fn.object !== undefined || fn.async || fn.generator || !given.every((value) => isKept(project, home, value))) return undefined;
  const [only, another] = given;
  return (only !== undefined && another === undefined ? moduleValue(project, home, only) : undefined) ?? key;
}

function alternatives(value: Expr): Expr[] {
  return value.k === "either" ? value.of.flatMap(alternatives) : value.k === "typed" ? alternatives(value.of) : [value];
}

/** A name that keeps a session, or what opens it. */
function isKept(project: ProjectFacts, file: string, value: Expr): boolean {
  if (value.k !== "call") return value.k === "var" || (value.k === "member" && value.name !== "*");
  const call = project.program.call(file, value.id);
  return call.callee.k === "var" || project.opens.some((open) => open.call === call);
}

/** Whether what an expression holds may be the transaction's session: that it is no other has been shown of the statement. */
function isOnSession({ graph: { values } }: ProjectFacts, site: JudgedTransaction, part: Expr): boolean {
  const [body] = site.bodies;
  return body !== undefined && [...values.solver.values(values.expression(site.file, part, site.call.fn))].some((id) => site.sessions.includes(id));
}

/** A constant's value, or that of a field which its class sets once. */
function valueOf(project: ProjectFacts, file: string, part: Expr): PlacedExpr {
  if (part.k !== "member" || part.of.k !== "this") return constantOf(project.program, file, part);
  const id = project.program.fn(file, part.of.fn).class;
  const values = project.program.file(file).assigns.flatMap(({ target, value }) =>
    target.k === "member" && target.name === part.name && target.of.k === "this" && project.program.fn(file, target.of.fn).class === id ? [value] : [],
  );
  const [only, more] = values;
  return { file, expr: only !== undefined && more === undefined && id !== undefined ? only : part };
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/**
 * Whether an error of the statement is caught inside the transaction. On a server, a statement that fails ends its transaction, whoever
 * catches the error: PostgreSQL takes no other statement then (https://www.postgresql.org/docs/current/errcodes-appendix.html, 25P02).
 */
export function isCaught(project: ProjectFacts, site: JudgedTransaction, at: CallFact): boolean {
  const { program } = project;
  const [body] = site.bodies;
  if (body === undefined || site.engine === "sqlite") return false;
  const around = program.fnOf(body).fn.span;
  const guarded = program.file(site.file).tries.some(({ span, block, handler }) => handler !== undefined && contains(around, span) && contains(block, at.span));
  const settled = program.file(site.file).calls.some(({ callee, span, argSpans }) => callee.k === "member" && callee.name === "allSettled" && contains(around, span) && argSpans.some((arg) => contains(arg, at.span)));
  return guarded || settled || [...program.chainAfter(site.file, at)].some(({ callee }) => callee.k === "member" && callee.name === "catch");
}
