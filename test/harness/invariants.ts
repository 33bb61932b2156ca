import Database from "better-sqlite3";

/** Something that must hold in every committed state. */
export interface Invariant {
  name: string;
  /** Selects the rows that break it: none when it holds. */
  sql: string;
}

export interface InvariantResult {
  name: string;
  violations: number;
  /** The first few, as JSON. */
  examples: string[];
}

const EXAMPLES = 3;

/** What must hold in any SQLite database. */
const ALWAYS: readonly Invariant[] = [
  { name: "every foreign key has its row", sql: 'SELECT "table", rowid, parent FROM pragma_foreign_key_check' },
  {
    name: "the file is sound",
    sql: "SELECT quick_check AS problem FROM pragma_quick_check WHERE quick_check <> 'ok'",
  },
];

/** Checks the invariants on the database's last committed state. */
export function checkInvariants(path: string, invariants: readonly Invariant[]): InvariantResult[] {
  const session = new Database(path, { readonly: true });
  try {
    return [...ALWAYS, ...invariants].map(({ name, sql }) => {
      const rows = session.prepare(sql).all();
      return { name, violations: rows.length, examples: rows.slice(0, EXAMPLES).map((row) => JSON.stringify(row)) };
    });
  } finally {
    session.close();
  }
}
