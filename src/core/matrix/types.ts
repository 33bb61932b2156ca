import type { OutsideKind } from "../catalogue/outside/index.js";
import type { Cost } from "../cost.js";

/** What an operation takes of a database: a writer keeps every other writer of the same SQLite file out. `unknown`: its SQL is no literal. */
export type Lock = "none" | "read" | "unknown" | "write";

export type OperationKind = "route" | "event" | "timer" | "queue" | "cron" | "handler" | "command" | "script";

/** A place, with what happens there. Lines are 1-based. */
export interface MatrixPlace {
  file: string;
  line: number;
  text: string;
}

/** What an open transaction waits for. */
export interface InsideIo extends MatrixPlace {
  kind: OutsideKind;
}

/** One operation of the application: what calling it once costs at most. Plain JSON. */
export interface MatrixRow {
  /** `POST /import_artifacts`, `mail job`, `command import <file>`. Not unique: two services may have the same route. */
  operation: string;
  kind: OperationKind;
  /** Where it is registered, or where its function stands. */
  file: string;
  line: number;
  /** Package names, sorted. */
  libraries: string[];
  /** Sessions opened. */
  sessions: Cost;
  lock: Lock;
  /** Transactions begun. */
  transactions: Cost;
  /** Statements run, inside transactions and outside. */
  statements: Cost;
  /** Statements while the one transaction that runs most of them is open; zero where there is none. */
  longest: Cost;
  /** How that one begins. */
  mode?: "deferred" | "immediate" | "exclusive" | "default";
  /** What transactions stay open for. */
  io: InsideIo[];
  /** Names that the transactions are given (`label: "import"`): the ones that metrics count by. */
  labels: string[];
}

export interface Matrix {
  /** Those that contend most first. */
  rows: MatrixRow[];
  /** Operations that are seen to do nothing to a database, and have no row. */
  withoutDatabase: number;
}

/** How one operation comes to its figures. */
export interface Why {
  sessions: WhyPath[];
  transactions: (WhyPath & { statements: Cost; loops: MatrixPlace[]; io: InsideIo[] })[];
  /** What is read and written outside of any transaction, where the operation has none. */
  statements: WhyPath[];
}

/** From the entry point to the place, outermost first. */
export interface WhyPath {
  steps: MatrixPlace[];
}
