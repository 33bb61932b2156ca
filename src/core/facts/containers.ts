import type { Expr, VariableFact } from "./types.js";

/** Libraries whose `map` and `flatMap` are functions of a module: https://effect.website/docs/getting-started/building-pipelines/, https://gcanti.github.io/fp-ts/modules/ */
const MODULES = /^(?:effect|fp-ts|@fp-ts\/core)(?:\/|$)/;

/** Their modules of many values: what those are given runs once a value. */
const LISTS = /^(?:readonly)?(?:array|nonemptyarray|chunk|iterable|nonemptyiterable|list|stream|hashmap|hashset|set|map|record|trie|redblacktree|sortedmap|sortedset|mutablelist)$/i;

/** Functions that take a list besides, and run what they are given for each of its values. */
const OVER_LIST = new Set(["forEach", "reduce", "filter", "partition", "validateAll"]);

/**
 * `Effect.flatMap(found, (row) => …)`, `Option.map(…)`: a method of lists by its name, on a module of values that come alone. Of these, only what is given a list is a
 * loop: `Effect.forEach(items, (item) => …)`.
 */
export function takesOneValue(variables: readonly VariableFact[], callee: Expr, name: string, hasList: boolean): boolean {
  const of = callee.k === "member" ? callee.of : undefined;
  const variable = of?.k === "member" && of.of.k === "var" ? of.of : of;
  if (variable?.k !== "var") return false;
  const from = variables[variable.id]?.import;
  if (from === undefined || !MODULES.test(from.specifier)) return false;
  const module = of?.k === "member" ? of.name : from.name === "*" || from.specifier.includes("/") ? from.specifier.split("/").at(-1) : from.name;
  return module === undefined || (!LISTS.test(module) && !(hasList && OVER_LIST.has(name)));
}
