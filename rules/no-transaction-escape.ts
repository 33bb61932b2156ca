import { packageName } from "../src/core/catalogue/index.js";
import type { Confidence, Place } from "../src/core/finding.js";
import type { AssignFact, CallFact, Expr, FunctionFact, Span } from "../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { append, functionKey } from "../src/core/link/program.js";
import { within } from "../src/core/link/schedule.js";
import type { Handover } from "../src/core/link/calls.js";
import { finish } from "./lib/finish.js";
import { keptBegun } from "./lib/kept-begun.js";
import { callPath } from "./lib/path.js";
import { sharedInstance } from "./lib/shared-instance.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  stored: (library: string, where: string) =>
    `The handle of this ${library} transaction is kept in \`${where}\`, which outlives the transaction: who uses it afterwards gets an error, or writes outside of any transaction. Pass the handle along as an argument instead.`,
  kept: (library: string, where: string) =>
    `This ${library} transaction is kept in \`${where}\`, which all calls share: a call that begins one while it is open takes its place, so that one of them is ended by the other, and the other never. Keep it in the function that begins it, and pass it along.`,
  returned: (library: string) =>
    `The handle of this ${library} transaction is returned out of it, and the transaction is over by then. Do the work inside, and return its result.`,
  later: (library: string, what: string) =>
    `${what} uses the handle of this ${library} transaction when the transaction may be over. Do this before the function ends, or use the session itself there.`,
};

export const noTransactionEscape: Rule<Options> = {
  name: "no-transaction-escape",
  meta: {
    priority: "P2",
    recommended: true,
    description: "Disallow keeping a transaction's handle beyond the transaction",
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
    const drafts = new Map<string, Draft>();
    for (const site of project.judgedTransactions) {
      if (options.ignoreLibraries.includes(packageName(site.library)) || site.style !== "callback" || site.pattern?.handle === undefined) continue;
      for (const body of bodiesIn(project, site, file)) for (const draft of escapes(project, site, body)) drafts.set(`${draft.span.start} ${draft.span.end}`, draft);
    }
    for (const { library, call, where, shared } of keptBegun(project, file)) {
      if (options.ignoreLibraries.includes(packageName(library))) continue;
      drafts.set(`${call.span.start} ${call.span.end}`, {
        file,
        span: call.span,
        message: messages.kept(packageName(library), where),
        confidence: shared,
        library,
        fix: "manual",
        fixReason: "who needs the transaction has to be given it",
        why: callPath(project, functionKey(file, call.fn)),
        related: [],
      });
    }
    return finish(noTransactionEscape, project, [...drafts.values()]);
  },
};

/** The function that a transaction runs, and the name that it gives the handle. */
interface Body {
  file: string;
  fn: FunctionFact;
  handle: number;
}

function bodiesIn(project: ProjectFacts, site: JudgedTransaction, file: string): Body[] {
  if (project.program.role(site.file) === "test" || project.ambient.isAmbient(site)) return [];
  return site.bodies.flatMap((key): Body[] => {
    const { file: at, fn } = project.program.fnOf(key);
    const handle = fn.params[site.pattern?.handle ?? 0]?.variable;
    return at === file && handle !== undefined ? [{ file: at, fn, handle }] : [];
  });
}

function escapes(project: ProjectFacts, site: JudgedTransaction, body: Body): Draft[] {
  const library = packageName(site.library);
  const transaction: Place = { file: site.file, span: site.call.calleeSpan, text: "the transaction" };
  const draft = (span: Span, message: string, confidence: Confidence, fixReason: string): Draft => ({
    file: body.file,
    span,
    message,
    // On one synchronous connection the handle goes on working, outside of any transaction.
    confidence: site.sync ? "likely" : confidence,
    library: site.library,
    fix: "manual",
    fixReason,
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [transaction],
  });
  const { assigns, calls } = project.program.file(body.file);
  const found: Draft[] = [];
  const keep = (span: Span, target: Expr, where: string, reset: boolean): void => {
    const confidence = outlives(project, body, site, target);
    if (confidence) found.push(draft(span, messages.stored(library, where), reset ? "likely" : confidence, "who needs the handle has to be given it"));
  };
  for (const assign of assigns)
    if (within(assign.span, body.fn.span) && holds(project, body, assign.value)) keep(assign.span, assign.target, textOf(project, body.file, assign.span), isReset(assign, assigns));
  for (const call of calls) {
    const holder = within(call.span, body.fn.span) ? collectionOf(project, body, call) : undefined;
    if (holder) keep(call.span, holder, textOf(project, body.file, call.calleeSpan), false);
  }
  if (body.fn.returns.some((value) => holds(project, body, value))) found.push(draft(site.call.span, messages.returned(library), "proven", "the work that needs the handle has to move into the transaction"));
  for (const { call, what, certain } of laterUses(project, body)) found.push(draft(call.span, messages.later(library, what), certain ? "proven" : "likely", "whether that work belongs to the transaction is yours to decide"));
  return found;
}

