import { packageName } from "../src/core/catalogue/index.js";
import type { OuterSessionDetail, Place } from "../src/core/finding.js";
import type { CallFact, Span } from "../src/core/facts/types.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import type { CallPlace } from "../src/core/link/calls.js";
import { append, functionKey, type FunctionKey } from "../src/core/link/program.js";
import type { StatementFact } from "../src/core/link/statements.js";
import { finish } from "./lib/finish.js";
import { carriesHandle, isGivenHandle, mayUseHandle, touches } from "./lib/handles.js";
import { isRun } from "./lib/lazy-query.js";
import { lacksOption } from "./lib/option-style.js";
import { callPath, functionName } from "./lib/path.js";
import { areSession, callsBefore, certain, isLasting, isOnGivenReceiver, isOnReceiver, isOnSameConstant } from "./lib/same-session.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Functions that use a session of their own on purpose, by name: `writeAuditLog`. */
  allowFunctions: string[];
}

const messages = {
  all: (library: string, count: number) =>
    `This ${library} transaction's function takes no handle, so ${count === 1 ? "its statement runs" : `its ${count} statements run`} outside the transaction: nothing is undone when it fails. Take the handle as a parameter and call it instead.`,
  direct: (library: string, session: string, sync: boolean) =>
    `\`${session}\` is the ${library} session around this transaction, not its handle: this ${outcome(sync)}. Use the handle.`,
  option: (library: string, option: string) =>
    `This ${library} statement runs outside the transaction around it, because \`${option}\` is not passed. Pass the transaction in its options.`,
  helper: (library: string, helper: string, sync: boolean) =>
    `\`${helper}\` runs on the ${library} session around this transaction, not on its handle: it ${outcome(sync)}. Pass the handle to it.`,
};

function outcome(sync: boolean): string {
  return sync ? "is part of the transaction only as long as both are one connection" : "runs outside the transaction and may wait for its locks";
}

export const noOuterSessionInTransaction: Rule<Options> = {
  name: "no-outer-session-in-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow using the session itself inside a transaction that has a handle of its own",
    schema: {
      type: "object",
      properties: {
        ignoreLibraries: { type: "array", items: { type: "string" }, uniqueItems: true },
        allowFunctions: { type: "array", items: { type: "string" }, uniqueItems: true },
      },
      additionalProperties: false,
    },
    defaults: { ignoreLibraries: [], allowFunctions: [] },
  },

  detect(file, project, options) {
    const drafts: Draft[] = [];
    for (const site of project.judgedTransactions) {
      // What is reported stands in the transaction's own body, which is written where the function is passed.
      if (homeOf(project, site) !== file || options.ignoreLibraries.includes(packageName(site.library))) continue;
      drafts.push(...judge(project, site, options));
    }
    return finish(noOuterSessionInTransaction, project, withoutRepetition(drafts));
  },
};

/** A statement that runs on the session around the transaction, and where the transaction's own code leads to it. */
interface Stray {
  file: string;
  call: CallFact;
  /** The call in the transaction's body that leads there; the statement itself when it stands in the body. */
  at: CallFact;
  helper?: string;
  option?: string;
}

function judge(project: ProjectFacts, site: JudgedTransaction, options: Options): Draft[] {
  if (!hasHandle(site) || project.program.role(site.file) === "test" || project.ambient.isAmbient(site)) return [];
  const strays = straysOf(project, site, options);
  if (strays.length === 0) return [];
  const home = homeOf(project, site);
  const library = packageName(site.library);
  const base = {
    // On one synchronous connection everything in between belongs to the transaction, whatever it is called on.
    confidence: site.sync ? "likely" : "proven",
    library: site.library,
    fix: "manual",
    why: callPath(project, functionKey(site.file, site.call.fn)),
  } as const;
  const statements = [...new Map(strays.map((stray) => [stray.call, stray])).values()];
  if (site.file === home && takesNoHandle(project, site))
    return [
      {
        ...base,
        file: site.file,
        span: site.call.span,
        message: messages.all(library, statements.length),
        fixReason: "give the function the handle as its parameter, and use that for each statement",
        related: statements.map(({ file, call }) => place(file, call.span, "runs on the session itself")),
      },
    ];
  const byPlace = new Map<CallFact, Stray[]>();
  for (const stray of strays) byPlace.set(stray.at, [...(byPlace.get(stray.at) ?? []), stray]);
  return [...byPlace].map(([at, found]): Draft => {
    const { helper, option } = found[0] ?? {};
    const detail = helper === undefined && option === undefined ? inPlace(project, site, home, at) : undefined;
    return {
      ...base,
      ...(detail ? { fix: "safe" as const, detail } : {}),
      file: home,
      span: at.span,
      message: helper !== undefined ? messages.helper(library, helper, site.sync) : option !== undefined ? messages.option(library, option) : messages.direct(library, receiverText(project, home, at), site.sync),
      ...(detail ? {} : { fixReason: helper === undefined ? "use the transaction's handle here" : "give the helper the handle as a parameter, and let it use that" }),
      related: [
        place(site.file, site.call.calleeSpan, "the transaction"),
        ...found.filter(({ call }) => call !== at).map(({ file, call }) => place(file, call.span, "runs on the session itself")),
      ],
    };
  });
}

