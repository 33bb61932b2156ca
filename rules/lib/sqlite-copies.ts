import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { constantOf, type PlacedExpr } from "../../src/core/link/constants.js";
import { engineOf } from "../../src/core/link/engines.js";
import { literalText } from "../../src/core/link/expressions.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FileKey, fileKeysOf } from "../../src/core/link/keys.js";
import type { OpenSite } from "../../src/core/link/sessions.js";

/** A session on a SQLite file, the copy of SQLite that it runs on, and the files that it may be on. */
export interface SqliteOpen {
  open: OpenSite;
  /** The package whose SQLite it is: an ORM's is that of its driver. */
  copy: string;
  keys: readonly FileKey[];
}

const opened = new WeakMap<ProjectFacts, SqliteOpen[]>();

/** The sessions whose copy of SQLite and whose file can be told. */
export function sqliteOpens(project: ProjectFacts): readonly SqliteOpen[] {
  let found = opened.get(project);
  if (!found) {
    found = project.opens.flatMap((open): SqliteOpen[] => {
      // What scripts and tests open is no part of the program that serves.
      if (project.program.role(open.file) !== "source") return [];
      const engine = engineOf(project.graph, open.token);
      const read = engine === "server" ? undefined : (READERS[open.library] ?? plain)(project, open);
      const keys = (read?.key ?? []).flatMap(({ file, expr }) => fileKeysOf(project.graph, file, expr)).filter(({ id }) => isFile(id) && !(read?.schemaRelative && isRelative(id)));
      return read && keys.length > 0 ? [{ open, copy: read.copy, keys }] : [];
    });
    opened.set(project, found);
  }
  return found;
}

function isFile(id: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:/i.test(id);
}

function isRelative(id: string): boolean {
  return !id.startsWith("/") && !id.startsWith("<");
}

interface Read {
  copy: string;
  key: PlacedExpr[];
  /** Relative paths start where Prisma's schema lies: https://www.prisma.io/docs/orm/overview/databases/sqlite */
  schemaRelative?: boolean;
}

type Reader = (project: ProjectFacts, open: OpenSite) => Read | undefined;

const plain: Reader = (project, open) => {
  const copy = COPIES[open.library] ?? moduleOf(project, open.call);
  return copy === undefined || !open.key || !(open.library in COPIES) ? undefined : { copy: copy === "" ? (moduleOf(project, open.call) ?? open.library) : copy, key: [{ file: open.file, expr: open.key }] };
};

/** By library: the package that brings SQLite. Empty: the module itself, which may be a fork of that name. */
const COPIES: Readonly<Record<string, string>> = {
  "better-sqlite3": "",
  sqlite3: "",
  "node:sqlite": "node:sqlite",
  "bun:sqlite": "bun:sqlite",
  // https://github.com/tursodatabase/libsql-client-ts: a `file:` URL is opened with the package libsql.
  "@libsql/client": "libsql",
  libsql: "libsql",
  "libsql/promise": "libsql",
  "drizzle-orm/better-sqlite3": "better-sqlite3",
  "drizzle-orm/bun-sqlite": "bun:sqlite",
  "drizzle-orm/libsql": "libsql",
};

/** What an ORM calls its drivers. */
const KNEX: Readonly<Record<string, string>> = { "better-sqlite3": "better-sqlite3", sqlite3: "sqlite3", sqlite: "sqlite3" };
// https://typeorm.io/docs/drivers/sqlite
const TYPEORM: Readonly<Record<string, string>> = { "better-sqlite3": "better-sqlite3", sqlite: "sqlite3" };
// https://www.prisma.io/docs/orm/overview/databases/database-drivers
const ADAPTERS: Readonly<Record<string, string>> = { "@prisma/adapter-better-sqlite3": "better-sqlite3", "@prisma/adapter-libsql": "libsql", "@prisma/adapter-libsql/node": "libsql" };

const READERS: Readonly<Record<string, Reader>> = {
  // https://github.com/kriasoft/node-sqlite: the driver is given to it.
  sqlite: (project, open) => {
    const key = open.key ? [{ file: open.file, expr: open.key }] : [];
    const driver = optionOf(project, open, ["driver"]);
    return { copy: (driver && packageOf(project, driver, open.call.fn)) ?? "sqlite3", key };
  },
  knex: (project, open) => {
    const copy = KNEX[nameOf(optionOf(project, open, ["client"])) ?? ""];
    const key = optionOf(project, open, ["connection", "filename"]) ?? optionOf(project, open, ["connection"]);
    return copy === undefined ? undefined : { copy, key: key ? [key] : [] };
  },
  typeorm: (project, open) => {
    const copy = TYPEORM[nameOf(optionOf(project, open, ["type"])) ?? ""];
    const key = optionOf(project, open, ["database"]);
    return copy === undefined ? undefined : { copy, key: key ? [key] : [] };
  },
  // https://sequelize.org/docs/v6/getting-started/#connecting-to-a-database
  sequelize: (project, open) => {
    const key = optionOf(project, open, ["storage"]);
    return nameOf(optionOf(project, open, ["dialect"])) === "sqlite" ? { copy: "sqlite3", key: key ? [key] : [] } : undefined;
  },
  "@prisma/client": (project, open) => {
    const adapter = optionOf(project, open, ["adapter"]);
    if (!adapter) {
      const sources = optionOf(project, open, ["datasources"]);
      const [source] = sources?.expr.k === "object" ? sources.expr.props : [];
      const key = optionOf(project, open, ["datasourceUrl"]) ?? (source && optionOf(project, open, ["datasources", source.name, "url"]));
      return key ? { copy: "Prisma's engine", key: [key], schemaRelative: true } : undefined;
    }
    if (adapter.expr.k !== "call") return undefined;
    const made = project.program.call(adapter.file, adapter.expr.id);
    const copy = ADAPTERS[moduleOf(project, made) ?? ""];
    const url = made.args[0] && property(project, { file: adapter.file, expr: made.args[0] }, ["url"]);
    return copy !== undefined && url ? { copy, key: [url] } : undefined;
  },
};

function optionOf(project: ProjectFacts, open: OpenSite, path: readonly string[]): PlacedExpr | undefined {
  for (const expr of open.call.args) {
    const found = property(project, { file: open.file, expr }, path);
    if (found) return found;
  }
  return undefined;
}

function property(project: ProjectFacts, from: PlacedExpr, path: readonly string[]): PlacedExpr | undefined {
  let at = constantOf(project.program, from.file, from.expr);
  for (const name of path) {
    const value = at.expr.k === "object" ? at.expr.props.find((each) => each.name === name)?.value : undefined;
    if (!value) return undefined;
    at = constantOf(project.program, at.file, value);
  }
  return at;
}

function nameOf(value: PlacedExpr | undefined): string | undefined {
  return value && literalText(value.expr);
}

/** The package of what is called. */
function moduleOf(project: ProjectFacts, call: CallFact): string | undefined {
  for (const id of project.graph.external.get(call) ?? []) {
    const token = project.graph.values.tokens.get(id);
    if (token.t === "external" && token.module !== null) return token.module;
  }
  return undefined;
}

function packageOf(project: ProjectFacts, { file, expr }: { file: string; expr: Expr }, fn: number): string | undefined {
  const { values } = project.graph;
  for (const id of values.solver.values(values.expression(file, expr, fn))) {
    const token = values.tokens.get(id);
    if (token.t === "external" && token.module !== null) return token.module;
  }
  return undefined;
}
