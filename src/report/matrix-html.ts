import type { MatrixPlace, MatrixRow, Why, WhyPath } from "../core/matrix/types.js";
import { formatCost, letters } from "../core/cost.js";
import { escape, prose } from "./html.js";
import { PAGE_STYLE } from "./html-page.js";
import { cellsOf, duration } from "./matrix-cells.js";
import { CELL_TITLES, summaryOf, valueOf } from "./matrix-diff-text.js";
import type { MatrixDiffInput, MatrixFormat, MatrixInput } from "./matrix-model.js";
import { count } from "./terminal.js";

/** One page that needs nothing else; each operation opens to its paths. */
export const matrixHtml: MatrixFormat = { name: "html", forPeople: false, render, renderDiff };

const STYLE = `
body { max-width: 80rem; } .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; overflow-wrap: normal; }
th, td { padding: .4rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--rule); } th { color: var(--soft); font-weight: 600; }
td.cost, th.cost { text-align: right; } td.cost { white-space: nowrap; } td.operation { min-width: 18rem; width: 45%; overflow-wrap: anywhere; }
tr.bad td { background: color-mix(in srgb, var(--p0) 8%, transparent); } .worse { color: var(--p0); font-weight: 600; } td ul { padding-left: 1rem; margin: 0; }
@media (max-width: 44rem) { .scroll { overflow-x: visible; } thead { position: absolute; left: -99rem; } tr, td { display: block; border: 0; padding: .1rem 0; } tr { border-bottom: 1px solid var(--rule); padding: .6rem 0; }
  td.cost { text-align: left; } td[data-title]::before { content: attr(data-title) ": "; color: var(--soft); } td.operation { min-width: 0; width: auto; } }
`;

function render(input: MatrixInput): string {
  const { rows, only, withoutDatabase, measured, skipped, stats } = input;
  const shown = only ? [only] : rows;
  const unmatched = (measured?.unmatched ?? []).map(({ label, holdP99, waitP99, source }) => `<code>${escape(label)}</code> hold p99 ${duration(holdP99)}, wait p99 ${duration(waitP99)}${source ? ` <code>${escape(source)}</code>` : ""}`);
  const body = `<header><h1>Concurrent operation matrix</h1>
<p class="facts">${escape(count(shown.length, "operation"))} · ${withoutDatabase.toLocaleString("en-US")} more do nothing to a database · ${escape(count(stats.files, "file"))} · sessionfix ${escape(input.version)}</p></header>
<main>
${shown.length === 0 ? `<p class="none">No operation is seen to reach a database.</p>` : table(shown, input)}
${list("Measured, and of no operation above", unmatched)}
${list("Could not be analysed", skipped.map(({ file, reason }) => `<code>${escape(file)}</code> ${escape(reason)}`))}
<p class="facts">Figures are upper bounds a call: what may run, counts. Those that contend most stand first.</p>
</main>`;
  return page("Concurrent operation matrix", body);
}

