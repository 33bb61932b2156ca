/**
 * Costs as polynomials over loop bounds: `n + 2` sessions, `3n` statements. A monomial is a product of symbols (loop
 * bounds, named after what is looped over) with an integer coefficient; a cost is a sum of monomials. Repetition that
 * nothing bounds (recursion, `while`) is a symbol like the others, so that the rest stays readable.
 */
export interface Monomial {
  coefficient: number;
  /** Sorted, repeated for powers. */
  symbols: string[];
}

/** Sorted by falling degree, then by symbols; no two monomials with the same symbols, none with coefficient 0. Zero is the empty list. */
export type Cost = Monomial[];

export const ZERO: Cost = [];

/** A sum that nobody can read is not worth its upkeep: beyond these, what grows slowest is left out. */
const MAX_MONOMIALS = 24;

export function constant(value: number): Cost {
  return value === 0 ? ZERO : [{ coefficient: value, symbols: [] }];
}

export function variable(symbol: string): Cost {
  return [{ coefficient: 1, symbols: [symbol] }];
}

export function isZero(cost: Cost): boolean {
  return cost.length === 0;
}

export function degree(cost: Cost): number {
  return cost[0]?.symbols.length ?? 0;
}

/** Orders costs as if every loop turned a thousand times. */
export function weightOf(cost: Cost): number {
  return cost.reduce((sum, { coefficient, symbols }) => sum + coefficient * 1000 ** symbols.length, 0);
}

function normalize(monomials: Monomial[]): Cost {
  const byKey = new Map<string, Monomial>();
  for (const { coefficient, symbols } of monomials) {
    const sorted = [...symbols].sort();
    const key = sorted.join("\u0000");
    const known = byKey.get(key);
    if (known) known.coefficient += coefficient;
    else byKey.set(key, { coefficient, symbols: sorted });
  }
  const sorted = [...byKey.values()]
    .filter((monomial) => monomial.coefficient !== 0)
    .sort((a, b) => b.symbols.length - a.symbols.length || (a.symbols.join() < b.symbols.join() ? -1 : 1));
  return sorted.length > MAX_MONOMIALS ? sorted.slice(0, MAX_MONOMIALS) : sorted;
}

export function add(...costs: Cost[]): Cost {
  return normalize(costs.flat());
}

export function multiply(left: Cost, right: Cost): Cost {
  return normalize(
    left.flatMap((a) => right.map((b) => ({ coefficient: a.coefficient * b.coefficient, symbols: [...a.symbols, ...b.symbols] }))),
  );
}

/** The larger of two alternatives, monomial by monomial: an upper bound when either may run. */
export function upperBound(left: Cost, right: Cost): Cost {
  const key = (monomial: Monomial) => monomial.symbols.join("\u0000");
  const merged = new Map(left.map((monomial) => [key(monomial), monomial]));
  for (const monomial of right) {
    const known = merged.get(key(monomial));
    if (!known || known.coefficient < monomial.coefficient) merged.set(key(monomial), monomial);
  }
  return normalize([...merged.values()]);
}

const LETTERS = ["n", "m", "k", "p", "q"];

/** The symbols of some costs, in order of first use, with the letter each gets in `formatCost`. */
export function letters(...costs: Cost[]): Map<string, string> {
  const symbols = [...new Set(costs.flat().flatMap((monomial) => monomial.symbols))];
  return new Map(symbols.map((symbol, index) => [symbol, LETTERS[index] ?? `n${index}`]));
}

/** `n + 2`, `3n`, `n·m + 1`, `n² + n`; `0` for nothing. */
export function formatCost(cost: Cost, names: Map<string, string> = letters(cost)): string {
  if (cost.length === 0) return "0";
  return cost.map((monomial) => formatMonomial(monomial, names)).join(" + ");
}

const POWERS = ["", "", "²", "³"];

function formatMonomial({ coefficient, symbols }: Monomial, names: Map<string, string>): string {
  if (symbols.length === 0) return String(coefficient);
  const counts = new Map<string, number>();
  for (const symbol of symbols) counts.set(symbol, (counts.get(symbol) ?? 0) + 1);
  const product = [...counts].map(([symbol, power]) => `${names.get(symbol) ?? symbol}${POWERS[power] ?? `^${power}`}`).join("·");
  return coefficient === 1 ? product : `${coefficient}${product}`;
}
