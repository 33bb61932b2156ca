import type { Access } from "./access.js";
import { betterSqlite3Library } from "./better-sqlite3-library.js";
import { nodeSqliteLibrary } from "./node-sqlite-library.js";
import type { Connection } from "./connection.js";

/** A library whose handles this package can begin transactions on. One file each. */
export interface Library {
  readonly name: string;
  recognizes(session: object): boolean;
  /** The handle's own abilities, past the guard. Called once a session, before `guard`. */
  connect(session: object): Connection;
  /** From now on every statement through the session is asked for first. */
  guard(session: object, access: Access): void;
  /** Whether the guard also sees the statements that were prepared on the session before it was there. */
  seesEarlierStatements(session: object, statement: object): boolean;
  /** An object that serves as the session for the length of one transaction. */
  handle(session: object, access: Access): object;
  /** Another connection to the same file that only reads, unguarded; `undefined` where that is impossible. */
  openReader(session: object, path: string): Connection | undefined;
}

/** Asked for and not a constant: these modules import each other, and an application may load one of them before this one. */
export function libraries(): readonly Library[] {
  return [betterSqlite3Library, nodeSqliteLibrary];
}
