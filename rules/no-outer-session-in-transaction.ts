import { packageName } from "../src/core/catalogue/index.js";
import type { OuterHelperDetail, Place } from "../src/core/finding.js";
import type { CallFact, Span } from "../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { writtenApart } from "./lib/apart.js";
import { withArticle } from "./lib/article.js";
import { mentionsArguments } from "./lib/dropped-handle.js";
import { finish } from "./lib/finish.js";
import { hasOwnConnection, isByHand } from "./lib/by-hand.js";
import { isGivenHandle } from "./lib/handles.js";
import { handedHelpers } from "./lib/handed-helpers.js";
import { handedStrays } from "./lib/handed-strays.js";
import { inOptions, inPlace, isCaught, namedHandle } from "./lib/handle-in-place.js";
import { passingOf } from "./lib/handle-passing.js";
import { isToStay } from "./lib/kept-records.js";
import { nestedTransactions } from "./lib/nested.js";
import { draftsIn } from "./lib/once.js";
import { callPath, functionName } from "./lib/path.js";
import { homeOf, type Stray, strayFacts, straysOf, viaHelper } from "./lib/strays.js";
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
  pool: (library: string, session: string) =>
    `\`${session}\` is not the connection that this ${library} transaction was begun on: this runs outside the transaction and may wait for its locks. Use the connection.`,
  helperOnPool: (library: string, helper: string) =>
    `\`${helper}\` does not run on the connection that this ${library} transaction was begun on: it runs outside the transaction and may wait for its locks. Pass the connection to it.`,
  helper: (library: string, helper: string, sync: boolean) =>
    `\`${helper}\` runs on the ${library} session around this transaction, not on its handle: it ${outcome(sync)}. Pass the handle to it.`,
  handed: (library: string, session: string, fn: string, sync: boolean) =>
    `\`${session}\` is the ${library} session around the transaction whose handle \`${fn}\` is given: this ${outcome(sync)}. Use the handle.`,
  handedHelper: (library: string, helper: string, fn: string, sync: boolean) =>
    `\`${helper}\` runs on the ${library} session around the transaction whose handle \`${fn}\` is given: it ${outcome(sync)}. Pass the handle to it.`,
  apart: (library: string, helper: string) =>
    `\`${helper}\` writes on ${withArticle(library)} session that it opens for itself, in the middle of this transaction: it is no part of it, and may wait for its locks. Hand it the session.`,
};

const CAUGHT = "its error is caught inside the transaction, which on PostgreSQL is over once a statement of it has failed";

const DROPPED = "give the helper a parameter for the handle, which is passed to it already, and let it use that";

const LEFT_OUT = "pass the handle to the helper: it takes one, and uses the session where it gets none";

const BY_HAND = {
  helper: "give the helper the transaction or its connection as a parameter, and let it use that",
  direct: "use the transaction, or the connection that it was begun on",
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
      drafts.push(...judge(project, site, options), ...apart(project, site, options));
    }
    const { name } = noOuterSessionInTransaction;
    return finish(noOuterSessionInTransaction, project, withoutRepetition([...drafts, ...draftsIn(file, project, name, options, () => draftsOfHanded(project, options))]));
  },
};

/** In functions that are given the handle: one finding where the statement stands, whoever calls them. */
function draftsOfHanded(project: ProjectFacts, { ignoreLibraries, allowFunctions }: Options): Draft[] {
  const sites = project.judgedTransactions.filter((site) => isJudged(project, site) && !ignoreLibraries.includes(packageName(site.library)));
  const nested = nestedTransactions(project);
  const direct = [...handedStrays(project, sites, allowFunctions).values()].flatMap(({ site, inside: { file, call, fn, path } }): Draft[] => {
    if (nested.has(call)) return [];
    return [
      {
        file,
        span: call.span,
        message: messages.handed(packageName(site.library), receiverText(project, file, call), functionName(project, fn), site.sync),
        confidence: confidenceOf(project, site),
        library: site.library,
        fix: "manual",
        fixReason: "use the transaction's handle here, or make the statement where no transaction is open",
        why: callPath(project, functionKey(site.file, site.call.fn)),
        related: [place(site.file, site.call.calleeSpan, "the transaction"), ...path.map((step) => place(step.file, step.call.calleeSpan, "hands it on"))],
      },
    ];
  });
  const helpers = [...handedHelpers(project, sites, allowFunctions).values()].flatMap(({ site, file, at, helper, fn, path, strays, inBranch }): Draft[] => {
    if (nested.has(at)) return [];
    return [
      {
        file,
        span: at.span,
        message: messages.handedHelper(packageName(site.library), helper, functionName(project, fn), site.sync),
        confidence: inBranch || isToStay(project, site, file, strays.map((stray) => ({ ...stray, at, helper }))) ? "likely" : confidenceOf(project, site),
        library: site.library,
        fix: "manual",
        fixReason: "pass the handle on to the helper, and let it use that",
        why: callPath(project, functionKey(site.file, site.call.fn)),
        related: [
          place(site.file, site.call.calleeSpan, "the transaction"),
          ...path.map((step) => place(step.file, step.call.calleeSpan, "hands it on")),
          ...strays.map((stray) => place(stray.file, stray.call.span, "runs on the session itself")),
        ],
      },
    ];
  });
  return [...direct, ...helpers];
}

