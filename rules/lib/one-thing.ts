import type { CallFact, Expr, FunctionId, LoopFact } from "../../src/core/facts/types.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { parts } from "../../src/core/link/expressions.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import type { HeldLoop, TransactionSite } from "../../src/core/link/transactions.js";
import { contains, flowOfTurn } from "./turns.js";

type Obstacle = LoopTransactionDetail["obstacles"][number];

/** What one thing is known by: `orderId`, `order.id`, `kot_no`. */
const KNOWN_BY = /^id$|(Id|ID|Uuid|UUID|Code|Number|No)$|_(id|uuid|code|number|no)$/;
/** What owns things without end, or counts the steps of a long work: rows that name it are not the few parts of one thing. */
const HAS_MANY =
  /^(user|owner|tenant|org|organi[sz]ation|company|customer|account|workspace|guild|actor|request|req|session|client|creator|author|admin|team|hotel|property|store|shop|restaurant|branch|project|repo|repository|group|parent|chat|channel|server|collection|folder|library|environment|site|job|import|batch|run|sync|snapshot|upload|task|campaign|source|provider|vendor|supplier|warehouse|location|region|country|school|class|course|season|year|month|auction|agent|device|host|domain|tag|label|category|topic|keyword|playlist|album|feed|file|document|dataset)s?(_?id|Uuid|Code|Number|No)?$/i;

export const ONE_THING = "the same transaction writes more of the one thing that its rows belong to";

/**
 * A row that is written beside the loop and the rows of the loop name one and the same thing, by the same value: an order that is changed, and its lines. Half of it is worth less than none, and it is as
 * long as one thing has parts.
 */
export function partsOfOne(project: ProjectFacts, site: TransactionSite, held: HeldLoop): Obstacle[] {
  const { file, loop, writes, path } = held;
  if (path.length > 0) return [];
  const names = new Names(project, file);
  const named = new Set([...writes.flatMap((write) => (write.file === file ? names.of(write.call) : [])), ...names.ofList(loop)]);
  if (named.size === 0) return [];
  const { extent } = site;
  for (const fn of functionsAround(project, site, held)) {
    const beside = project.writers.callsOf(functionKey(file, fn)).find(
      (call) =>
        (fn !== loop.fn || call.loop === loop.parent) &&
        !contains(loop.span, call.span) &&
        !contains(call.span, loop.span) &&
        (!extent || file !== site.file || fn !== site.call.fn || contains(extent, call.span)) &&
        !isLock(project, call) &&
        (project.writers.callWrites(call) || statementOf(project.graph, call)?.kind === "unknown") &&
        names.of(call).some((name) => named.has(name)),
    );
    if (beside) return [{ what: ONE_THING, file, span: beside.span }];
  }
  return [];
}

/** `lockOrder(tx, orderId)`: it writes nothing of the thing. */
function isLock({ program, graph }: ProjectFacts, call: CallFact): boolean {
  const { callee } = call;
  const name = callee.k === "member" || callee.k === "global" ? callee.name : callee.k === "var" ? program.variable(program.fileOf(call), callee.id).name : "";
  return /^lock|lock$/i.test(name) || /^\s*(SELECT|LOCK|SET)\b/i.test(statementOf(graph, call)?.sql ?? "");
}

/** A transaction for each of several things, over the parts of that thing: it is cut into pieces already. */
export function inPiecesAlready(project: ProjectFacts, site: TransactionSite, { file, loop, path }: HeldLoop): Obstacle[] {
  if (file !== site.file || path.length > 0 || loop.bound.k !== "over") return [];
  const { over } = loop.bound;
  const around = loopsAround(project, site).find((outer) => flowOfTurn(project, file, outer).reaches(over));
  return around ? [{ what: "each turn of a loop around it has a transaction of its own", file, span: around.span }] : [];
}

/** The loops of its function and of those around that one in which the transaction begins. */
function loopsAround({ program }: ProjectFacts, { file, call }: TransactionSite): LoopFact[] {
  return program.file(file).loops.filter(({ body, span }) => contains(body, call.span) && contains(span, call.span));
}

