import { packageName } from "../src/core/catalogue/index.js";
import type { Place } from "../src/core/finding.js";
import type { CallFact, Span } from "../src/core/facts/types.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { isGivenHandle, mayUseHandle, receiverOf, sameBinding, touches } from "./lib/handles.js";
import { callPath, functionName } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
  /** Functions that use a session of their own on purpose, by name: `writeAuditLog`. */
  allowFunctions: string[];
}

const messages = {
  all: (library: string, count: number) =>
    `This ${library} transaction's function takes no handle: ${count === 1 ? "its statement runs" : `its ${count} statements run`} on another connection, are not undone with it, and may wait for its locks. Take the handle as a parameter and use it.`,
  direct: (library: string, session: string) =>
    `\`${session}\` is the ${library} session around this transaction, not its handle: what runs here is not part of the transaction, and may wait for its locks. Use the handle.`,
  helper: (library: string, helper: string) =>
    `${helper} runs on the ${library} session around this transaction, since it is not given the handle: what it does is not part of the transaction, and may wait for its locks. Pass the handle to it.`,
};

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
      if (site.file !== file || options.ignoreLibraries.includes(packageName(site.library))) continue;
      drafts.push(...judge(project, site, options));
    }
    return finish(noOuterSessionInTransaction, project, drafts);
  },
};

/** A statement that runs on the session around the transaction, and where the transaction's own code leads to it. */
interface Stray {
  file: string;
  call: CallFact;
  /** The call in the transaction's body that leads there; the statement itself when it stands in the body. */
  at: CallFact;
  helper?: string;
}

function judge(project: ProjectFacts, site: JudgedTransaction, options: Options): Draft[] {
  if (!hasHandle(site) || project.program.role(site.file) === "test" || project.ambient.isAmbient(site)) return [];
  const strays = straysOf(project, site, options);
  if (strays.length === 0) return [];
  // On one synchronous connection everything in between belongs to the transaction, whatever it is called on.
  const confidence = site.sync ? "likely" : "proven";
  const library = packageName(site.library);
  const base = {
    file: site.file,
    confidence,
    library: site.library,
    fix: "manual",
    why: callPath(project, functionKey(site.file, site.call.fn)),
  } as const;
  if (strays.every((stray) => !stray.helper) && takesNoHandle(project, site))
    return [
      {
        ...base,
        span: site.call.span,
        message: messages.all(library, strays.length),
        fixReason: "give the function the handle as its parameter, and use that for each statement",
        related: strays.map(({ file, call }) => place(file, call.span, "runs on the session itself")),
      },
    ];
  const byPlace = new Map<CallFact, Stray[]>();
  for (const stray of strays) byPlace.set(stray.at, [...(byPlace.get(stray.at) ?? []), stray]);
  return [...byPlace].map(([at, found]): Draft => {
    const helper = found[0]?.helper;
    return {
      ...base,
      file: bodyFile(project, site),
      span: at.span,
      message: helper === undefined ? messages.direct(library, receiverText(project, bodyFile(project, site), at)) : messages.helper(library, `\`${helper}\``),
      fixReason: helper === undefined ? "use the transaction's handle instead" : "give the helper the handle as a parameter, and let it use that",
      related: [place(site.file, site.call.calleeSpan, "the transaction"), ...found.filter(({ call }) => call !== at).map(({ file, call }) => place(file, call.span, "runs on the session itself"))],
    };
  });
}

function place(file: string, span: Span, text: string): Place {
  return { file, span, text };
}

/** The body takes part by a handle: what does not use it is outside. Without one, the session itself is the transaction. */
function hasHandle({ style, pattern }: JudgedTransaction): boolean {
  return style === "callback" && pattern !== undefined && pattern.handle !== undefined && pattern.option === undefined && pattern.ambient !== true;
}

function takesNoHandle(project: ProjectFacts, site: JudgedTransaction): boolean {
  const index = site.pattern?.handle ?? 0;
  return site.bodies.length > 0 && site.bodies.every((key) => project.program.fnOf(key).fn.params[index] === undefined);
}

function bodyFile(project: ProjectFacts, site: JudgedTransaction): string {
  const [body] = site.bodies;
  return body === undefined ? site.file : project.program.fnOf(body).file;
}

function straysOf(project: ProjectFacts, site: JudgedTransaction, options: Options): Stray[] {
  const found: Stray[] = [];
  const home = bodyFile(project, site);
  for (const inside of project.inside.callsOf(site)) {
    const { file, call, path } = inside;
    const facts = touches(project, call).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl");
    if (facts.length === 0 || mayUseHandle(project, facts) || isGivenHandle(project, file, call)) continue;
    if (path.length === 0) {
      if (file === home && isSameDirectly(project, site, inside)) found.push({ file, call, at: call });
      continue;
    }
    // A helper that is handed the handle anywhere on the way is trusted with it.
    if (path.some((step) => isGivenHandle(project, step.file, step.call)) || !facts.every(({ session }) => isSameSession(project, site, session))) continue;
    const first = path[0];
    const last = path.at(-1);
    if (!first || !last || first.file !== home) continue;
    const helper = functionName(project, functionKey(file, call.fn));
    const name = calleeName(project, first.file, first.call) ?? helper;
    if (options.allowFunctions.some((allowed) => allowed === name || name.endsWith(`.${allowed}`) || helper.endsWith(allowed))) continue;
    found.push({ file, call, at: first.call, helper: name });
  }
  return found;
}

function calleeName(project: ProjectFacts, file: string, call: CallFact): string | undefined {
  const text = project.program.text(file, call.calleeSpan);
  return text.length > 0 && text.length <= 60 && !text.includes("\n") ? text : undefined;
}

/** In the body itself: the same binding as the transaction's receiver, or surely the same session. */
function isSameDirectly(project: ProjectFacts, site: JudgedTransaction, { file, call }: InsideCall): boolean {
  const origin = site.lender ?? site;
  const receiver = receiverOf(project, file, call);
  if (origin.file === file && sameBinding(receiver, receiverOf(project, origin.file, origin.call))) return true;
  return touches(project, call).every(({ session }) => isSameSession(project, site, session));
}

/** The same opened session, or an instance of the same project class. A declared type alone does not say which session it is. */
function isSameSession(project: ProjectFacts, site: JudgedTransaction, session: number | undefined): boolean {
  if (session === undefined || !site.sessions.includes(session) || site.sessions.length > 1) return false;
  const token = project.graph.values.tokens.get(session);
  return token.t === "session" || (token.t === "typed" && token.owner !== undefined);
}

function receiverText(project: ProjectFacts, file: string, call: CallFact): string {
  const text = project.program.text(file, call.calleeSpan);
  return /^(this\.)?[\w$]+/.exec(text)?.[0] ?? "this";
}
