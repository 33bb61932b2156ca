import type { CallFact, Expr, LoopFact } from "../facts/types.js";
import { isIn } from "./asked-ids.js";
import type { CallGraph } from "./calls.js";
import type { Contexts } from "./contexts.js";
import { constantOf } from "./constants.js";
import { literalText } from "./expressions.js";
import { listOriginOf } from "./origins/list-origin.js";
import type { Program } from "./program.js";
import { statementOf } from "./run-statements.js";
import type { TransactionSite } from "./transactions.js";

/** What one person or thing is known by outside of the program. A table may have it twice (an invitation to each of several teams), hardly a hundred times. */
const ADDRESS = /(^|_)(e_?mail|url|uri|iri|phone|user_?name|slug|handle|fingerprint|checksum|uuid|guid)(_(address|number))?$/;
const EQUALS_IN_SQL = /([\w$]+)["'`\]]?\s*=\s*[?$:@']/g;

/** What the rows of a table are told apart by, or are called. */
const NAME = /^(id|uuid|key|name|slug|code|title|email)$|[a-z](Key|Name|Slug|Code)$|_(key|name|slug|code)$/;

/** `featuredUrl`, `email_address`. */
function isAddress(column: string): boolean {
  return ADDRESS.test(column.replace(/([a-z\d])([A-Z])/g, "$1_$2").toLowerCase());
}

/** Whether a loop goes over the rows that have one given address, name or fingerprint: `findMany({ where: { email } })`; or those of names that are written in the program: `{ where: { name: { in: REGIONS } } }`. */
export function isOverFoundByAddress(contexts: Contexts, file: string, loop: LoopFact, site?: TransactionSite): boolean {
  const origin = listOriginOf(contexts, file, loop, site);
  return origin?.kind === "rows" && isFoundByAddress(contexts.graph, origin.file, origin.call);
}

function isFoundByAddress(graph: CallGraph, file: string, call: CallFact): boolean {
  const { program } = graph;
  const chain = [...program.chainBefore(file, call), call];
  const sql = chain.map((each) => statementOf(graph, each)?.sql).find((text) => text !== undefined);
  if (sql !== undefined) return !/\bOR\b/i.test(sql) && [...sql.split(/\bWHERE\b/i).slice(1).join(" ").matchAll(EQUALS_IN_SQL)].some(([, column = ""]) => isAddress(column));
  return chain.some(({ callee, args }) => {
    const [first, ...others] = args;
    const given = callee.k === "member" && /^(where|andWhere)$/.test(callee.name) ? first : undefined;
    // Knex and Kysely: `where("email", email)`, `where("email", "=", email)`.
    const column = given && literalText(given);
    const operator = others.length > 1 && others[0] ? literalText(others[0]) : undefined;
    if (column !== undefined) return (isAddress(column) && (others.length === 1 || operator === "=") && isOne(program, file, others.at(-1))) || (operator === "in" && isNamed(program, file, column, others.at(-1)));
    const [list] = others;
    if (callee.k === "member" && callee.name === "whereIn" && first && isNamed(program, file, literalText(first), list)) return true;
    return [given, ...args.map((arg) => property(program, file, arg, "where"))].some((condition) => condition !== undefined && asksForOne(program, file, condition, 0));
  });
}

/** `{ email }`, `eq(users.email, email)`, `and(eq(…), …)`. */
function asksForOne(program: Program, file: string, condition: Expr, depth: number): boolean {
  if (depth > 4) return false;
  if (condition.k === "typed") return asksForOne(program, file, condition.of, depth + 1);
  if (condition.k === "object") return condition.props.some(({ name, value }) => (isAddress(name) && isOne(program, file, value)) || isNamed(program, file, name, listIn(program, file, value)));
  if (condition.k === "var") {
    const [only, more] = program.valuesOf(file, condition.id);
    return only !== undefined && more === undefined && asksForOne(program, file, only, depth + 1);
  }
  if (condition.k !== "call") return false;
  const { callee, args } = program.call(file, condition.id);
  const name = callee.k === "var" ? program.variable(file, callee.id).name : callee.k === "member" ? callee.name : "";
  if (name === "and") return args.some((arg) => asksForOne(program, file, arg, depth + 1));
  const [column, value] = args;
  if (column?.k !== "member") return false;
  return (name === "eq" && isAddress(column.name) && isOne(program, file, value)) || (name === "inArray" && isNamed(program, file, column.name, value));
}

/** The list of `{ in: list }`, `{ [Op.in]: list }`, `In(list)`. */
function listIn(program: Program, file: string, value: Expr): Expr | undefined {
  if (value.k === "object") {
    const [only, more] = value.props;
    const asks = only?.name === "*" ? /\.in\s*\]/.test(program.text(file, value.span)) : only !== undefined && /^\$?in$/.test(only.name);
    return asks && more === undefined ? only?.value : undefined;
  }
  return value.k === "call" && isIn(program, file, program.call(file, value.id)) ? program.call(file, value.id).args[0] : undefined;
}

/** Names that are written in the program: about as many rows as there are names. */
function isNamed(program: Program, file: string, column: string | undefined, list: Expr | undefined): boolean {
  if (column === undefined || list === undefined || !NAME.test(column)) return false;
  const { expr } = constantOf(program, file, list);
  const written = expr.k === "typed" ? expr.of : expr;
  return written.k === "array" && !written.spread && written.items.length > 0 && written.items.every((item) => item.k === "literal");
}

/** One value, by its look: no list, no condition. */
function isOne(program: Program, file: string, value: Expr | undefined): boolean {
  if (value?.k === "typed" || value?.k === "await") return isOne(program, file, value.of);
  if (value?.k === "member") return value.name !== "*" && !/s$/i.test(value.name.replace(/ss$/i, ""));
  if (value?.k === "var") return !/s$/i.test(program.variable(file, value.id).name.replace(/ss$/i, ""));
  return value?.k === "literal" || value?.k === "template";
}

function property(program: Program, file: string, expr: Expr, name: string): Expr | undefined {
  if (expr.k === "typed") return property(program, file, expr.of, name);
  return expr.k === "object" ? expr.props.find((prop) => prop.name === name)?.value : undefined;
}
