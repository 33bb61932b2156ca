import type { FunctionFact } from "../src/core/facts/types.js";
import { packageName } from "../src/core/catalogue/index.js";
import type { Suggestion } from "../src/core/finding.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  async: (library: string, end: string) =>
    `${library} is synchronous: this transaction is over when the function first awaits, so what comes after it runs outside of it and is never rolled back. ${end}`,
  dropAsync: "Nothing is awaited in it: drop `async`.",
  useRuntime: "Do the awaiting before or after it, or use the runtime's `transaction`, which awaits.",
};

export const noAsyncSyncTransaction: Rule<Options> = {
  name: "no-async-sync-transaction",
  meta: {
    priority: "P0",
    recommended: true,
    description: "Disallow giving an async function to a synchronous driver's transaction",
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
    return finish(noAsyncSyncTransaction, project, drafts);
  },
};

function judge(project: ProjectFacts, site: JudgedTransaction): Draft | undefined {
  if (!site.sync || (site.style !== "callback" && site.style !== "wrapper") || project.program.role(site.file) === "test") return undefined;
  const bodies = site.bodies.map((key) => project.program.fnOf(key));
  // Of several functions that it may be given, one that waits is enough; a helper runs what its caller passes.
  const found = bodies.find(({ fn }) => fn.async && !fn.generator);
  if (!found || (site.lender && !runsAsGiven(project, site))) return undefined;
  const { fn, file } = found;
  const awaits = project.program.file(file).awaits.some((wait) => wait.fn === fn.id);
  const suggestion = file === site.file && !awaits ? dropAsync(project, file, fn) : undefined;
  return {
    file: site.file,
    span: site.call.span,
    message: messages.async(packageName(site.library), awaits ? messages.useRuntime : messages.dropAsync),
    confidence: "proven",
    library: site.library,
    fix: "manual",
    fixReason: awaits ? "what is awaited in it has to move out, or the transaction has to become one that awaits" : "drop `async`, and the `await` of callers who need none any more",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: file === site.file ? [] : [{ file, span: { ...fn.span, endLine: fn.span.line, endColumn: fn.span.column + 1 }, text: "the async function" }],
    ...(suggestion ? { suggestions: [suggestion] } : {}),
  };
}

/** The helper's own transaction function is not async itself: then it would be the one to report. */
function runsAsGiven(project: ProjectFacts, { lender }: JudgedTransaction): boolean {
  return lender !== undefined && lender.bodies.every((key) => !project.program.fnOf(key).fn.async || lender.fromParameter);
}

function dropAsync(project: ProjectFacts, file: string, fn: FunctionFact): Suggestion | undefined {
  const found = /^async\s+/.exec(project.program.text(file, fn.span));
  return found ? { message: "Drop `async`: nothing is awaited in the function.", edits: [{ start: fn.span.start, end: fn.span.start + found[0].length, text: "" }] } : undefined;
}
