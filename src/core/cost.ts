/**
 * Costs as polynomials over loop bounds: `n + 2` sessions, `3n` statements. A monomial is a product of symbols (loop
 * bounds, named after what is looped over); a cost is a sum of monomials with integer coefficients. Unknown repetition
 * (a `while` loop, recursion) is the symbol `∞`… kept as a symbol so that the rest stays readable.
 */
export interface Monomial {
  coefficient: number;
  /** Sorted, repeated for powers. */
  symbols: string[];
}

/** Sorted by falling degree, then by symbols. Zero is the empty list. */
export type Cost = Monomial[];
