/** Text that came from elsewhere, safe between tags and in attributes. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function ms(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toFixed(1)} s`;
  if (value >= 100) return `${Math.round(value)} ms`;
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2)} ms`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share >= 0.1 || share === 0 ? 0 : 1)} %`;
}

export interface Column {
  title: string;
  number?: boolean;
}

/** A table that scrolls by itself where it is wider than the page; the first cell of a row is its heading. Cells are HTML. */
export function table(caption: string, columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string {
  const head = columns.map(({ title, number }) => `<th scope="col"${number === true ? ' class="n"' : ""}>${escape(title)}</th>`).join("");
  const cell = (html: string, index: number): string => {
    const kind = columns[index]?.number === true ? ' class="n"' : "";
    return index === 0 ? `<th scope="row"${kind}>${html}</th>` : `<td${kind}>${html}</td>`;
  };
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escape(caption)}"><table><caption>${escape(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>${rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("\n")}</tbody></table></div>`;
}

export function section(id: string, title: string, body: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${escape(title)}</h2>\n${body}\n</section>`;
}
