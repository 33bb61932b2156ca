import { libraryWithId } from "../catalogue/index.js";
import type { Expr } from "../facts/types.js";
import { constantOf } from "./constants.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./contexts.js";
import { argumentAt } from "./library-calls.js";
import type { TokenId } from "./tokens.js";

/** What stands behind a session: SQLite in this process, a server, or we cannot tell. */
export type Engine = "sqlite" | "server" | "unknown";

/** The engine behind a session or anything made from it. A session of a declared type alone has that of the program's opens, when they agree. */
export function engineOf(graph: CallGraph, id: TokenId | undefined): Engine {
  const { tokens } = graph.values;
  const root = id === undefined ? undefined : tokens.sessionOf(id);
  if (root === undefined) return "unknown";
  const session = tokens.get(root);
  if (session.t === "session") return engineOfOpen(graph, session.library, session.file, session.call);
  if (session.t !== "typed") return "unknown";
  const library = libraryWithId(session.library);
  if (library?.engine === "sqlite" || library?.engine === "server") return library.engine;
  return agreed(graph, session.library);
}

function engineOfOpen(graph: CallGraph, id: string, file: string, callId: number): Engine {
  const library = libraryWithId(id);
  if (!library) return "unknown";
  if (library.engine === "sqlite" || library.engine === "server") return library.engine;
  const call = graph.program.call(file, callId);
  for (const path of library.dialect?.at ?? []) {
    const [index = "0", ...properties] = path.split(".");
    const given = argumentAt(call, index);
    let at = given && constantOf(graph.program, file, given);
    for (const property of properties) {
      const value = at?.expr.k === "object" ? at.expr.props.find(({ name }) => name === property)?.value : undefined;
      at = at && value && constantOf(graph.program, at.file, value);
    }
    const name = at && (literalText(at.expr) ?? madeBy(graph, at.file, at.expr));
    if (name !== undefined && library.dialect) return library.dialect.sqlite.test(name) ? "sqlite" : "server";
  }
  return "unknown";
}

/** `new SqliteDialect(…)`, `new PrismaBetterSqlite3(…)`, or the class itself (`driver: SqliteDriver`): the name says it. */
function madeBy(graph: CallGraph, file: string, value: Expr): string | undefined {
  const { expr } = constantOf(graph.program, file, value);
  if (expr.k === "member") return expr.name;
  if (expr.k === "var" && graph.program.variable(file, expr.id).import) return graph.program.variable(file, expr.id).import?.name;
  if (expr.k !== "call") return undefined;
  const { callee } = graph.program.call(file, expr.id);
  if (callee.k === "var") return graph.program.variable(file, callee.id).name;
  return callee.k === "member" ? callee.name : undefined;
}

const agreements = new WeakMap<CallGraph, Map<string, Engine>>();

function agreed(graph: CallGraph, id: string): Engine {
  let known = agreements.get(graph);
  if (!known) agreements.set(graph, (known = new Map<string, Engine>()));
  let engine = known.get(id);
  if (engine === undefined) {
    const found = new Set<Engine>();
    for (const [call, callees] of graph.external)
      for (const callee of callees) {
        const file = graph.program.fileOf(call);
        const token = graph.values.tokens.get(callee);
        if (token.t !== "external" || token.module === null) continue;
        const session = graph.values.tokens.intern({ t: "session", file, call: call.id, library: id });
        if (graph.values.solver.values(graph.values.callResult(file, call.id)).has(session)) found.add(engineOfOpen(graph, id, file, call.id));
      }
    const [only, more] = found;
    known.set(id, (engine = only !== undefined && more === undefined ? only : "unknown"));
  }
  return engine;
}
