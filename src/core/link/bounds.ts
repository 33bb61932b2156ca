import type { CallFact, Expr, LoopFact } from "../facts/types.js";
import { asksForSoMany } from "./asked-amounts.js";
import { askedIds } from "./asked-ids.js";
import { isArrayMethod } from "./builtins.js";
import { constantOf } from "./constants.js";
import type { CallGraph } from "./calls.js";
import { isOutOfJson } from "./json-imports.js";
import { functionKey, type FunctionKey } from "./program.js";
import { calleesOf, callersOf } from "./sessions.js";
import { isYieldedPiece, mappedBy } from "./pieces-handed.js";
import { isBoundedByItsSchema } from "./schemas.js";
import { statementOf } from "./run-statements.js";
import { asksForSchema, textOf } from "./query-text.js";
import type { TransactionSite } from "./transactions.js";
import { isGrown, isWrittenOut } from "./written-lists.js";

/** Names that say a list is a piece of a larger one. Not their plurals: nobody knows how many pieces there are. */
const PIECE = /^(chunk|batch|slice|page|window|segment|bucket|portion|block)$|(chunk|batch|slice|page|window)(Items|Rows|Entries|Records)?$/i;
/** Functions that give one piece: `nextBatch()`. */
const GIVES_PIECE = /^(next|take|claim|fetch|load|get|read|pull|dequeue|drain|poll|reserve|lease)\w*(chunk|batch|page)$/i;
/** Functions that cut a list into pieces, and what such pieces are called. */
const GIVES_PIECES = /chunk|batches|^inBatchesOf|^(to|into|split|make)\w*batch|paginate|splitEvery|slidingWindow|^sliceBy/i;
const PIECES = /(chunks|batches|slices)$/i;
/** Constants by convention. */
const CONSTANT = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$|^[A-Z]{3,}$/;

