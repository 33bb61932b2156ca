import type { CallFact, Expr, VariableId } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import { calleesOf } from "../../src/core/link/sessions.js";
import { acquiredBy, holderOf } from "./acquired.js";
import { mentions } from "./ownership.js";
import { chainOf } from "./turns.js";

/**
 * Whether a call is on a client that its function (or one around it) takes out of a pool itself, or is lent by a helper that does, and begins nothing on: each statement
 * of it commits by itself. Where it is handed to other code, or runs a text that nobody knows, that may begin a transaction.
 */
export function isOnOwnClient(project: ProjectFacts, file: string, call: CallFact): boolean {
  const variable = clientOf(project, file, call);
  return variable !== undefined && (isTakenHere(project, file, variable) || isLentPlainly(project, file, variable)) && isUsedPlainly(project, file, variable);
}

function isTakenHere(project: ProjectFacts, file: string, variable: VariableId): boolean {
  return project.program.callsIn(file, project.program.variable(file, variable).fn).some((taker) => holderOf(project, file, taker) === variable && isTakenPlainly(project, taker));
}

/** It is kept nowhere, handed to nobody but `run`, and all statements on it are known and begin nothing. */
function isUsedPlainly({ program, graph }: ProjectFacts, file: string, variable: VariableId, run?: CallFact): boolean {
  const { calls, assigns } = program.file(file);
  if (assigns.some(({ target, value }) => mentions(value, variable) && !(target.k === "var" && target.id === variable))) return false;
  return calls.every((other) => {
    if (other !== run && other.args.some((arg) => mentions(arg, variable))) return false;
    return clientOf({ program }, file, other) !== variable || beginsNothing({ graph }, other);
  });
}

/** The parameter of a function that is given to a helper, which runs it with a client that it takes itself: `withClient(async (client) => …)`. */
function isLentPlainly(project: ProjectFacts, file: string, variable: VariableId): boolean {
  const { program, graph } = project;
  const { kind, fn } = program.variable(file, variable);
  if (kind !== "param") return false;
  const index = program.fn(file, fn).params.findIndex((param) => param.variable === variable);
  const isGiven = (arg: Expr): boolean => arg.k === "fn" && arg.id === fn;
  const helpers = program.file(file).calls.filter(({ args }) => args.some(isGiven)).map((call) => ({ at: call.args.findIndex(isGiven), keys: calleesOf(graph, call) }));
  return helpers.length > 0 && helpers.every(({ at, keys }) => keys.length > 0 && keys.every((key) => lends(project, key, at, index)));
}

/** Whether a helper runs the function that it is given with a client of its own, on which it begins nothing. */
function lends(project: ProjectFacts, key: FunctionKey, at: number, index: number): boolean {
  const { program } = project;
  const { file, fn } = program.fnOf(key);
  const work = fn.params[at]?.variable;
  const [run, more] = work === undefined ? [] : program.file(file).calls.filter(({ callee }) => callee.k === "var" && callee.id === work);
  const client = run?.args[index];
  return run?.fn === fn.id && more === undefined && client?.k === "var" && isTakenHere(project, file, client.id) && isUsedPlainly(project, file, client.id, run);
}

/** `pool.connect()`, or a helper that takes it itself and begins nothing before it hands it over. */
function isTakenPlainly(project: ProjectFacts, taker: CallFact): boolean {
  const acquired = acquiredBy(project, taker);
  if (acquired?.pattern.kind !== "client") return false;
  const { by } = acquired;
  return by === undefined || (calleesOf(project.graph, taker).every((key) => key === functionKey(by.file, by.call.fn)) && project.program.callsIn(by.file, by.call.fn).every((inner) => beginsNothing(project, inner)));
}

function beginsNothing({ graph }: Pick<ProjectFacts, "graph">, call: CallFact): boolean {
  return statementsRunBy(graph, call).every(({ kind }) => kind === "read" || kind === "write" || kind === "ddl");
}

/** The name that a chain of calls begins with: `client.query(…)`. */
function clientOf({ program }: Pick<ProjectFacts, "program">, file: string, call: CallFact): VariableId | undefined {
  const [{ callee } = call] = chainOf(program, file, call);
  return callee.k === "member" && callee.of.k === "var" ? callee.of.id : undefined;
}
