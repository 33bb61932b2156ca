import { constant, type Cost, variable, ZERO } from "../cost.js";
import type { CallFact } from "../facts/types.js";
import type { ProjectFacts } from "../link/index.js";
import { statementsOf } from "../link/statements.js";
import type { Summaries } from "../link/summaries.js";
import type { TransactionSite } from "../link/transactions.js";
import { type Batches, batchesOf } from "./batches.js";

/** What running a function once adds up to, in the units of the matrix. */
export interface Costs {
  sessions: Summaries;
  transactions: Summaries;
  statements: Summaries;
  batches: ReadonlyMap<CallFact, Batches>;
}

export function costsOf(project: ProjectFacts): Costs {
  const batches = new Map<CallFact, Batches>();
  const makers = new Set<CallFact>();
  const begins = new Map<CallFact, Cost>();
  const opens = new Set<CallFact>(project.opens.map(({ call }) => call));
  for (const site of project.transactions) {
    if (site.style === "wrapper" && site.invocations.length > 0) makers.add(site.call);
    if (project.isPrivate(site)) continue;
    const inBatches = batchesOf(project.program, site);
    if (inBatches) batches.set(site.call, inBatches);
    const once = inBatches ? variable(`batches of ${inBatches.symbol}`) : constant(1);
    for (const call of callsThatBegin(site)) begins.set(call, once);
  }
  // Its function runs where what it makes is called, and is counted there.
  const timesOf = (call: CallFact): Cost | undefined => (makers.has(call) ? ZERO : undefined);
  const inBatches = (call: CallFact): Cost | undefined => {
    const found = batches.get(call);
    return found ? variable(found.symbol) : timesOf(call);
  };
  return {
    sessions: project.summarize((_file, call) => (opens.has(call) && !call.memo ? constant(1) : ZERO), (_file, call) => inBatches(call)),
    transactions: project.summarize((_file, call) => begins.get(call) ?? ZERO, (_file, call) => timesOf(call)),
    statements: project.summarize((_file, call) => (kindOf(project, call) === undefined ? ZERO : constant(1)), (_file, call) => inBatches(call)),
    batches,
  };
}

/** Where a transaction begins when the program runs: what makes a function that runs one begins nothing yet. */
export function callsThatBegin(site: TransactionSite): readonly CallFact[] {
  return site.style === "wrapper" ? site.invocations.map(({ call }) => call) : [site.call];
}

/** What a call does to a database that others use; undefined for what bounds a transaction, and for no statement at all. */
export function kindOf(project: ProjectFacts, call: CallFact): "read" | "write" | "unknown" | undefined {
  for (const { kind, session, sql } of statementsOf(project.graph, call)) {
    if (kind === "begin" || kind === "commit" || kind === "rollback" || kind === "pragma") return undefined;
    if (session !== undefined && project.graph.privateSessions.has(session)) continue;
    return kind !== "ddl" ? kind : isThereMostly(sql) ? "read" : "write";
  }
  return undefined;
}

/** `CREATE TABLE IF NOT EXISTS …` takes the write lock the first time alone; after that it looks into the schema. */
function isThereMostly(sql: string | undefined): boolean {
  if (sql === undefined || !/\bCREATE\b/i.test(sql)) return false;
  const creates = sql.match(/\bCREATE\s+(?:(?:UNIQUE|VIRTUAL|TEMP|TEMPORARY)\s+)?(?:TABLE|INDEX|TRIGGER|VIEW)\b(?:\s+IF\s+NOT\s+EXISTS\b)?/gi) ?? [];
  const writes = /\bTRIGGER\b/i.test(sql) ? /(?:^|;)\s*(?:DROP|ALTER)\b/i : /(?:^|;)\s*(?:DROP|ALTER|INSERT|UPDATE|DELETE|REPLACE)\b/i;
  return creates.length > 0 && creates.every((each) => /EXISTS$/i.test(each)) && !writes.test(sql);
}
