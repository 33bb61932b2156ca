import { packageName } from "../src/core/catalogue/index.js";
import type { CallFact, Expr, FunctionFact, Span, TryFact } from "../src/core/facts/types.js";
import type { Confidence } from "../src/core/finding.js";
import { literalText, parts } from "../src/core/link/expressions.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle, runsIn } from "./lib/handles.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  caught: (library: string) =>
    `This \`catch\` keeps the error from the ${library} transaction, which ends as if nothing had failed, and what was written before may stay. Throw again to roll back, or catch around the transaction.`,
  failure: (library: string) => `This returns a failure after a write, and the ${library} transaction commits the write all the same. Throw to roll back, and return the failure outside.`,
};

export const noSwallowedTransactionError: Rule<Options> = {
  name: "no-swallowed-transaction-error",
  meta: {
    priority: "P2",
    recommended: true,
    description: "Disallow catching an error inside a transaction that then commits half of its work",
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
    const drafts = new Map<number, Draft>();
    for (const site of project.judgedTransactions) {
      if (options.ignoreLibraries.includes(packageName(site.library)) || (site.style !== "callback" && site.style !== "wrapper")) continue;
      if (project.program.role(site.file) === "test") continue;
      for (const body of new Set(site.bodies)) {
        if (project.program.fnOf(body).file !== file) continue;
        for (const draft of judge(project, site, body)) if (!drafts.has(draft.span.start)) drafts.set(draft.span.start, draft);
      }
    }
    return finish(noSwallowedTransactionError, project, [...drafts.values()]);
  },
};

function* judge(project: ProjectFacts, site: JudgedTransaction, body: FunctionKey): Generator<Draft> {
  const { file, fn } = project.program.fnOf(body);
  // A synchronous driver's transaction is over at the first await: no-async-sync-transaction.
  if ((site.sync && fn.async) || undoes(project, file, fn)) return;
  const library = packageName(site.library);
  const writes = writesIn(project, site, file, fn);
  for (const attempt of project.program.file(file).tries) {
    const { handler } = attempt;
    if (attempt.fn !== fn.id || !handler || !isPartial(project, file, writes, attempt) || !swallows(project, file, attempt, handler)) continue;
    const word: Span = { ...handler, end: handler.start + CATCH.length, endLine: handler.line, endColumn: handler.column + CATCH.length };
    yield draftOf(project, site, file, word, messages.caught(library), "proven");
  }
  for (const value of fn.returns) {
    const failure = failureAt(project, file, value);
    if (!failure || !writes.some(({ span, conditional, tries }) => span.end < failure.start && !conditional && !tries)) continue;
    yield draftOf(project, site, file, failure, messages.failure(library), "likely");
  }
}

const CATCH = "catch";

/** The calls of a function that write in the transaction, themselves or through a helper that is handed the handle. */
function writesIn(project: ProjectFacts, site: JudgedTransaction, file: string, fn: FunctionFact): CallFact[] {
  return project.program.callsIn(file, fn.id).filter((call) => {
    if (project.transactions.some((other) => other.call === call)) return false;
    if (runsIn(project, site, call).some(({ kind }) => kind === "write")) return true;
    return isGivenHandle(project, file, call) && project.writers.callWrites(call);
  });
}

/** A failure can leave some of the writes behind: there are several, not merely one or the other. */
function isPartial(project: ProjectFacts, file: string, writes: readonly CallFact[], { block }: TryFact): boolean {
  const inBlock = writes.filter(({ span }) => within(span, block));
  if (inBlock.length > 1 && inBlock.some(({ conditional }) => !conditional)) return true;
  return inBlock.some(({ loop }) => loop !== undefined && within(project.program.loop(file, loop).span, block));
}

/** Nothing in the handler, or after it, throws again or ends the transaction. */
function swallows(project: ProjectFacts, file: string, { fn }: TryFact, handler: Span): boolean {
  const { program } = project;
  const { throws, variables } = program.file(file);
  if (throws.some((thrown) => thrown.fn === fn && thrown.span.start > handler.start)) return false;
  const caught = new Set(variables.filter(({ kind, span }) => kind === "catch" && span && within(span, handler)).map(({ id }) => id));
  return program.callsIn(file, fn).every((call) => !within(call.span, handler) || keepsQuiet(project, file, call, caught));
}

/** Words of calls that log, and of those that end things by themselves. */
const LOGS = /^(log|logger|error|warn|info|debug|trace|captureException|captureMessage|report\w*|push|String|stringify|parse)$/;
const ENDS = /roll_?back|abort|exit|reject|fail|throw|raise|assert|cancel|undo|restore|compensat/i;

/** A call of a handler that surely returns: it logs, or it is a function of the project without `throw`. */
function keepsQuiet(project: ProjectFacts, file: string, call: CallFact, caught: ReadonlySet<number>): boolean {
  const name = nameOf(project, file, call);
  if (ENDS.test(name)) return false;
  const targets = project.schedule.edgesOf(call);
  if (targets.some(({ to }) => throwsItself(project, to))) return false;
  if (call.kind === "new" || LOGS.test(name) || targets.length > 0) return true;
  // Whoever is given the error may throw it.
  return !call.args.some((arg) => [...parts(arg)].some((part) => part.k === "var" && caught.has(part.id)));
}

function throwsItself({ program }: ProjectFacts, key: FunctionKey): boolean {
  const { file, fn } = program.fnOf(key);
  return program.file(file).throws.some((thrown) => thrown.fn === fn.id);
}

function nameOf({ program }: ProjectFacts, file: string, { callee }: CallFact): string {
  if (callee.k === "member" || callee.k === "global") return callee.name;
  return callee.k === "var" ? program.variable(file, callee.id).name : "";
}

/** Where a failure is returned: `{ success: false }`, `{ ok: false, … }`, `new NotFoundError(…)`. */
function failureAt(project: ProjectFacts, file: string, value: Expr): Span | undefined {
  if (value.k === "object") return value.props.some((prop) => (prop.name === "success" || prop.name === "ok") && prop.value.k === "literal" && prop.value.value === false) ? value.span : undefined;
  if (value.k !== "call") return undefined;
  const call = project.program.call(file, value.id);
  return call.kind === "new" && /(Error|Exception)$/.test(nameOf(project, file, call)) ? call.span : undefined;
}

/** A savepoint or a rollback of its own says that the function knows what it keeps. */
function undoes(project: ProjectFacts, file: string, fn: FunctionFact): boolean {
  return project.program.callsIn(file, fn.id).some((call) => {
    const text = call.args[0] && literalText(call.args[0]);
    return ENDS.test(nameOf(project, file, call)) || (text !== undefined && /\b(SAVEPOINT|ROLLBACK|RELEASE)\b/i.test(text));
  });
}

function within(inner: { start: number; end: number }, outer: { start: number; end: number }): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, file: string, span: Span, message: string, confidence: Confidence): Draft {
  return {
    file,
    span,
    message,
    confidence,
    library: site.library,
    fix: "manual",
    fixReason: "what is to be kept when a part fails is a decision: throw again, catch around the transaction, or use a savepoint",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [{ file: site.file, span: site.call.calleeSpan, text: "the transaction" }],
  };
}
