/** After divided by before, in words: `4.2× less`. Empty without a ratio. */
export function describeRatio(ratio: number | undefined): string {
  if (ratio === undefined) return "";
  if (ratio === 0) return "none left";
  const times = ratio < 1 ? 1 / ratio : ratio;
  if (times < 1.05) return "the same";
  return `${times >= 10 ? Math.round(times) : Math.round(times * 10) / 10}× ${ratio < 1 ? "less" : "more"}`;
}