/** `assertItemLimits(`, `checkRowCount(` */
const ASSERTS = /\b(?:assert|check|enforce|ensure|validate|verify)\w*(?:limit|count|size|length|max|cap)s?\w*\(/i;

const GROWS = /^(push|unshift|splice)$/;

/** What is known of the expressions looked at. */
type Seen = Map<Expr, boolean>;

/** What is known of a program's loops, whoever asks. */
const checked = new WeakMap<CallGraph, Map<LoopFact, boolean>>();

/** Whether the text of the program bounds how often a loop turns: a constant list, a chunk, a LIMIT. */
export class Bounds {
  readonly #checked: Map<LoopFact, boolean>;

  constructor(readonly graph: CallGraph) {
    let known = checked.get(graph);
    if (!known) checked.set(graph, (known = new Map<LoopFact, boolean>()));
    this.#checked = known;
  }

  isBounded(file: string, loop: LoopFact, site?: TransactionSite): boolean {
    const { bound } = loop;
    switch (bound.k) {
      case "constant":
        return true;
      case "over":
        return this.#isChecked(file, loop, bound.symbol) || this.#boundedValue(file, bound.over, site, new Map());
      case "count":
        return this.#constantNumber(file, bound.limit) || isBoundedByItsSchema(this.graph, file, bound.limit);
      case "stepped":
        return bound.over !== undefined && (this.#isChecked(file, loop, bound.symbol) || this.#boundedValue(file, bound.over, site, new Map()));
      case "while":
        return false;
    }
  }

  /** Whether the text of the program bounds how long a list is, by itself. */
  isBoundedList(file: string, list: Expr): boolean {
    return this.#boundedValue(file, list, undefined, new Map());
  }

  /** Several rules ask for each of several transactions around the loop. */
  #isChecked(file: string, loop: LoopFact, symbol: string): boolean {
    let known = this.#checked.get(loop);
    if (known === undefined) this.#checked.set(loop, (known = this.#isLengthChecked(file, loop, symbol)));
    return known;
  }

  /**
   * `if (items.length > MAX_ITEMS) throw …`, or `assertItemLimits(items)`, before the loop or around its transaction. Comparing with
   * 0 or 1 tells an empty list from another one, and bounds nothing; nor does a warning.
   */
  #isLengthChecked(file: string, loop: LoopFact, symbol: string): boolean {
    if (!/^[\w$]+$/.test(symbol)) return false;
    const { program } = this.graph;
    let around = program.fn(file, loop.fn);
    while (around.parent !== 0 && around.id !== 0) around = program.fn(file, around.parent);
    if (around.id === 0) return false;
    const before = program.text(file, { start: around.span.start, end: loop.span.start });
    const name = symbol.replaceAll("$", "\\$");
    // Most functions do neither, and some are long: what every such text has is looked for first.
    const isCompared = before.includes(`${symbol}.length`) || before.includes(`${symbol}?.length`);
    if (!isCompared && !ASSERTS.test(before)) return false;
    const compared = new RegExp(`\\b${name}\\??\\.length\\s*>=?\\s*(?:\\d{2,}|[2-9]|[A-Z][A-Z0-9_]+|[\\w.]*(?:max|limit|cap)\\w*)\\b[^;{}]*(?:[{][^}]*?)?(?:\\b(?:throw|return|reject|slice|splice)\\b|\\.length\\s*=[^=])`, "i");
    const asserted = new RegExp(`${ASSERTS.source}(?:[^()]*,\\s*)?${name}\\b`, "i");
    return compared.test(before) || asserted.test(before);
  }

  /** Over the pieces of a list: `for (const chunk of splitEvery(100, rows))`, `for (let i = 0; i < rows.length; i += 100)`. */
  isOverPieces(file: string, { bound }: LoopFact): boolean {
    return bound.k === "over" ? this.#isPieces(file, bound.over, 0) : bound.k === "stepped" && bound.over !== undefined;
  }

  /** Over the properties of an object: most often as many as its type has, but nothing says so. */
  isOverShape(file: string, { bound }: LoopFact): boolean {
    if (bound.k !== "over") return false;
    const [only, more] = bound.over.k === "var" ? this.graph.program.valuesOf(file, bound.over.id) : [bound.over];
    if (only?.k !== "call" || more !== undefined) return false;
    const call = this.graph.program.call(file, only.id);
    return call.args.length === 1 && /^(object)?(keys|values|entries)$/i.test(this.#nameOf(file, call));
  }

  #nameOf(file: string, { callee }: CallFact): string {
    if (callee.k === "member" || callee.k === "global") return callee.name;
    return callee.k === "var" ? this.graph.program.variable(file, callee.id).name : "";
  }

  #boundedValue(file: string, expr: Expr, site: TransactionSite | undefined, seen: Seen): boolean {
    const known = seen.get(expr);
    if (known !== undefined) return known;
    if (seen.size > 40) return false;
    // What a value gets from itself adds no elements.
    seen.set(expr, true);
    const bounded = this.#boundedExpression(file, expr, site, seen) || isOutOfJson(this.graph.program, file, expr) || isBoundedByItsSchema(this.graph, file, expr);
    seen.set(expr, bounded);
    return bounded;
  }

  #boundedExpression(file: string, expr: Expr, site: TransactionSite | undefined, seen: Seen): boolean {
    switch (expr.k) {
      case "array":
        return !expr.spread || this.#boundedSpreads(file, expr.items, site, seen);
      case "object":
        return !expr.props.some((prop) => prop.name === "...");
      case "literal":
        return true;
      case "await":
      case "typed":
        return this.#boundedValue(file, expr.of, site, seen);
      case "either":
        return expr.of.every((alternative) => this.#boundedValue(file, alternative, site, seen));
      case "member":
        return CONSTANT.test(expr.name) || PIECE.test(expr.name) || (expr.name === "*" && this.#isPieces(file, expr.of, 0)) || this.#boundedField(file, expr, site, seen) || this.#boundedGiven(file, expr, site, seen) || isWrittenOut(this.graph, file, expr);
      case "call":
        return this.#boundedCall(file, this.graph.program.call(file, expr.id), site, seen);
      case "var":
        return this.#boundedVariable(file, expr.id, site, seen);
      default:
        return false;
    }
  }

  #boundedVariable(file: string, id: number, site: TransactionSite | undefined, seen: Seen): boolean {
    const { program } = this.graph;
    const variable = program.variable(file, id);
    if (CONSTANT.test(variable.name) || PIECE.test(variable.name)) return true;
    const facts = program.file(file);
    if (variable.kind === "import") return this.#boundedImport(file, id);
    // A name that is taken out of a parameter is set like any other.
    if (variable.kind === "param" && program.fn(file, variable.fn).params.some((param) => param.variable === id)) return this.#boundedParameter(file, id, variable.fn, site, seen);
    if (variable.kind !== "param" && variable.kind !== "const" && variable.kind !== "let" && variable.kind !== "var") return false;
    const values = program.valuesOf(file, id);
    // A list that is filled elsewhere (`rows.push(…)`) is not the literal that it started as.
    const isCollection = values.length > 0 && values.every((value) => this.#isCollection(file, value));
    const grows = facts.calls.some((call) => isGrown(call, id, isCollection) && (call.spread === true || call.fn !== variable.fn || !this.#isInBoundedLoops(file, id, call, site, seen)));
    if (grows && this.#isFlushed(file, variable.name, (expr) => expr.k === "var" && expr.id === id)) return true;
    return !grows && values.length > 0 && values.every((value) => (isCollection && this.#isCollection(file, value, 0)) || this.#boundedValue(file, value, site, seen));
  }

  /** `new Map()`, `new Set(list)`; `given`: with so many arguments. */
  #isCollection(file: string, value: Expr, given?: number): boolean {
    if (value.k === "typed") return this.#isCollection(file, value.of, given);
    const call = value.k === "call" ? this.graph.program.call(file, value.id) : undefined;
    return call?.kind === "new" && call.callee.k === "global" && /^(Map|Set)$/.test(call.callee.name) && (given === undefined || call.args.length === given);
  }

  /**
   * `buffer.push(item); if (buffer.length >= SIZE) flush(buffer); … buffer = [];`: a list that is emptied as soon as it is full
   * holds a batch.
   */
  #isFlushed(file: string, text: string, isIt: (expr: Expr) => boolean): boolean {
    const { program } = this.graph;
    const { assigns, calls } = program.file(file);
    const isEmpty = (value: Expr): boolean => (value.k === "typed" ? isEmpty(value.of) : value.k === "array" && value.items.length === 0 && !value.spread);
    const emptied = [
      ...assigns.filter(({ target, value }) => isIt(target) && isEmpty(value)),
      ...assigns.filter(({ target, value }) => target.k === "member" && target.name === "length" && isIt(target.of) && value.k === "literal" && value.value === 0),
      ...calls.filter(({ callee }) => callee.k === "member" && callee.name === "splice" && isIt(callee.of)),
    ];
    // The first time is where it begins.
    if (emptied.length < 2) return false;
    const { span } = program.fn(file, 0);
    const length = `(?<![\\w$.])${text.replace(/[$.]/g, "\\$&")}\\.length\\s*`;
    const size = "(?:\\d{2,}|[2-9]\\b|[A-Z][A-Z0-9_]+\\b|[\\w.]*(?:max|limit|cap|size|batch|chunk|threshold)\\w*\\b(?!\\.))";
    // Full, or not yet: `if (buffer.length < SIZE) continue;`
    const asks = new RegExp(`${length}(?:>=?|===?)\\s*${size}|${length}<=?\\s*${size}\\s*\\)\\s*\\{?\\s*(?://.*\\n\\s*)*(?:continue|return)\\b`, "i");
    return asks.test(program.text(file, { start: span.start, end: span.end }));
  }

  /** Whether all loops around a call that fills a list, if any, turn a bounded number of times. What begins anew in each turn of a loop does not grow with it. */
  #isInBoundedLoops(file: string, list: number, call: CallFact, site: TransactionSite | undefined, seen: Seen): boolean {
    const { loops, assigns } = this.graph.program.file(file);
    const begins = assigns.filter(({ target }) => target.k === "var" && target.id === list);
    for (let at = call.loop; at !== undefined; ) {
      const loop = loops.find(({ id }) => id === at);
      if (loop && begins.length > 0 && begins.every(({ span }) => loop.body.start <= span.start && span.end <= loop.body.end)) return true;
      if (!loop || !(loop.bound.k === "over" ? this.#boundedValue(file, loop.bound.over, site, seen) : this.isBounded(file, loop, site))) return false;
      at = loop.parent;
    }
    return true;
  }

  /** `[...NAMES, extra]`: a spread is noted as the elements of what it spreads. */
  #boundedSpreads(file: string, items: readonly Expr[], site: TransactionSite | undefined, seen: Seen): boolean {
    const spread = items.flatMap((item) => (item.k === "member" && item.name === "*" ? [item.of] : []));
    return spread.length > 0 && spread.every((of) => this.#boundedValue(file, of, site, seen));
  }

  /** `tables = ["things", "tags"]` of a class, as long as nobody fills it or sets it to something else. */
  #boundedField(file: string, { of, name }: Extract<Expr, { k: "member" }>, site: TransactionSite | undefined, seen: Seen): boolean {
    if (of.k !== "this") return false;
    const { program } = this.graph;
    const { class: owner, object } = program.fn(file, of.fn);
    if (object !== undefined) return this.#boundedProperty(file, object, name, site, seen);
    const isIt = (expr: Expr): boolean => expr.k === "member" && expr.name === name && expr.of.k === "this" && program.fn(file, expr.of.fn).class === owner;
    const facts = program.file(file);
    if (owner === undefined) return false;
    if (facts.calls.some(({ callee }) => callee.k === "member" && GROWS.test(callee.name) && isIt(callee.of))) return this.#isFlushed(file, `this.${name}`, isIt);
    const assigns = facts.assigns.filter(({ target }) => isIt(target));
    return assigns.length > 0 && assigns.every(({ value }) => this.#boundedValue(file, value, site, seen));
  }

  /** `{ things: [{ … }], run() { … this.things … } }`: a property of the object literal whose method it is. */
  #boundedProperty(file: string, object: number, name: string, site: TransactionSite | undefined, seen: Seen): boolean {
    const { assigns, exports, calls } = this.graph.program.file(file);
    const holders = [...assigns.map(({ value }) => value), ...exports.flatMap((entry) => (entry.k === "value" ? [entry.value] : []))];
    const literal = holders.map((value) => (value.k === "typed" ? value.of : value)).find((value) => value.k === "object" && value.id === object);
    const isIt = (expr: Expr): boolean => expr.k === "member" && expr.name === name;
    if (literal?.k !== "object" || calls.some(({ callee }) => callee.k === "member" && GROWS.test(callee.name) && isIt(callee.of)) || assigns.some(({ target }) => isIt(target))) return false;
    const value = literal.props.find((prop) => prop.name === name)?.value;
    return value !== undefined && value.k !== "fn" && this.#boundedValue(file, value, site, seen);
  }

  /** A list that another file exports, as long as it is not filled there. */
  #boundedImport(file: string, id: number): boolean {
    const { program } = this.graph;
    const { file: from, expr } = constantOf(program, file, { k: "var", id });
    if (from === file) return false;
    if (expr.k === "call") return isWrittenOut(this.graph, from, expr);
    if (expr.k !== "array" || expr.spread || expr.items.length === 0) return false;
    const holders = program.file(from).assigns.flatMap(({ target, value }) => (target.k === "var" && (value === expr || (value.k === "typed" && value.of === expr)) ? [target.id] : []));
    return !program.file(from).calls.some((call) => holders.some((holder) => isGrown(call, holder)));
  }

  /** A parameter is bounded when every call of the function passes something bounded. */
  #boundedParameter(file: string, id: number, fn: number, site: TransactionSite | undefined, seen: Seen): boolean {
    const { program } = this.graph;
    const index = program.fn(file, fn).params.findIndex((param) => param.variable === id);
    const key: FunctionKey = functionKey(file, fn);
    const all = [...callersOf(this.graph, key), ...(site?.bodies.includes(key) ? site.invocations : [])];
    const calls = this.#serviceCalls(all);
    return (
      index !== -1 &&
      calls.length > 0 &&
      calls.every(({ file: from, call }) => {
        const arg = call.args[index];
        // The callback of an array's method gets the elements.
        if (arg?.k === "fn") return index === 0 && call.callee.k === "member" && isArrayMethod(call.callee.name) && this.#isPieces(from, call.callee.of, 0);
        return arg !== undefined && (isYieldedPiece(this.graph, from, call, arg) || this.#boundedValue(from, arg, site, seen));
      })
    );
  }

  /** `function store({ rows }) {}`: a property of what every call of the function passes. */
  #boundedGiven(file: string, { of, name }: Extract<Expr, { k: "member" }>, site: TransactionSite | undefined, seen: Seen): boolean {
    const { program } = this.graph;
    const variable = of.k === "var" ? program.variable(file, of.id) : undefined;
    if (of.k !== "var" || variable === undefined) return false;
    const index = program.fn(file, variable.fn).params.findIndex((param) => param.variable === of.id && param.rest !== true);
    const calls = index === -1 ? [] : this.#serviceCalls(callersOf(this.graph, functionKey(file, variable.fn)));
    return calls.length > 0 && calls.every(({ file: from, call }) => {
      const arg = call.spread === true ? undefined : call.args[index];
      const prop = arg?.k === "object" ? arg.props.findLast((each) => each.name === name || each.name === "...") : undefined;
      return prop?.name === name && this.#boundedValue(from, prop.value, site, seen);
    });
  }

  /** What tests and scripts pass says nothing about the service, unless nobody else calls. */
  #serviceCalls<T extends { file: string }>(all: readonly T[]): readonly T[] {
    const service = all.filter(({ file }) => this.graph.program.role(file) === "source");
    return service.length > 0 ? service : all;
  }

  #boundedCall(file: string, call: CallFact, site: TransactionSite | undefined, seen: Seen): boolean {
    const { callee } = call;
    const name = this.#nameOf(file, call);
    const statement = statementOf(this.graph, call);
    const sql = statement?.sql ?? textOf(this.graph.program, file, call);
    if (this.#isLimited(file, call) || asksForSchema(sql)) return true;
    if (statement && /^find(Unique|First|One)/.test(name)) return true;
    if (statement && this.#isTaken(file, call)) return true;
    const ids = statement && askedIds(this.graph.program, file, call);
    if (ids && this.#boundedValue(file, ids, site, seen)) return true;
    if (sql !== undefined && /\bLIMIT\b/i.test(sql)) return true;
    if (statement) return false;
    if (asksForSoMany(this.graph.program, file, call)) return true;
    if (callee.k === "member") {
      if (name === "slice" && call.args.length === 2) return true;
      if (name === "splice" && call.args.length >= 2) return true;
      if (/^(keys|values|entries)$/.test(name)) {
        const first = call.args[0];
        return first === undefined ? this.#boundedValue(file, callee.of, site, seen) : this.#boundedValue(file, first, site, seen);
      }
      if (/^(map|filter|flatMap|sort|toSorted|reverse|toReversed|concat|split)$/.test(name)) return this.#boundedValue(file, callee.of, site, seen) && (name !== "concat" || call.args.every((arg) => this.#boundedValue(file, arg, site, seen)));
      if (/^(take|limit|top|first)$/i.test(name)) return true;
      // `await request.json().catch(() => null)`: what was promised, or what stands in for it.
      if (name === "catch" || name === "finally") return this.#boundedValue(file, callee.of, site, seen) && (name === "finally" || this.#givesBounded(call, site, seen));
      if (/^(all|allSettled)$/.test(name) && callee.of.k === "global" && callee.of.name === "Promise") return call.args.length === 1 && call.args.every((arg) => this.#boundedValue(file, arg, site, seen));
    }
    const mapped = mappedBy(name, call);
    if (mapped && this.#boundedValue(file, mapped, site, seen)) return true;
    const [like] = call.args;
    const length = name === "from" && like?.k === "object" ? like.props.find((prop) => prop.name === "length") : undefined;
    if (length) return this.#constantNumber(file, length.value);
    if (/^(Set|Map|from|Array|of)$/.test(name)) return call.args.length > 0 && call.args.every((arg) => arg.k === "fn" || this.#boundedValue(file, arg, site, seen));
    return GIVES_PIECE.test(name) || this.#givesBounded(call, site, seen);
  }

  /** Functions of the project that give nothing but bounded lists, of their own making, or none. */
  #givesBounded(call: CallFact, site: TransactionSite | undefined, seen: Seen): boolean {
    const keys = calleesOf(this.graph, call);
    return keys.length > 0 && keys.every((key) => {
      const { file, fn } = this.graph.program.fnOf(key);
      const isNone = (value: Expr): boolean => keys.length > 1 && value.k === "global" && value.name === "undefined";
      return !fn.generator && fn.returns.length > 0 && fn.returns.every((value) => isNone(value) || this.#boundedValue(file, value, site, seen));
    });
  }

  /** Whether the elements of a value are pieces of a list: `chunk(rows, 100)`, `batches`. */
  #isPieces(file: string, expr: Expr, depth: number): boolean {
    if (depth > 6) return false;
    switch (expr.k) {
      case "await":
      case "typed":
        return this.#isPieces(file, expr.of, depth + 1);
      case "member":
        return PIECES.test(expr.name);
      case "call": {
        const name = this.#nameOf(file, this.graph.program.call(file, expr.id));
        return GIVES_PIECES.test(name) && !GIVES_PIECE.test(name);
      }
      case "var": {
        if (PIECES.test(this.graph.program.variable(file, expr.id).name)) return true;
        const values = this.graph.program.valuesOf(file, expr.id);
        return values.length > 0 && values.every((value) => this.#isPieces(file, value, depth + 1));
      }
      default:
        return false;
    }
  }

  /** `tx.select().from(things).limit(50).all()`: a query builder's own LIMIT. */
  #isLimited(file: string, call: CallFact): boolean {
    for (let at: Expr = call.callee, depth = 0; at.k === "member" && at.of.k === "call" && depth < 30; depth++) {
      const inner: CallFact = this.graph.program.call(file, at.of.id);
      if (inner.callee.k === "member" && inner.callee.name === "limit") return true;
      at = inner.callee;
    }
    return false;
  }

  /** `findMany({ take: 50 })`, `findAll({ limit })`: an ORM's own LIMIT, unless some caller leaves it out. */
  #isTaken(file: string, { args }: CallFact): boolean {
    const { program } = this.graph;
    const given = args.flatMap((arg) => (arg.k === "object" ? arg.props.filter(({ name }) => name === "take" || name === "limit") : []));
    return given.some(({ value }) => {
      if (value.k === "either") return !value.of.some((one) => one.k === "global" && one.name === "undefined");
      const variable = value.k === "var" ? program.variable(file, value.id) : undefined;
      const index = variable === undefined ? -1 : program.fn(file, variable.fn).params.findIndex((param) => value.k === "var" && param.variable === value.id);
      return variable === undefined || index === -1 || callersOf(this.graph, functionKey(file, variable.fn)).every(({ call }) => call.args[index] !== undefined);
    });
  }

  #constantNumber(file: string, expr: Expr): boolean {
    if (expr.k === "literal") return typeof expr.value === "number";
    if (expr.k !== "var") return false;
    const variable = this.graph.program.variable(file, expr.id);
    if (CONSTANT.test(variable.name)) return true;
    const values = this.graph.program.valuesOf(file, expr.id);
    return variable.kind === "const" && values.length === 1 && values.every((value) => value.k === "literal");
  }
}
