import { sqlAmong } from "../../src/core/link/query-text.js";
import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop, TransactionSite } from "../../src/core/link/transactions.js";

/** Columns that tell how far one thing has come. */
const STATE = "(?:\\w*_?)(?:status|state)|(?:completed|finished|processed|signed|sealed|published|closed|settled)(?:_?at)?";
const FIELD = new RegExp(`^(?:${STATE})$`, "i");
/** `UPDATE things SET … status = …` */
const SET = new RegExp(`^\\s*UPDATE\\b[^;]*\\bSET\\b(?:(?!\\bWHERE\\b)[^;])*?["\`[]?\\b(?:${STATE})["\`\\]]?\\s*=`, "i");
/** What writes one row's fields, by an object: many rows are another list, not the whole of this one. */
const UPDATES = /^(update|save|patch|set)$/i;
/** Where such objects hold the fields. */
const DATA = /^(data|values|set)$/i;

/**
 * A row that the transaction sets to a new state after the loop, in no branch: the rows of the loop are the parts of that one thing, and
 * it is done when all of them are written.
 */
export function completes(project: ProjectFacts, site: TransactionSite, { file, loop }: HeldLoop): CallFact | undefined {
  const end = site.extent && file === site.file && loop.fn === site.call.fn ? site.extent.end : Infinity;
  return project.program.callsIn(file, loop.fn).find((call) => call.span.start >= loop.span.end && call.span.end <= end && call.loop === loop.parent && !call.conditional && setsState(project, call));
}

function setsState(project: ProjectFacts, call: CallFact): boolean {
  const statement = statementOf(project.graph, call);
  if (statement?.kind !== "write") return false;
  const sql = statement.sql ?? sqlAmong(project.program, call);
  if (sql !== undefined) return SET.test(sql);
  return call.callee.k === "member" && UPDATES.test(call.callee.name) && call.args.some((arg) => hasState(arg));
}

function hasState(arg: Expr): boolean {
  if (arg.k === "typed") return hasState(arg.of);
  return arg.k === "object" && arg.props.some(({ name, value }) => FIELD.test(name) || (DATA.test(name) && hasState(value)));
}
