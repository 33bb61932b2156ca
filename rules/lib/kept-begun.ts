import { libraryId } from "../../src/core/catalogue/library.js";
import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { Confidence } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";
import { type Acquired, acquiredBy } from "./acquired.js";
import { isSameBinding } from "./same-session.js";
import { sharedInstance } from "./shared-instance.js";

/** A transaction by hand that is kept where all calls find the same one. */
export interface KeptBegun {
  library: string;
  /** What takes the connection, or begins. */
  call: CallFact;
  where: string;
  shared: Confidence;
}

/**
 * `this.runner = source.createQueryRunner(); await this.runner.startTransaction();` in an object that serves all requests, and the same with a variable of a module. What is taken at start-up
 * is one connection for good, and another matter.
 */
export function keptBegun(project: ProjectFacts, file: string): KeptBegun[] {
  const { program, contexts } = project;
  if (program.role(file) !== "source") return [];
  return program.file(file).assigns.flatMap(({ target, value, span }): KeptBegun[] => {
    const shared = sharedBy(project, file, target);
    const taken = shared && withoutAwait(value);
    const call = taken?.k === "call" ? program.call(file, taken.id) : undefined;
    const acquired = call && contexts.ofCall(file, call).has("per-call") ? acquiredBy(project, call) : undefined;
    if (!shared || !call || !acquired || acquired.library.sync || !isBegun(project, file, acquired, target)) return [];
    return [{ library: libraryId(acquired.library), call, where: program.text(file, span).split(/\s*=/)[0] ?? "", shared }];
  });
}

function withoutAwait(value: Expr): Expr {
  return value.k === "await" || value.k === "typed" ? withoutAwait(value.of) : value;
}

/** A field of an object, or a module's variable. */
function sharedBy(project: ProjectFacts, file: string, target: Expr): Confidence | undefined {
  if (target.k === "member") return target.of.k === "this" ? sharedInstance(project, file, target.of.fn) : undefined;
  return target.k === "var" && project.program.variable(file, target.id).fn === 0 ? "proven" : undefined;
}

/** What was taken is a transaction, or a connection on which the file begins one. */
function isBegun(project: ProjectFacts, file: string, { pattern }: Acquired, target: Expr): boolean {
  if (pattern.kind === "transaction") return true;
  return project.program.file(file).calls.some((call) => call.callee.k === "member" && isSameBinding(project, file, call.callee.of, target) && statementsRunBy(project.graph, call).some(({ kind }) => kind === "begin"));
}
