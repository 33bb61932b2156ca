import type { CallFact, Expr } from "../../facts/types.js";
import { tableOf } from "../query-text.js";
import type { CallGraph } from "../calls.js";
import { literalText } from "../expressions.js";
import { statementOf } from "../run-statements.js";

/** Reads that give one row, or a part of one. */
const ONE_ROW = /^(get|first|one|oneOrNone|maybeOne|firstOrThrow|pluck|value|sole|reload|count|sum|min|max|avg|aggregate|findFirst\w*|findOne\w*|findUnique\w*|findByPk|findById|getOne\w*|getRawOne|executeTakeFirst\w*|\$first|groupBy|raw)$/;
/** Where drivers put the rows of an answer: pg's `{ rows }`, mysql2's `[rows]`. */
const HOLDER = /^(rows|0)$/;
const SOURCE = /^(from|selectFrom|table|into)$/;
/** Names of sessions and of what stands for one: they are no tables. */
const SESSION = /^(db|tx|trx|t|sql|client|conn|connection|pool|knex|prisma|manager|em|orm|query|models|this|database|session|repo|repository)$/i;

/** Whether a call's value, or these members of it, are the rows of a query, and which it asks; one row, or a part of one, is none. */
export function rowsOf(graph: CallGraph, file: string, call: CallFact, members: readonly string[]): { table?: string } | undefined {
  if (members.length > 1 || (members[0] !== undefined && !HOLDER.test(members[0]))) return undefined;
  if (call.callee.k === "member" && ONE_ROW.test(call.callee.name)) return undefined;
  const chain = [call, ...graph.program.chainBefore(file, call)];
  const read = chain.find((each) => statementOf(graph, each)?.kind === "read");
  if (!read || chain.some(({ callee }) => callee.k === "member" && ONE_ROW.test(callee.name))) return undefined;
  const table = tableName(graph, file, chain, read);
  return table === undefined ? {} : { table };
}

function tableName(graph: CallGraph, file: string, chain: readonly CallFact[], read: CallFact): string | undefined {
  const sql = statementOf(graph, read)?.sql;
  if (sql !== undefined) return /\bFROM\s+["'`[]?[\w$.]/i.test(sql) ? tableOf(sql) : undefined;
  const source = chain.find(({ callee }) => callee.k === "member" && SOURCE.test(callee.name));
  const begins = chain.at(-1);
  const { callee } = read;
  const named = [
    source && nameOf(graph, file, source.args[0]),
    // knex("items")
    begins && begins !== read && begins.callee.k === "var" ? literalOf(begins.args[0]) : undefined,
    // manager.find(Item, …)
    read.args[0]?.k === "var" ? entityName(graph, file, read.args[0]) : undefined,
    callee.k === "member" ? nameOf(graph, file, callee.of) : undefined,
  ];
  return named.find((name) => name !== undefined && name !== "" && !SESSION.test(name));
}

/** An entity or a table by its class or constant, not a variable that holds options. */
function entityName({ program }: CallGraph, file: string, { id }: Extract<Expr, { k: "var" }>): string | undefined {
  const { name, kind } = program.variable(file, id);
  return kind === "class" || (kind === "import" && /^[A-Z]/.test(name)) ? name : undefined;
}

function literalOf(expr: Expr | undefined): string | undefined {
  return expr && literalText(expr)?.split(/\s/)[0];
}

function nameOf({ program }: CallGraph, file: string, expr: Expr | undefined): string | undefined {
  if (expr?.k === "var") return program.variable(file, expr.id).name;
  return expr?.k === "member" ? expr.name : literalOf(expr);
}
