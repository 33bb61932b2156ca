import type { CallFact, Expr, FunctionFact, LoopFact } from "../facts/types.js";
import { isArrayMethod } from "./builtins.js";
import { sqlAmong } from "./query-text.js";
import type { CallGraph } from "./calls.js";
import { statementOf } from "./run-statements.js";
import { calleesOf } from "./sessions.js";

/** What an application or one thing in it has a handful of, by design: its settings, roles, names, the parts of its screens. */
const HANDFUL = /(attachments|tags|aliases|identities|emails|settings?|preferences|configs?|configurations|options|flags|features|roles|permissions|scopes|verbs|locales|languages|currencies|columns|fields|layouts|breakpoints|weekdays|months)$/i;
/** What a search gives: as many as it was asked for. */
const FOUND = /^(search)?(results?|hits|matches)$|^top[A-Z]|(SearchResults|Neighbou?rs|Suggestions|Recommendations)$/;
/** What one thing of the domain has told of what was just done to it. https://martinfowler.com/eaaDev/DomainEvent.html */
const TOLD = /^(pull|pop|release|take|getUncommitted|getUnpublished)(Domain)?Events$/;
/** Who holds what somebody sent: its lists are as long as the sender likes. */
const SENT = /^(req|request|body|payload|input|data|args|argv|params|event|message|msg|job|dto|ctx|context|file|files|backup|upload|document|json)$/i;

/**
 * Whether a loop goes over a list that is short in most applications, though nothing in the program bounds it: a field of
 * one thing that the program composed, the distinct values of a column, what a search found, the settings. Rules that need
 * a long list take such a loop as likely at most.
 */
export function isPerhapsShort(graph: CallGraph, file: string, { bound }: LoopFact): boolean {
  return bound.k === "over" && new ShortLists(graph, file).isShort(bound.over, 0);
}

