import { libraryOf, libraryWithId } from "../catalogue/index.js";
import { type Library, libraryId, type StatementPattern } from "../catalogue/library.js";
import type { CallFact, Expr } from "../facts/types.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./contexts.js";
import { argumentAt, withoutDefault } from "./library-calls.js";
import type { TokenId } from "./tokens.js";

export type StatementKind = "read" | "write" | "ddl" | "begin" | "commit" | "rollback" | "pragma" | "unknown";

export interface StatementFact {
  kind: StatementKind;
  /** The session at the root. */
  session: TokenId | undefined;
  /** What it is called on: the session itself, an ORM around it, a transaction's handle, a client out of a pool. */
  owner: TokenId;
  /** The library's id in the catalogue. */
  library: string;
  sql?: string;
  /** Where its text stands, for those that are told what to do by SQL. */
  text?: PlacedExpr;
  /** It is run by a function of the program, which is given its text. */
  through?: true;
}

/** All that a call itself may do: one entry a session, client or handle that its receiver may be. */
export function statementsOf(graph: CallGraph, call: CallFact): StatementFact[] {
  const { tokens } = graph.values;
  const found: StatementFact[] = [];
  for (const id of graph.external.get(call) ?? []) {
    const token = tokens.get(id);
    if (token.t === "external") found.push(...onGiven(graph, token, call));
    const library = libraryWithId(tokens.libraryOf(id));
    const owner = tokens.ownerOf(id);
    if (!library || owner === undefined) continue;
    const held = tokens.get(owner);
    if (held.t === "derived" && held.kind === "transaction") continue;
    const path = token.t === "part" ? token.path : "()";
    const what = held.t === "derived" && held.kind === "statement" ? ofPrepared(graph, library, path, held) : ofPath(graph, library, path, call);
    if (what) found.push({ ...what, session: tokens.sessionOf(id), owner, library: libraryId(library) });
  }
  return found;
}

/** A function of the library that is given the session: `sql\`…\`.execute(db)`, `migrate(db, options)`. */
function onGiven(graph: CallGraph, { module, path }: { module: string | null; path: string }, call: CallFact): StatementFact[] {
  const library = module === null ? undefined : libraryOf(module);
  const pattern = library?.given.find((candidate) => candidate.path.test(withoutDefault(path)));
  const given = pattern && argumentAt(call, pattern.session);
  if (!library || !given) return [];
  const { tokens, solver } = graph.values;
  const file = graph.program.fileOf(call);
  const receiver = call.callee.k === "member" ? call.callee.of : undefined;
  const what = whatOf(graph, pattern, () => placed(file, pattern.text === undefined ? receiver : argumentAt(call, pattern.text)));
  const found: StatementFact[] = [];
  if (!what) return found;
  for (const id of tokens.sorted(solver.values(graph.values.expression(file, given, call.fn)))) {
    const { t } = tokens.get(id);
    const owner = tokens.ownerOf(id);
    if (t === "part" || owner === undefined) continue;
    found.push({ ...what, session: tokens.sessionOf(id), owner, library: tokens.libraryOf(id) ?? libraryId(library) });
  }
  return found;
}

type What = Pick<StatementFact, "kind" | "sql" | "text">;

function ofPrepared(graph: CallGraph, { statementMethods }: Library, path: string, made: { file: string; call: number }): What | undefined {
  const { run, read, iterate } = statementMethods;
  if (![...run, ...read, ...iterate].includes(path)) return undefined;
  const prepared = graph.program.call(made.file, made.call);
  const text = placed(made.file, prepared.args[0]);
  const sql = sqlText(graph, text);
  const kind = sql === undefined ? "unknown" : verbOf(sql);
  return { sql, text, kind: kind !== "unknown" ? kind : run.includes(path) ? "write" : "read" };
}

