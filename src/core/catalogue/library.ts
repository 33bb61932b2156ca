/**
 * What a database library looks like from outside. A path is how a value is reached from the module: `default`,
 * `default.Database`, `drizzle`. CommonJS consumers reach the default export as the module itself, so `""` and
 * `default` mean the same.
 */
export interface Library {
  /** The package's name, as findings report it. */
  name: string;
  /** Module specifiers that lead to it. */
  specifiers: readonly string[];
  /** SQLite in this process, a server elsewhere, or whatever the wrapped client is. */
  engine: "sqlite" | "server" | "wrapped";
  /** Statements run on the calling thread and block it. */
  sync: boolean;
  /** What makes a session. */
  opens: readonly OpenPattern[];
  /** Exported types whose values are sessions: `Database`, `default.Database`. */
  sessionTypes: readonly string[];
  /** Functions that turn a client into an ORM session: the result is as fresh as the client. */
  wraps: readonly { path: string; client: ArgumentPath }[];
  /** Methods by name, on the session (and on the handle that a transaction callback is given). */
  transactions: readonly TransactionPattern[];
  /** Methods that make a prepared statement from SQL text. */
  prepares: readonly string[];
  /** Methods of the session that run SQL text given as first argument. */
  sqlMethods: readonly string[];
  /** What a prepared statement or a query builder runs: by method name. */
  statementMethods: { readonly run: readonly string[]; readonly read: readonly string[]; readonly iterate: readonly string[] };
  /** Methods of the session that start a write or a read in a query builder: `insert`, `update`; `select`. */
  builders: { readonly write: readonly string[]; readonly read: readonly string[] };
  closes: readonly string[];
  /** Methods that change the session itself for everybody who shares it, or that occupy it. */
  scoped: readonly string[];
  /** The runtime's driver that replaces it, when there is one (see contract.ts). */
  runtimeDriver?: "better-sqlite3";
}

/** An argument, or a property of an object argument: `0`, `0.client`. */
export type ArgumentPath = string;

export interface OpenPattern {
  path: string;
  by: "new" | "call" | "both";
  kind: "connection" | "pool" | "orm" | "factory";
  /** Where the path or URL stands: `"0"` or `"0.filename"`. */
  key?: ArgumentPath;
  /** Where the options object stands. */
  options?: ArgumentPath;
  /** An open that counts only when none of these arguments is a session already (then it is a wrapper). */
  unless?: readonly ArgumentPath[];
}

export interface TransactionPattern {
  method: string;
  /** `callback` runs the function; `wrapper` returns a function that does. */
  style: "callback" | "wrapper";
  /** Which argument is the function. */
  body: number;
  /** Which of the body's parameters is the transaction handle. Absent: the body uses the session itself. */
  handle?: number;
}

/** Everything empty: spread it, so that a catalogue file states only what its library has. */
export const EMPTY_LIBRARY = {
  engine: "sqlite",
  sync: false,
  opens: [],
  sessionTypes: [],
  wraps: [],
  transactions: [],
  prepares: [],
  sqlMethods: [],
  statementMethods: { run: [], read: [], iterate: [] },
  builders: { write: [], read: [] },
  closes: [],
  scoped: [],
} as const satisfies Omit<Library, "name" | "specifiers">;
