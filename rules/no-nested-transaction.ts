import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import type { TransactionSite } from "../src/core/link/transactions.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle, receiverOf, sameBinding } from "./lib/handles.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  second: (library: string) =>
    `This ${library} transaction begins inside another one, on a connection of its own: it does not see what the outer one wrote, stays when that is rolled back, and waits for its locks. Nest on the handle, or pass the handle on.`,
  refused: (library: string) => `This ${library} transaction begins inside another one on the same connection, which SQLite refuses. Use a savepoint, or let the caller begin the transaction.`,
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
    const drafts = new Map<CallFact, Draft>();
    const sites = new Map(project.transactions.map((site) => [site.call, site]));
    for (const outer of project.judgedTransactions) {
      if (options.ignoreLibraries.includes(packageName(outer.library)) || outer.style === "array" || project.program.role(outer.file) === "test" || project.ambient.isAmbient(outer)) continue;
      for (const { file: at, call, path } of project.inside.callsOf(outer)) {
        const inner = sites.get(call);
        if (!inner || inner.call === outer.lender?.call || path.some((step) => isGivenHandle(project, step.file, step.call))) continue;
        const message = nests(project, outer, inner, at);
        const place = path[0] ?? { file: at, call };
        if (message === undefined || place.file !== file || drafts.has(place.call)) continue;
        drafts.set(place.call, {
          file: place.file,
          span: place.call.span,
          message,
          confidence: "proven",
          library: inner.library,
          fix: "manual",
          fixReason: "whether the inner one belongs to the outer one, or after it, is a decision",
          why: callPath(project, functionKey(outer.file, outer.call.fn)),
          related: [
            { file: outer.file, span: outer.call.calleeSpan, text: "the outer transaction" },
            ...(path.length > 0 ? [{ file: at, span: call.calleeSpan, text: "the inner transaction" }] : []),
          ],
        });
      }
    }
    return finish(noNestedTransaction, project, [...drafts.values()]);
  },
};

function nests(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, file: string): string | undefined {
  const { tokens } = project.graph.values;
  const library = packageName(inner.library);
  if (inner.library !== outer.library) return undefined;
  // On a handle it is a savepoint, or what the library makes of it.
  const owners = (project.graph.external.get(inner.call) ?? []).map((id) => tokens.ownerOf(id));
  const handled = owners.some((id) => id === undefined || tokens.handleOf(id) !== undefined || isUnsure(project, id));
  if (handled || !sameSession(project, outer, inner, file)) return undefined;
  const begins = inner.style === "sql" || (inner.style === "handle" && inner.handles.length === 0);
  if (begins) return outer.engine === "sqlite" && (outer.style === "sql" || outer.sync) ? messages.refused(library) : undefined;
  // better-sqlite3 and its like make a savepoint of it. https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#transactionfunction---function
  if (inner.sync || inner.style === "wrapper" || inner.pattern?.ambient === true || inner.pattern?.nested === "joins") return undefined;
  return messages.second(library);
}

/** A declared type that may be a handle, or a connection that the caller began something on. */
function isUnsure(project: ProjectFacts, id: number): boolean {
  const token = project.graph.values.tokens.get(id);
  if (token.t === "typed") return token.role !== "session";
  return token.t === "derived" && (token.kind === "client" || isUnsure(project, token.of));
}

function sameSession(project: ProjectFacts, outer: JudgedTransaction, inner: TransactionSite, file: string): boolean {
  const { tokens } = project.graph.values;
  const begun = outer.lender ?? outer;
  if (begun.file === file && sameBinding(receiverOf(project, file, inner.call), receiverOf(project, begun.file, begun.call))) return true;
  const [session, more] = inner.sessions;
  if (session === undefined || more !== undefined || outer.sessions.length !== 1 || outer.sessions[0] !== session) return false;
  const token = tokens.get(session);
  return token.t === "session" || (token.t === "typed" && token.owner !== undefined);
}