/** The handle itself, or a literal that holds it. What a call makes of it (a repository, a query) is another thing. */
function holds(project: ProjectFacts, body: Body, value: Expr, depth = 0): boolean {
  if (depth > 3) return false;
  switch (value.k) {
    case "var":
      return value.id === body.handle || aliasOf(project, body, value.id);
    case "typed":
    case "await":
      return holds(project, body, value.of, depth + 1);
    case "either":
      return value.of.some((part) => holds(project, body, part, depth + 1));
    case "object":
      return value.props.some((prop) => holds(project, body, prop.value, depth + 1));
    case "array":
      return value.items.some((item) => holds(project, body, item, depth + 1));
    default:
      return false;
  }
}

/** `const trx = tx;` */
function aliasOf(project: ProjectFacts, body: Body, id: number): boolean {
  const variable = project.program.variable(body.file, id);
  if (variable.kind !== "const") return false;
  return project.program.file(body.file).assigns.some(({ target, value }) => target.k === "var" && target.id === id && value.k === "var" && value.id === body.handle);
}

/**
 * Whether something was there before the transaction and is there after it, for others to find: a module's variable or
 * what it holds, `globalThis`, a field of an object that calls share, a local variable that is used afterwards. A
 * request's context or an object that is made for one call is as good as an argument.
 */
function outlives(project: ProjectFacts, body: Body, site: JudgedTransaction, target: Expr): Confidence | undefined {
  let at: Expr = target;
  while (at.k === "member" || at.k === "typed") at = at.of;
  if (at.k === "this") return target.k === "member" && !isInBody(project, body, at.fn) ? sharedInstance(project, body.file, at.fn) : undefined;
  if (at.k === "global") return at.name === "globalThis" || at.name === "global" ? "proven" : undefined;
  if (at.k !== "var") return undefined;
  const variable = project.program.variable(body.file, at.id);
  if (variable.kind === "implicit" || variable.kind === "param" || isInBody(project, body, variable.fn)) return undefined;
  if (variable.fn === 0) return "proven";
  return target.k === "var" && isUsedAfter(project, body.file, at.id, variable.fn, site) ? "proven" : undefined;
}

function isUsedAfter(project: ProjectFacts, file: string, variable: number, fn: number, site: JudgedTransaction): boolean {
  const is = (expr: Expr): boolean => (expr.k === "var" ? expr.id === variable : (expr.k === "member" || expr.k === "await" || expr.k === "typed") && is(expr.of));
  const { calls } = project.program.file(file);
  return project.program.fn(file, fn).returns.some(is) || calls.some((call) => call.fn === fn && call.span.start > site.call.span.end && (is(call.callee) || call.args.some(is)));
}

function isInBody(project: ProjectFacts, body: Body, fn: number): boolean {
  return within(project.program.fn(body.file, fn).span, body.fn.span);
}

/** Put back afterwards (`finally { this.tx = undefined }`): it does not outlive the transaction, but others see it meanwhile. */
function isReset({ target, span }: AssignFact, assigns: readonly AssignFact[]): boolean {
  const place = JSON.stringify(strip(target));
  return assigns.some((other) => other.span.start > span.end && JSON.stringify(strip(other.target)) === place);
}

function strip(target: Expr): Expr {
  return target.k === "typed" ? strip(target.of) : target;
}

/** `pending.set(id, tx)`, `handles.push(tx)`: a Map, Set or list. A WeakMap forgets it again. */
function collectionOf(project: ProjectFacts, body: Body, call: CallFact): Expr | undefined {
  const { callee } = call;
  if (callee.k !== "member" || !/^(?:set|add|push|unshift)$/.test(callee.name) || !call.args.some((arg) => holds(project, body, arg))) return undefined;
  const { tokens, solver } = project.graph.values;
  const values = [...solver.values(project.graph.values.expression(body.file, callee.of, call.fn))].map((id) => tokens.get(id));
  return values.some((token) => token.t === "allocation" && (token.id < 0 || isStrong(project, token.file, token.id))) ? callee.of : undefined;
}

