import type { Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";

/** A name and the members that lead from it, as they are usually written: `db`, `this.db`, `ctx.db`. Undefined for anything else. */
export function writtenAs(project: ProjectFacts, file: string, expr: Expr): string | undefined {
  if (expr.k === "var") return project.program.variable(file, expr.id).name;
  if (expr.k === "this") return "this";
  if (expr.k !== "member" || expr.name === "*") return undefined;
  const of = writtenAs(project, file, expr.of);
  return of === undefined ? undefined : `${of}.${expr.name}`;
}

/** The same, where calls without arguments lead from it as well: `getDb()`, `this.store.db().manager`. */
export function writtenWithCalls(project: ProjectFacts, file: string, expr: Expr): string | undefined {
  if (expr.k === "member" && expr.name !== "*") {
    const of = writtenWithCalls(project, file, expr.of);
    return of === undefined ? undefined : `${of}.${expr.name}`;
  }
  if (expr.k !== "call") return writtenAs(project, file, expr);
  const { kind, args, callee } = project.program.call(file, expr.id);
  const called = kind === "call" && args.length === 0 ? writtenWithCalls(project, file, callee) : undefined;
  return called === undefined ? undefined : `${called}()`;
}