function isJudged(project: ProjectFacts, site: JudgedTransaction): boolean {
  return hasHandle(project, site) && project.program.role(site.file) !== "test" && !project.ambient.isAmbient(site);
}

/** On one synchronous connection everything in between belongs to the transaction, whatever it is called on. */
function confidenceOf(project: ProjectFacts, site: JudgedTransaction): "proven" | "likely" {
  return site.sync || sharesOne(site) || lendsNothing(project, site) ? "likely" : "proven";
}

function judge(project: ProjectFacts, site: JudgedTransaction, options: Options): Draft[] {
  if (!isJudged(project, site)) return [];
  const strays = straysOf(project, site, options.allowFunctions);
  if (strays.length === 0) return [];
  const home = homeOf(project, site);
  const library = packageName(site.library);
  const base = {
    confidence: confidenceOf(project, site),
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
  // A call that begins a transaction of its own on the session is `no-nested-transaction`'s, and one mistake.
  const nested = nestedTransactions(project);
  for (const stray of strays) if (!nested.has(stray.at)) byPlace.set(stray.at, [...(byPlace.get(stray.at) ?? []), stray]);
  const drafts = [...byPlace].map(([at, found]): Draft => {
    const { helper, option } = found[0] ?? {};
    return {
      ...base,
      confidence: found.every(({ inBranch }) => inBranch === true) || isToStay(project, site, home, found) ? "likely" : base.confidence,
      ...fixOf(project, site, at, found, options),
      file: home,
      span: at.span,
      message: site.client ? (helper !== undefined ? messages.helperOnPool(library, helper) : messages.pool(library, receiverText(project, home, at))) : helper !== undefined ? messages.helper(library, helper, site.sync) : option !== undefined ? messages.option(library, option) : messages.direct(library, receiverText(project, home, at), site.sync),
      related: [
        place(site.file, site.call.calleeSpan, "the transaction"),
        ...found.flatMap(({ leftOutAt }) => (leftOutAt === undefined || leftOutAt.call === at ? [] : [place(leftOutAt.file, leftOutAt.call.span, "leaves the handle out")])),
        ...found.filter(({ call }) => call !== at).map(({ file, call }) => place(file, call.span, "runs on the session itself")),
      ],
    };
  });
  // What is written on the handle is not there for others before the commit, and they may wait for it: all go in, or somebody looks.
  const left = drafts.find(({ fix }) => fix !== "safe");
  return drafts.map((draft) => (left === undefined || draft.fix !== "safe" ? draft : { ...draft, fix: "review", fixReason: stays(left) }));
}

/** Helpers that get sessions of their own for what they write. */
function apart(project: ProjectFacts, site: JudgedTransaction, { allowFunctions }: Options): Draft[] {
  if (project.program.role(site.file) === "test") return [];
  const library = packageName(site.library);
  return writtenApart(project, site).flatMap(({ at, write, opened }): Draft[] => {
    const helper = project.program.text(site.file, at.calleeSpan);
    if (allowFunctions.some((name) => helper === name || helper.endsWith(`.${name}`))) return [];
    return [
      {
        confidence: "proven",
        library: site.library,
        fix: "manual",
        fixReason: "hand it the session: what it does is then undone with the transaction, and sees what that has written",
        why: callPath(project, functionKey(site.file, site.call.fn)),
        file: site.file,
        span: at.span,
        message: messages.apart(library, helper),
        related: [place(site.file, site.call.calleeSpan, "the transaction"), place(write.file, write.call.span, "writes on a session of its own"), place(opened.file, opened.call.span, "gets that session")],
      },
    ];
  });
}

/** How a place is mended, how safe that is, and why. */
function fixOf(project: ProjectFacts, site: JudgedTransaction, at: CallFact, found: readonly Stray[], options: Options): Pick<Draft, "fix" | "fixReason" | "detail"> {
  const { helper, option } = found[0] ?? {};
  const left = found.find(({ leftOutAt }) => leftOutAt !== undefined)?.leftOutAt;
  if (left) return { fix: "manual", fixReason: left.call === at ? LEFT_OUT : `pass the handle on where \`${project.program.text(left.file, left.call.calleeSpan)}\` is called, which takes one, and uses the session where it gets none` };
  if (helper !== undefined && isGivenHandle(project, homeOf(project, site), at)) return { fix: "manual", fixReason: DROPPED };
  if (isByHand(site)) return { fix: "manual", fixReason: helper !== undefined ? BY_HAND.helper : option !== undefined ? `pass the transaction in its options, as \`${option}\`` : BY_HAND.direct };
  if (helper !== undefined) {
    const passing = throughHelper(project, site, at, found, options);
    return typeof passing === "string" ? { fix: "manual", fixReason: passing } : { fix: "review", fixReason: joins(helper), detail: passing };
  }
  const detail = option === undefined ? inPlace(project, site, at) : inOptions(project, site, at);
  if (detail === undefined) return { fix: "manual", fixReason: option === undefined ? "use the transaction's handle here" : `pass the transaction in its options, as \`${option}\`` };
  return isCaught(project, site, at) ? { fix: "review", fixReason: CAUGHT, detail } : { fix: "safe", detail };
}

function stays({ span }: Draft): string {
  return `another statement of this transaction is outside, too (line ${span.line}), and has to go in with it: outside it does not see what is written here, and may wait for it`;
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

/** A helper that gives the function nothing may mean its transaction for a lock: what it selects `FOR UPDATE` stays locked meanwhile. */
function lendsNothing({ program }: ProjectFacts, { lender }: JudgedTransaction): boolean {
  if (!lender || lender.fromParameter) return false;
  const runs = program.file(lender.file).calls.filter(({ callee, span }) => callee.k === "var" && program.variable(lender.file, callee.id).kind === "param" && lender.bodies.some((key) => isWithin(program.fnOf(key), lender.file, span)));
  return runs.length > 0 && runs.every(({ args, spread }) => args.length === 0 && spread !== true);
}

function isWithin({ file, fn }: ReturnType<ProjectFacts["program"]["fnOf"]>, from: string, span: Span): boolean {
  return file === from && fn.span.start <= span.start && span.end <= fn.span.end;
}

/** The body takes part by a handle: what does not use it is outside. Without one, the session itself is the transaction. */
function hasHandle(project: ProjectFacts, site: JudgedTransaction): boolean {
  const { style, pattern } = site;
  return hasOwnConnection(project, site) || (style === "callback" && pattern?.handle !== undefined && pattern.ambient !== true);
}

/** TypeORM's query runners on SQLite are all on the one connection there is. https://typeorm.io/docs/query-runner */
function sharesOne({ client, engine }: JudgedTransaction): boolean {
  return client !== undefined && engine === "sqlite";
}

function takesNoHandle(project: ProjectFacts, site: JudgedTransaction): boolean {
  if (isByHand(site)) return false;
  const index = site.pattern?.handle ?? 0;
  return site.bodies.every((key) => {
    const { fn } = project.program.fnOf(key);
    return fn.params[index] === undefined && !fn.params.some(({ rest }) => rest) && !mentionsArguments(project, key);
  });
}

/** How the helper that a call runs is given the handle, or why its author has to see to it. */
function throughHelper(project: ProjectFacts, site: JudgedTransaction, at: CallFact, found: readonly Stray[], options: Options): OuterHelperDetail | string {
  const home = homeOf(project, site);
  const passing = passingOf(project, site, { file: home, call: at }, found.map(({ call }) => call), (inside) => {
    const facts = strayFacts(project, site, inside);
    return facts && viaHelper(project, site, inside, facts, options.allowFunctions) ? facts : undefined;
  });
  if (typeof passing === "string") return passing;
  const named = namedHandle(project, site);
  return named ? { kind: "outer-helper", ...named, ...passing } : "give the helper the handle as a parameter, and let it use that: the handle has no name here";
}

function joins(helper: string): string {
  return `what \`${helper}\` does here becomes part of the transaction: it is undone with it, sees what it has written, and its locks are held to its end`;
}

function receiverText(project: ProjectFacts, file: string, call: CallFact): string {
  const text = project.program.text(file, call.calleeSpan);
  return /^(?:this\.)?[\w$]+/.exec(text)?.[0] ?? "this";
}
