import type { CallFact, Expr, LoopFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { chainOf, type Flow, flowOfTurn } from "./turns.js";

/** Where a statement's text names its table by a hole. */
const NAMES_TABLE = /\b(FROM|INTO|UPDATE|TABLE(\s+IF\s+(NOT\s+)?EXISTS)?)\s+["'`[]?$/i;
/** Builders that are given their table where the chain begins: `db(table)`, `db.from(table)`. */
const TAKES_TABLE = /^(from|into|table|deleteFrom|insertInto|updateTable|truncateTable|dropTable|dropTableIfExists)$/;

/** Whether each turn of a loop writes another table, which its element names: there are as many as the program has. */
export function namesTables(project: ProjectFacts, file: string, loop: LoopFact, writes: readonly CallFact[]): boolean {
  const turn = flowOfTurn(project, file, loop);
  return writes.length > 0 && writes.every((write) => {
    const chain = chainOf(project.program, file, write);
    return (callsSession(project, write) && takesName(chain[0], turn)) || chain.some((call) => project.graph.external.has(call) && namesTable(call, turn));
  });
}

/** `db(table).insert(row)`: the session itself is called, and a builder's methods follow. */
function callsSession({ graph }: ProjectFacts, write: CallFact): boolean {
  return (graph.external.get(write) ?? []).some((id) => {
    const token = graph.values.tokens.get(id);
    return token.t === "part" && token.path.startsWith("()");
  });
}

function namesTable(call: CallFact, turn: Flow): boolean {
  if (call.callee.k === "member" && TAKES_TABLE.test(call.callee.name) && takesName(call, turn)) return true;
  const [text] = call.args;
  return text?.k === "template" && text.text.split("${}").some((before, index) => NAMES_TABLE.test(before) && text.holes[index] !== undefined && turn.reaches(text.holes[index]));
}

function takesName(call: CallFact | undefined, turn: Flow): boolean {
  const [first] = call?.args ?? [];
  return first !== undefined && isNamed(first) && turn.reaches(first);
}

/** A name as it is, or a part of what describes it: not a row that is written. */
function isNamed(expr: Expr): boolean {
  if (expr.k === "typed") return isNamed(expr.of);
  return expr.k === "var" || (expr.k === "member" && /^(\*|name|table(_?name)?|tbl_name)$/i.test(expr.name));
}
