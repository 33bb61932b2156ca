import type { ProgramReport, RunReport } from "../../core/verify-report.js";

/** Below this the p99 of an actor is its slowest request, and says little. */
const FEW = 100;

/** What of the load makes the figures less than they seem. */
export function noteLoad(before: ProgramReport | undefined, after: ProgramReport): string[] {
  const notes: string[] = [];
  for (const [when, program] of [["before", before], ["after", after]] as const) {
    if (program === undefined) continue;
    for (const [code, count] of [...errorsOf(program.runs)].sort((a, b) => b[1] - a[1])) notes.push(`${when}: ${count} × ${code}`);
    const processes = program.runs.flatMap((run) => run.processes);
    if (processes.length === 0) notes.push(`${when}: the server could not be watched (it is no Node program, or drops NODE_OPTIONS): nothing is known of locks, sessions and its event loop`);
    else if (!processes.some((process) => process.watched)) notes.push(`${when}: the server uses neither better-sqlite3 nor node:sqlite, the drivers that can be watched: nothing is known of locks and sessions (sessionfix top sees those of every program)`);
    const few = (program.runs[0]?.actors ?? []).filter(({ operations }) => operations < FEW).map(({ actor, operations }) => `${actor} (${operations})`);
    if (few.length > 0) notes.push(`${when}: fewer than ${FEW} operations in a run of ${few.join(", ")}: their p99 is near their slowest one; a longer run says more`);
  }
  return notes;
}

function errorsOf(runs: readonly RunReport[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { actor, errors } of runs.flatMap((run) => run.actors)) for (const [code, count] of Object.entries(errors)) counts.set(`${actor}: ${code}`, (counts.get(`${actor}: ${code}`) ?? 0) + count);
  return counts;
}
