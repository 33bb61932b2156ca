/** A table in Markdown. */
export function markdown({ title, head, rows, note }) {
  const lines = [`### ${title}`, ""];
  for (const cells of [head, head.map(() => "---"), ...rows]) lines.push(`| ${cells.join(" | ")} |`);
  if (note !== undefined && note !== "") lines.push("", note);
  return `${lines.join("\n")}\n`;
}

/** The last column: what was wanted and whether it was reached. Nothing where runtime.md wants nothing. */
export const LAST = "target / holds?";

/** @param met For each target, as a text, whether it holds: `{ "≤ 1.05": true }`. */
export function verdict(met) {
  return Object.entries(met).map(([target, holds]) => `${target}: ${holds ? "yes" : "**no**"}`).join("; ");
}

export const whole = (value) => (Number.isFinite(value) ? Math.round(value).toLocaleString("en") : "–");
export const fixed = (value, digits) => (Number.isFinite(value) ? value.toFixed(digits) : "–");
