import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import type { InsideCall } from "../src/core/link/inside.js";
import { append, functionKey } from "../src/core/link/program.js";
import type { TransactionSite } from "../src/core/link/transactions.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle } from "./lib/handles.js";
import { callPath } from "./lib/path.js";
import { areSession, isLasting, isOnGivenReceiver, isOnReceiver, isOnSameConstant, sessionOf } from "./lib/same-session.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  second: (library: string) =>
    `This ${library} transaction begins inside another one, but not as a part of it: it stays when the outer one is rolled back, and may wait for the outer one's locks, which wait for it. Use the outer transaction's handle.`,
  refused: (library: string) =>
    `This BEGIN runs inside another ${library} transaction of the same connection, which SQLite refuses ("cannot start a transaction within a transaction"). Use a savepoint, or leave the transaction to the caller.`,
};

export const noNestedTransaction: Rule<Options> = {
  name: "no-nested-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow beginning a transaction on the session inside another transaction of it",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [] },
  },

  detect(file, project, options) {
    const drafts = (nestedIn(project).get(file) ?? []).filter(({ library }) => !options.ignoreLibraries.includes(packageName(library)));
    return finish(noNestedTransaction, project, drafts.map((draft) => ({ ...draft })));
  },
};

const known = new WeakMap<ProjectFacts, Map<string, Draft[]>>();

/** All of a program's nested transactions, by the file where they are reported. */
function nestedIn(project: ProjectFacts): Map<string, Draft[]> {
  let found = known.get(project);
  if (!found) known.set(project, (found = findNested(project)));
  return found;
}

function findNested(project: ProjectFacts): Map<string, Draft[]> {
  const found = new Map<string, Draft[]>();
  const sites = new Map(project.transactions.map((site) => [site.call, site]));
  const reported = new Set<CallFact>();
  for (const outer of project.judgedTransactions) {
    if (outer.style === "array" || project.program.role(outer.file) === "test" || project.ambient.isAmbient(outer)) continue;
    for (const inside of project.inside.callsOf(outer)) {
      const inner = sites.get(inside.call);
      const at = inside.path[0] ?? inside;
      if (!inner || reported.has(at.call) || project.ambient.isAmbient(inner)) continue;
      const message = nests(project, outer, inner, inside);
      if (message === undefined) continue;
      reported.add(at.call);
      append(found, at.file, draftOf(project, outer, inner, inside, message));
    }
  }
  return found;
}

function draftOf(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, { file, call, path }: InsideCall, message: string): Draft {
  const at = path[0] ?? { file, call };
  return {
    file: at.file,
    span: at.call.span,
    message,
    confidence: "proven",
    library: inner.library,
    fix: "manual",
    fixReason: "whether the inner one is part of the outer one, or comes after it, is yours to decide",
    why: callPath(project, functionKey(outer.file, outer.call.fn)),
    related: [
      { file: outer.file, span: outer.call.calleeSpan, text: "the outer transaction" },
      ...(path.length > 0 ? [{ file, span: call.calleeSpan, text: "the inner transaction" }] : []),
    ],
  };
}

function nests(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, inside: InsideCall): string | undefined {
  const { tokens } = project.graph.values;
  const library = packageName(inner.library);
  // https://github.com/sessionfix/sessionfix/blob/main/runtime/README.md: its nested transactions are savepoints, on whatever they are begun.
  if (library === "sessionfix-runtime" || inner.library !== outer.library || inside.path.some((step) => isGivenHandle(project, step.file, step.call))) return undefined;
  const owners = (project.graph.external.get(inner.call) ?? []).flatMap((id) => (tokens.libraryOf(id) === inner.library ? (tokens.ownerOf(id) ?? []) : []));
  // On a handle it is a savepoint, or what the library makes of it.
  if (asksFirst(project, inside)) return undefined;
  if (owners.length === 0 || owners.some((id) => tokens.handleOf(id) !== undefined || mayBeHandle(project, id)) || !isSame(project, outer, inner, inside, owners)) return undefined;
  if (inner.style === "sql" || (inner.style === "handle" && inner.handles.length === 0)) return isRefused(outer, inner) ? messages.refused(library) : undefined;
  // better-sqlite3 and its like make a savepoint of it. https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#transactionfunction---function
  if (inner.sync || inner.style === "wrapper" || inner.pattern?.ambient === true || inner.pattern?.nested === "joins") return undefined;
  // A list is one statement to its caller: it commits by itself, as any statement on the session does.
  return inner.style === "array" ? undefined : messages.second(library);
}

/** A helper that looks whether a transaction is open already, or is given one, begins its own only where there is none: `if (db.isTransaction) return work(db)`. */
function asksFirst({ program }: ProjectFacts, { file, call, fn, path }: InsideCall): boolean {
  if (path.length === 0) return false;
  const { body } = program.fnOf(fn).fn;
  const before = program.text(file, { start: body.start, end: call.calleeSpan.start });
  return /\b(?:if|return|const|let)\b|[?&|]/.test(before) && /(?:is|in|has|active|current|open|existing)_?(?:transact|trx|tx)|\b(?:trx?|tx|transaction)\b/i.test(before);
}

/** https://www.sqlite.org/lang_transaction.html: transactions do not nest. Code that asks first whether one is open begins under a condition. */
function isRefused(outer: JudgedTransaction, inner: TransactionSite): boolean {
  return outer.engine === "sqlite" && (outer.style === "sql" || outer.sync) && !inner.call.conditional && (inner.call.tries ?? []).length === 0;
}

/** A declared type that may be a handle, or a connection that the caller began something on. */
function mayBeHandle(project: ProjectFacts, id: number): boolean {
  const token = project.graph.values.tokens.get(id);
  if (token.t === "typed") return token.role !== "session";
  return token.t === "derived" && (token.kind === "client" || mayBeHandle(project, token.of));
}

function isSame(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, inside: InsideCall, owners: readonly number[]): boolean {
  if (inside.path.length === 0 ? isOnReceiver(project, outer, inside.file, inside.call, owners) : isOnGivenReceiver(project, outer, inside, owners)) return true;
  if (isOnSameConstant(project, outer, inside.file, inside.call, owners)) return true;
  const session = sessionOf(project, outer);
  return session !== undefined && areSession(project, outer, inner.sessions) && isLasting(project, session);
}