function table(rows: readonly MatrixRow[], input: MatrixInput): string {
  const titles = ["Operation", "Sessions", "Lock", "Transactions", "Statements", "Longest transaction", "I/O inside", ...(input.measured ? ["Hold p99", "Wait p99"] : [])];
  const isNumber = (index: number): boolean => (index > 0 && index < 6 && index !== 2) || index > 6;
  const head = titles.map((title, index) => `<th scope="col"${isNumber(index) ? ` class="cost"` : ""}>${title}</th>`).join("");
  const body = rows.map((row) => {
    const { sessions, lock, transactions, statements, longest, legend } = cellsOf(row);
    const found = input.measured?.of(row);
    const io = row.io.length === 0 ? "no" : `<ul>${row.io.map((place) => item(place)).join("")}</ul>`;
    const values = [sessions, lock, transactions, statements, longest].map(escape).concat(io, input.measured ? [duration(found?.holdP99), duration(found?.waitP99)] : []);
    const cells = values.map((value, index) => `<td data-title="${titles[index + 1] ?? ""}"${isNumber(index + 1) ? ` class="cost"` : ""}>${value}</td>`).join("");
    const isBad = row.lock === "write" && (row.io.length > 0 || row.longest.some(({ symbols }) => symbols.length > 0));
    return `<tr${isBad ? ` class="bad"` : ""}><td class="operation"><b>${breakable(row.operation)}</b><br><code>${escape(`${row.file}:${row.line}`)}</code><br><span class="facts">${escape([row.libraries.join(", "), legend].filter(Boolean).join(" · "))}</span>${input.why ? details(input.why(row), input.only === row) : ""}</td>${cells}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>
${body.join("\n")}
</tbody></table></div>`;
}

/** A path breaks after its slashes, where it has to. */
function breakable(operation: string): string {
  return escape(operation).replaceAll("/", "/<wbr>");
}

function details(why: Why, isOpen: boolean): string {
  const transactions = why.transactions.map(({ steps, statements, loops, io }) => {
    const names = letters(statements);
    const meaning = [...names].map(([symbol, letter]) => `${letter} = ${symbol}`).join(", ");
    const held = `<li>holds ${escape(formatCost(statements, names))} statements${meaning === "" ? "" : ` (${escape(meaning)})`}</li>`;
    return `<ol>${steps.map(item).join("")}${held}${[...loops, ...io].map(item).join("")}</ol>`;
  });
  const parts = [section("Sessions", why.sessions.map(path)), section("Transactions", transactions), section("Statements", why.statements.map(path))].join("");
  return parts === "" ? "" : `<details${isOpen ? " open" : ""}><summary>Why</summary>${parts}</details>`;
}

function path({ steps }: WhyPath): string {
  return `<ol>${steps.map(item).join("")}</ol>`;
}

function section(title: string, paths: readonly string[]): string {
  return paths.length === 0 ? "" : `<h3>${title}</h3>${paths.join("")}`;
}

function item({ file, line, text }: MatrixPlace): string {
  return `<li>${prose(text)} <code>${escape(`${file}:${line}`)}</code></li>`;
}

function renderDiff({ ref, diff, version, skipped }: MatrixDiffInput): string {
  const { changed, added, removed, unchanged, isWorse } = diff;
  const rows = changed.flatMap(({ before, after, cells, worse }) =>
    cells.map((name) => `<tr${worse.includes(name) ? ` class="bad"` : ""}><td class="operation"><b>${escape(after.operation)}</b></td><td>${CELL_TITLES[name]}</td><td>${escape(valueOf(before, cellsOf(before), name))}</td><td>${escape(valueOf(after, cellsOf(after), name))}${worse.includes(name) ? ` <span class="worse">worse</span>` : ""}</td></tr>`),
  );
  const table = rows.length === 0 ? "" : `<div class="scroll"><table><thead><tr><th scope="col">Operation</th><th scope="col">Cell</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
  const fresh = added.map(({ row, worse }) => `<b>${escape(row.operation)}</b> <code>${escape(`${row.file}:${row.line}`)}</code> ${escape(summaryOf(cellsOf(row)))}${worse.length > 0 ? ` <span class="worse">worse: ${escape(worse.map((name) => CELL_TITLES[name]).join(", "))}</span>` : ""}`);
  const body = `<header><h1>What this change does to the operation matrix</h1>
<p class="facts">Against ${escape(ref)}: ${changed.length} changed, ${added.length} added, ${removed.length} removed, ${unchanged} as before · sessionfix ${escape(version)}</p>
<p>${isWorse ? `<span class="worse">Something got worse.</span>` : "Nothing got worse."}</p></header>
<main>${table}${list("Added", fresh)}${list("Removed", removed.map(({ operation }) => `<b>${escape(operation)}</b>`))}${list("Could not be analysed", skipped.map(({ file, reason }) => `<code>${escape(file)}</code> ${escape(reason)}`))}</main>`;
  return page("Operation matrix: changes", body);
}

function list(title: string, items: readonly string[]): string {
  return items.length === 0 ? "" : `<section><h2>${title}</h2><ul>${items.map((each) => `<li>${each}</li>`).join("")}</ul></section>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<title>sessionfix: ${escape(title)}</title>
<style>${PAGE_STYLE}${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
