import type { Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import type { OpenSite } from "../../src/core/link/sessions.js";
import type { JudgedUse } from "./uses.js";

/** So many functions that each get one are no single report, and no look at a file now and then. */
const USERS = 4;

/** Whether read-only sessions on a file of the program's own are how it reads: several functions get one from a factory, or borrow one. */
export function isHandedAround(project: ProjectFacts, open: OpenSite, perCall: readonly JudgedUse[]): boolean {
  const byCall = new Map(perCall.map((use) => [use.call, use]));
  const isOurs = (use: JudgedUse): boolean => {
    const from = use.borrowed && byCall.get(use.borrowed);
    return from ? isOurs(from) : use.factory === undefined ? use.call !== open.call : namesItself(project, open, use);
  };
  return new Set(perCall.filter((use) => !use.own && !use.lends && isOurs(use)).map(({ file, call }) => functionKey(file, call.fn))).size >= USERS;
}

/** The factory knows the file, or its caller names it in place: a constant, or what a function without arguments says. What callers are told may be anybody's file. */
function namesItself({ program }: ProjectFacts, { key, fn }: OpenSite, { file, call, factory }: JudgedUse): boolean {
  const index = key?.k === "var" && factory?.key === fn ? factory.fn.params.findIndex((param) => param.variable === key.id) : -1;
  const given = index === -1 ? undefined : call.args[index];
  return index === -1 ? !isGiven(key) : given === undefined || isConstant(given);

  function isConstant(expr: Expr): boolean {
    if (expr.k === "literal") return true;
    if (expr.k === "var") return program.variable(file, expr.id).fn === 0;
    if (expr.k === "call") return program.call(file, expr.id).args.every(isConstant);
    return false;
  }

  function isGiven(expr: Expr | undefined): boolean {
    return expr?.k === "var" && factory?.fn.params.some((param) => param.variable === expr.id) === true;
  }
}