function place(file: string, span: Span, text: string): Place {
  return { file, span, text };
}

/** A function that several transactions may run is reported once. */
function withoutRepetition(drafts: readonly Draft[]): Draft[] {
  const seen = new Map<string, Draft>();
  for (const draft of drafts) {
    const key = `${draft.span.start} ${draft.span.end}`;
    if (!seen.has(key)) seen.set(key, draft);
  }
  return [...seen.values()];
}

/** The body takes part by a handle: what does not use it is outside. Without one, the session itself is the transaction. */
function hasHandle({ style, pattern }: JudgedTransaction): boolean {
  return style === "callback" && pattern?.handle !== undefined && pattern.ambient !== true;
}

function takesNoHandle(project: ProjectFacts, site: JudgedTransaction): boolean {
  const index = site.pattern?.handle ?? 0;
  return site.bodies.every((key) => {
    const { fn } = project.program.fnOf(key);
    return fn.params[index] === undefined && !fn.params.some(({ rest }) => rest) && !mentionsArguments(project, key);
  });
}

/** `arguments[0]` is a parameter, too. */
function mentionsArguments(project: ProjectFacts, key: string): boolean {
  const { file, fn } = project.program.fnOf(key);
  return fn.kind !== "arrow" && /\barguments\b/.test(project.program.text(file, fn.body));
}

function homeOf(project: ProjectFacts, site: JudgedTransaction): string {
  const [body] = site.bodies;
  return body === undefined ? site.file : project.program.fnOf(body).file;
}

function straysOf(project: ProjectFacts, site: JudgedTransaction, options: Options): Stray[] {
  const found: Stray[] = [];
  const home = homeOf(project, site);
  for (const inside of project.inside.callsOf(site)) {
    const { file, call, path } = inside;
    const facts = touches(project, call).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl");
    if (facts.length === 0 || mayUseHandle(project, facts) || isGiven(project, file, call) || (!site.sync && !isRun(project, file, call))) continue;
    const option = site.pattern?.option;
    if (option !== undefined && !lacksOption(project, file, call, option)) continue;
    if (path.length === 0) {
      if (file === home && isSameSession(project, site, inside, facts)) found.push({ file, call, at: call, ...(option === undefined ? {} : { option }) });
      continue;
    }
    const stray = viaHelper(project, site, inside, facts, options);
    if (stray) found.push(stray);
  }
  return [...found, ...otherWays(project, site, found, options)];
}

function viaHelper(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall, facts: readonly StatementFact[], options: Options): Stray | undefined {
  const { file, call, path, fn } = inside;
  const [first] = path;
  // A helper that is handed the handle anywhere on the way is trusted with it.
  if (!first || first.file !== homeOf(project, site) || path.some((step) => isGivenHandle(project, step.file, step.call)) || !isSameSession(project, site, inside, facts)) return undefined;
  const helper = nameOf(project, first.file, first.call) ?? functionName(project, fn);
  return [helper, functionName(project, fn)].some((name) => isAllowed(name, options.allowFunctions)) ? undefined : { file, call, at: first.call, helper };
}

const MAX_WAYS = 80;
const MAX_DEPTH = 4;

