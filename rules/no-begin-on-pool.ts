import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact } from "../src/core/facts/types.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { statementsRunBy } from "../src/core/link/run-statements.js";
import { withArticle } from "./lib/article.js";
import { isOnFallback } from "./lib/fallback-pool.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import { areOnPools } from "./lib/pools.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  begun: (library: string, verb: string) =>
    `${verb} goes through ${withArticle(library)} pool, where each statement may take another connection: the transaction begins on one and the rest runs on others. Take one connection and run all of it there, or use the library's transaction function.`,
};

export const noBeginOnPool: Rule<Options> = {
  name: "no-begin-on-pool",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow BEGIN, COMMIT and ROLLBACK through a pool, where each statement may take another connection",
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
    if (project.program.role(file) !== "source") return [];
    const byFunction = new Map<number, Bound[]>();
    for (const call of project.program.file(file).calls) {
      const bound = boundOf(project, call);
      if (!bound || options.ignoreLibraries.includes(packageName(bound.library))) continue;
      byFunction.set(call.fn, [...(byFunction.get(call.fn) ?? []), bound]);
    }
    const drafts = [...byFunction].flatMap(([fn, bounds]) => judge(project, file, fn, bounds) ?? []);
    return finish(noBeginOnPool, project, drafts);
  },
};

interface Bound {
  call: CallFact;
  library: string;
  verb: string;
}

const BOUND = /^\s*(BEGIN|START\s+TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT)\b/i;

/** A statement that begins or ends a transaction, when everything it may run on is a pool. */
function boundOf(project: ProjectFacts, call: CallFact): Bound | undefined {
  const statements = statementsRunBy(project.graph, call);
  const [first] = statements;
  const verb = first?.sql === undefined ? undefined : BOUND.exec(first.sql)?.[1];
  if (!first || verb === undefined || runsWhole(first.sql ?? "")) return undefined;
  return areOnPools(project, statements) ? { call, library: first.library, verb: verb.toUpperCase() } : undefined;
}

/** `BEGIN; UPDATE …; COMMIT` in one text is sent to one connection. */
function runsWhole(sql: string): boolean {
  return /\b(COMMIT|END)\b[^;]*;?\s*$/i.test(sql) && /;/.test(sql.replace(/;\s*$/, ""));
}

/** Once a function, where the transaction begins. */
function judge(project: ProjectFacts, file: string, fn: number, bounds: readonly Bound[]): Draft | undefined {
  const first = bounds.find(({ verb }) => /^(BEGIN|START)/.test(verb)) ?? bounds[0];
  if (!first) return undefined;
  const contexts = project.contexts.ofCall(file, first.call);
  if (contexts.size > 0 && [...contexts].every((context) => context === "test")) return undefined;
  return {
    file,
    span: first.call.span,
    message: messages.begun(packageName(first.library), first.verb),
    confidence: isOnFallback(project, file, first.call) ? "likely" : "proven",
    library: first.library,
    fix: "manual",
    fixReason: "every statement of the transaction must move to the one connection, also those in functions that it calls",
    why: callPath(project, functionKey(file, fn)),
    related: bounds.filter((bound) => bound !== first).map(({ call, verb }) => ({ file, span: call.span, text: `${verb}, on whatever connection is free` })),
  };
}
