import type { SessionPerCallDetail } from "../../src/core/finding.js";
import type { Expr } from "../../src/core/facts/types.js";
import { literalText } from "../../src/core/link/contexts.js";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { engineOf } from "../../src/core/link/engines.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import { type Factory, isClose, type OpenSite, partCalls } from "../../src/core/link/sessions.js";
import { callUses } from "./uses.js";

/** What the codemods need to know about a session that is opened per call. */
export function sessionDetail(project: ProjectFacts, open: OpenSite, factories: readonly Factory[]): SessionPerCallDetail {
  const { program } = project;
  const inner = factories[0];
  const inFactory = new Set(factories.map((factory) => factory.key));
  const library = libraryWithId(open.library);
  const calls = partCalls(project.graph, open.token);
  const wrappers = [...new Set(calls.filter(({ on, library: id }) => on === "orm" && id !== open.library).map(({ library: id }) => id))].sort();
  const unshared = whyUnshared(project, open) ?? (inner && inner.key !== open.fn ? BY_HAND : undefined);
  const outside = calls.filter(({ file, call }) => !inFactory.has(functionKey(file, call.fn)));
  return {
    kind: "session-per-call",
    library: open.library,
    open: open.call.span,
    ...(open.pattern.shareable === true ? { shareable: true } : {}),
    ...(open.pattern.shares === undefined ? {} : { shares: true }),
    ...(wrappers.length === 0 ? {} : { wrappers }),
    keyText: open.keyText,
    optionsText: open.optionsText,
    factory: inner ? describeFactory(project, open, inner) : null,
    closes: outside
      .filter(({ path, on, library: id }) => (on === "session" || on === "orm") && (isClose(open.library, path) || isClose(id, path)))
      .map(({ file, call }) => {
        const contexts = project.contexts.of(functionKey(file, call.fn));
        return { file, span: call.span, once: !contexts.has("per-call") && !contexts.has("unknown") };
      }),
    uses: callUses(project, open, factories).map((use) => ({
      file: use.file,
      span: use.call.span,
      ...(use.own ? { own: true } : {}),
      // Nothing is to be changed about those that ask for a session of their own.
      context: use.own ? "once" : use.contexts.has("per-call") ? "per-call" : use.contexts.has("unknown") ? "unknown" : use.contexts.has("once") ? "once" : "test",
    })),
    scoped: outside
      .filter(({ call, path, on }) => ((on === "session" || on === "orm") && library?.scoped.includes(path) && !isHarmlessPragma(path, call.args[0])) || (on === "statement" && library?.statementMethods.iterate.includes(path)))
      .map(({ file, call, path }) => ({ file, span: call.span, what: path })),
    openOverAwait: transactionsOverAwait(project, open),
    ...(unshared === undefined ? {} : { unshared }),
    startups: project.startups().map(({ file, call, framework }) => ({ file, span: call.span, framework })),
  };

  function describeFactory(facts: ProjectFacts, site: OpenSite, factory: Factory): SessionPerCallDetail["factory"] {
    const { fn, file } = factory;
    const params = fn.params.map((param) => program.variable(file, param.variable).name);
    const { key } = site;
    const keyParam = key?.k === "var" ? fn.params.findIndex((param) => param.variable === key.id) : -1;
    const body = facts.writers.callsOf(factory.key).filter((call) => call !== site.call);
    return {
      name: fn.name,
      span: fn.span,
      kind: fn.kind === "method" || fn.kind === "getter" || fn.kind === "arrow" ? fn.kind : "function",
      async: fn.async,
      params,
      keyParam: keyParam === -1 ? undefined : keyParam,
      bare: body.length === 0,
    };
  }
}

/** Pragmas that are kept in the file, or that only ask or act: nobody else on the session notices. https://www.sqlite.org/pragma.html */
const FILE_PRAGMAS = /^\s*(\w+\.)?(user_version|application_id|journal_mode|wal_checkpoint|optimize|auto_vacuum|incremental_vacuum|encoding|page_size|integrity_check|quick_check|foreign_key_check|foreign_key_list|table_info|table_xinfo|table_list|index_list|index_info|index_xinfo)\b/i;

function isHarmlessPragma(path: string, argument: Expr | undefined): boolean {
  const text = argument ? literalText(argument) : undefined;
  return path === "pragma" && text !== undefined && (FILE_PRAGMAS.test(text) || !/[=(]/.test(text));
}

/** `new Promise((resolve) => { const db = new Database(path, () => resolve(db)); })` */
const BY_HAND = { why: "it comes out of a promise that is made by hand: keep that promise in a variable of its module, and give it to all" };

function whyUnshared(project: ProjectFacts, open: OpenSite): SessionPerCallDetail["unshared"] {
  const unshared = libraryWithId(open.library)?.unshared;
  if (unshared === undefined || (unshared.on === "sqlite" && engineOf(project.graph, open.token) === "server")) return undefined;
  if (unshared.with === undefined) return { why: unshared.why };
  const begin = transactionOn(project, open);
  return begin && { why: unshared.why, ...begin };
}

/** What begins a transaction on the session; also one that ends in another function, a callback of the statement before. */
function transactionOn(project: ProjectFacts, open: OpenSite): { file: string; span: OpenSite["call"]["span"] } | undefined {
  const site = project.transactions.find(({ sessions }) => sessions.includes(open.token));
  const { file, call } = site ?? partCalls(project.graph, open.token).find((part) => statementOf(project.graph, part.call)?.kind === "begin") ?? {};
  return file === undefined || call === undefined ? undefined : { file, span: call.span };
}

/** BEGIN … COMMIT as SQL with an `await` in between, on this session. */
function transactionsOverAwait(project: ProjectFacts, open: OpenSite): { file: string; span: OpenSite["call"]["span"] }[] {
  return project.transactions
    .filter((site) => site.style === "sql" && site.session === open.token && site.extent !== undefined)
    .filter((site) =>
      project.program
        .file(site.file)
        .awaits.some((wait) => wait.fn === site.call.fn && site.extent !== undefined && site.extent.start <= wait.span.start && wait.span.end <= site.extent.end),
    )
    .map((site) => ({ file: site.file, span: site.call.span }));
}
