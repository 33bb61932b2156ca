import type { InvariantOutcome, ProgramReport, VerifyCriterion } from "../../core/verify-report.js";

/** Differing answers that are told in full. */
const SHOWN = 3;

/** Whether after does the same as before, and whether what must hold does. */
export function judgeBehaviour(before: ProgramReport | undefined, after: ProgramReport): { criteria: VerifyCriterion[]; notes: string[] } {
  const group = "same behaviour" as const;
  const criteria: VerifyCriterion[] = [];
  const notes: string[] = [];
  if (before?.alone !== undefined && after.alone !== undefined) {
    const [left, right] = [before.alone, after.alone];
    criteria.push({ id: "same-state", group, title: "final state, run alone", before: left.digest.slice(0, 12), after: right.digest.slice(0, 12), threshold: "equal", pass: left.digest === right.digest });
    const tables = [...new Set([...Object.keys(left.tables), ...Object.keys(right.tables)])].filter((name) => left.tables[name]?.digest !== right.tables[name]?.digest);
    notes.push(...tables.map((name) => `table ${name} differs: ${left.tables[name]?.rows ?? "no"} rows before, ${right.tables[name]?.rows ?? "no"} after`));
    const differing = differencesOf(left.transcript, right.transcript);
    criteria.push({
      id: "same-answers", group, title: "answers, run alone", before: String(left.transcript.length), after: `${right.transcript.length - differing.length} the same`,
      threshold: "all the same", pass: differing.length === 0,
    });
    notes.push(...differing.slice(0, SHOWN));
  }
  const broken = (program: ProgramReport | undefined): InvariantOutcome[] => outcomesOf(program).filter(({ violations }) => violations > 0);
  criteria.push({
    id: "invariants", group, title: `invariants broken, of ${outcomesOf(after).length} checks`,
    ...(before && { before: String(broken(before).length) }), after: String(broken(after).length), threshold: "0", pass: broken(after).length === 0,
  });
  for (const [when, program] of [["before", before], ["after", after]] as const)
    for (const { name, violations, examples } of broken(program)) notes.push(`${when}: ${violations} × not "${name}", for instance ${examples.join(", ")}`);
  return { criteria, notes };
}

function outcomesOf(program: ProgramReport | undefined): InvariantOutcome[] {
  return program === undefined ? [] : [...(program.alone?.invariants ?? []), ...program.runs.flatMap((run) => run.invariants)];
}

function differencesOf(before: readonly string[], after: readonly string[]): string[] {
  return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => i)
    .filter((i) => before[i] !== after[i])
    .map((i) => `answer ${i + 1} differs\n  before: ${before[i] ?? "none"}\n  after:  ${after[i] ?? "none"}`);
}
