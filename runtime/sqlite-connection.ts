/** The little of a better-sqlite3 statement that the runtime uses. */
export interface SqliteStatement {
  run(...params: unknown[]): unknown;
  get(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown[];
  pluck(toggle?: boolean): SqliteStatement;
}

/**
 * The little of a better-sqlite3 `Database` that the runtime uses. Structural, so that the driver is no dependency and
 * any version or fork of it with these members serves.
 */
export interface SqliteConnection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  readonly memory: boolean;
  readonly readonly: boolean;
  readonly name: string;
  prepare(source: string): SqliteStatement;
  exec(source: string): unknown;
  pragma(source: string, options?: { simple?: boolean }): unknown;
  close(): unknown;
}

/** Whether `value` is an object with the members of {@link SqliteConnection}. Getters only: nothing is called. */
export function isSqliteConnection(value: unknown): value is SqliteConnection {
  return typeof value === "object" && value !== null
    && "open" in value && typeof value.open === "boolean"
    && "inTransaction" in value && typeof value.inTransaction === "boolean"
    && "prepare" in value && typeof value.prepare === "function"
    && "exec" in value && typeof value.exec === "function"
    && "pragma" in value && typeof value.pragma === "function"
    && "close" in value && typeof value.close === "function";
}

/** The little of a node:sqlite `DatabaseSync` that the runtime uses. */
export interface NodeSqliteDatabase {
  readonly isOpen: boolean;
  /** Absent before Node 22.16. */
  readonly isTransaction?: boolean;
  prepare(source: string): { run(...params: never[]): unknown; get(...params: never[]): unknown; all(...params: never[]): unknown[] };
  exec(source: string): unknown;
  close(): unknown;
  createSession(...options: never[]): unknown;
}

/** What transactions can be begun on: a better-sqlite3 `Database` or a node:sqlite `DatabaseSync`. */
export type SqliteSession = SqliteConnection | NodeSqliteDatabase;
