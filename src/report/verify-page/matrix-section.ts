import type { MatrixRow } from "../../core/matrix/types.js";
import type { VerifyReport } from "../../core/verify-report.js";
import { cellsOf } from "../matrix-cells.js";
import type { MatrixCells } from "../matrix-cells.js";
import { escape, section, table } from "./html.js";

/** Rows that a reader takes in; those that contend most stand first. */
const SHOWN = 25;

/** What the code says of each operation, before and after beside each other; nothing where nobody read the code. */
export function matrixSection({ before, after }: VerifyReport): string {
  const rows = after.matrix ?? before?.matrix;
  if (rows === undefined) return "";
  const body = rows.length === 0 ? "<p>No operation is seen in the code that reaches a database.</p>" : `${comparison(before?.matrix, after.matrix ?? [])}${left(rows.length)}`;
  return section("by-code", "Operations, by the code", `<p>What calling each once takes of the database, at most: read from the code, not measured.</p>\n${body}`);
}

function left(count: number): string {
  return count > SHOWN ? `<p class="soft">The ${SHOWN} that contend most, of ${count}; <code>sessionfix matrix</code> lists all.</p>` : "";
}

const COLUMNS = ["sessions", "lock", "transactions", "longest", "io"] as const satisfies readonly (keyof MatrixCells)[];
const TITLES = ["Sessions", "Lock", "Transactions", "Longest transaction", "I/O inside"];

function comparison(before: readonly MatrixRow[] | undefined, after: readonly MatrixRow[]): string {
  const named = new Map((before ?? []).map((row) => [row.operation, row]));
  const shown = [...after].slice(0, SHOWN);
  // What contended most before may be quiet after: it is what the reader looks for.
  for (const row of before?.slice(0, SHOWN) ?? []) {
    const known = after.find(({ operation }) => operation === row.operation);
    if (known !== undefined && !shown.includes(known)) shown.push(known);
  }
  const rows = shown.map((row) => {
    const [now, was] = [cellsOf(row), named.get(row.operation)];
    const then = was && cellsOf(was);
    const cells = COLUMNS.map((name) => (then === undefined || then[name] === now[name] ? escape(now[name]) : `<s>${escape(then[name])}</s> → <b>${escape(now[name])}</b>`));
    const legends = [...new Set([...(then ? [then.legend] : []), now.legend])].filter((legend) => legend !== "");
    return [`${escape(row.operation).replaceAll("/", "/<wbr>")}${legends.length === 0 ? "" : `<br><small class="soft">${legends.map(escape).join("; ")}</small>`}`, ...cells];
  });
  return table("What each operation takes of the database", [{ title: "Operation" }, ...TITLES.map((title) => ({ title }))], rows);
}