function isStrong(project: ProjectFacts, file: string, id: number): boolean {
  const { callee } = project.program.call(file, id);
  return callee.k === "global" && (callee.name === "Map" || callee.name === "Set" || callee.name === "Array");
}

interface Later {
  call: CallFact;
  what: string;
  certain: boolean;
}

const handoversOf = new WeakMap<ProjectFacts, Map<CallFact, Handover[]>>();

function laterUses(project: ProjectFacts, body: Body): Later[] {
  let byCall = handoversOf.get(project);
  if (!byCall) {
    byCall = new Map<CallFact, Handover[]>();
    for (const handover of project.graph.handovers) append(byCall, handover.call, handover);
    handoversOf.set(project, byCall);
  }
  const { calls } = project.program.file(body.file);
  const found: Later[] = [];
  for (const call of calls) {
    if (!within(call.span, body.fn.span) || isAwaitedFor(project, body, call)) continue;
    const callbacks = call.args.flatMap((arg) => (arg.k === "fn" ? [project.program.fn(body.file, arg.id)] : []));
    const uses = callbacks.some((fn) => usesHandle(project, body, fn));
    const name = uses ? timerOf(project, call, byCall.get(call) ?? []) : undefined;
    if (name === undefined) continue;
    // Who clears the timer, or takes the listener away, has thought of the end.
    const cleared = calls.some(({ callee, span }) => within(span, body.fn.span) && /^(?:clearTimeout|clearInterval|clearImmediate|off|removeListener|removeEventListener)$/.test(nameOf(callee)));
    if (!cleared) found.push({ call, what: name.timer ? "This timer" : "This listener", certain: name.timer });
  }
  return found;
}

function nameOf(callee: Expr): string {
  return callee.k === "member" || callee.k === "global" ? callee.name : "";
}

/** A promise's executor is waited for, as a rule: `await new Promise((resolve) => setTimeout(…))`. */
function isAwaitedFor(project: ProjectFacts, body: Body, call: CallFact): boolean {
  for (let at = call.fn; at !== body.fn.id && at !== 0; at = project.program.fn(body.file, at).parent) {
    const { span } = project.program.fn(body.file, at);
    const isExecutor = project.program.file(body.file).calls.some((made) => made.kind === "new" && nameOf(made.callee) === "Promise" && made.argSpans.some((arg) => arg.start === span.start && arg.end === span.end));
    if (isExecutor) return true;
  }
  return false;
}

function timerOf(project: ProjectFacts, call: CallFact, handovers: readonly Handover[]): { timer: boolean } | undefined {
  for (const handover of handovers) {
    const token = handover.callee === null ? undefined : project.graph.values.tokens.get(handover.callee);
    if (token?.t !== "external") continue;
    if (/^(?:default\.)?(?:setTimeout|setImmediate|setInterval|queueMicrotask|process\.nextTick|nextTick)$/.test(token.path) && (token.module === null || /^(?:node:)?(?:timers|process)$/.test(token.module))) return { timer: true };
    // Rows of a stream come while somebody waits for its end.
    const event = call.args[0];
    const isFlow = event?.k === "literal" && typeof event.value === "string" && /^(?:data|row|readable|end|error|close|line)$/.test(event.value);
    if (call.callee.k === "member" && /^(?:on|addListener|addEventListener)$/.test(call.callee.name) && !isFlow) return { timer: false };
  }
  return undefined;
}

/** Whether code of a function, or of one inside it, names the handle. */
function usesHandle(project: ProjectFacts, body: Body, fn: FunctionFact): boolean {
  const mentions = (expr: Expr): boolean => {
    if (expr.k === "member") return mentions(expr.of);
    if (expr.k === "call") return false;
    return holds(project, body, expr);
  };
  return project.program.file(body.file).calls.some((call) => within(call.span, fn.span) && (mentions(call.callee) || call.args.some((arg) => holds(project, body, arg))));
}

function textOf(project: ProjectFacts, file: string, span: Span): string {
  const text = project.program.text(file, span).replace(/\s+/g, " ");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
