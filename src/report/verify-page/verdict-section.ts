import type { VerifyCriterion, VerifyReport } from "../../core/verify-report.js";
import { describeRatio } from "../ratio.js";
import { escape, section } from "./html.js";

/** The criteria, on a narrow screen one below the other: the roles keep it a table there. Group by group, with the range over the repetitions under each median. */
export function verdictSection({ verdict, before, settings }: VerifyReport): string {
  const both = before !== undefined;
  const columns = ["Measured", ...(both ? ["Before"] : []), "After", ...(both ? ["Change"] : []), "Asked for", "Holds"];
  const numeric = new Set(["Before", "After"]);
  const head = columns.map((title) => `<th scope="col" role="columnheader"${numeric.has(title) ? ' class="n"' : ""}>${title}</th>`).join("");
  const rows = verdict.criteria.map((criterion, i) => {
    const isFirst = verdict.criteria[i - 1]?.group !== criterion.group;
    const group = isFirst ? `<tr class="group" role="row"><th scope="colgroup" role="columnheader" colspan="${columns.length}">${escape(criterion.group)}</th></tr>\n` : "";
    return `${group}${row(criterion, both)}`;
  });
  const caption = settings.repetitions > 1 ? `Medians over ${settings.repetitions} repetitions, with the smallest and the largest` : "Of one repetition";
  const notes = verdict.notes.length === 0 ? "" : `<h3>Notes</h3><ul>${verdict.notes.map((note) => `<li>${note.includes("\n") ? `<pre>${escape(note)}</pre>` : escape(note)}</li>`).join("")}</ul>`;
  return section("criteria", "What was asked for", `<div class="scroll" tabindex="0" role="region" aria-label="Criteria"><table class="stacks" role="table"><caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">
${rows.join("\n")}
</tbody></table></div>${notes}`);
}

function row({ title, before, after, beforeRange, afterRange, ratio, threshold, pass }: VerifyCriterion, both: boolean): string {
  const value = (label: string, text: string | undefined, range: string | undefined): string => `<td class="n" role="cell" data-label="${label}">${escape(text ?? "")}${range === undefined ? "" : `<span class="range">${escape(range)}</span>`}</td>`;
  const holds = threshold === undefined ? `<span class="soft">for information</span>` : pass ? `<span class="good">✔ yes</span>` : `<strong class="bad">✘ no</strong>`;
  return `<tr role="row"><th scope="row" role="rowheader">${escape(title)}</th>${both ? value("Before", before, beforeRange) : ""}${value("After", after, afterRange)}${both ? cell("Change", escape(describeRatio(ratio))) : ""}${cell("Asked for", escape(threshold ?? ""))}${cell("Holds", holds)}</tr>`;
}

function cell(label: string, html: string): string {
  return `<td role="cell" data-label="${label}"${html === "" ? ' class="empty"' : ""}>${html}</td>`;
}