/** The function of a loop, and those around it that the transaction runs as well. */
function functionsAround({ program }: ProjectFacts, site: TransactionSite, { file, loop }: HeldLoop): FunctionId[] {
  const found = [loop.fn];
  for (let at = loop.fn; at !== 0 && file === site.file && at !== site.call.fn && !site.bodies.includes(functionKey(file, at)); ) {
    at = program.fn(file, at).parent;
    if (at !== 0) found.push(at);
  }
  return found;
}

/** How far values are followed to what they were made of. */
const MAX_DEPTH = 4;

/** The values by which calls of one file name things, as far as they stand there: `$12`, `$12.id` with the variable's number. */
class Names {
  constructor(
    readonly project: ProjectFacts,
    readonly file: string,
  ) {}

  of(call: CallFact): string[] {
    const found = new Set<string>();
    this.#addCall(call, found, 0);
    return [...found];
  }

  /** What the rows of a list were asked for by, or what was put into each: `lines = await db.query("… WHERE order_id = ?", [orderId])`, `lines.push({ orderId })`. */
  ofList({ bound }: LoopFact): string[] {
    const found = new Set<string>();
    if (bound.k !== "over") return [];
    let root = bound.over;
    while (root.k === "member" || root.k === "await" || root.k === "typed") root = root.of;
    if (root.k === "call") this.#addCall(this.project.program.call(this.file, root.id), found, 1);
    if (root.k !== "var") return [...found];
    const list = root.id;
    for (const value of this.project.program.valuesOf(this.file, list)) this.#add(value, found, 1);
    for (const { callee, args } of this.project.program.file(this.file).calls)
      if (callee.k === "member" && /^(push|unshift)$/.test(callee.name) && callee.of.k === "var" && callee.of.id === list) for (const arg of args) this.#add(arg, found, 1);
    return [...found];
  }

  #addCall(call: CallFact, found: Set<string>, depth: number): void {
    const { program, writers } = this.project;
    for (const { args } of [call, ...program.chainAfter(this.file, call)]) for (const arg of args) this.#add(arg, found, depth + 1);
    if (depth >= MAX_DEPTH) return;
    // A function that is written in the one around uses what that one was given.
    for (const key of writers.calleesOf(call)) {
      const { file, fn } = program.fnOf(key);
      if (file === this.file && fn.parent !== 0 && isAround(this.project, file, fn.parent, call.fn)) for (const inner of writers.callsOf(key)) if (writers.callWrites(inner)) this.#addCall(inner, found, depth + 2);
    }
  }

  #add(expr: Expr, found: Set<string>, depth: number): void {
    const { program } = this.project;
    const whole = new Set<Expr>();
    for (const part of parts(expr)) {
      if (whole.has(part)) continue;
      if (part.k === "member" && part.of.k === "var") {
        whole.add(part.of);
        if (isIdentity(part.name === "id" ? `${program.variable(this.file, part.of.id).name}Id` : part.name)) found.add(`$${part.of.id}.${part.name}`);
      }
      if (part.k === "var") {
        if (isIdentity(program.variable(this.file, part.id).name)) found.add(`$${part.id}`);
        else if (depth < MAX_DEPTH) for (const value of program.valuesOf(this.file, part.id)) if (value.k === "array" || value.k === "object") this.#add(value, found, depth + 1);
      }
      if (part.k === "call" && depth < MAX_DEPTH) this.#addCall(program.call(this.file, part.id), found, depth + 1);
    }
  }
}

function isAround({ program }: ProjectFacts, file: string, outer: FunctionId, inner: FunctionId): boolean {
  for (let at = inner; at !== 0; at = program.fn(file, at).parent) if (at === outer) return true;
  return false;
}

function isIdentity(name: string): boolean {
  return KNOWN_BY.test(name) && !HAS_MANY.test(name);
}
