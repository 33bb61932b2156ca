import { type Cost, formatCost, letters } from "../../src/core/cost.js";

/** A sum of more terms than this tells a reader less than its two largest ones. */
const FEW_TERMS = 4;
/** More letters than this are no longer read as a formula. */
const FEW_LETTERS = 4;

/** `n + 2 sessions (n = entryIds)`, `1 session`: an amount with what its letters stand for. */
export function amount(cost: Cost, unit: string): string {
  if (cost.length > FEW_TERMS || letters(cost).size > FEW_LETTERS) return `${unit}s in each of ${letters(cost).size} loops`;
  const names = letters(cost);
  const legend = [...names].map(([symbol, letter]) => `${letter} = ${symbol}`).join(", ");
  const figure = formatCost(cost, names);
  return `${figure} ${unit}${figure === "1" ? "" : "s"}${legend ? ` (${legend})` : ""}`;
}
