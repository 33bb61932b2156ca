const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const TIMESTAMP = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?/g;

/**
 * An answer's body as text that is the same in each run: generated ids and times blanked, keys and lists of objects
 * sorted (a list that the database orders by a random id has no order to compare).
 */
export function normaliseBody(body: unknown, replace: ReadonlyArray<readonly [from: string, to: string]> = []): string {
  return typeof body === "string" ? blank(body, replace) : JSON.stringify(canonical(body, replace));
}

function canonical(value: unknown, replace: ReadonlyArray<readonly [string, string]>): unknown {
  if (typeof value === "string") return blank(value, replace);
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, replace));
    const isList = items.every((item) => typeof item === "object" && item !== null);
    return isList ? items.map((item) => ({ key: JSON.stringify(item), item })).sort(byKey).map(({ item }) => item) : items;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item, replace)]));
  }
  return value;
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

function blank(text: string, replace: ReadonlyArray<readonly [string, string]>): string {
  let result = text;
  for (const [from, to] of replace) result = result.replaceAll(from, to);
  return result.replace(UUID, "<id>").replace(TIMESTAMP, "<time>");
}
