import type { CallFact } from "../../src/core/facts/types.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import { calleesOf } from "../../src/core/link/sessions.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import type { TokenId } from "../../src/core/link/tokens.js";
import { type DefaultSession, isLeftOut, isOnParameter, onDefault } from "./default-session.js";
import { isOfSibling } from "./dispatch.js";
import { isByHand, isSurelyOpen } from "./by-hand.js";
import { handsHandle } from "./dropped-handle.js";
import { carriesHandle, isGivenHandle, mayUseHandle } from "./handles.js";
import { isRun } from "./lazy-query.js";
import { isOnLentParameter } from "./lent-parameter.js";
import { areModelsOf, mayBeGiven } from "./models.js";
import { lacksOption, optionGiven, optionOf, optionsIndex } from "./option-style.js";
import { otherWays } from "./other-ways.js";
import { functionName } from "./path.js";
import { areSession, callsBefore, certain, isLasting, isOnGivenReceiver, isOnReceiver, isOnSameConstant } from "./same-session.js";

/** A statement that runs on the session around the transaction, and where the transaction's own code leads to it. */
export interface Stray {
  file: string;
  call: CallFact;
  /** The call in the transaction's body that leads there; the statement itself when it stands in the body. */
  at: CallFact;
  helper?: string;
  option?: string;
  /** The way there takes a branch in a helper of a helper: what the transaction asks for may be another one. */
  inBranch?: boolean;
  /** A helper has a place for the handle, which this call of it leaves out. */
  leftOutAt?: CallPlace;
}

/** From which call of the way on a branch is no matter of the helper that the transaction names itself: that one says what it is for, those behind it serve others as well. */
const BEHIND = 2;

/** The file in which the transaction's function is written. */
export function homeOf(project: ProjectFacts, site: JudgedTransaction): string {
  const [body] = site.bodies;
  return body === undefined ? site.file : project.program.fnOf(body).file;
}

/** What runs on the session while the transaction is open; `allowed`: functions that do so on purpose. */
export function straysOf(project: ProjectFacts, site: JudgedTransaction, allowed: readonly string[]): Stray[] {
  const found: Stray[] = [];
  const home = homeOf(project, site);
  // Statements in helpers to which another way may lead with another session.
  const inHelpers: InsideCall[] = [];
  for (const inside of project.inside.callsOf(site)) {
    const { file, call, path } = inside;
    if (isByHand(site) && !isSurelyOpen(site, inside)) continue;
    const facts = strayFacts(project, site, inside);
    const stray = facts && (path.length > 0 ? viaHelper(project, site, inside, facts, allowed) : undefined);
    if (stray) found.push(stray);
    if (stray || (path.length > 0 && !facts && touchesRows(project, call).length > 0 && (isOnParameter(project, inside) || optionGiven(call, optionOf(site) ?? "") !== undefined))) inHelpers.push(inside);
    if (facts && path.length === 0 && file === home && isSameSession(project, site, inside, facts)) found.push({ file, call, at: call, option: optionOf(site) });
  }
  for (const other of otherWays(project, site, inHelpers, new Set(found.map(({ at }) => at)))) {
    const facts = strayFacts(project, site, other);
    const stray = facts && viaHelper(project, site, other, facts, allowed);
    if (stray) found.push(stray);
  }
  return found;
}

function touchesRows(project: ProjectFacts, call: CallFact): StatementFact[] {
  // What a function of the program runs that is handed the text, it runs at the call that says it: `query("SELECT …", [id])`.
  const facts = statementsRunBy(project.graph, call);
  if (facts.some(({ through }) => through) && calleesOf(project.graph, call).some((key) => project.ambient.asksContext(key))) return [];
  return facts.filter((fact) => fact.kind === "read" || fact.kind === "write" || fact.kind === "ddl" || isReadFromElsewhere(project, fact));
}

/** `pool.query(load("find.sql"), [id])`: whatever it says, it runs there. What came in as a parameter may be a COMMIT as well. */
function isReadFromElsewhere({ program }: ProjectFacts, { kind, text }: StatementFact): boolean {
  if (kind !== "unknown" || !text) return false;
  const { file, expr } = text;
  const [made, more] = expr.k === "var" && program.variable(file, expr.id).kind === "const" ? program.valuesOf(file, expr.id) : [expr];
  return made?.k === "call" && more === undefined;
}

/** What a call runs that is not on the transaction's handle, on this way to it. */
export function strayFacts(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall): StatementFact[] | undefined {
  const { file, call } = inside;
  const all = touchesRows(project, call);
  if (all.length === 0 || runsWithoutHandle(project, inside)) return undefined;
  // What a helper asks once and keeps is hardly ever asked while this transaction is open.
  if (inside.path.length > 0 && call.memo) return undefined;
  const facts = onDefault(project, inside, all)?.facts ?? all;
  if (mayUseHandle(project, facts) || (!site.sync && !isRun(project, file, call))) return undefined;
  const option = optionOf(site);
  // Where a transaction is an option, what else a statement is given says nothing: `findAll(options, transaction)`.
  if (option !== undefined && optionsIndex(call) !== undefined) return lacksOption(project, file, call, option) || leavesOut(project, inside, option) ? facts : undefined;
  return option !== undefined || (facts === all && (isGiven(project, file, call) || mayBeGiven(project, file, call, all))) ? undefined : facts;
}