/** What runs inside a transaction is known by the shortest way to it. Other calls in the body may lead to the same statements. */
function otherWays(project: ProjectFacts, site: JudgedTransaction, strays: readonly Stray[], options: Options): Stray[] {
  const byFunction = new Map<FunctionKey, Stray[]>();
  for (const stray of strays) if (stray.helper !== undefined) append(byFunction, functionKey(stray.file, stray.call.fn), stray);
  if (byFunction.size === 0) return [];
  const reported = new Set(strays.map(({ at }) => at));
  const found: Stray[] = [];
  for (const { file, call, path } of project.inside.callsOf(site)) {
    if (path.length > 0) break;
    if (reported.has(call)) continue;
    const seen = new Set<FunctionKey>();
    const queue: { key: FunctionKey; path: readonly CallPlace[] }[] = [];
    const follow = (place: CallPlace, before: readonly CallPlace[]): void => {
      for (const { to, written } of project.inside.calleesOf(place.file, place.call)) {
        if (seen.has(to) || seen.size >= MAX_WAYS) continue;
        seen.add(to);
        // What is written in the body belongs to it, and has been looked at.
        if (!written) queue.push({ key: to, path: [...before, place] });
        else if (before.length > 0) queue.push({ key: to, path: before });
      }
    };
    follow({ file, call }, []);
    for (let next = queue.shift(); next; next = queue.shift()) {
      for (const known of byFunction.get(next.key) ?? []) {
        const facts = touches(project, known.call).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl");
        const stray = viaHelper(project, site, { file: known.file, call: known.call, fn: next.key, path: next.path }, facts, options);
        if (stray) found.push(stray);
      }
      const { file: at, fn } = project.program.fnOf(next.key);
      if (next.path.length < MAX_DEPTH) for (const inner of project.program.callsIn(at, fn.id)) follow({ file: at, call: inner }, next.path);
    }
  }
  return found;
}

/** `knex("t").transacting(trx).insert(row)`: the handle may be given before the call or after it. */
function isGiven(project: ProjectFacts, file: string, call: CallFact): boolean {
  return isGivenHandle(project, file, call) || callsBefore(project, file, call).some(({ args, fn }) => args.some((arg) => carriesHandle(project, file, arg, fn)));
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  return allowed.some((each) => name === each || name.endsWith(`.${each}`));
}

function nameOf(project: ProjectFacts, file: string, call: CallFact): string | undefined {
  const text = project.program.text(file, call.calleeSpan);
  return text.length <= 60 && /^[\w$.?]+$/.test(text) ? text : undefined;
}

/** In the body the same binding as the transaction's receiver, or anywhere surely the same session, which every caller gets. */
function isSameSession(project: ProjectFacts, site: JudgedTransaction, inside: InsideCall, facts: readonly StatementFact[]): boolean {
  const owners = facts.map(({ owner }) => owner);
  if (inside.path.length === 0 ? isOnReceiver(project, site, inside.file, inside.call, owners) : isOnGivenReceiver(project, site, inside, owners)) return true;
  if (isOnSameConstant(project, site, inside.file, inside.call, owners) || isTheOnlyOne(project, site, facts)) return true;
  const sessions = facts.map(({ session }) => session);
  return areSession(project, site, sessions) && [...certain(project, sessions)].every((session) => isLasting(project, session));
}

/** A table's class belongs to the one session of its library that the program opens. */
function isTheOnlyOne(project: ProjectFacts, site: JudgedTransaction, facts: readonly StatementFact[]): boolean {
  const { tokens } = project.graph.values;
  const isModel = facts.every(({ session, library }) => {
    const token = session === undefined ? undefined : tokens.get(session);
    return library === site.library && token?.t === "typed" && token.role === "model";
  });
  if (!isModel) return false;
  const opened = project.opens.filter(({ library, file }) => library === site.library && project.program.role(file) === "source");
  return opened.length === 1 && opened[0] !== undefined && areSession(project, site, [opened[0].token]);
}

/** The statement begins with the very expression that the transaction was begun on, and the handle has a name. */
function inPlace(project: ProjectFacts, site: JudgedTransaction, home: string, at: CallFact): OuterSessionDetail | undefined {
  const [body, more] = site.bodies;
  if (body === undefined || more !== undefined || site.file !== home) return undefined;
  const session = receiverText(project, home, at);
  const { fn } = project.program.fnOf(body);
  const parameter = fn.params[site.pattern?.handle ?? 0];
  const handle = parameter === undefined ? undefined : project.program.variable(home, parameter.variable);
  const begun = project.program.text(site.file, site.call.calleeSpan);
  if (session === "this" || handle?.span === undefined || !/^[\w$]+$/.test(handle.name) || !new RegExp(`^${session.replaceAll("$", "\\$")}\\.\\w+$`).test(begun)) return undefined;
  return { kind: "outer-session", session, handle: handle.name, body: fn.span.start };
}

function receiverText(project: ProjectFacts, file: string, call: CallFact): string {
  const text = project.program.text(file, call.calleeSpan);
  return /^(?:this\.)?[\w$]+/.exec(text)?.[0] ?? "this";
}
