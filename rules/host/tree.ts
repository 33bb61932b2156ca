/** What ESLint and its like hand out of a file, as far as it is needed. Any part may be missing or odd: it is looked at, not believed. */
export interface SourceLike {
  readonly text: string;
  readonly ast: { type: string };
  readonly scopeManager: unknown;
  getAllComments?(): readonly unknown[];
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function offsetsOf(node: Fields): [number, number] | undefined {
  const { range, start, end } = node;
  if (Array.isArray(range)) {
    const [from, to] = range as unknown[];
    return typeof from === "number" && typeof to === "number" ? [from, to] : undefined;
  }
  return typeof start === "number" && typeof end === "number" ? [start, end] : undefined;
}

/** The program as the facts pass takes it: one list of statements, a `range` on every node. */
export function programOf(ast: { type: string }): { type: string } {
  addRanges(ast);
  return hasScripts(ast) ? flattened(ast) : ast;
}

/** svelte-eslint-parser keeps each `<script>`'s statements in an element of its own, beside the markup. */
function hasScripts(ast: object): ast is { type: string; body: Fields[] } {
  return "body" in ast && Array.isArray(ast.body) && ast.body.some(isScript);
}

function isScript(node: unknown): node is Fields & { body: unknown[] } {
  return isObject(node) && node["type"] === "SvelteScriptElement" && Array.isArray(node["body"]);
}

function flattened(ast: { type: string; body: Fields[] }): { type: string; body: unknown[] } {
  const body: unknown[] = ast.body.flatMap((node) => (isScript(node) ? node.body : []));
  return { ...ast, body };
}

/** Some parsers give only `start` and `end`. The nodes stay the same objects: scopes are keyed by them. */
function addRanges(ast: object): void {
  const first: unknown = "body" in ast && Array.isArray(ast.body) ? ast.body[0] : undefined;
  if (!isObject(first) || "range" in first) return;
  const seen = new Set<object>();
  const queue: unknown[] = [ast];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (!isObject(node) || seen.has(node)) continue;
    seen.add(node);
    if (typeof node["type"] === "string" && !("range" in node)) {
      const range = offsetsOf(node);
      if (range) Object.defineProperty(node, "range", { value: range, enumerable: false, configurable: true });
    }
    for (const key of Object.keys(node)) if (key !== "parent" && key !== "loc" && key !== "tokens") queue.push(node[key] ?? null);
  }
}

/** The comments that have a text and a place. */
export function commentsOf(source: SourceLike): { range: [number, number]; value: string }[] {
  return (source.getAllComments?.() ?? []).flatMap((comment) => {
    if (!isObject(comment) || typeof comment["value"] !== "string") return [];
    const range = offsetsOf(comment);
    return range ? [{ range, value: comment["value"] }] : [];
  });
}

/** Whether scopes were analysed: a host for another language has none. */
export function hasScopes(manager: unknown): manager is { scopes: [] } {
  return isObject(manager) && Array.isArray(manager["scopes"]);
}