function ofPath(graph: CallGraph, library: Library, path: string, call: CallFact): What | undefined {
  const pattern = library.statements.find((candidate) => matches(candidate, path, call));
  if (!pattern || (pattern.weak && goesOn(graph, library, path, call)) || (pattern.unless && endsOtherwise(graph, call, pattern.unless)) || (pattern.operand && isOperand(graph, library, call)) || (pattern.lazy && changesBuilder(graph, call)) || (pattern.generated && isOwnName(graph, call))) return undefined;
  return whatOf(graph, pattern, () => placed(graph.program.fileOf(call), argumentAt(call, pattern.text ?? "0")));
}

function placed(file: string, expr: Expr | undefined): PlacedExpr | undefined {
  return expr && { file, expr };
}

function whatOf(graph: CallGraph, { kind, otherwise, fragments }: Pick<StatementPattern, "kind" | "otherwise" | "fragments">, textOf: () => PlacedExpr | undefined): What | undefined {
  if (kind !== "sql") return { kind };
  const text = textOf();
  const sql = sqlText(graph, text);
  const verb = sql === undefined ? "unknown" : verbOf(sql);
  if (fragments && verb === "unknown") return undefined;
  return { sql, text, kind: verb === "unknown" ? (otherwise ?? "unknown") : verb };
}

function matches({ path: pattern, by }: StatementPattern, path: string, call: CallFact): boolean {
  return pattern.test(path) && (by === undefined || (by === "tag") === (call.kind === "tag"));
}

/** Whether a later call of the chain is the statement: `knex("t").where(…).update(…)`. */
function goesOn(graph: CallGraph, library: Library, path: string, call: CallFact): boolean {
  let at = path === "()" ? "()" : `${path}()`;
  for (const next of graph.program.chainAfter(graph.program.fileOf(call), call)) {
    if (next.callee.k !== "member") return false;
    at = `${at}.${next.callee.name}`;
    if (library.statements.some((pattern) => !pattern.weak && matches(pattern, at, next))) return true;
    at = `${at}()`;
  }
  return false;
}

/** Whether a later call of the chain makes something else of it than a statement that runs. */
function endsOtherwise(graph: CallGraph, call: CallFact, names: RegExp): boolean {
  for (const { callee } of graph.program.chainAfter(graph.program.fileOf(call), call)) if (callee.k === "member" && names.test(callee.name)) return true;
  return false;
}

const namesOf = new WeakMap<CallGraph, ReadonlySet<string>>();

/** Whether the program has a function of a method's name: `class Order extends Model { addLine() { … } }`, `Order.prototype.addLine = function () { … }`. */
function isOwnName(graph: CallGraph, { callee }: CallFact): boolean {
  let names = namesOf.get(graph);
  if (!names) {
    const files = [...graph.program.files.values()];
    const assigned = files.flatMap(({ assigns }) => assigns.flatMap(({ target, value }) => (target.k === "member" && value.k === "fn" ? [target.name] : [])));
    namesOf.set(graph, (names = new Set([...files.flatMap(({ functions }) => functions.map(({ name }) => name)), ...assigned])));
  }
  return callee.k === "member" && names.has(callee.name);
}

/** What makes a builder run without `await`. */
const RUNS = /^(then|catch|finally|asCallback|stream|pipe|exec|execute)$/;

/** Whether a chain that nobody waits for begins at a builder that was kept in a name: what runs is what is made of that name later. */
function changesBuilder(graph: CallGraph, call: CallFact): boolean {
  const { program, values } = graph;
  const file = program.fileOf(call);
  const end = program.chainEnd(file, call);
  if (!end.discarded || end.awaited || endsOtherwise(graph, call, RUNS)) return false;
  let root: Expr = call.callee;
  for (;;) {
    if (root.k === "member" || root.k === "typed") root = root.of;
    else if (root.k === "call") root = program.call(file, root.id).callee;
    else break;
  }
  if (root.k !== "var") return false;
  for (const id of values.solver.values(values.expression(file, root, call.fn))) {
    const token = values.tokens.get(id);
    if (token.t === "part" && token.path.includes("()")) return true;
  }
  return false;
}

