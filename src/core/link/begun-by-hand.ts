import { libraryWithId } from "../catalogue/index.js";
import { libraryId } from "../catalogue/library.js";
import type { CallFact, FunctionId } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { engineOf } from "./engines.js";
import { acquirePatternOf } from "./library-calls.js";
import { append, type FunctionKey, functionKey } from "./program.js";
import { statementOf, statementsRunBy } from "./run-statements.js";
import { calleesOf } from "./sessions.js";
import type { TokenId } from "./tokens.js";
import { modeIn } from "./transaction-modes.js";
import type { TransactionSite } from "./transactions.js";

/** A call that begins or ends a transaction. */
interface Bound {
  call: CallFact;
  kind: "begin" | "commit" | "rollback";
  sql: string;
  session: TokenId | undefined;
  library: string;
  handle?: TokenId;
  client?: TransactionSite["client"];
  mode?: TransactionSite["mode"];
}

function modeOfBegin({ library, call }: Bound): TransactionSite["mode"] | undefined {
  const entry = libraryWithId(library);
  return entry && modeIn(entry, call);
}

/** Transactions that are open from one call to another of the same function. */
export function begunByHand(graph: CallGraph, file: string): TransactionSite[] {
  const byFunction = new Map<number, Bound[]>();
  for (const call of graph.program.file(file).calls) {
    const bound = boundOf(graph, file, call);
    if (bound) append(byFunction, call.fn, bound);
  }
  const sites: TransactionSite[] = [];
  for (const [fn, bounds] of byFunction)
    for (const group of oneByOne(bounds)) {
      const site = begunBetween(graph, file, fn, group);
      if (site) sites.push(site);
    }
  return sites;
}

function begunBetween(graph: CallGraph, file: string, fn: FunctionId, bounds: readonly Bound[]): TransactionSite | undefined {
  const begin = bounds.find(({ kind }) => kind === "begin");
  const commits = bounds.filter(({ kind }) => kind === "commit").map(({ call }) => call);
  const last = commits.at(-1);
  if (!begin || !last || begin.call.loop !== undefined || last.span.start < begin.call.span.end) return undefined;
  return {
    file,
    call: begin.call,
    library: begin.library,
    sync: libraryWithId(begin.library)?.sync ?? false,
    engine: engineOf(graph, begin.session),
    style: begin.handle === undefined && begin.sql !== "" ? "sql" : "handle",
    session: begin.session,
    sessions: begin.session === undefined ? [] : [begin.session],
    handles: begin.handle === undefined ? [] : [begin.handle],
    client: begin.client,
    bodies: [functionKey(file, fn)],
    extent: { start: begin.call.span.end, end: last.span.start, ended: bounds.flatMap(({ kind, call }) => (kind !== "begin" && call.branchEnd !== undefined ? [{ start: call.span.end, end: call.branchEnd }] : [])) },
    mode: /\bIMMEDIATE\b/i.test(begin.sql) ? "immediate" : /\bEXCLUSIVE\b/i.test(begin.sql) ? "exclusive" : (begin.mode ?? modeOfBegin(begin) ?? "default"),
    invocations: [],
    commits,
    rollbacks: bounds.filter(({ kind }) => kind === "rollback").map(({ call }) => call),
    fromParameter: false,
  };
}

/**
 * A function may begin several transactions, one after the other, as the tools in one `switch` do: each lasts to its own COMMIT. Several ways to begin one
 * (`if (urgent) BEGIN IMMEDIATE else BEGIN`) come before any COMMIT.
 */
function oneByOne(bounds: readonly Bound[]): Bound[][] {
  const groups: Bound[][] = [];
  for (const bound of [...bounds].sort((a, b) => a.call.span.start - b.call.span.start)) {
    const group = groups.at(-1);
    // Begun again in a loop, it goes on: every thousandth row commits and begins.
    if (group && !(bound.kind === "begin" && bound.call.loop === undefined && group.some(({ kind }) => kind === "commit"))) group.push(bound);
    else groups.push([bound]);
  }
  return groups;
}

