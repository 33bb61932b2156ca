// The API reference as Markdown.

const KINDS = [
  ["function", "Functions"], ["error", "Errors"], ["class", "Classes"], ["constant", "Constants"], ["type", "Types"],
];

const INTRODUCTION = `# API of sessionfix-runtime

<!-- Written by \`npm run docs:api\` from the docstrings in runtime/. Change those, not this file. -->

Every name that the package exports, by entry. How to begin: [guide.md](guide.md). What is promised, and where it ends:
[guarantees.md](guarantees.md). What to do about each error: [operations.md](operations.md).

Durations are in milliseconds where nothing else is said.`;

/** @returns The page. Rendered twice: links need the anchors, and those depend on the order of all headings. */
export function render(entries) {
  const first = new Page(entries, new Map());
  first.text();
  return new Page(entries, first.anchors).text();
}

class Page {
  anchors = new Map();
  #slugs = new Map();
  #known;

  constructor(entries, known) {
    this.entries = entries.map((entry) => ({ ...entry, groups: groupsOf(entry.items) }));
    this.#known = known;
  }

  text() {
    const blocks = [INTRODUCTION, this.#heading(2, "Contents"), this.#contents()];
    for (const entry of this.entries) blocks.push(...this.#entry(entry));
    return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
  }

  #contents() {
    return this.entries.map(({ specifier, groups }) => {
      const lines = groups.map(({ title, items }) => `  - ${title}: ${items.map((item) => this.#link(item.name)).join(", ")}`);
      return [`- ${this.#link(specifier)}`, ...lines].join("\n");
    }).join("\n");
  }

  #entry({ specifier, groups, repeated }) {
    const blocks = [this.#heading(2, specifier)];
    for (const { title, items } of groups) {
      blocks.push(this.#heading(3, title), ...items.flatMap((item) => this.#item(item)));
    }
    if (repeated.length > 0) blocks.push(`Also exported here: ${repeated.map((name) => this.#link(name)).join(", ")}.`);
    return blocks;
  }

  #item(item) {
    const { doc } = item;
    const blocks = [this.#heading(4, item.name), fence(item.code), this.#prose(doc.text, item.name)];
    if (item.errorCode !== undefined) blocks.push(`\`code\`: \`${item.errorCode}\``);
    const lists = [
      ...doc.params.map(({ name, text }) => `- \`${name}\`: ${this.#line(text)}`),
      ...(doc.returns === "" ? [] : [`- Returns: ${this.#line(doc.returns)}`]),
      ...doc.throws.map((each) => `- ${this.#throws(each)}`),
    ];
    if (lists.length > 0) blocks.push(lists.join("\n"));
    if (item.members.length > 0) blocks.push(this.#table(item.members));
    const mentioned = this.#mentioned(item);
    if (mentioned.length > 0) blocks.push(`See ${mentioned.map((name) => this.#link(name)).join(", ")}.`);
    return blocks;
  }

  #table(members) {
    const rows = members.map(({ text, doc }) => `| \`${cell(text)}\` | ${cell(this.#memberDoc(doc))} |`);
    return ["| member | |", "|---|---|", ...rows].join("\n");
  }

  #memberDoc({ text, params, returns, throws }) {
    const parts = [
      this.#line(text),
      ...params.map(({ name, text: about }) => `\`${name}\`: ${this.#line(about)}`),
      returns === "" ? "" : `Returns ${this.#line(returns)}`,
      ...throws.map((each) => this.#throws(each)),
    ];
    return parts.filter((part) => part !== "").join("<br>");
  }

  #throws({ type, text }) {
    return type === undefined ? `Throws ${this.#line(text).replace(/^What\b/, "what")}` : `Throws ${this.#link(type)} ${this.#line(text)}`.trim();
  }

  #line(text) {
    return this.#prose(text).replace(/\s*\n\s*/g, " ");
  }

  #prose(text, own) {
    return text.replace(/\{@link (\w+)\}/g, (_, name) => name === own ? `\`${name}\`` : this.#link(name));
  }

  /** Exported names in the item's code that it does not already link to. */
  #mentioned(item) {
    const code = [...item.code, ...item.members.map((member) => member.text)].join("\n").replace(/\/\*\*[\s\S]*?\*\//g, "");
    const names = new Set(code.replace(/(["'`]).*?\1/g, "").match(/\b[A-Z]\w+\b/g) ?? []);
    const thrown = new Set(item.doc.throws.map(({ type }) => type));
    return [...names].filter((name) => name !== item.name && name !== "SessionError" && !thrown.has(name) && this.#known.has(name));
  }

  #link(name) {
    const anchor = this.#known.get(name);
    return anchor === undefined ? `\`${name}\`` : `[\`${name}\`](#${anchor})`;
  }

  /** Anchors as GitHub makes them of headings. */
  #heading(level, title) {
    const slug = title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
    const count = this.#slugs.get(slug) ?? 0;
    this.#slugs.set(slug, count + 1);
    if (level !== 3 && !this.anchors.has(title)) this.anchors.set(title, count === 0 ? slug : `${slug}-${count}`);
    return `${"#".repeat(level)} ${title}`;
  }
}

function groupsOf(items) {
  return KINDS.map(([kind, title]) => {
    const own = items.filter((item) => item.kind === kind);
    // Functions stay in the order in which the entry lists them, which is the order of their use.
    if (kind !== "function") own.sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
    return { title, items: own };
  }).filter((group) => group.items.length > 0);
}

function order(item) {
  return item.name === "SessionError" ? 0 : 1;
}

function fence(code) {
  // Not "ts": blocks of that name are programs, which a test runs.
  return `\`\`\`typescript\n${code.join("\n")}\n\`\`\``;
}

function cell(text) {
  return text.replaceAll("|", "\\|");
}
