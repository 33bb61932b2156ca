import { type Cost, formatCost, letters } from "../../src/core/cost.js";

/** `n + 2 sessions (n = entryIds)`, `1 session`: an amount with what its letters stand for. */
export function amount(cost: Cost, unit: string): string {
  const names = letters(cost);
  const legend = [...names].map(([symbol, letter]) => `${letter} = ${symbol}`).join(", ");
  const figure = formatCost(cost, names);
  return `${figure} ${unit}${figure === "1" ? "" : "s"}${legend ? ` (${legend})` : ""}`;
}
