import { packageName } from "../src/core/catalogue/index.js";
import type { Expr } from "../src/core/facts/types.js";
import { constantOf } from "../src/core/link/constants.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { finish } from "./lib/finish.js";
import type { OpenSite } from "../src/core/link/sessions.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

/** A limit that a pool may have, by the options that set it. What `connection` or `options` may set on the server counts as well. */
interface Limit {
  what: string;
  option: string;
  names: RegExp;
}

/**
 * Where nothing limits a pool by default: https://node-postgres.com/apis/pool, https://node-postgres.com/apis/client. Other libraries' pools have limits
 * of their own, or no option for them.
 */
const LIMITS: Readonly<Record<string, readonly Limit[]>> = {
  pg: [
    { what: "how long a request waits for a connection", option: "connectionTimeoutMillis", names: /^connectionTimeoutMillis$/ },
    { what: "how long a statement may run", option: "statement_timeout", names: /^(statement_timeout|query_timeout)$/ },
    { what: "how long a transaction may idle", option: "idle_in_transaction_session_timeout", names: /^idle_in_transaction_session_timeout$/ },
  ],
};

const messages = {
  unbounded: (library: string, limits: readonly Limit[]) =>
    `Nothing limits ${limits.map(({ what }) => what).join(", or ")} on this ${library} pool: one slow query or forgotten transaction may hold up every request. Set ${limits.map(({ option }) => `\`${option}\``).join(", ")}.`,
};

export const boundedPool: Rule<Options> = {
  name: "bounded-pool",
  meta: {
    priority: "P3",
    recommended: false,
    description: "Require that a pool limits how long a request waits, a statement runs, and a transaction idles",
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
    const drafts: Draft[] = [];
    for (const open of project.opens) {
      if (open.file !== file || open.kind !== "pool" || options.ignoreLibraries.includes(packageName(open.library))) continue;
      const draft = judge(project, open);
      if (draft) drafts.push(draft);
    }
    return finish(boundedPool, project, drafts);
  },
};

function judge(project: ProjectFacts, open: OpenSite): Draft | undefined {
  const contexts = project.contexts.ofCall(open.file, open.call);
  const names = namesGiven(project, open.file, open);
  const limits = names && LIMITS[open.library]?.filter((limit) => !names.some((name) => limit.names.test(name)));
  if (!limits || limits.length === 0 || (contexts.size > 0 && [...contexts].every((context) => context === "test"))) return undefined;
  return {
    file: open.file,
    span: open.call.span,
    message: messages.unbounded(packageName(open.library), limits),
    confidence: "likely",
    library: open.library,
    fix: "manual",
    fixReason: "how long is too long depends on what the application runs, and the server may have limits of its own",
    why: [],
    related: [],
  };
}

/** The options' names; undefined where they cannot all be read: a spread, a variable, a URL that may say more, settings for the server. */
function namesGiven({ program }: ProjectFacts, file: string, { call }: OpenSite): string[] | undefined {
  const [first] = call.args;
  if (call.spread) return undefined;
  if (!first) return [];
  const { file: from, expr } = constantOf(program, file, first);
  if (expr.k !== "object") return undefined;
  const hidden = expr.props.some(({ name, value }) => name === "..." || name === "*" || name === "options" || (name === "connectionString" && !isPlainUrl(constantOf(program, from, value).expr)));
  return hidden ? undefined : expr.props.map(({ name }) => name);
}

/** A URL that is written out, without settings in its query. */
function isPlainUrl(value: Expr): boolean {
  return value.k === "literal" && typeof value.value === "string" && !value.value.includes("?");
}
