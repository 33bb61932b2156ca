import type { CallFact, Expr } from "../facts/types.js";
import type { Program } from "./program.js";

/** There are as many tables and columns as the program knows of. */
export function asksForSchema(sql: string | undefined): boolean {
  return sql !== undefined && /pragma_|sqlite_master|sqlite_schema|information_schema/i.test(sql);
}

/**
 * A query's text among a call's arguments, whoever takes it: a project's own client has functions that no catalogue knows. Also what a tag
 * makes of a template: `tx.exec(sql`DELETE FROM …`)`.
 */
export function sqlAmong(program: Program, call: CallFact): string | undefined {
  const file = program.fileOf(call);
  const texts = call.args.flatMap((arg) => {
    const made = arg.k === "call" ? program.call(file, arg.id) : undefined;
    const text = made?.kind === "tag" ? made.args[0] : arg;
    if (text?.k === "template") return [text.text];
    return text?.k === "literal" && typeof text.value === "string" ? [text.value] : [];
  });
  return texts.find((text) => /^\s*(SELECT|WITH|INSERT|UPDATE|DELETE|REPLACE|PRAGMA)\s/i.test(text));
}

/** The table that a statement writes, by its SQL. */
export function tableOf(sql: string | undefined): string | undefined {
  return /\b(?:INTO|FROM|UPDATE(?:\s+OR\s+\w+)?)\s+["'`[]?([\w$.]+)/i.exec(sql ?? "")?.[1]?.toLowerCase();
}

/** The text of the query that a call runs, whoever takes it: in the call itself, or where it was prepared: `db.prepare("SELECT …").all()`. */
export function textOf(program: Program, file: string, call: CallFact): string | undefined {
  const own = sqlAmong(program, call);
  const prepared = own === undefined && call.callee.k === "member" ? preparation(program, file, call.callee.of, 0) : undefined;
  return own ?? (prepared && sqlAmong(program, prepared));
}

function preparation(program: Program, file: string, expr: Expr, depth: number): CallFact | undefined {
  if (expr.k === "await" || expr.k === "typed") return preparation(program, file, expr.of, depth);
  if (expr.k === "call") return program.call(file, expr.id);
  const [only, more] = expr.k === "var" && depth < 2 ? program.valuesOf(file, expr.id) : [];
  return only === undefined || more !== undefined ? undefined : preparation(program, file, only, depth + 1);
}
