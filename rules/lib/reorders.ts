import type { CallFact, Expr, LoopFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { parts } from "../../src/core/link/expressions.js";
import type { HeldLoop } from "../../src/core/link/transactions.js";
import { listOriginOf } from "../../src/core/link/origins/list-origin.js";
import { statementOf } from "../../src/core/link/run-statements.js";

const ORDER_COLUMN = /^(position|sort_?order|order_?index|sort_?index|display_?order|rank|ordinal)$/i;
/** Names that say it only beside a turn's number: `order: order.id` names another row. */
const PERHAPS_ORDER = /^(order|sort|index|idx|seq|sequence|\w+_?(order|position|index|rank|ordinal|sequence))$/i;
const ORDER_SQL = /\bUPDATE\b[\s\S]*\bSET\s+["'`[]?(\w+_position|position|sort_?order|order_?index|sort_?index|display_?order|rank|ordinal)\b[^,]*(\bWHERE\b|$)/i;
/** Beside other columns: only with the turn's number among the values. */
const PLACED_SQL = /\bUPDATE\b[\s\S]*\bSET\b[\s\S]*\b(\w+_)?(position|sort_?order|order_?index|sort_?index|display_?order|rank|ordinal)\b["'`\]]?\s*=/i;

const UPDATES = /^(set|update|updateMany|updateOrThrow|upsert|patch|assign|nativeUpdate|doUpdateSet|onConflictDoUpdate|increment|decrement)$/i;
/** Which rows, what a new one begins with, and when it was written: none of them says what else changes. */
const BESIDE = /^(where|create|select|include|transaction|(updated|modified|changed)_?(at|on|by))$/i;

/** Each turn writes a place in one order: half of the rows in the new order and half in the old one is no order. */
export function reorderIn(project: ProjectFacts, { file, loop, writes }: HeldLoop): { file: string; call: CallFact } | undefined {
  const counters = countersOf(project, file, loop);
  const inLoop = project.program.file(file).calls.filter((call) => loop.body.start <= call.span.start && call.span.end <= loop.body.end).map((call) => ({ file, call }));
  const isPlaced = (of: string, value: Expr): boolean => (of === file && value.k === "var" && counters.has(value.id)) || value.k === "unknown";
  const isSent = (value: Expr): boolean => isSentPlace(value) && listOriginOf(project.contexts, file, loop)?.kind === "request";
  const found = [...inLoop, ...writes].find(({ file: of, call }) => setsOrder(project, call, { isPlaced: (value) => isPlaced(of, value), isSent }));
  return found ?? movedByField(project, file, loop, writes, (value) => isPlaced(file, value));
}

interface Places {
  /** It is the number of the turn. */
  isPlaced: (value: Expr) => boolean;
  /** It is a place that the list says, which somebody sent in order. */
  isSent: (value: Expr) => boolean;
}

function setsOrder(project: ProjectFacts, call: CallFact, places: Places): boolean {
  const sql = statementOf(project.graph, call)?.sql;
  if (sql !== undefined) return ORDER_SQL.test(sql) || (PLACED_SQL.test(sql) && call.args.some(places.isPlaced));
  if (call.callee.k !== "member" || !UPDATES.test(call.callee.name)) return false;
  const file = project.program.fileOf(call);
  const held = (value: Expr): readonly Expr[] => (value.k === "var" ? project.program.valuesOf(file, value.id) : [value]);
  return call.args.some((arg) => held(arg).some((value) => movesRow(value, places, held)));
}

/** `held` gives what a name stands for: columns are often put together before. */
function movesRow(value: Expr, places: Places, held: (value: Expr) => readonly Expr[], depth = 0): boolean {
  if (value.k !== "object") return false;
  const own = value.props.filter(({ name }) => !BESIDE.test(name));
  // Nothing but the place: this is what the statement is for. Among other columns, only a place that the loop counts out.
  const [only] = own;
  if (own.length === 1 && only && (ORDER_COLUMN.test(only.name) || (PERHAPS_ORDER.test(only.name) && places.isSent(only.value)))) return true;
  return own.some(({ name, value: inner }) => ((ORDER_COLUMN.test(name) || PERHAPS_ORDER.test(name)) && places.isPlaced(inner)) || (depth < 4 && held(inner).some((one) => movesRow(one, places, held, depth + 1))));
}

/** `stop.tourOrder`; `order.id` names another row. */
function isSentPlace(value: Expr): boolean {
  return value.k === "member" && (ORDER_COLUMN.test(value.name) || PERHAPS_ORDER.test(value.name));
}

/** `item.position = index; await manager.save(item);` */
function movedByField(project: ProjectFacts, file: string, loop: LoopFact, writes: HeldLoop["writes"], isPlaced: (value: Expr) => boolean): HeldLoop["writes"][number] | undefined {
  const moved = project.program.file(file).assigns.some(
    ({ target, value, span }) => target.k === "member" && (ORDER_COLUMN.test(target.name) || PERHAPS_ORDER.test(target.name)) && loop.body.start <= span.start && span.end <= loop.body.end && isPlaced(value),
  );
  return moved ? writes[0] : undefined;
}

/** The variables that number the turns: `let i = 0`, `const [i, x] of xs.entries()`, `xs.forEach((x, i) => …)`. */
function countersOf(project: ProjectFacts, file: string, loop: LoopFact): ReadonlySet<number> {
  const { variables, functions } = project.program.file(file);
  if (loop.kind === "callback") return new Set(functions.filter((fn) => fn.loopBody === loop.id).flatMap((fn) => fn.params[1]?.variable ?? []));
  const numbers = loop.kind === "for" || isOverEntries(project, file, loop);
  const inHead = numbers ? variables.filter(({ span, kind }) => span !== undefined && kind !== "implicit" && loop.span.start <= span.start && span.end <= loop.body.start) : [];
  return new Set(inHead.slice(0, 1).map(({ id }) => id));
}

function isOverEntries(project: ProjectFacts, file: string, { bound }: LoopFact): boolean {
  if (bound.k !== "over" || bound.over.k !== "call") return false;
  const { callee } = project.program.call(file, bound.over.id);
  return callee.k === "member" && callee.name === "entries" && !(callee.of.k === "global" && callee.of.name === "Object");
}

/** The rows are those that the function has just read, however many there are, and not a list that somebody has put in order by hand. */
export function isOverRows(project: ProjectFacts, { file, loop }: HeldLoop): boolean {
  if (loop.bound.k !== "over") return false;
  const { over } = loop.bound;
  const values = over.k === "var" ? project.program.valuesOf(file, over.id) : [over];
  return values.some((value) => [...parts(value)].some((part) => part.k === "call" && statementOf(project.graph, project.program.call(file, part.id))?.kind === "read"));
}
