import { type OpenedDatabase, openDatabase, type OpenOptions } from "./open-database.js";

/** Something that must hold in every committed state. */
export type Invariant = {
  name: string;
} & (
  | {
      /** Selects the rows that break it: none when it holds. */
      sql: string;
    }
  | {
      /** Gives what breaks it, in any form that JSON has: nothing when it holds. A throw breaks it, too. */
      check: (database: OpenedDatabase) => readonly unknown[];
    }
);

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
export function checkInvariants(path: string, invariants: readonly Invariant[], options: OpenOptions = {}): InvariantResult[] {
  const session = openDatabase(path, { ...options, readonly: true });
  try {
    return [...ALWAYS, ...invariants].map((invariant) => {
      const broken = breachesOf(session, invariant);
      return { name: invariant.name, violations: broken.length, examples: broken.slice(0, EXAMPLES).map((each) => JSON.stringify(each) ?? String(each)) };
    });
  } finally {
    session.close();
  }
}

function breachesOf(session: OpenedDatabase, invariant: Invariant): readonly unknown[] {
  if ("sql" in invariant) return session.all(invariant.sql);
  try {
    return invariant.check(session);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