function boundOf(graph: CallGraph, file: string, call: CallFact): Bound | undefined {
  const said = statedBy(graph, call);
  if (said) return said;
  const { tokens } = graph.values;
  for (const id of graph.external.get(call) ?? []) {
    const token = tokens.get(id);
    const library = libraryWithId(tokens.libraryOf(id));
    const acquire = token.t === "part" && library ? acquirePatternOf(library, token.path, call) : undefined;
    if (token.t !== "part" || !library || acquire?.kind !== "transaction") continue;
    const handle = tokens.intern({ t: "derived", kind: "handle", of: token.of, library: libraryId(library), file, call: call.id });
    return { call, kind: "begin", sql: "", session: tokens.sessionOf(id), library: libraryId(library), handle, mode: modeIn(library, call) ?? acquire.mode };
  }
  return begunThrough(graph, file, call) ?? statedThrough(graph, file, call);
}

/** A statement that says so: `BEGIN`, `COMMIT`, `ROLLBACK`. */
function statedBy(graph: CallGraph, call: CallFact): Bound | undefined {
  const first = statementOf(graph, call);
  if (first?.kind !== "begin" && first?.kind !== "commit" && first?.kind !== "rollback") return undefined;
  // A field that has a type besides (`runner: QueryRunner`) holds what was put there.
  const { sql, session, library, owner } = statementsRunBy(graph, call).find((fact) => fact.kind === first.kind && clientOf(graph, fact.owner) !== undefined) ?? first;
  return { call, kind: first.kind, sql: sql ?? "", session, library, client: clientOf(graph, owner) };
}

/** A helper that is there for one such statement: `async function commit(db) { await run(db, "COMMIT"); }`. One that asks first whether there is something to begin or end says less. */
function statedThrough(graph: CallGraph, file: string, call: CallFact): Bound | undefined {
  if (call.kind !== "call" || graph.external.has(call)) return undefined;
  const [key, more] = calleesOf(graph, call);
  if (key === undefined || more !== undefined || key === functionKey(file, call.fn)) return undefined;
  let known = stated.get(graph);
  if (!known) stated.set(graph, (known = new Map<FunctionKey, Bound | undefined>()));
  if (!known.has(key)) known.set(key, onlyStatement(graph, key));
  const bound = known.get(key);
  return bound && { ...bound, call };
}

const stated = new WeakMap<CallGraph, Map<FunctionKey, Bound | undefined>>();

function onlyStatement(graph: CallGraph, key: FunctionKey): Bound | undefined {
  const { file, fn } = graph.program.fnOf(key);
  const within = graph.program.file(file).calls.filter(({ span }) => fn.span.start <= span.start && span.end <= fn.span.end);
  const [only, another] = within.flatMap((call) => statedBy(graph, call) ?? []);
  return only === undefined || another !== undefined || only.call.conditional || only.call.loop !== undefined ? undefined : only;
}

/** A helper that begins one and gives its handle, for its caller to end: `const t = await orders.startTransaction()`. */
function begunThrough(graph: CallGraph, file: string, call: CallFact): Bound | undefined {
  const { program, values } = graph;
  if (call.kind !== "call" || graph.external.has(call)) return undefined;
  for (const id of values.solver.values(values.callResult(file, call.id))) {
    const token = values.tokens.get(id);
    if (token.t !== "derived" || token.kind !== "handle") continue;
    const begin = program.call(token.file, token.call);
    const key = functionKey(token.file, begin.fn);
    // What a helper keeps, or hands on from somewhere else, was begun before.
    if (begin.memo || begin.conditional || key === functionKey(file, call.fn) || !calleesOf(graph, call).includes(key)) continue;
    const bound = boundOf(graph, token.file, begin);
    if (bound?.kind === "begin" && bound.handle === id) return { ...bound, call };
  }
  return undefined;
}

/** Where a connection was taken out of its pool. */
function clientOf({ program, values }: CallGraph, owner: TokenId): TransactionSite["client"] {
  const token = values.tokens.get(owner);
  return token.t === "derived" && token.kind === "client" ? { file: token.file, call: program.call(token.file, token.call) } : undefined;
}
