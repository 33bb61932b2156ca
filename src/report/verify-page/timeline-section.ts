import { labelOf } from "../../core/contention.js";
import type { RunReport, VerifyReport } from "../../core/verify-report.js";
import { escape, ms, section, table } from "./html.js";

/** Holds in the table that stands beside the drawing. */
const LONGEST = 10;

/** The drawing with its controls; and what it shows as tables, for who cannot see it or has no scripts. */
export function timelineSection({ before, after }: VerifyReport): string {
  const programs = [...(before ? [["before", before] as const] : []), ["after", after] as const];
  if (programs.every(([, { runs }]) => runs.every((run) => run.processes.every(({ holds }) => holds.length === 0)))) return section("timeline", "Locks over time", "<p>No write lock was seen.</p>");
  const repetitions = after.runs.map((_, index) => `<option value="${index}">${index + 1}</option>`).join("");
  const tables = programs.map(([when, { runs }]) => (runs[0] === undefined ? "" : longest(before ? when : "", runs[0])));
  return section("timeline", "Locks over time", `<p>Each row is one operation in one process. A bar is a hold of the write lock, the thin line that leads to it the wait for it. Shorter holds than a pixel are drawn as one.</p>
<noscript><p>The drawing needs scripts; the tables below do not.</p></noscript>
<div class="controls" role="group" aria-label="Timeline">
<button type="button" data-do="in" aria-label="Zoom in">+</button><button type="button" data-do="out" aria-label="Zoom out">−</button>
<button type="button" data-do="left" aria-label="Earlier">←</button><button type="button" data-do="right" aria-label="Later">→</button>
<button type="button" data-do="all">All</button><button type="button" data-do="next">Next longest hold</button>
${after.runs.length > 1 ? `<label>Repetition <select id="repetition">${repetitions}</select></label>` : ""}
</div>
<canvas id="drawing" tabindex="0" role="application" aria-roledescription="timeline" aria-label="Holds of the write lock and waits for it, over time" aria-describedby="keys"></canvas>
<output id="told" aria-live="polite"></output>
<p id="keys" class="soft screen">Drag to move, wheel to zoom (once it has the focus, or with Ctrl). Keys: ← → move, + − zoom, Home shows all, N and P go through the holds in view from the longest on.</p>
<details><summary>The longest holds as tables</summary>${tables.join("\n")}</details>`);
}

function longest(when: string, run: RunReport): string {
  const holds = run.processes.flatMap(({ holds: of }, process) => of.map((hold) => ({ ...hold, process: process + 1 })));
  const rows = holds.sort((a, b) => b.holdMs - a.holdMs).slice(0, LONGEST).map((hold) => [escape(labelOf(hold)), String(hold.process), ms(Math.max(0, hold.start - run.start)), ms(hold.holdMs), ms(hold.waitMs), String(hold.statements)]);
  const columns = ["process", "from", "held", "waited before", "statements"].map((title) => ({ title, number: true }));
  return table(`The ${Math.min(LONGEST, rows.length)} longest of ${holds.length.toLocaleString("en-US")} holds${when && `, ${when}`}, repetition 1`, [{ title: "Operation" }, ...columns], rows);
}
