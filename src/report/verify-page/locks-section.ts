import { contentionOf, type LabelLocks, locksByLabel, UNLABELLED } from "../../core/contention.js";
import type { ProcessReport } from "../../core/measured.js";
import type { ProgramReport, VerifyReport } from "../../core/verify-report.js";
import { escape, ms, percent, section, table } from "./html.js";

/** Who worked how much, who held the lock how long, and who waited for whom. */
export function locksSection(report: VerifyReport, colours: readonly string[]): string {
  const programs = [...(report.before ? [["before", report.before] as const] : []), ["after", report.after] as const];
  const watched = programs.filter(([, program]) => processesOf(program).some((process) => process.watched));
  const shares = programs.map(([when, program]) => shareBar(`Operations that succeeded, ${when}`, report.settings.actors.map(({ name }) => ({ label: name, value: program.runs.reduce((sum, run) => sum + (run.actors.find(({ actor }) => actor === name)?.perSecond ?? 0), 0) })), colours));
  const held = watched.map(([when, program]) => shareBar(`Time with the write lock, ${when}`, locksByLabel(processesOf(program)).map(({ label, heldMs }) => ({ label, value: heldMs })), colours));
  const first = section("shares", "Shares", `${legend(colours)}\n${[...shares, ...held].join("\n")}`);
  if (watched.length === 0) return `${first}\n${section("matrix", "Locks by operation", "<p>No process loaded a driver that can be watched: nothing is known of locks.</p>")}`;
  return `${first}\n${section("matrix", "Locks by operation", `<p>Over all repetitions. A label is the actor whose request a lock was taken for.</p>\n${watched.map(([when, program]) => operations(report.before ? when : "", program)).join("\n")}
<h3>Who waited while who held</h3><p>Time that the operation of a row waited for the write lock while the operation of a column held it. What was waited for outside of these holds (readers, checkpoints, other programs) is not in it.</p>
${watched.map(([when, program]) => waits(report.before ? when : "", program)).join("\n")}`)}`;
}

function processesOf(program: ProgramReport): ProcessReport[] {
  return program.runs.flatMap((run) => run.processes);
}

function legend(colours: readonly string[]): string {
  return `<ul class="legend">${colours.map((label, index) => `<li><span class="swatch" style="background: var(--label-${index})"></span>${escape(label)}</li>`).join("")}</ul>`;
}

function shareBar(title: string, parts: ReadonlyArray<{ label: string; value: number }>, colours: readonly string[]): string {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  if (total === 0) return `<p>${escape(title)}: none.</p>`;
  const shown = parts.map(({ label, value }) => ({ label, share: value / total, index: Math.max(0, colours.indexOf(label) === -1 ? colours.length - 1 : colours.indexOf(label)) }));
  return `<p>${escape(title)}: ${shown.map(({ label, share }) => `${escape(label)} ${percent(share)}`).join(", ")}</p>
<div class="bar" aria-hidden="true">${shown.map(({ share, index }) => `<i style="width: ${(share * 100).toFixed(2)}%; background: var(--label-${index})"></i>`).join("")}</div>`;
}

function operations(when: string, program: ProgramReport): string {
  const row = ({ label, holds, heldMs, longestHoldMs, longestWaitMs, waitedMs, statements }: LabelLocks): string[] => [escape(label), holds.toLocaleString("en-US"), ms(heldMs), ms(longestHoldMs), ms(waitedMs), ms(longestWaitMs), String(statements)];
  const columns = ["locks", "held in all", "longest hold", "waited in all", "longest wait", "most statements"].map((title) => ({ title, number: true }));
  return table(`Operations and the write lock${when && `, ${when}`}`, [{ title: "Operation" }, ...columns], locksByLabel(processesOf(program)).map(row));
}

function waits(when: string, program: ProgramReport): string {
  const { labels, ms: waited } = contentionOf(processesOf(program));
  const most = Math.max(...waited.flat(), 0);
  const name = `${when === "" ? "" : `${when[0]?.toUpperCase()}${when.slice(1)}: w`}${when === "" ? "W" : ""}aiting rows, holding columns`;
  if (most === 0) return `<p>${escape(when === "" ? "Nobody" : `${when}: nobody`)} waited while another held.</p>`;
  const head = labels.map((label) => `<th scope="col" class="n label">${escape(short(label))}</th>`).join("");
  const rows = labels.map((label, row) => `<tr><th scope="row">${escape(short(label))}</th>${labels.map((_, column) => `<td class="n heat" style="--heat: ${((waited[row]?.[column] ?? 0) / most).toFixed(3)}">${(waited[row]?.[column] ?? 0) === 0 ? "0" : ms(waited[row]?.[column] ?? 0)}</td>`).join("")}</tr>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(name)}"><table><caption>${escape(name)}</caption><thead><tr><td></td>${head}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function short(label: string): string {
  return label === UNLABELLED ? "other" : label;
}
