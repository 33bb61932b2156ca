import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { type Fresh, freshSessionsOf } from "./own-session.js";
import { startsOf } from "./same-session.js";

/** A call in a transaction's own body that leads to a write on another session of the same database, which a helper gets for itself. */
export interface ApartWrite {
  at: CallFact;
  write: { file: string; call: CallFact };
  /** Where the helper gets the session. */
  opened: { file: string; call: CallFact };
}

/**
 * What is written beside a transaction by helpers that get a session for themselves, by the same factory and of the same database as
 * the transaction's: with a connection a call, a helper takes no part in what its caller has begun.
 */
export function writtenApart(project: ProjectFacts, site: JudgedTransaction): ApartWrite[] {
  const fresh = freshSessionsOf(project);
  const [begun] = [...startsOf(project, site.file, site.call.callee)].flatMap((part) => fresh.around(site.file, site.call.fn, part) ?? []);
  if (!begun) return [];
  const found: ApartWrite[] = [];
  for (const { file, call, path } of project.inside.callsOf(site)) {
    if (path.length > 0) break;
    if (file !== site.file) continue;
    const [to] = project.writers.calleesOf(call);
    const write = to === undefined ? undefined : fresh.writeBehind(call);
    if (to === undefined || !write || write.fresh.open !== begun.open || !isSameDatabase(project, { file: site.file, call: begun.call }, { file, call }, to, write)) continue;
    found.push({ at: call, write: { file: write.file, call: write.call }, opened: { file: write.file, call: write.fresh.call } });
  }
  return found;
}

type Placed = Pick<ApartWrite["write"], "file" | "call">;

/** The same factory, asked for the same: for nothing, for the same constants, or for what the caller has and hands to the helper. */
function isSameDatabase(project: ProjectFacts, begun: Placed, step: Placed, to: string, write: { file: string; call: CallFact; fresh: Fresh }): boolean {
  const { call: other } = write.fresh;
  if (begun.call.spread || other.spread || begun.call.args.length !== other.args.length) return false;
  return begun.call.args.every((arg, index) => {
    const asked = other.args[index];
    if (asked === undefined) return false;
    if (isSameConstant(project, begun.file, arg, write.file, asked)) return true;
    // Only the helper that is called itself is looked into: further on it may be anything.
    if (functionKey(write.file, other.fn) !== to || asked.k !== "var") return false;
    const at = project.program.fnOf(to).fn.params.findIndex((param) => param.variable === asked.id && !param.rest);
    const given = at === -1 || step.call.spread ? undefined : step.call.args[at];
    return given?.k === "var" && arg.k === "var" && given.id === arg.id && project.program.variable(begun.file, arg.id).kind !== "let";
  });
}

function isSameConstant({ program }: ProjectFacts, file: string, left: Expr, otherFile: string, right: Expr): boolean {
  const [a, b] = [constantOf(program, file, left), constantOf(program, otherFile, right)];
  if (a.expr.k === "literal" && b.expr.k === "literal") return a.expr.value === b.expr.value;
  return a.expr.k === "call" && b.expr.k === "call" && a.file === b.file && a.expr.id === b.expr.id && program.call(a.file, a.expr.id).fn === 0;
}
