import type { CallFact } from "../../src/core/facts/types.js";
import { tableOf } from "../../src/core/link/query-text.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import { modelOf } from "./atomicity.js";
import { chainOf } from "./turns.js";

/** `if (known) update(…); else insert(…);` on one table: one of the two writes is made, whichever branch is taken. */
export function isUpsertByHand({ program, graph }: ProjectFacts, file: string, writes: readonly CallFact[]): boolean {
  const written = writes.flatMap((call) => {
    const sql = statementOf(graph, call)?.sql;
    if (sql !== undefined) return [{ verb: /^\s*(\w+)/.exec(sql)?.[1] ?? "", table: tableOf(sql) }];
    return chainOf(program, file, call).map((each) => ({ verb: each.callee.k === "member" ? each.callee.name : "", table: modelOf(each) }));
  });
  return written.some(({ verb, table }) => /^(insert|create|replace)/i.test(verb) && table !== undefined && written.some((other) => /^update/i.test(other.verb) && other.table === table));
}
