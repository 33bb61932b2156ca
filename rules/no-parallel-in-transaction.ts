import { libraryWithId, packageName } from "../src/core/catalogue/index.js";
import type { CallFact, Span } from "../src/core/facts/types.js";
import type { InsideCall } from "../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { carriesHandle, mayUseHandle, touches } from "./lib/handles.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  parallel: (library: string, method: string) =>
    `\`Promise.${method}\` starts several statements on one ${library} transaction. They run one after the other all the same, and when one fails the transaction ends while the others are still to run. Await them in order.`,
};

/** Its client sends the statements of one transaction one by one and waits for all of them at the end. https://www.prisma.io/docs/orm/prisma-client/queries/transactions */
const ORDERLY: ReadonlySet<string> = new Set(["@prisma/client"]);

export const noParallelInTransaction: Rule<Options> = {
  name: "no-parallel-in-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow running several operations on one transaction handle at the same time",
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
    const drafts = new Map<CallFact, Draft>();
    for (const site of project.judgedTransactions) {
      const library = packageName(site.library);
      if (libraryWithId(site.library)?.sync !== false || options.ignoreLibraries.includes(library) || project.program.role(site.file) === "test") continue;
      for (const inside of project.inside.callsOf(site)) {
        if (inside.file !== file || inside.path.length > 0 || drafts.has(inside.call)) continue;
        const method = combinator(inside.call);
        if (method !== undefined && operandsOnHandle(project, site, inside) >= 2) drafts.set(inside.call, draftOf(project, site, inside, method));
      }
    }
    return finish(noParallelInTransaction, project, [...drafts.values()]);
  },
};

function combinator({ callee }: CallFact): string | undefined {
  const isPromise = callee.k === "member" && callee.of.k === "global" && callee.of.name === "Promise";
  return isPromise && /^(all|allSettled|race|any)$/.test(callee.name) ? callee.name : undefined;
}

/** How many operands run statements on the transaction's handle. A list that is mapped counts as several. */
function operandsOnHandle(project: ProjectFacts, site: JudgedTransaction, { file, call }: InsideCall): number {
  const { program } = project;
  const [list] = call.args;
  const span = call.argSpans[0];
  if (!list || !span) return 0;
  if (list.k === "array") {
    const used = program.callsIn(file, call.fn).filter((each) => each !== call && within(each.span, span) && program.chainEnd(file, each) === each);
    // The outermost calls of the list are its operands.
    const operands = used.filter((each) => !used.some((other) => other !== each && within(each.span, other.span)));
    return operands.filter((operand) => usesHandle(project, site, file, operand)).length;
  }
  const mapped = list.k === "call" ? program.call(file, list.id) : mappedBefore(project, file, list);
  const loop = mapped && program.callbackLoop(file, mapped.id);
  const body = mapped?.args.find((arg) => arg.k === "fn");
  if (!loop || loop.method !== "map" || loop.bound.k === "constant" || body?.k !== "fn") return 0;
  return program.callsIn(file, body.id).some((each) => usesHandle(project, site, file, each)) ? 2 : 0;
}

/** `const jobs = rows.map(…); await Promise.all(jobs);` */
function mappedBefore(project: ProjectFacts, file: string, list: CallFact["args"][number]): CallFact | undefined {
  if (list.k !== "var") return undefined;
  const values = project.program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === list.id);
  const [only, more] = values;
  return only && !more && only.value.k === "call" ? project.program.call(file, only.value.id) : undefined;
}

/** A statement on this transaction's handle, or a call that is handed it. */
function usesHandle(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact): boolean {
  const { program } = project;
  const chain: CallFact[] = [];
  for (let at: CallFact | undefined = call; at; ) {
    chain.push(at);
    const of: CallFact["callee"] | undefined = at.callee.k === "member" ? at.callee.of : undefined;
    at = of?.k === "call" ? program.call(file, of.id) : undefined;
  }
  return chain.some((each) => {
    const facts = touches(project, each).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl" || kind === "unknown");
    if (facts.length > 0) return mayUseHandle(project, facts) && facts.every(({ library }) => library === site.library);
    return each.args.some((arg) => arg.k !== "fn" && carriesHandle(project, file, arg, each.fn)) && project.graph.edges.length > 0 && runsProjectCode(project, file, each);
  });
}

/** A helper of the project: what other packages do with a handle is not known. */
function runsProjectCode(project: ProjectFacts, file: string, call: CallFact): boolean {
  for (const _ of project.inside.calleesOf(file, call)) return true;
  return false;
}

function within(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function draftOf(project: ProjectFacts, site: JudgedTransaction, { file, call }: InsideCall, method: string): Draft {
  const library = packageName(site.library);
  return {
    file,
    span: call.span,
    message: messages.parallel(library, method),
    confidence: ORDERLY.has(library) ? "likely" : "proven",
    library: site.library,
    fix: "manual",
    fixReason: "in order, one error stops the rest; together, it did not",
    why: callPath(project, functionKey(site.file, site.call.fn)),
    related: [{ file: site.file, span: site.call.calleeSpan, text: "the transaction" }],
  };
}
