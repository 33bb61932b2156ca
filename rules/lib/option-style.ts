import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { TransactionSite } from "../../src/core/link/transactions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";

/**
 * Sequelize's statements that take something else before their options; all others take the options first.
 * https://sequelize.org/api/v6/class/src/model.js~model
 */
const AFTER_ONE = new Set(["create", "bulkCreate", "update", "upsert", "findByPk", "increment", "decrement", "min", "max", "sum", "query"]);
const FIRST = new Set(["findAll", "findOne", "findAndCountAll", "count", "findOrCreate", "findOrBuild", "findCreateFind", "destroy", "truncate", "restore", "reload", "save"]);

/** The option in which statements of a library carry a transaction, begun by a function or by hand. */
export function optionOf({ pattern, style, handles, library }: TransactionSite): string | undefined {
  if (pattern) return pattern.option;
  return style === "handle" && handles.length > 0 ? libraryWithId(library)?.transactions.find(({ option }) => option !== undefined)?.option : undefined;
}

/** A row's, for an association: `order.setLines(lines, options)`, `order.getLines(options)`. */
const ASSOCIATED_AFTER_ONE = /^(?:set|add|remove|create|has)[A-Z]/;
const ASSOCIATED_FIRST = /^(?:get|count)[A-Z]/;

/** Which argument of a statement is its options, by the method's name. Undefined for methods that are not known. */
export function optionsIndex({ callee }: CallFact): number | undefined {
  if (callee.k !== "member") return undefined;
  const { name } = callee;
  return AFTER_ONE.has(name) || ASSOCIATED_AFTER_ONE.test(name) ? 1 : FIRST.has(name) || ASSOCIATED_FIRST.test(name) ? 0 : undefined;
}

/**
 * Whether it is plain that a statement is not passed an option: its options are left out, or written there without it.
 * Where they come from elsewhere, nobody can tell.
 */
export function lacksOption(project: ProjectFacts, file: string, call: CallFact, option: string): boolean {
  const index = call.spread ? undefined : optionsIndex(call);
  if (index === undefined) return false;
  const given = call.args[index];
  return given === undefined || isWithout(project, file, given, option);
}

/** What a statement is passed as an option, where its options are written in place. */
export function optionGiven(call: CallFact, option: string): Expr | undefined {
  const index = call.spread ? undefined : optionsIndex(call);
  const given = index === undefined ? undefined : call.args[index];
  return given?.k === "object" && !given.props.some(({ name }) => name === "..." || name === "*") ? given.props.find(({ name }) => name === option)?.value : undefined;
}

function isWithout(project: ProjectFacts, file: string, given: Expr, option: string): boolean {
  const { expr } = constantOf(project.program, file, given);
  return expr.k === "object" && !expr.props.some(({ name }) => name === option || name === "..." || name === "*");
}