/** `client ? client.query(sql) : run(sql)`: it runs only where its function is given no handle, and on this way it may be given one. */
function runsWithoutHandle({ program, graph: { values } }: ProjectFacts, { file, call: { fn, needs }, path }: InsideCall): boolean {
  const given = path.at(-1)?.call.args;
  return (needs ?? []).some(({ param, property, filled, is, or }) => {
    const isPlain = !filled && property === undefined && is === undefined && or === undefined;
    const variable = isPlain && (given === undefined || given[param] !== undefined) ? program.fn(file, fn).params[param]?.variable : undefined;
    return variable !== undefined && [...values.solver.values(values.variable(file, variable))].some((id) => isConnection(values.tokens, id));
  });
}

/** Whether a step of the way hands the handle on, as far as it has got it itself: `find(id, t)` of a function whose `t` this way leaves out hands on nothing. */
export function isHandedAt(project: ProjectFacts, path: readonly CallPlace[], index: number): boolean {
  const step = path[index];
  if (!step || !handsHandle(project, step)) return false;
  const inside: InsideCall = { ...step, fn: functionKey(step.file, step.call.fn), path: path.slice(0, index) };
  return !step.call.args.some((arg) => isLeftOut(project, inside, arg) && carriesHandle(project, step.file, arg, step.call.fn));
}

/** The option is a parameter of the helper, and this way leaves it out: `find(id)` of `const find = (id, t) => Order.findByPk(id, { transaction: t })`. */
export function leavesOut(project: ProjectFacts, inside: InsideCall, option: string | undefined): boolean {
  const given = option === undefined ? undefined : optionGiven(inside.call, option);
  return given !== undefined && isLeftOut(project, inside, given);
}

export function viaHelper(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall, facts: readonly StatementFact[], allowed: readonly string[]): Stray | undefined {
  const { file, call, path, fn } = inside;
  const [first] = path;
  if (!first || first.file !== homeOf(project, site) || isOfSibling(project, site, inside)) return undefined;
  // A helper that is handed the handle anywhere on the way is trusted with it, unless it is seen to pass another one by.
  const byDefault = onDefault(project, inside, facts);
  if (byDefault === undefined && (path.some((_, index) => isHandedAt(project, path, index)) || isOnLentParameter(project, site, first))) return undefined;
  if (!isSameSession(project, site, inside, facts, byDefault?.from)) return undefined;
  const helper = nameOf(project, first.file, first.call) ?? functionName(project, fn);
  return [helper, functionName(project, fn)].some((name) => isAllowed(name, allowed)) ? undefined : { file, call, at: first.call, helper, inBranch: takesBranch(inside), leftOutAt: byDefault?.from.leftOutAt };
}

/** `knex("t").transacting(trx).insert(row)`: the handle may be given before the call or after it. */
export function isGiven(project: ProjectFacts, file: string, call: CallFact): boolean {
  return isGivenHandle(project, file, call) || callsBefore(project, file, call).some(({ args, fn }) => args.some((arg) => carriesHandle(project, file, arg, fn)));
}

export function isAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.some((each) => name === each || name.endsWith(`.${each}`));
}

/** A transaction's handle, or the connection out of a pool on which one is begun. */
function isConnection(tokens: ProjectFacts["graph"]["values"]["tokens"], id: TokenId): boolean {
  const token = tokens.get(id);
  return tokens.handleOf(id) !== undefined || (token.t === "derived" && token.kind === "client");
}

function takesBranch({ path, call }: InsideCall): boolean {
  return [...path.map((step) => step.call), call].slice(BEHIND).some(({ conditional }) => conditional);
}

export function nameOf(project: ProjectFacts, file: string, call: CallFact): string | undefined {
  const text = project.program.text(file, call.calleeSpan);
  return text.length <= 60 && /^[\w$.?]+$/.test(text) ? text : undefined;
}

/** In the body the same binding as the transaction's receiver, or anywhere surely the same session, which every caller gets. */
export function isSameSession(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall, facts: readonly StatementFact[], from?: DefaultSession): boolean {
  const owners = facts.map(({ owner }) => owner);
  if (inside.path.length === 0 ? isOnReceiver(project, site, inside.file, inside.call, owners) : isOnGivenReceiver(project, site, inside, owners, from)) return true;
  if (isOnSameConstant(project, site, inside.file, inside.call, owners) || areModelsOf(project, site, facts)) return true;
  const sessions = facts.map(({ session }) => session);
  return areSession(project, site, sessions) && [...certain(project, sessions)].every((session) => isLasting(project, session));
}
