export const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);

/** Columns that line up, the first to the left. */
export function alignedTable(head, rows) {
  const widths = head.map((title, index) => Math.max(title.length, ...rows.map((row) => String(row[index]).length)));
  return [head, ...rows].map((row) => row.map((cell, index) => (index === 0 ? String(cell).padEnd(widths[index]) : String(cell).padStart(widths[index]))).join("  ").trimEnd()).join("\n");
}

export const markdownTable = (head, rows) => [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
