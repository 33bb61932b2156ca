import type { CallFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop } from "../../src/core/link/transactions.js";
import { chainOf } from "./turns.js";

const MANY = /Many$|bulk/i;
const CHANGES = /^(update|updateTable|del|delete|deleteFrom|nativeUpdate|nativeDelete|destroy|softDelete)$/;
const INSERTS = /^(insert|insertInto|create|upsert|save|values)$/;

/**
 * In a file: each turn of a loop over pieces is one statement that finds its rows by a piece of the keys: as cheap as one statement over all of them. What inserts rows is handed
 * all that they hold.
 */
export function changesMany(project: ProjectFacts, { file, loop, writes }: HeldLoop): boolean {
  return writes.every(({ file: of, call }) => of === file && call.fn === loop.fn && call.loop === loop.id && (isNamedMany(call) || isChange(project, file, call)));
}

/** Each turn is a few statements over many rows: a round trip each, as many as a large list has pieces. Row by row, there is a loop within, or a helper. */
export function writesMany({ graph }: ProjectFacts, { file, loop, writes }: HeldLoop): boolean {
  return writes.every(({ file: of, call }) => of === file && call.fn === loop.fn && call.loop === loop.id && statementOf(graph, call) !== undefined);
}

function isNamedMany({ callee }: CallFact): boolean {
  return callee.k === "member" && MANY.test(callee.name);
}

function isChange({ program, graph }: ProjectFacts, file: string, call: CallFact): boolean {
  const sql = statementOf(graph, call)?.sql;
  if (sql !== undefined) return /^\s*(UPDATE|DELETE)\b/i.test(sql);
  const names = chainOf(program, file, call).flatMap(({ callee }) => (callee.k === "member" ? [callee.name] : []));
  return names.some((name) => CHANGES.test(name)) && !names.some((name) => INSERTS.test(name));
}
