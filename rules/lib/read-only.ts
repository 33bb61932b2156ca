import { literalText } from "../../src/core/link/expressions.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";

/** `START TRANSACTION READ ONLY`, `BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY`; or, in a statement of its own, `SET TRANSACTION READ ONLY`. */
const BEGINS = /^\s*(?:BEGIN|START)\b[^;]*\bREAD\s+ONLY\b/i;
const SETS = /^\s*SET\s+(?:(?:LOCAL|SESSION|GLOBAL)\s+)?TRANSACTION\b[^;]*\bREAD\s+ONLY\b/i;

/** A transaction that says itself that it only reads: `{ readOnly: true }`, `{ accessMode: "read only" }`, or in SQL. It is there to see one state of everything for as long as it takes, and locks no rows. */
export function isReadOnly({ program }: ProjectFacts, { file, call, style, bodies }: JudgedTransaction): boolean {
  const said = call.args.flatMap((arg) => (arg.k === "object" ? arg.props : []));
  if (said.some(({ name, value }) => value.k === "literal" && ((/^read_?only$/i.test(name) && value.value === true) || (/^(access_?)?mode$/i.test(name) && typeof value.value === "string" && /^read[ _-]?only$/i.test(value.value))))) return true;
  if (style === "sql" && call.args.some((arg) => BEGINS.test(literalText(arg) ?? ""))) return true;
  return [...new Set([functionKey(file, call.fn), ...bodies])].some((key) => {
    const { file: where, fn } = program.fnOf(key);
    return program.callsIn(where, fn.id).some(({ args }) => args.some((arg) => SETS.test(literalText(arg) ?? "")));
  });
}
