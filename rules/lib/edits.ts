import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { listOriginOf } from "../../src/core/link/origins/list-origin.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop, TransactionSite } from "../../src/core/link/transactions.js";
import { chainOf, type Flow, flowOfTurn } from "./turns.js";

/**
 * What somebody has changed in rows that they have before them: a request hands over a list, and each of its items is the new state of the row that has the item's id. That is a form or a table on a
 * page, saved as a whole, and most often short. Rows that are added, upserted or deleted come from imports and from devices as well.
 */
export function isOverEdits(project: ProjectFacts, { file, loop, path, writes }: HeldLoop, site: TransactionSite): boolean {
  if (path.length > 0 || writes.length === 0 || listOriginOf(project.contexts, file, loop, site)?.kind !== "request") return false;
  const flow = flowOfTurn(project, file, loop);
  return writes.every((write) => write.file === file && isUpdateById(project, file, write.call, flow));
}

function isUpdateById({ program, graph }: ProjectFacts, file: string, call: CallFact, flow: Flow): boolean {
  const sql = statementOf(graph, call)?.sql;
  if (sql !== undefined) return /^\s*UPDATE\b/i.test(sql) && /\bWHERE\s+["'`[]?id["'`\]]?\s*=\s*[?$:@]/i.test(sql) && call.args.some(tellsItem);
  const chain = chainOf(program, file, call);
  if (!chain.some(({ callee }) => callee.k === "member" && callee.name === "update")) return false;
  return chain.some(({ callee, args }) => {
    const name = callee.k === "member" ? callee.name : "";
    // TypeORM: `update(item.id, …)`, `update({ id: item.id }, …)`; Prisma and Sequelize have it among the options, Drizzle and Knex in the chain.
    const conditions = [...args.map((arg) => property(arg, "where")), ...(/^(where|andWhere)$/.test(name) || (name === "update" && args.length === 2) ? args.slice(0, 1) : [])];
    return conditions.some((condition) => condition !== undefined && isById(condition)) || (name === "update" && args.length === 2 && isId(args[0]));
  });

  function isById(condition: Expr): boolean {
    const id = property(condition, "id");
    if (id !== undefined) return id.k !== "object" && flow.reaches(id);
    const asked = condition.k === "call" ? program.call(file, condition.id) : undefined;
    if (asked === undefined) return false;
    const called = asked.callee.k === "var" ? program.variable(file, asked.callee.id).name : asked.callee.k === "member" ? asked.callee.name : "";
    const [column, value] = asked.args;
    return called === "and" ? asked.args.some(isById) : called === "eq" && column?.k === "member" && column.name === "id" && value !== undefined && flow.reaches(value);
  }

  /** `run(feed.name, feed.id)`, `query(sql, [feed.name, feed.id])`, `run({ id: feed.id })`; a list of ids alone tells no new state: each row is done something to. */
  function tellsItem(value: Expr): boolean {
    if (value.k === "array") return value.items.some(tellsItem);
    return value.k === "object" ? isById(value) : isId(value);
  }

  function isId(value: Expr | undefined): boolean {
    return value?.k === "member" && value.name === "id" && flow.reaches(value);
  }
}

function property(expr: Expr, name: string): Expr | undefined {
  return expr.k === "object" ? expr.props.find((prop) => prop.name === name)?.value : undefined;
}
