import { sqlAmong, tableOf } from "../../src/core/link/query-text.js";
import { parts } from "../../src/core/link/expressions.js";
import type { CallFact, Expr, LoopFact, Span } from "../../src/core/facts/types.js";
import type { LoopTransactionDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { isSpread } from "../../src/core/link/list-loops.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import { verbOf } from "../../src/core/link/statements.js";
import type { HeldLoop, TransactionSite } from "../../src/core/link/transactions.js";
import { completes } from "./completion.js";
import { chainOf, Flow } from "./turns.js";
import { inPiecesAlready, partsOfOne } from "./one-thing.js";
import { reorderIn } from "./reorders.js";
import { runsListed } from "./statement-lists.js";

type Obstacle = LoopTransactionDetail["obstacles"][number];

const REMOVES = /^(DELETE|del|deleteFrom|deleteMany|destroy|nativeDelete)$/i;

/**
 * A loop that replaces a set of rows (delete the old ones, then insert the new ones, of the same table), or that writes
 * the children of a row that the same function has just written: half of it is worth less than none, and it is as long
 * as one thing has parts. `counts`: which removals matter.
 */
export function keepsTogether(project: ProjectFacts, { file, loop, writes }: HeldLoop, counts: (removal: CallFact) => boolean = () => true): boolean {
  const before = project.writers.callsOf(functionKey(file, loop.fn)).filter((call) => call.span.end <= loop.span.start && call.loop === loop.parent && counts(call));
  const removed = new Set(before.flatMap((call) => tablesOf(project, call, REMOVES)));
  return writes.some(({ call }) => tablesOf(project, call, /./).some((table) => removed.has(table)));
}

/** The tables that a call writes with a verb of this kind, itself or through a few functions of the project. */
function tablesOf(project: ProjectFacts, call: CallFact, verb: RegExp, depth = 0): string[] {
  const statement = statementOf(project.graph, call);
  if (statement?.kind === "write") {
    const { callee } = call;
    const written = statement.sql === undefined ? (callee.k === "member" ? callee.name : "") : (/^\s*(\w+)/.exec(statement.sql)?.[1] ?? "");
    const table = statement.sql === undefined ? (namedFirst(project, call) ?? modelOf(call)) : tableOf(statement.sql);
    // A whole table that is emptied is not one thing's rows.
    const [first] = call.args;
    const all = statement.sql === undefined && /^(deleteMany|destroy|nativeDelete)$/.test(written) && (first === undefined || (first.k === "object" && first.props.length === 0));
    return table !== undefined && verb.test(written) && !all ? [table] : [];
  }
  // A client of the project's own is handed the statement: what it runs inside says nothing of its table.
  const handed = isLibrarys(project, call) ? undefined : sqlAmong(project.program, call);
  if (handed !== undefined) {
    const table = verbOf(handed) === "write" && verb.test(/^\s*(\w+)/.exec(handed)?.[1] ?? "") ? tableOf(handed) : undefined;
    return table === undefined ? [] : [table];
  }
  if (depth >= 3) return [];
  return project.writers.calleesOf(call).flatMap((key) => project.writers.callsOf(key).flatMap((inner) => tablesOf(project, inner, verb, depth + 1)));
}

/** What a library is handed without running it is only prepared: `db.prepare("DELETE …")`. */
function isLibrarys({ graph }: ProjectFacts, call: CallFact): boolean {
  return (graph.external.get(call) ?? []).some((id) => graph.values.tokens.libraryOf(id) !== undefined);
}

/** `trx("tags").where(…).del()`: the table stands where the chain begins. */
function namedFirst({ program }: ProjectFacts, call: CallFact): string | undefined {
  const [begins] = chainOf(program, program.fileOf(call), call);
  return begins !== undefined && begins !== call && begins.callee.k !== "member" && begins.args[0]?.k === "literal" ? modelOf(begins) : undefined;
}

/** What a builder or a model's method writes: `db.insert(things)`, `prisma.thing.create({ … })`, `things.save({ … })`. */
export function modelOf({ callee, args: [given] }: CallFact): string | undefined {
  const first = given?.k === "typed" ? given.of : given;
  if (first !== undefined && (first.k === "var" || first.k === "member" || first.k === "literal" || first.k === "class")) return `the value ${JSON.stringify(first)}`;
  if (callee.k !== "member") return undefined;
  return callee.of.k === "member" ? `the model ${callee.of.name}` : callee.of.k === "var" ? `the value ${JSON.stringify(callee.of)}` : undefined;
}

/** Another loop of the transaction's own body replaces rows: what stands beside it is kept or undone with it. */
export function besideReplaced(project: ProjectFacts, loops: readonly HeldLoop[]): Obstacle[] {
  const own = loops.filter(({ path }) => path.length === 0);
  const replaced = own.find((held) => keepsTogether(project, held)) ?? evenedOut(project, own);
  return replaced ? [{ what: "the same transaction replaces rows, which is right only as a whole", file: replaced.file, span: replaced.loop.span }] : [];
}

/** The rows that are wanted come in one loop, and what is left over goes in another: the same set, put right. */
function evenedOut(project: ProjectFacts, loops: readonly HeldLoop[]): HeldLoop | undefined {
  const tables = (held: HeldLoop, verb: RegExp): string[] => held.writes.flatMap(({ call }) => tablesOf(project, call, verb));
  const added = loops.map((held) => tables(held, /^(INSERT|REPLACE|create|createMany|insert|upsert|save|add)$/i));
  return loops.find((held, i) => tables(held, REMOVES).some((table) => added.some((names, other) => other !== i && names.includes(table))));
}

/** Why this loop cannot simply be cut into batches. */
export function obstaclesOf(project: ProjectFacts, site: TransactionSite, held: HeldLoop, atomicNames: readonly string[]): Obstacle[] {
  return [
    ...namedAtomic(project, site, atomicNames),
    ...carriedValues(project, held),
    ...parentRow(project, held),
    ...partsOfOne(project, site, held),
    ...inPiecesAlready(project, site, held),
    ...reorders(project, held),
    ...runsListed(project, held),
    ...putTogether(project, site),
    ...throwsAfter(project, site, held),
    ...completed(project, site, held),
    ...(held.loop.hasBreak ? [{ what: "the loop may stop half-way by `break`", file: held.file, span: held.loop.span }] : []),
  ];
}

/** `prisma.$transaction([order.update(…), ...lines])`, `[...mails, ...votes]`: who puts several things into one list means them to be done together. */
function putTogether({ program }: ProjectFacts, site: TransactionSite): Obstacle[] {
  const [given] = site.style === "array" ? site.call.args : [];
  const values = given?.k === "var" ? program.valuesOf(site.file, given.id) : [given];
  const hasParts = values.some((value) => value?.k === "array" && value.items.length > 1 && value.items.some(isSpread));
  return hasParts ? [{ what: "its list is put together from several parts, to be done together or not at all", file: site.file, span: site.call.argSpans[0] ?? site.call.span }] : [];
}

function namedAtomic(project: ProjectFacts, site: TransactionSite, atomicNames: readonly string[]): Obstacle[] {
  const facts = project.program.file(site.file);
  const around = facts.functions.filter((fn) => fn.id !== 0 && fn.span.start <= site.call.span.start && site.call.span.end <= fn.span.end);
  const tagged = [...around.flatMap((fn) => fn.tags ?? []), ...(site.call.tags ?? [])].some((tag) => tag.replace("@", "") === "atomic");
  if (tagged) return [{ what: "it is marked @atomic", file: site.file, span: site.call.span }];
  const patterns = atomicNames.map((pattern) => new RegExp(pattern, "i"));
  const named = around.find((fn) => patterns.some((pattern) => pattern.test(fn.name)));
  return named ? [{ what: `\`${named.name}\` is atomic by its name`, file: site.file, span: named.span }] : [];
}

function mentionsVariable(expr: Expr, variable: number, project: ProjectFacts, file: string, depth = 0): boolean {
  for (const part of parts(expr)) {
    if (part.k === "var" && part.id === variable) return true;
    if (part.k === "call" && depth < 6) {
      const call = project.program.call(file, part.id);
      if ([call.callee, ...call.args].some((inner) => mentionsVariable(inner, variable, project, file, depth + 1))) return true;
    }
  }
  return false;
}

/** A variable from outside the loop that one turn writes and a later turn puts into the database. */
function carriedValues(project: ProjectFacts, { file, loop, writes }: HeldLoop): Obstacle[] {
  const obstacles: Obstacle[] = [];
  for (const { variable, alsoRead } of loop.writesOuter) {
    if (!alsoRead) continue;
    const { name } = project.program.variable(file, variable);
    const computed = new Flow(project.program, file, loop.span, [variable]);
    const into = writes.find(({ file: at, call }) => at === file && call.args.some((arg) => computed.reaches(arg)));
    if (into) obstacles.push({ what: `\`${name}\` carries a value from one turn of the loop into the next one's writes`, file, span: into.call.span });
  }
  return obstacles;
}

export const PARENT = "its rows belong to a row that the same transaction inserts (a parent with its children)";

/**
 * A write before the loop and one in it name the same thing, which the function made itself: `const id = createId()`. The rows of the
 * loop are the parts of that one.
 */
export function writesParts(project: ProjectFacts, file: string, loop: LoopFact, write: CallFact): boolean {
  const facts = project.program.file(file);
  const before = facts.calls.filter((call) => call.fn === loop.fn && call.span.end <= loop.span.start && statementOf(project.graph, call)?.kind === "write");
  const made = facts.assigns.flatMap(({ target, value, fn, span }) => (target.k === "var" && fn === loop.fn && span.end <= loop.span.start && isMade(value) && !asksWhere(project, file, value) ? [target.id] : []));
  return made.some((id) => mentionsIn(write, id) && before.some((call) => mentionsIn(call, id)));

  function mentionsIn(call: CallFact, id: number): boolean {
    return [call, ...project.program.chainAfter(file, call)].some(({ args }) => args.some((arg) => mentionsVariable(arg, id, project, file)));
  }
}

/** `const teamId = getTeamId()`: what the call runs for, a tenant or a user, which has more rows than those of one thing. */
function asksWhere(project: ProjectFacts, file: string, value: Expr): boolean {
  if (value.k === "await" || value.k === "typed" || value.k === "member") return asksWhere(project, file, value.of);
  if (value.k !== "call") return false;
  const { callee, args } = project.program.call(file, value.id);
  const name = callee.k === "member" || callee.k === "global" ? callee.name : callee.k === "var" ? project.program.variable(file, callee.id).name : "";
  return args.length === 0 && /^(get|current|require|use|auth)/i.test(name);
}

function isMade(value: Expr): boolean {
  return value.k === "await" || value.k === "typed" ? isMade(value.of) : value.k === "call" || (value.k === "member" && isMade(value.of));
}

/** A row written before the loop, whose new id the loop's rows carry: a parent and its children. */
export function parentRow(project: ProjectFacts, { file, loop, writes }: HeldLoop): Obstacle[] {
  const facts = project.program.file(file);
  const before = project.writers.callsOf(functionKey(file, loop.fn)).filter((call) => call.span.end <= loop.span.start && isInsert(project, call));
  const holders = facts.assigns.filter(
    (assign) => assign.target.k === "var" && assign.fn === loop.fn && assign.span.end <= loop.span.start && [...parts(assign.value)].some((part) => part.k === "call" && before.some((call) => call.id === part.id || project.program.chainEnd(file, call).id === part.id)),
  );
  for (const holder of holders) {
    if (holder.target.k !== "var") continue;
    const { id } = holder.target;
    // Of a list that the loop goes over, a turn's row is the item, and no parent of the others.
    const isList = loop.bound.k === "over" && mentionsVariable(loop.bound.over, id, project, file);
    const variables = [id, ...derived(project, file, id, isList ? loop.span : undefined)];
    const child = writes.find(({ file: at, call }) => at === file && call.args.some((arg) => variables.some((id) => mentionsVariable(arg, id, project, file))));
    if (child) return [{ what: PARENT, file, span: child.call.span }];
  }
  return [];
}

/** A function that says so by its name. */
const REORDERS = /^(re-?order|renumber|re-?sort|rearrange|update(Order|Position)s?)([A-Z_]|$)/i;

export const ORDER = "it puts rows into a new order, which is right only as a whole";

export function reorders(project: ProjectFacts, held: HeldLoop): Obstacle[] {
  const facts = project.program.file(held.file);
  const around = facts.functions.filter((fn) => fn.id !== 0 && fn.span.start <= held.loop.span.start && held.loop.span.end <= fn.span.end);
  if (around.some(({ id, name }) => REORDERS.test(name) || wrappedNames(project, held.file, id).some((given) => REORDERS.test(given)))) return [{ what: ORDER, file: held.file, span: held.loop.span }];
  const found = reorderIn(project, held);
  return found ? [{ what: ORDER, file: found.file, span: found.call.span }] : [];
}

/**
 * What the function is called that a wrapper makes of one: `const reorderThings = handled(async (req, res) => { … })`, and what a table of such
 * calls it: `{ reorderThings: procedure.mutation(async ({ input }) => { … }) }`.
 */
function wrappedNames({ program }: ProjectFacts, file: string, fn: number): string[] {
  const { calls, assigns, exports } = program.file(file);
  const wrappers = calls.filter(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === fn)).map(({ id }) => id);
  if (wrappers.length === 0) return [];
  const isOne = (value: Expr): boolean => value.k === "call" && wrappers.includes(value.id);
  const tables = [...calls.flatMap(({ args }) => args), ...assigns.map(({ value }) => value), ...exports.flatMap((entry) => (entry.k === "value" ? [entry.value] : []))];
  return [
    ...assigns.flatMap(({ target, value }) => (target.k === "var" && isOne(value) ? [program.variable(file, target.id).name] : [])),
    ...tables.flatMap((table) => (table.k === "object" ? table.props.flatMap(({ name, value }) => (isOne(value) ? [name] : [])) : [])),
  ];
}

