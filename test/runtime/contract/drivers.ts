import { createRequire } from "node:module";
import type BetterSqlite3 from "better-sqlite3";
import type { Driver } from "sessionfix-runtime";
import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";
import { nodeSqlite } from "../../../runtime/node-sqlite.js";
import type { NodeSqliteClass } from "../../../runtime/node-sqlite.js";

/** What every driver's own handle has. */
export interface RawDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): RawStatement;
  close(): unknown;
}

export interface RawStatement {
  run(...params: unknown[]): unknown;
  get(...params: unknown[]): unknown;
  all(...params: unknown[]): unknown[];
}

export interface ContractDriver {
  /** As `SESSIONFIX_DRIVER` spells it. */
  readonly name: DriverName;
  /** What a library's module exports, and what its handles are instances of. */
  readonly className: string;
  /** The module that programs without this package import. */
  readonly module: string;
  /** A handle made by hand, as such a program makes it. Closing it is the caller's. */
  readonly open: (path: string) => RawDatabase;
  /** For `createSessionFactory`. */
  readonly driver: () => Driver<RawDatabase>;
}

export const DRIVER_NAMES = ["better-sqlite3", "better-sqlite3-13", "node-sqlite"] as const;
export type DriverName = (typeof DRIVER_NAMES)[number];

const require = createRequire(import.meta.url);
const asked = process.env["SESSIONFIX_DRIVER"] || undefined;

/** Why a driver has no place in this run; `undefined` where it has. */
export function absence(name: DriverName): string | undefined {
  if (asked !== undefined && asked !== name) return `SESSIONFIX_DRIVER asks for ${asked} alone`;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  // Version 12 may be compiled for any Node; in the newer Node's runs, it is for another one.
  if (name === "better-sqlite3") return undefined;
  if (name === "better-sqlite3-13") return major >= 22 ? undefined : `better-sqlite3 13 needs Node 22 or newer, and this is ${process.version}`;
  return major > 22 || (major === 22 && minor >= 13) ? undefined : `node:sqlite needs Node 22.13 or newer, and this is ${process.version}`;
}

const MAKERS: Record<DriverName, () => ContractDriver> = {
  "better-sqlite3": () => betterSqlite3Driver("better-sqlite3"),
  "better-sqlite3-13": () => betterSqlite3Driver("better-sqlite3-13"),
  "node-sqlite": nodeSqliteDriver,
};

function betterSqlite3Driver(name: "better-sqlite3" | "better-sqlite3-13"): ContractDriver {
  const Database = require(name) as typeof BetterSqlite3;
  return { name, className: "Database", module: name, open: (path) => new Database(path), driver: () => betterSqlite3(Database) };
}

function nodeSqliteDriver(): ContractDriver {
  // Node 20's types do not have it.
  const { DatabaseSync } = require("node:sqlite") as { DatabaseSync: NodeSqliteClass };
  return {
    name: "node-sqlite",
    className: "DatabaseSync",
    module: "node:sqlite",
    open: (path) => new DatabaseSync(path),
    driver: () => nodeSqlite(DatabaseSync),
  };
}

/** The drivers of this run, for `describe.each(drivers)("… on $name", …)`. Never none. */
export const drivers: readonly ContractDriver[] = DRIVER_NAMES.filter((name) => absence(name) === undefined).map((name) => MAKERS[name]());