/** `… GROUP BY type`: as many rows as a field has values that others may have alike. */
function isByKind(sql: string): boolean {
  const by = /\bGROUP\s+BY\s+["'`[]?([\w$."'`[\]]+)\s*(?:HAVING\b[^,]*|ORDER\b.*|;.*)?$/is.exec(sql.trim())?.[1];
  const column = by?.replace(/["'`[\]]/g, "").split(".").at(-1);
  return column !== undefined && isKind(column);
}

function isKind(column: string): boolean {
  return /^(type|kind|status|state|level|category|role|currency|country|lang(uage)?|locale|platform|source|provider|network|year|month|weekday)$/i.test(column);
}

/** Prisma's `groupBy({ by: ["type"] })`; `groupBy({ where: { thingId }, by: ["placeId"] })`: among what belongs to one thing. */
function isFewGroups(asked: Expr | undefined): boolean {
  const props = new Map(asked?.k === "object" ? asked.props.map(({ name, value }) => [name, value]) : []);
  const by = props.get("by");
  const columns = by?.k === "array" && !by.spread ? by.items : [];
  const where = props.get("where");
  const ofOne = where?.k === "object" && where.props.some(({ name, value }) => /[a-z](Id|_id)$/.test(name) && value.k !== "object" && value.k !== "array");
  return columns.length > 0 && (ofOne || columns.every((column) => column.k === "literal" && typeof column.value === "string" && isKind(column.value)));
}

function isEmptyList(value: Expr): boolean {
  if (value.k === "typed") return isEmptyList(value.of);
  return value.k === "array" && value.items.length === 0 && !value.spread;
}

class ShortLists {
  constructor(
    private readonly graph: CallGraph,
    private readonly file: string,
  ) {}

  isShort(expr: Expr, depth: number): boolean {
    if (depth > 8) return false;
    switch (expr.k) {
      case "await":
      case "typed":
        return this.isShort(expr.of, depth + 1);
      case "either":
        return expr.of.some((part) => this.isShort(part, depth + 1));
      case "array":
        return this.#isShortArray(expr, depth);
      case "var":
        return this.#isShortVariable(expr.id, depth);
      case "member": {
        const asked = this.#queryOf(expr);
        if (asked) return this.#isShortCall(asked, depth + 1);
        const given = this.#givenFor(expr);
        if (given) return HANDFUL.test(expr.name) || given.some((list) => this.isShort(list, depth + 1));
        return HANDFUL.test(expr.name) || this.#isComposed(expr.of, depth + 1);
      }
      case "call":
        return this.#isShortCall(this.graph.program.call(this.file, expr.id), depth);
      default:
        return false;
    }
  }

  /** `[...tags]`; `[head, ...blocks]`: one thing by itself, and those that go with it. */
  #isShortArray({ items, spread }: Extract<Expr, { k: "array" }>, depth: number): boolean {
    const isList = (item: Expr): boolean => item.k === "member" && item.name === "*";
    if (spread && items.some(isList) && items.some((item) => !isList(item) && item.k !== "literal")) return true;
    return items.length > 0 && items.every((item) => item.k === "member" && item.name === "*" && this.isShort(item.of, depth + 1));
  }

  /** `(await pool.query(…)).rows`, `const [rows] = await pool.query(…)`: what a query gives, and no field of one thing. */
  #queryOf({ of, name }: Extract<Expr, { k: "member" }>, depth = 0): CallFact | undefined {
    const inner = of.k === "await" || of.k === "typed" ? of.of : of;
    if (inner !== of && inner.k !== "call") return depth > 4 ? undefined : this.#queryOf({ k: "member", of: inner, name }, depth + 1);
    if (inner.k === "var") {
      const [value, more] = depth > 4 ? [] : this.graph.program.valuesOf(this.file, inner.id);
      return value === undefined || more !== undefined ? undefined : this.#queryOf({ k: "member", of: value, name }, depth + 1);
    }
    const call = inner.k === "call" ? this.graph.program.call(this.file, inner.id) : undefined;
    return call && (statementOf(this.graph, call)?.kind === "read" && /^(rows|0)$/.test(name)) ? call : undefined;
  }

  /**
   * `const { changes } = await compare(rows)`, where the function makes `changes` of the rows that it is given, one by one: as long as those are. The lists that
   * the call hands it, if that is how the field comes about on every way.
   */
  #givenFor({ of, name }: Extract<Expr, { k: "member" }>): Expr[] | undefined {
    const call = this.#callBehind(of, 0);
    const [key, more] = call ? calleesOf(this.graph, call) : [];
    if (!call || key === undefined || more !== undefined || call.spread === true) return undefined;
    const { file, fn } = this.graph.program.fnOf(key);
    const inside = new ShortLists(this.graph, file);
    const made = fn.returns.map((value) => (value.k === "object" ? value.props.find((prop) => prop.name === name)?.value : undefined));
    const lists = made.flatMap((value) => (value !== undefined && isEmptyList(value) ? [] : [value === undefined ? undefined : inside.#parameterOf(value, fn, 0)]));
    const given = lists.flatMap((index) => (index === undefined ? [] : (call.args[index] ?? [])));
    return given.length > 0 && given.length === lists.length && !given.some((arg) => this.#isPart(arg)) ? given : undefined;
  }

  /** `order.lines`, what belongs to one thing; not `req.body.lines`, which is as long as somebody likes. */
  #isPart(expr: Expr): boolean {
    if (expr.k === "await" || expr.k === "typed") return this.#isPart(expr.of);
    if (expr.k !== "member" || expr.name === "*") return false;
    const holder = expr.of.k === "member" ? expr.of.name : expr.of.k === "var" ? this.graph.program.variable(this.file, expr.of.id).name : "";
    return !SENT.test(holder);
  }

  #callBehind(expr: Expr, depth: number): CallFact | undefined {
    if (expr.k === "await" || expr.k === "typed") return this.#callBehind(expr.of, depth);
    if (expr.k === "call") return this.graph.program.call(this.file, expr.id);
    const [value, more] = expr.k === "var" && depth < 4 ? this.graph.program.valuesOf(this.file, expr.id) : [];
    return value === undefined || more !== undefined ? undefined : this.#callBehind(value, depth + 1);
  }

  /** The parameter from which a list is made one by one: `rows.map(…)`, or an empty list that a loop over `rows` fills. */
  #parameterOf(expr: Expr, fn: FunctionFact, depth: number): number | undefined {
    const { program } = this.graph;
    if (depth > 6) return undefined;
    if (expr.k === "await" || expr.k === "typed") return this.#parameterOf(expr.of, fn, depth + 1);
    if (expr.k === "call") {
      const { callee } = program.call(this.file, expr.id);
      return callee.k === "member" && /^(map|filter|sort|toSorted|reverse|flatMap)$/.test(callee.name) ? this.#parameterOf(callee.of, fn, depth + 1) : undefined;
    }
    if (expr.k !== "var") return undefined;
    const index = fn.params.findIndex((param) => param.variable === expr.id && param.rest !== true);
    if (index >= 0) return index;
    const values = program.valuesOf(this.file, expr.id);
    if (values.length !== 1) return undefined;
    const [value] = values;
    if (!isEmptyList(value!)) return this.#parameterOf(value!, fn, depth + 1);
    const { calls, loops } = program.file(this.file);
    for (const { callee, loop: within } of calls) {
      if (callee.k !== "member" || callee.name !== "push" || callee.of.k !== "var" || callee.of.id !== expr.id) continue;
      const loop = loops.find(({ id }) => id === within);
      const of = loop?.bound.k === "over" ? this.#parameterOf(loop.bound.over, fn, depth + 1) : undefined;
      if (of !== undefined) return of;
    }
    return undefined;
  }

  #isShortVariable(id: number, depth: number): boolean {
    const { name, kind } = this.graph.program.variable(this.file, id);
    if (HANDFUL.test(name) || FOUND.test(name)) return true;
    // `put(key, value, ...indexes)`: what its callers write out one by one.
    if (kind === "param" && this.graph.program.fn(this.file, this.graph.program.variable(this.file, id).fn).params.some((param) => param.variable === id && param.rest === true)) return true;
    const values = kind === "param" ? [] : this.graph.program.valuesOf(this.file, id);
    if (values.length === 0) return false;
    if (values.every((value) => this.#isEmptyMap(value))) return this.#isGrouping(id);
    return values.every(isEmptyList) ? this.#isFilledShortly(id, depth) : values.every((value) => this.isShort(value, depth + 1));
  }

  #isEmptyMap(value: Expr): boolean {
    if (value.k === "typed") return this.#isEmptyMap(value.of);
    const call = value.k === "call" ? this.graph.program.call(this.file, value.id) : undefined;
    return call?.kind === "new" && call.callee.k === "global" && call.callee.name === "Map" && call.args.length === 0;
  }

  /** `const of = byOwner.get(thing.ownerId) ?? []; …; byOwner.set(thing.ownerId, of)`: as many as the field has values. */
  #isGrouping(id: number): boolean {
    const on = (name: string): CallFact[] =>
      this.graph.program.file(this.file).calls.filter(({ callee }) => callee.k === "member" && callee.name === name && callee.of.k === "var" && callee.of.id === id);
    const asked = on("get");
    const sets = on("set");
    return sets.length > 0 && sets.every((set) => this.#isField(set.args[0], 0) && asked.some((get) => get.fn === set.fn && get.loop === set.loop));
  }

  /** A field of a thing that others may have alike, unlike its id or its name. */
  #isField(key: Expr | undefined, depth: number): boolean {
    if (key?.k === "member") return key.name !== "*" && !/^(_?id|uuid|key|hash|name|slug|email|path|url|code)$/i.test(key.name);
    if (key?.k === "either") return key.of.every((part) => part.k === "literal" || this.#isField(part, depth + 1));
    // A key of several fields.
    const parts = key?.k === "template" ? key.holes : key?.k === "call" ? this.graph.program.call(this.file, key.id).args : [];
    if (parts.length > 0) return parts.every((part) => this.#isField(part, depth + 1));
    const values = key?.k === "var" && depth < 5 ? this.graph.program.valuesOf(this.file, key.id) : [];
    return values.length > 0 && values.every((value) => this.#isField(value, depth + 1));
  }

  /** `names.push(…)` in loops over short lists alone. */
  #isFilledShortly(id: number, depth: number): boolean {
    const { calls, loops } = this.graph.program.file(this.file);
    const pushes = calls.filter(({ callee }) => callee.k === "member" && callee.name === "push" && callee.of.k === "var" && callee.of.id === id);
    return pushes.length > 0 && pushes.every((push) => {
      const loop = push.loop === undefined ? undefined : loops.find((each) => each.id === push.loop);
      return push.spread !== true && loop?.bound.k === "over" && this.isShort(loop.bound.over, depth + 1);
    });
  }

  #isShortCall(call: CallFact, depth: number): boolean {
    const { callee, args, kind } = call;
    const sql = statementOf(this.graph, call)?.sql ?? sqlAmong(this.graph.program, call);
    if (sql !== undefined) return /\bSELECT\s+DISTINCT\b/i.test(sql) || isByKind(sql) || args.some((arg) => this.#isOfConstant(arg, 0));
    const [first] = args;
    // The distinct values of one field.
    if (kind === "new" && callee.k === "global" && callee.name === "Set") return first?.k === "call" && this.#methodOf(first) === "map";
    if (kind === "call" && args.some((arg) => this.#isPageNumber(arg))) return true;
    if (callee.k !== "member") return false;
    if (TOLD.test(callee.name)) return true;
    if (callee.of.k === "global" && callee.of.name === "Object" && /^(keys|values|entries)$/.test(callee.name)) return first !== undefined && this.isShort(first, depth + 1);
    if (callee.name === "from" && first) return this.isShort(first, depth + 1);
    // `Object.groupBy(list, of)`, `_.groupBy(list, "owner")`; a query's `groupBy` gives as many rows as it likes.
    if (callee.name === "groupBy" && args.length === 2) return true;
    if (callee.name === "groupBy" && args.length === 1 && isFewGroups(first)) return true;
    if (isArrayMethod(callee.name) || /^(entries|values|keys|filter|sort|toSorted|reverse|flatMap)$/.test(callee.name)) return this.isShort(callee.of, depth + 1);
    return callee.name === "get" && args.length === 1 && first !== undefined && this.#isOfConstant(first, 0);
  }

  /** `fetchThings(id, page)`: what is on one page, however many pages there are. A page of a document or of a browser is no number. */
  #isPageNumber(arg: Expr): boolean {
    const { program } = this.graph;
    if (arg.k !== "var") return false;
    const { name } = program.variable(this.file, arg.id);
    if (/^page_?(number|no|num|index)$/i.test(name)) return true;
    return name === "page" && program.valuesOf(this.file, arg.id).some((value) => this.#isNumber(value));
  }

  #isNumber(value: Expr): boolean {
    if (value.k === "either") return value.of.some((part) => this.#isNumber(part));
    if (value.k !== "call") return value.k === "literal" && typeof value.value === "number";
    const { callee } = this.graph.program.call(this.file, value.id);
    return (callee.k === "global" || callee.k === "member") && /^(Number|parseInt)$/.test(callee.name);
  }

  #methodOf(expr: Extract<Expr, { k: "call" }>): string {
    const { callee } = this.graph.program.call(this.file, expr.id);
    return callee.k === "member" ? callee.name : "";
  }

  /** `role.id` where `role` goes through a list that is written in the program: what belongs to one of a fixed set. */
  #isOfConstant(expr: Expr, depth: number): boolean {
    if (depth > 6) return false;
    if (expr.k === "await" || expr.k === "typed") return this.#isOfConstant(expr.of, depth + 1);
    if (expr.k === "member") return expr.name === "*" ? this.#isConstantList(expr.of) : this.#isOfConstant(expr.of, depth + 1);
    return expr.k === "var" && this.graph.program.valuesOf(this.file, expr.id).some((value) => this.#isOfConstant(value, depth + 1));
  }

  #isConstantList(expr: Expr): boolean {
    if (expr.k === "typed") return this.#isConstantList(expr.of);
    if (expr.k === "array") return !expr.spread && expr.items.length > 0;
    if (expr.k !== "var") return false;
    const values = this.graph.program.valuesOf(this.file, expr.id);
    return /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(this.graph.program.variable(this.file, expr.id).name) || (values.length === 1 && values.every((value) => this.#isConstantList(value)));
  }

  /** A thing that a function of the program put together, or a row: not what somebody sent, and not a document that was read. */
  #isComposed(expr: Expr, depth: number): boolean {
    if (depth > 8) return false;
    if (expr.k === "await" || expr.k === "typed") return this.#isComposed(expr.of, depth + 1);
    if (expr.k === "member") return !SENT.test(expr.name) && this.#isComposed(expr.of, depth + 1);
    if (expr.k === "call") {
      const call = this.graph.program.call(this.file, expr.id);
      const name = call.callee.k === "member" || call.callee.k === "global" ? call.callee.name : call.callee.k === "var" ? this.graph.program.variable(this.file, call.callee.id).name : "";
      return call.kind === "call" && !/parse|read|load|json|body|decode|sheet|csv|xml|input|payload|validate|^getStore$/i.test(name);
    }
    if (expr.k !== "var") return false;
    const { name, kind } = this.graph.program.variable(this.file, expr.id);
    if (SENT.test(name) || (kind !== "const" && kind !== "let")) return false;
    const values = this.graph.program.valuesOf(this.file, expr.id);
    return values.length > 0 && values.every((value) => this.#isComposed(value, depth + 1));
  }
}
