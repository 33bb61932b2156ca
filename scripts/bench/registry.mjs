// The benchmark's parts, in the order in which they run. A part is a file of this folder that exports `measure(bench)`.
export const PARTS = [
  { name: "overhead", what: "one row in one transaction: raw, this package, Drizzle, Kysely, Knex, TypeORM", seconds: { full: 25, quick: 5 } },
  { name: "hand-offs", what: "3,000 transactions that wait for one session", seconds: { full: 20, quick: 4 } },
  { name: "loop-delay", what: "how long the event loop stands still while another process holds the lock for 2 s and 5 s", seconds: { full: 20, quick: 5 } },
  { name: "processes", what: "8 processes that all want to write", seconds: { full: 70, quick: 9 } },
  { name: "imports", what: "200,000 rows while another process writes", seconds: { full: 60, quick: 8 } },
  { name: "items", what: "onItemError and resume over 100,000 items", seconds: { full: 15, quick: 3 } },
  { name: "metrics", what: "one-row transactions with metrics, OpenTelemetry and statement events off and on", seconds: { full: 12, quick: 2 } },
  { name: "sessions", what: "a session for each call against the shared one", seconds: { full: 4, quick: 1 } },
  { name: "reads", what: "reads beside an asynchronous transaction that is open", seconds: { full: 8, quick: 2 } },
];

export class UsageError extends Error {}

/** @returns the parts of these names, or all. */
export function chooseParts(names) {
  if (names.length === 0) return PARTS;
  for (const name of names) {
    if (!PARTS.some((part) => part.name === name)) throw new UsageError(`There is no part "${name}". Parts: ${PARTS.map((part) => part.name).join(", ")}.`);
  }
  return PARTS.filter((part) => names.includes(part.name));
}