/** Variables that are computed from one variable: `const id = Number(result.lastInsertRowid)`. */
function derived(project: ProjectFacts, file: string, variable: number, outside?: Span): number[] {
  return project.program
    .file(file)
    .assigns.filter((assign) => assign.target.k === "var" && assign.target.id !== variable && !(outside && outside.start <= assign.span.start && assign.span.end <= outside.end) && mentionsVariable(assign.value, variable, project, file))
    .map((assign) => (assign.target.k === "var" ? assign.target.id : -1));
}

/** How many functions may stand between a call and the insert whose row it gives. */
const MAX_HELPERS = 2;

/** An insert, or a function of the project that always does one. */
function isInsert(project: ProjectFacts, call: CallFact, depth = 0): boolean {
  const statement = statementOf(project.graph, call);
  if (statement !== undefined) return statement.kind === "write" && (statement.sql === undefined || /\b(INSERT|REPLACE)\b/i.test(statement.sql));
  const [key, more] = depth < MAX_HELPERS ? project.writers.calleesOf(call) : [];
  return key !== undefined && more === undefined && project.writers.callsOf(key).some((inner) => !inner.conditional && inner.loop === undefined && isInsert(project, inner, depth + 1) && isCreation(project, inner));
}

/** Only what makes a row by its name, where no SQL says it: `create`, `insert`. What saves or updates one may have found it. */
function isCreation(project: ProjectFacts, call: CallFact): boolean {
  const statement = statementOf(project.graph, call);
  return statement === undefined || statement.sql !== undefined || (call.callee.k === "member" && /^(create|insert|add)/i.test(call.callee.name));
}

/** A throw after the loop undoes the whole of it. One that only passes on what went wrong in the loop adds nothing. */
function throwsAfter(project: ProjectFacts, site: TransactionSite, { file, loop }: HeldLoop): Obstacle[] {
  const { throws, tries } = project.program.file(file);
  const end = site.extent && file === site.file && loop.fn === site.call.fn ? site.extent.end : Infinity;
  const passesOn = (span: Span) => tries.some(({ block, handler }) => handler && contains(handler, span) && contains(block, loop.span));
  const later = throws.find((entry) => entry.fn === loop.fn && entry.span.start >= loop.span.end && entry.span.end <= end && !insideOther(loop, entry.loop) && !passesOn(entry.span));
  return later ? [{ what: "code after the loop may throw to undo the whole", file, span: later.span }] : [];
}

/** The rows of the loop are the parts of one thing, which the transaction then marks as done. */
function completed(project: ProjectFacts, site: TransactionSite, held: HeldLoop): Obstacle[] {
  const call = completes(project, site, held);
  return call ? [{ what: "the same transaction then sets the state of what its rows belong to", file: held.file, span: call.span }] : [];
}

function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function insideOther(loop: LoopFact, other: number | undefined): boolean {
  return other !== undefined && other !== loop.parent;
}
