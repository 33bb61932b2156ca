import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { Suggestion } from "../src/core/finding.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import type { TransactionSite } from "../src/core/link/transactions.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { upgradeOf } from "./lib/read-then-write.js";
import { runnerInService } from "./lib/runner.js";
import { sessionOf } from "./lib/same-session.js";
import { hasSecondConnection } from "./lib/second-connection.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  upgrade: (library: string, remedy: string) =>
    `This ${library} transaction reads before it writes: if another connection writes in between, its first write fails at once with SQLITE_BUSY, whatever the busy timeout. ${remedy}.`,
};

export const preferImmediateTransaction: Rule<Options> = {
  name: "prefer-immediate-transaction",
  meta: {
    priority: "P2",
    recommended: true,
    description: "Prefer to begin a SQLite transaction that reads before it writes in immediate mode",
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
    const drafts: Draft[] = [];
    for (const site of project.judgedTransactions) {
      if (site.file !== file || options.ignoreLibraries.includes(packageName(site.library))) continue;
      const draft = judge(project, site);
      if (draft) drafts.push(draft);
    }
    return finish(preferImmediateTransaction, project, drafts);
  },
};

function judge(project: ProjectFacts, site: JudgedTransaction): Draft | undefined {
  if (site.engine !== "sqlite" || !isDeferred(site) || project.isPrivate(site) || project.program.role(site.file) === "test") return undefined;
  const remedy = remedyOf(site);
  const runner = remedy === undefined ? undefined : runnerInService(project, site);
  if (remedy === undefined || runner === undefined || isOnHandle(project, site) || isNested(project, site)) return undefined;
  const upgrade = upgradeOf(project, site);
  if (!upgrade) return undefined;
  const session = sessionOf(project, site);
  const suggestions = suggestionsOf(project, site);
  return {
    file: site.file,
    span: site.call.span,
    message: messages.upgrade(packageName(site.library), remedy),
    confidence: session !== undefined && hasSecondConnection(project, session) ? "proven" : "likely",
    library: site.library,
    ...(suggestions.length > 0 ? { fix: "safe" as const } : { fix: "manual" as const, fixReason: "where it begins is not written here: begin it in immediate mode there" }),
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [
      { file: upgrade.read.file, span: upgrade.read.call.span, text: "reads first" },
      { file: upgrade.write.file, span: upgrade.write.call.span, text: "writes then" },
    ],
    suggestions,
  };
}

/** Every run of it is deferred: by default, or by name. */
function isDeferred(site: JudgedTransaction): boolean {
  const begun: TransactionSite = site.lender ?? site;
  if (begun.style === "array") return false;
  if (begun.style !== "wrapper") return begun.mode === "default" || begun.mode === "deferred";
  if (begun.pattern?.mode !== undefined) return false;
  return begun.invocations.every(({ call }) => call.callee.k !== "member" || !/^(?:immediate|exclusive)$/.test(call.callee.name));
}

/** How the library is told to begin in immediate mode. Undefined where it cannot be told. */
function remedyOf(site: JudgedTransaction): string | undefined {
  const library = packageName(site.library);
  // https://github.com/WiseLibs/better-sqlite3/blob/master/docs/api.md#transactionfunction---function, https://bun.com/docs/runtime/sqlite
  if (site.style === "wrapper") return "Run it with `.immediate()`";
  if (site.style === "sql") return "Begin it with `BEGIN IMMEDIATE`";
  // https://orm.drizzle.team/docs/transactions
  if (library === "drizzle-orm" && site.sync) return 'Pass `{ behavior: "immediate" }` to it';
  // https://sequelize.org/docs/v6/other-topics/transactions/
  if (library === "sequelize") return "Pass it `{ type: Transaction.TYPES.IMMEDIATE }`";
  // https://docs.turso.tech/sdk/ts/reference
  if (library === "@libsql/client" && site.style === "handle") return 'Begin it with `transaction("write")`';
  return undefined;
}

/** On a handle it is a savepoint: the mode is the outer one's. */
function isOnHandle(project: ProjectFacts, site: JudgedTransaction): boolean {
  const { tokens } = project.graph.values;
  return (project.graph.external.get((site.lender ?? site).call) ?? []).some((id) => tokens.handleOf(id) !== undefined);
}

const insides = new WeakMap<ProjectFacts, Set<CallFact>>();

/** Whether it only runs inside another transaction: then it is a savepoint. */
function isNested(project: ProjectFacts, site: JudgedTransaction): boolean {
  let inside = insides.get(project);
  if (!inside) {
    inside = new Set<CallFact>();
    for (const outer of project.judgedTransactions) if (outer.engine === "sqlite") for (const { call } of project.inside.callsOf(outer)) inside.add(call);
    insides.set(project, inside);
  }
  const begun: TransactionSite = site.lender ?? site;
  const runs = begun.style === "wrapper" && begun.invocations.length > 0 ? begun.invocations.map(({ call }) => call) : [site.call];
  return runs.every((call) => inside.has(call));
}

function suggestionsOf(project: ProjectFacts, site: JudgedTransaction): Suggestion[] {
  // A helper's mode is that of all its callers.
  if (site.lender) return [];
  if (site.style === "wrapper") {
    const [only, more] = site.invocations;
    if (!only || more || only.file !== site.file || only.call.callee.k === "member") return [];
    const { end } = only.call.calleeSpan;
    return [{ message: "Run the transaction in immediate mode", edits: [{ start: end, end, text: ".immediate" }] }];
  }
  const [first] = site.call.argSpans;
  if (!first || site.call.args.length !== 1) return [];
  if (site.style === "sql") {
    const text = project.program.text(site.file, first);
    const begin = /^(["'`])BEGIN(?: DEFERRED)?( TRANSACTION)?;?\1$/i.exec(text);
    if (!begin) return [];
    return [{ message: "Begin the transaction in immediate mode", edits: [{ start: first.start, end: first.end, text: `${begin[1] ?? '"'}BEGIN IMMEDIATE${begin[2] ?? ""}${begin[1] ?? '"'}` }] }];
  }
  if (packageName(site.library) !== "drizzle-orm") return [];
  return [{ message: "Begin the transaction in immediate mode", edits: [{ start: first.end, end: first.end, text: ', { behavior: "immediate" }' }] }];
}
