import { libraryNamed } from "../catalogue/index.js";
import type { CallFact } from "../facts/types.js";
import { constantOf } from "./constants.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./contexts.js";
import type { TokenId } from "./tokens.js";

export type StatementKind = "read" | "write" | "ddl" | "begin" | "commit" | "rollback" | "pragma" | "unknown";

export interface StatementFact {
  kind: StatementKind;
  session: TokenId | undefined;
  library: string;
  sql?: string;
}

/** What one call does to a database, if anything: by its SQL where that is a literal, else by the method called. */
export function statementOf(graph: CallGraph, call: CallFact): StatementFact | undefined {
  const { tokens } = graph.values;
  for (const id of graph.external.get(call) ?? []) {
    const token = tokens.get(id);
    const library = token.t === "part" ? libraryNamed(tokens.libraryOf(id) ?? "") : undefined;
    if (token.t !== "part" || !library) continue;
    const owner = tokens.get(token.of);
    const session = tokens.sessionOf(id);
    const base = { session, library: library.name };
    if (owner.t === "derived" && owner.kind === "statement") {
      const { run, read, iterate } = library.statementMethods;
      if (![...run, ...read, ...iterate].includes(token.path)) continue;
      const prepared = graph.program.call(owner.file, owner.call);
      const sql = prepared.args[0] ? literalText(constantOf(graph.program, owner.file, prepared.args[0]).expr) : undefined;
      const kind = sql === undefined ? "unknown" : verbOf(sql);
      return { ...base, sql, kind: kind !== "unknown" ? kind : run.includes(token.path) ? "write" : "read" };
    }
    if (owner.t === "derived" && owner.kind === "transaction") continue;
    const first = call.args[0];
    if (library.sqlMethods.includes(token.path)) {
      const sql = first ? literalText(first) : undefined;
      const kind = sql === undefined ? "unknown" : verbOf(sql);
      return { ...base, sql, kind: kind === "unknown" && token.path === "run" ? "write" : kind };
    }
    if (library.builders.write.includes(token.path)) return { ...base, kind: "write" };
    if (library.builders.read.includes(token.path)) return { ...base, kind: "read" };
    if (token.path === "pragma") return { ...base, kind: "pragma" };
  }
  return undefined;
}

/** The verb of a statement; for `WITH …` the verb after the common table expressions. */
export function verbOf(sql: string): StatementKind {
  const text = sql.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/--[^\n]*/g, " ").trim();
  const verb = /^\W*([a-z]+)/i.exec(text)?.[1]?.toUpperCase();
  switch (verb) {
    case "SELECT":
    case "VALUES":
    case "EXPLAIN":
      return "read";
    case "WITH":
      return /\b(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b/i.test(text) ? "write" : "read";
    case "INSERT":
    case "UPDATE":
    case "DELETE":
    case "REPLACE":
      return "write";
    case "CREATE":
    case "ALTER":
    case "DROP":
    case "REINDEX":
    case "VACUUM":
    case "ANALYZE":
    case "ATTACH":
    case "DETACH":
      return "ddl";
    case "BEGIN":
      return "begin";
    case "COMMIT":
    case "END":
      return "commit";
    case "ROLLBACK":
      return "rollback";
    case "PRAGMA":
      return "pragma";
    default:
      return "unknown";
  }
}
