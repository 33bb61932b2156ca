import type { CallFact, VariableId } from "../../src/core/facts/types.js";
import { parts } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import { calleesOf } from "../../src/core/link/sessions.js";
import { acquiredBy, holderOf } from "./acquired.js";
import { chainOf } from "./turns.js";

/**
 * Whether a call is on a client that its function (or one around it) takes out of a pool itself, and begins nothing on: each statement of it commits by
 * itself. Where it is handed to other code, or runs a text that nobody knows, that may begin a transaction.
 */
export function isOnOwnClient(project: ProjectFacts, file: string, call: CallFact): boolean {
  const variable = clientOf(project, file, call);
  if (variable === undefined) return false;
  const { fn } = project.program.variable(file, variable);
  const { calls, assigns } = project.program.file(file);
  const taken = project.program.callsIn(file, fn).some((taker) => holderOf(project, file, taker) === variable && isTakenPlainly(project, taker));
  if (!taken || assigns.some(({ target, value }) => mentions(value, variable) && !(target.k === "var" && target.id === variable))) return false;
  return calls.every((other) => {
    if (other.args.some((arg) => mentions(arg, variable))) return false;
    return clientOf(project, file, other) !== variable || beginsNothing(project, other);
  });
}

/** `pool.connect()`, or a helper that takes it itself and begins nothing before it hands it over. */
function isTakenPlainly(project: ProjectFacts, taker: CallFact): boolean {
  const acquired = acquiredBy(project, taker);
  if (acquired?.pattern.kind !== "client") return false;
  const { by } = acquired;
  return by === undefined || (calleesOf(project.graph, taker).every((key) => key === functionKey(by.file, by.call.fn)) && project.program.callsIn(by.file, by.call.fn).every((inner) => beginsNothing(project, inner)));
}

function beginsNothing({ graph }: ProjectFacts, call: CallFact): boolean {
  return statementsRunBy(graph, call).every(({ kind }) => kind === "read" || kind === "write" || kind === "ddl");
}

/** The name that a chain of calls begins with: `client.query(…)`. */
function clientOf({ program }: ProjectFacts, file: string, call: CallFact): VariableId | undefined {
  const [{ callee } = call] = chainOf(program, file, call);
  return callee.k === "member" && callee.of.k === "var" ? callee.of.id : undefined;
}

function mentions(expr: CallFact["callee"], variable: VariableId): boolean {
  return [...parts(expr)].some((part) => part.k === "var" && part.id === variable);
}
