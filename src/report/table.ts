/** Columns of text, aligned; the first and the last left, the rest right unless they say otherwise. */
export interface Column {
  title: string;
  align: "left" | "right";
}

export function renderTable(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => (row[i] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? "";
        return align === "left" ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [line(columns.map((column) => column.title)), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)];
}
