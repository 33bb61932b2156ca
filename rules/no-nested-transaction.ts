import { packageName } from "../src/core/catalogue/index.js";
import type { ProjectFacts } from "../src/core/link/index.js";
import { functionKey } from "../src/core/link/program.js";
import { finish } from "./lib/finish.js";
import { nestedTransactions, type NestedTransaction } from "./lib/nested.js";
import { callPath } from "./lib/path.js";
import type { Draft, Rule } from "./rule.js";

export interface Options {
  /** Libraries to leave out, by package name. */
  ignoreLibraries: string[];
}

const messages = {
  second: (library: string) =>
    `This ${library} transaction begins inside another one, but not as a part of it: it stays when the outer one is rolled back, and may wait for the outer one's locks, which wait for it. Use the outer transaction's handle.`,
  refused: (library: string) =>
    `This BEGIN runs inside another ${library} transaction of the same connection, which SQLite refuses ("cannot start a transaction within a transaction"). Use a savepoint, or leave the transaction to the caller.`,
};

export const noNestedTransaction: Rule<Options> = {
  name: "no-nested-transaction",
  meta: {
    priority: "P1",
    recommended: true,
    description: "Disallow beginning a transaction on the session inside another transaction of it",
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
    const nested = [...nestedTransactions(project).values()].filter(({ at, inner }) => at.file === file && !options.ignoreLibraries.includes(packageName(inner.library)));
    return finish(noNestedTransaction, project, nested.map((each) => draftOf(project, each)));
  },
};

function draftOf(project: ProjectFacts, { outer, inner, inside: { file, call, path }, at, how }: NestedTransaction): Draft {
  const [first] = path;
  return {
    file: at.file,
    span: at.call.span,
    message: messages[how](packageName(inner.library)),
    confidence: "proven",
    library: inner.library,
    fix: "manual",
    fixReason: "whether the inner one is part of the outer one, or comes after it, is yours to decide",
    why: callPath(project, functionKey(outer.file, outer.call.fn)),
    related: [
      { file: outer.file, span: outer.call.calleeSpan, text: "the outer transaction" },
      ...(first === undefined || first.call === at.call ? [] : [{ file: first.file, span: first.call.calleeSpan, text: "leads there" }]),
      ...(call === at.call ? [] : [{ file, span: call.calleeSpan, text: "the inner transaction" }]),
    ],
  };
}
