import { constant, type Cost, variable } from "../cost.js";
import { DEFAULT_BATCH_SIZE, RUNTIME } from "../contract.js";
import type { Expr } from "../facts/types.js";
import { constantOf } from "../link/constants.js";
import type { Program } from "../link/program.js";
import type { TransactionSite } from "../link/transactions.js";

const { batchedTransaction, batchedTransactionSync } = RUNTIME.exports;

/** Of `batchedTransaction(session, items, handler, options)`: what it goes over, and how much of it one transaction holds at most. */
export interface Batches {
  /** Names what is looped over. */
  symbol: string;
  size: Cost;
}

/** The batches that a call of the runtime commits one by one; undefined for every other transaction. */
export function batchesOf(program: Program, { file, call, library, pattern }: TransactionSite): Batches | undefined {
  const isBatched = library.startsWith(RUNTIME.specifier) && pattern !== undefined && [batchedTransaction, batchedTransactionSync].some((name) => pattern.path.test(name));
  if (!isBatched) return undefined;
  const [, items, , options] = call.args;
  const given = options?.k === "object" ? options.props.find(({ name }) => name === "batchSize")?.value : undefined;
  return { symbol: nameOf(program, file, items) ?? "items", size: given ? sizeOf(program, file, given) : constant(DEFAULT_BATCH_SIZE) };
}

function sizeOf(program: Program, file: string, given: Expr): Cost {
  const { expr } = constantOf(program, file, given);
  if (expr.k === "literal" && typeof expr.value === "number" && Number.isSafeInteger(expr.value)) return constant(expr.value);
  return variable(nameOf(program, file, given) ?? "batchSize");
}

/** A short name for an expression, as loops have it: `entries`, `batch.items`'s `items`. */
function nameOf(program: Program, file: string, expr: Expr | undefined): string | undefined {
  switch (expr?.k) {
    case "var":
      return program.variable(file, expr.id).name || undefined;
    case "member":
      return expr.name === "*" ? undefined : expr.name;
    case "await":
    case "typed":
      return nameOf(program, file, expr.of);
    case "call":
      return nameOf(program, file, program.call(file, expr.id).callee);
    default:
      return undefined;
  }
}