/** Whether a chain is an argument of another call of its library: a part of that statement, not one of its own. */
function isOperand(graph: CallGraph, library: Library, call: CallFact): boolean {
  const { program, values, external } = graph;
  const file = program.fileOf(call);
  const taker = program.takerOf(file, program.chainEnd(file, call));
  if (!taker) return false;
  return (external.get(taker) ?? []).some((id) => {
    const token = values.tokens.get(id);
    if (token.t === "external") return token.module === library.name || token.module?.startsWith(`${library.name}/`);
    return libraryWithId(values.tokens.libraryOf(id))?.name === library.name;
  });
}

const OF_SAVEPOINT = /^\W*(SAVEPOINT|RELEASE|ROLLBACK(\s+(WORK|TRANSACTION))?\s+TO)\b/i;

/** Whether a text that may begin a transaction may set a savepoint as well, where one is open. */
export function mayBeSavepoint(graph: CallGraph, text: PlacedExpr): boolean {
  const { expr } = constantOf(graph.program, text.file, text.expr);
  return expr.k === "either" && expr.of.some((one) => OF_SAVEPOINT.test(literalText(one) ?? ""));
}

/** The text of a statement: a literal or a constant, or the template of a tag of the library's (`sql\`…\``, `Prisma.sql\`…\``). */
export function sqlText(graph: CallGraph, text: PlacedExpr | undefined): string | undefined {
  if (!text) return undefined;
  const { file: from, expr: value } = constantOf(graph.program, text.file, text.expr);
  if (value.k === "object") return sqlText(graph, placed(from, value.props.find(({ name }) => name === "sql" || name === "text")?.value));
  if (value.k === "either") {
    // `mode ? "BEGIN IMMEDIATE" : "BEGIN"`: of one kind, so any of them says what it is; the longest one says most.
    const all = value.of.map((one) => literalText(one) ?? "");
    // `depth > 0 ? "SAVEPOINT inner" : "BEGIN"`: what it is where no transaction is open yet.
    const outer = all.filter((text) => !OF_SAVEPOINT.test(text));
    const texts = outer.length > 0 ? outer : all;
    return new Set(texts.map(verbOf)).size === 1 ? texts.reduce((longest, text) => (text.length > longest.length ? text : longest)) || undefined : undefined;
  }
  const made = value.k === "call" ? graph.program.call(from, value.id) : undefined;
  const isText = made?.kind === "tag" || (made?.callee.k === "member" && made.callee.name === "raw");
  return literalText(isText && made.args[0] ? made.args[0] : value);
}

/** The verb of a statement; for `WITH …` the verb after the common table expressions. */
export function verbOf(sql: string): StatementKind {
  const text = sql.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/--[^\n]*/g, " ").trim();
  const verb = /^\W*([a-z]+)/i.exec(text)?.[1]?.toUpperCase();
  switch (verb) {
    case "SELECT":
    case "VALUES":
    case "EXPLAIN":
    case "SHOW":
    case "DESCRIBE":
      return "read";
    case "WITH":
      return /\b(INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b/i.test(text) ? "write" : "read";
    case "INSERT":
    case "UPDATE":
    case "DELETE":
    case "REPLACE":
    case "MERGE":
    case "TRUNCATE":
      return "write";
    case "CREATE":
    case "ALTER":
    case "DROP":
    case "REINDEX":
    case "VACUUM":
    case "ANALYZE":
    case "ATTACH":
    case "DETACH":
    case "GRANT":
    case "REVOKE":
    case "COMMENT":
      return "ddl";
    case "BEGIN":
      return "begin";
    case "START":
      return /^\W*START\s+TRANSACTION\b/i.test(text) ? "begin" : "unknown";
    case "COMMIT":
    case "END":
      return "commit";
    case "ROLLBACK":
      // To a savepoint: the transaction goes on.
      return OF_SAVEPOINT.test(text) ? "unknown" : "rollback";
    case "PRAGMA":
      return "pragma";
    default:
      return "unknown";
  }
}
