import { createHash } from "node:crypto";
import { type OpenedDatabase, openDatabase, type OpenOptions, type Row, type Value } from "./open-database.js";

/**
 * A database's content without what differs from run to run: the order of rows, generated ids, times. A row is known
 * by its other columns and, through its foreign keys, by the rows that it refers to.
 */
export interface DatabaseState {
  digest: string;
  tables: Record<string, { rows: number; digest: string; hashes: string[] }>;
}

export interface DigestOptions {
  /** Texts to replace in values before hashing, such as the run's temporary folder. */
  replace?: ReadonlyArray<readonly [from: string, to: string]>;
  /** Tables that may differ: logs, caches. Default none. */
  ignoreTables?: readonly string[];
  /** Columns that may differ, as `table.column`, or `column` for every table. Default none. */
  ignoreColumns?: readonly string[];
}

interface Table {
  name: string;
  rows: Row[];
  /** Columns whose value identifies the row and nothing else. */
  surrogates: Set<string>;
  ignored: Set<string>;
  references: Array<{ column: string; table: string; target: string }>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIMESTAMP = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

export function digestDatabase(path: string, options: DigestOptions & OpenOptions = {}): DatabaseState {
  const session = openDatabase(path, { ...options, readonly: true });
  try {
    return digestTables(readTables(session, options), options);
  } finally {
    session.close();
  }
}

function readTables(session: OpenedDatabase, { ignoreTables = [], ignoreColumns = [] }: DigestOptions): Table[] {
  const names = session.all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  return names.map((row) => String(row["name"])).filter((name) => !ignoreTables.includes(name)).map((name) => {
    const columns = session.all("SELECT name, pk, type FROM pragma_table_info(?)", name) as unknown as Array<{ name: string; pk: number; type: string }>;
    const keys = columns.filter((column) => column.pk > 0);
    const rows = session.all(`SELECT * FROM "${name.replaceAll('"', '""')}"`);
    const references = session
      .all('SELECT "from" AS "column", "table", "to" AS target FROM pragma_foreign_key_list(?)', name)
      .map(({ column, table, target }) => ({ column: String(column), table: String(table), target: target === null ? "" : String(target) }));
    const key = keys.length === 1 ? keys[0] : undefined;
    const surrogate = key !== undefined && isSurrogate(key, rows) && !references.some((r) => r.column === key.name);
    const ignored = columns.map((column) => column.name).filter((column) => ignoreColumns.includes(column) || ignoreColumns.includes(`${name}.${column}`));
    return { name, rows, surrogates: new Set(surrogate ? [key.name] : []), ignored: new Set(ignored), references };
  });
}

function isSurrogate(key: { name: string; type: string }, rows: readonly Row[]): boolean {
  if (/^integer$/i.test(key.type)) return true;
  return rows.every((row) => typeof row[key.name] === "string" && UUID.test(row[key.name] as string));
}

function digestTables(tables: readonly Table[], options: DigestOptions): DatabaseState {
  // Each round lets a row's identity travel one foreign key further; chains are no longer than there are tables.
  let identities = new Map(tables.map((table) => [table.name, table.rows.map((row) => hashRow(table, row, options))]));
  for (let round = 0; round < tables.length; round += 1) {
    const lookup = buildLookup(tables, identities);
    identities = new Map(
      tables.map((table) => [table.name, table.rows.map((row) => hashRow(table, row, options, lookup))]),
    );
  }
  const result: DatabaseState = { digest: "", tables: {} };
  for (const table of tables) {
    const hashes = [...(identities.get(table.name) ?? [])].sort();
    result.tables[table.name] = { rows: hashes.length, digest: sha256(hashes.join("\n")), hashes };
  }
  result.digest = sha256(Object.entries(result.tables).map(([name, table]) => `${name}:${table.digest}`).join("\n"));
  return result;
}

type Lookup = (table: string, column: string, value: unknown) => string | undefined;

function buildLookup(tables: readonly Table[], identities: ReadonlyMap<string, string[]>): Lookup {
  const wanted = new Set(tables.flatMap((table) => table.references.map((r) => `${r.table}\0${r.target}`)));
  const index = new Map<string, string>();
  for (const table of tables) {
    for (const [position, row] of table.rows.entries()) {
      const identity = identities.get(table.name)?.[position] ?? "";
      for (const column of [...Object.keys(row), ""]) {
        if (!wanted.has(`${table.name}\0${column}`)) continue;
        const value = column === "" ? row[[...table.surrogates][0] ?? ""] : row[column];
        index.set(`${table.name}\0${column}\0${String(value)}`, identity);
      }
    }
  }
  return (table, column, value) => index.get(`${table}\0${column}\0${String(value)}`);
}

function hashRow(table: Table, row: Row, options: DigestOptions, lookup?: Lookup): string {
  const hash = createHash("sha256");
  for (const column of Object.keys(row).sort()) {
    if (table.surrogates.has(column) || table.ignored.has(column)) continue;
    const reference = table.references.find((candidate) => candidate.column === column);
    const value = row[column];
    const shown =
      reference !== undefined && value !== null
        ? `-> ${reference.table} ${lookup?.(reference.table, reference.target, value) ?? (lookup ? "missing" : "")}`
        : normaliseValue(value, options);
    hash.update(`${column}=${shown}\0`);
  }
  return hash.digest("hex").slice(0, 32);
}

/** A value as text that says its type, with generated ids and times blanked. */
function normaliseValue(value: Value | undefined, options: DigestOptions): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) return `blob:${sha256(value)}`;
  if (typeof value !== "string") return `${typeof value}:${String(value)}`;
  if (UUID.test(value)) return "<id>";
  if (TIMESTAMP.test(value)) return "<time>";
  let text = value;
  for (const [from, to] of options.replace ?? []) text = text.replaceAll(from, to);
  return `text:${text}`;
}

/** Where two states differ, a line a table; empty when they are equal. */
export function describeDifference(before: DatabaseState, after: DatabaseState): string[] {
  const names = new Set([...Object.keys(before.tables), ...Object.keys(after.tables)]);
  const lines: string[] = [];
  for (const name of [...names].sort()) {
    const left = before.tables[name];
    const right = after.tables[name];
    if (left === undefined || right === undefined) {
      lines.push(`table ${name} is only in the state ${left === undefined ? "after" : "before"}`);
    } else if (left.digest !== right.digest) {
      const gone = countMissing(left.hashes, right.hashes);
      const added = countMissing(right.hashes, left.hashes);
      lines.push(`table ${name}: ${left.rows} rows before, ${right.rows} after; ${gone} only before, ${added} only after`);
    }
  }
  return lines;
}

function countMissing(from: readonly string[], within: readonly string[]): number {
  const left = new Map<string, number>();
  for (const hash of within) left.set(hash, (left.get(hash) ?? 0) + 1);
  return from.filter((hash) => {
    const count = left.get(hash) ?? 0;
    if (count > 0) left.set(hash, count - 1);
    return count === 0;
  }).length;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
