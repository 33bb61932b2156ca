// Bodies of plausible code: what fills the files of the generated tree beside the imports that tie them together.

const NOUNS = ["order", "invoice", "customer", "ticket", "parcel", "tenant", "ledger", "comment", "label", "budget", "shift", "route", "lesson", "asset", "quote", "report"];
const VERBS = ["format", "merge", "rank", "collect", "normalise", "price", "group", "validate", "split", "describe", "schedule", "compare", "weigh", "trim"];

export const capital = (word) => word[0].toUpperCase() + word.slice(1);
export const noun = (random) => random.pick(NOUNS);

/** A function of some twenty lines over plain data. `uses`: functions that it may call. */
export function plainFunction(random, name, uses = []) {
  const item = noun(random);
  const call = uses.length > 0 ? `    const extra = ${random.pick(uses)}(${item}.id);\n    total += String(extra).length;\n` : "";
  return `/** Adds up what the ${item}s of one period come to, without those that were cancelled. */
export function ${name}(${item}s: ${capital(item)}Row[], options: { limit?: number; strict?: boolean } = {}): ${capital(item)}Total {
  const { limit = ${random.between(10, 900)}, strict = false } = options;
  let total = 0;
  const seen = new Set<string>();
  for (const ${item} of ${item}s.slice(0, limit)) {
    if (seen.has(${item}.id)) continue;
    seen.add(${item}.id);
    if (strict && ${item}.amount < 0) throw new RangeError(\`${item} \${${item}.id} has a negative amount\`);
    if (${item}.state === "cancelled") {
      continue;
    } else if (${item}.state === "open") {
      total += ${item}.amount * ${random.between(2, 9)};
    } else {
      total += ${item}.tags.filter((tag) => tag.startsWith("${item}")).map((tag) => tag.length).reduce((sum, length) => sum + length, ${item}.amount);
    }
${call}  }
  return { count: seen.size, total, label: seen.size > ${random.between(3, 30)} ? "many" : "few", at: new Date().toISOString() };
}
`;
}

/** Types that the functions of a file speak of. */
export function rowTypes() {
  return NOUNS.map(
    (item) => `interface ${capital(item)}Row {\n  id: string;\n  amount: number;\n  state: "open" | "paid" | "cancelled";\n  tags: string[];\n}\n\ninterface ${capital(item)}Total {\n  count: number;\n  total: number;\n  label: string;\n  at: string;\n}\n`,
  ).join("\n");
}

/** As many functions as fill a file of `lines` lines. Returns the text and their names. */
export function plainCode(random, lines, prefix, uses = []) {
  const names = [];
  const parts = [];
  const used = new Set();
  let count = 0;
  while (count < lines) {
    const name = `${random.pick(VERBS)}${capital(prefix)}${names.length}`;
    const text = plainFunction(random, name, uses);
    for (const match of text.matchAll(/\b(\w+)Row\[\]/g)) used.add(match[1]);
    names.push(name);
    parts.push(text);
    count += text.split("\n").length;
  }
  const types = rowTypes().split("\n\n").filter((type) => [...used].some((name) => type.includes(`interface ${name}Row `) || type.includes(`interface ${name}Total `)));
  return { text: `${types.join("\n\n")}\n${parts.join("\n")}`, names };
}

/** A component of a page: markup, state, handlers. `children`: components that it shows. `calls`: functions of plain data. */
export function component(random, name, lines, children, calls) {
  const item = noun(random);
  const rows = [];
  for (let at = 0; rows.length * 9 < lines - 40; at++) {
    const child = children.length > 0 ? random.pick(children) : undefined;
    rows.push(`        <section className="panel panel-${at}" aria-label="${item} ${at}">
          <h3>{title} ${at}</h3>
          {items.length > ${at} ? <p>{items[${at}]?.name ?? "none"}</p> : null}
          <button type="button" disabled={busy} onClick={() => select(items[${at}]?.id)}>
            {busy ? "…" : \`Open ${item} ${at}\`}
          </button>
          <ul>{items.filter((each) => each.rank > ${at}).map((each) => <li key={each.id}>{each.name.toUpperCase()}</li>)}</ul>
          ${child === undefined ? "<hr />" : `<${child} title={title} items={items.slice(${at})} />`}
        </section>`);
  }
  const used = calls.map((call) => `  const ${call}Label = String(${call}([])?.label ?? "");`).join("\n");
  return `export interface ${name}Props {
  title: string;
  items: { id: string; name: string; rank: number }[];
}

/** Shows the ${item}s of one place, and lets people open one. */
export function ${name}({ title, items }: ${name}Props) {
  const [chosen, choose] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const sorted = useMemo(() => [...items].sort((a, b) => a.rank - b.rank), [items]);
${used}
  const select = async (id: string | undefined) => {
    if (id === undefined || busy) return;
    setBusy(true);
    try {
      const response = await fetch(\`/api/${item}s/\${encodeURIComponent(id)}\`, { method: "POST", body: JSON.stringify({ id, count: sorted.length }) });
      if (!response.ok) throw new Error(\`The server said \${response.status}\`);
      choose(id);
    } finally {
      setBusy(false);
    }
  };
  return (
    <main data-chosen={chosen}>
      <header>${calls.map((call) => `{${call}Label}`).join("")}</header>
${rows.join("\n")}
    </main>
  );
}
`;
}
