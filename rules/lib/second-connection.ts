import type { Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { OpenSite } from "../../src/core/link/sessions.js";
import type { TokenId } from "../../src/core/link/tokens.js";

/**
 * Whether the program itself has a second connection to a session's database while it runs: then somebody else may write
 * in between. What other programs do with the file, nobody can see here.
 */
export function hasSecondConnection(project: ProjectFacts, session: TokenId): boolean {
  const opens = project.opens.filter(({ file }) => project.program.role(file) === "source");
  const own = opens.find(({ token }) => token === session);
  if (!own) return false;
  if (own.kind === "pool" || isForked(project)) return true;
  const contexts = project.contexts.ofCall(own.file, own.call);
  // Per call, and kept by nobody: as many as there are calls. By key it is a database each.
  if (!own.call.memo && !own.stored && contexts.has("per-call")) return true;
  return opens.some((other) => other.call !== own.call && isSameFile(project, own, other) && !isInstead(own, other));
}

/** Of two opens in one function only one may run: another path, a second attempt. */
function isInstead(left: OpenSite, right: OpenSite): boolean {
  return left.fn === right.fn && (left.call.conditional || right.call.conditional || left.call.handler !== undefined || right.call.handler !== undefined);
}

function isSameFile(project: ProjectFacts, left: OpenSite, right: OpenSite): boolean {
  const [a, b] = [nameOf(project, left.file, left.key), nameOf(project, right.file, right.key)];
  return a !== undefined && a === b && packageOf(left.file) === packageOf(right.file);
}

/** Programs of one repository have paths and environments of their own. */
function packageOf(file: string): string {
  return /^(?:apps|packages|services|libs|examples|projects|modules)\/[^/]+/.exec(file)?.[0] ?? "";
}

/** What tells a database: the text of its path or URL, or the constant that holds it. */
function nameOf(project: ProjectFacts, file: string, key: Expr | undefined): string | undefined {
  if (!key) return undefined;
  const { file: from, expr } = constantOf(project.program, file, key);
  if (expr.k === "literal" && typeof expr.value === "string") return `text ${expr.value.replace(/^file:/, "").replace(/^\\.\//, "")}`;
  // The same `join(…)` or `process.env.DATABASE ?? …`, kept in one constant.
  if (expr.k === "call" && key.k === "var") return `call ${from} ${expr.id}`;
  if (expr.k === "member") return environmentName(expr);
  return undefined;
}

/** `process.env.DATABASE` is the same wherever it is read. */
function environmentName(expr: Expr): string | undefined {
  return expr.k === "member" && expr.of.k === "member" && expr.of.name === "env" && expr.of.of.k === "global" && expr.of.of.name === "process" && expr.name !== "*" ? `environment ${expr.name}` : undefined;
}

const forked = new WeakMap<ProjectFacts, boolean>();

/** `cluster.fork()`: the whole program runs several times. https://nodejs.org/api/cluster.html */
function isForked(project: ProjectFacts): boolean {
  let known = forked.get(project);
  if (known === undefined) {
    known = [...project.graph.external.values()].flat().some((id) => {
      const token = project.graph.values.tokens.get(id);
      return token.t === "external" && (token.module === "node:cluster" || token.module === "cluster") && /(^|\.)fork$/.test(token.path);
    });
    forked.set(project, known);
  }
  return known;
}
