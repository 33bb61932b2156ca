import { libraryWithId, packageName } from "../../src/core/catalogue/index.js";
import { RUNTIME } from "../../src/core/contract.js";
import type { CallFact, LoopFact } from "../../src/core/facts/types.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import { parts } from "../../src/core/link/expressions.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop, TransactionSite } from "../../src/core/link/transactions.js";
import { combinatorOf } from "../../src/core/link/waits.js";

/** How the codemod runs the transaction once a batch, for libraries that take a function. */
export function runnerOf(project: ProjectFacts, site: JudgedTransaction): LoopTransactionDetail["runner"] {
  if (site.style !== "callback" || libraryWithId(site.library)?.batch === undefined) return undefined;
  return { library: site.library, promises: !site.sync, ambient: site.pattern?.ambient === true || project.ambient.isAmbient(site) || (site.lender !== undefined && project.ambient.isAmbient(site.lender)) };
}

/** The function that it runs, where that stands beside its call. */
export function bodySpan(project: ProjectFacts, site: JudgedTransaction): LoopTransactionDetail["callback"] {
  const body = site.bodies[0];
  if ((site.style === "sql" && site.lender === undefined) || body === undefined) return undefined;
  const { file, fn } = project.program.fnOf(body);
  return file === site.file ? fn.span : undefined;
}

/** Why the codemod cannot batch this transaction, as far as the facts tell. */
export function whyNotBatched(project: ProjectFacts, site: JudgedTransaction, held: HeldLoop): string | undefined {
  if (held.path.length > 0) return "the loop is not written in the transaction itself";
  if (statementOf(project.graph, site.call)?.through) return "a function of the program begins it, and the runtime would not know of that";
  if (site.lender !== undefined && isGivenBack(project, site.lender)) return "a function of the program gives back what runs it, and no codemod takes that apart";
  const runner = runnerOf(project, site);
  if (runner === undefined) return isRuntimes(site) || isOwnWrapper(site) ? undefined : "no codemod knows how to batch this kind of transaction";
  if (isOnHandle(project, site)) return "it is part of another transaction, which holds its locks until its own end";
  if (endsByHand(project, site)) return "the transaction is committed or rolled back by hand";
  if (runner.promises && !held.writes.every(({ file, call }) => file !== held.file || isDoneInTurn(project, file, held.loop, call))) {
    return "the loop does not wait for its statements: await each of them first";
  }
  return undefined;
}

/** `transaction(work) { return (...args) => { db.exec("BEGIN"); work(...args); db.exec("COMMIT"); }; }`: what begins it is what the helper gives back. */
function isGivenBack({ program }: ProjectFacts, { file, call }: TransactionSite): boolean {
  const { id, parent } = program.fn(file, call.fn);
  return program.fn(file, parent).returns.some((value) => value.k === "fn" && value.id === id);
}

/** Its sessions are those of the runtime, which runs the batches on them itself. */
function isRuntimes({ style, library }: JudgedTransaction): boolean {
  return (style === "wrapper" || style === "sql") && packageName(library) in RUNTIME.drivers;
}

/** A wrapper of a driver that the runtime does not know: it is made and run once a batch. */
function isOwnWrapper({ style, library }: JudgedTransaction): boolean {
  return style === "wrapper" && libraryWithId(library)?.batch !== undefined;
}

function isOnHandle({ graph }: ProjectFacts, { call, lender }: JudgedTransaction): boolean {
  const { tokens } = graph.values;
  return lender === undefined && (graph.external.get(call) ?? []).some((id) => tokens.handleOf(id) !== undefined);
}

function endsByHand(project: ProjectFacts, site: JudgedTransaction): boolean {
  return site.bodies.some((key) => {
    const { file, fn } = project.program.fnOf(key);
    return project.program.file(file).calls.some((call) => {
      if (call.span.start < fn.span.start || fn.span.end < call.span.end) return false;
      const kind = statementOf(project.graph, call)?.kind;
      return kind === "commit" || kind === "rollback";
    });
  });
}

/** Whether a statement of the loop is over when its turn is: awaited, or given to an awaited `Promise.all`, in the same turn. */
function isDoneInTurn(project: ProjectFacts, file: string, loop: LoopFact, call: CallFact): boolean {
  const { program } = project;
  const end = program.chainEnd(file, call);
  if (end.awaited) return true;
  const { assigns, awaits, calls } = program.file(file);
  const isIt = (expr: CallFact["args"][number]): boolean => [...parts(expr)].some((part) => part.k === "call" && part.id === end.id);
  const inBody = ({ start, end: to }: { start: number; end: number }): boolean => loop.body.start <= start && to <= loop.body.end;
  const holders = assigns.flatMap(({ target, value, span }) => (target.k === "var" && isIt(value) && inBody(span) ? [target.id] : []));
  const names = (expr: CallFact["args"][number]): boolean => isIt(expr) || [...parts(expr)].some((part) => part.k === "var" && holders.includes(part.id));
  if (awaits.some(({ of, span }) => inBody(span) && names(of))) return true;
  return calls.some((other) => other.awaited && inBody(other.span) && combinatorOf(other) !== undefined && other.args.some(names));
}
