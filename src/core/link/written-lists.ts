import type { CallFact, Expr } from "../facts/types.js";
import { isArrayMethod } from "./builtins.js";
import type { CallGraph } from "./calls.js";
import type { PlacedExpr } from "./constants.js";
import { functionKey } from "./program.js";
import { callersOf } from "./sessions.js";

const MAX_DEPTH = 8;
/** A longer table is data. */
const MAX_THINGS = 200;

const GROWS = /^(push|unshift|splice)$/;

/** Whether a call adds to the list (or to the Map or Set) that a variable holds. */
export function isGrown({ callee }: CallFact, variable: number, isCollection = false): boolean {
  return callee.k === "member" && (GROWS.test(callee.name) || (isCollection && /^(set|add)$/.test(callee.name))) && callee.of.k === "var" && callee.of.id === variable;
}

/** Whether all that an expression may stand for is a list that is written out: `LISTS[kind]`, `group.items` where `group` goes through `GROUPS`. */
export function isWrittenOut(graph: CallGraph, file: string, expr: Expr): boolean {
  const things = new Written(graph).things(file, expr, 0);
  return things !== undefined && things.length > 0 && things.every(({ expr: value }) => value.k === "array");
}

/** Follows constant tables to what is written in them. */
class Written {
  constructor(private readonly graph: CallGraph) {}

  /** The literals that an expression may stand for; undefined where another value is among them. */
  things(file: string, expr: Expr, depth: number): PlacedExpr[] | undefined {
    if (depth > MAX_DEPTH) return undefined;
    switch (expr.k) {
      case "typed":
        return this.things(file, expr.of, depth + 1);
      case "array":
        return expr.spread ? undefined : [{ file, expr }];
      case "object":
        return expr.props.some(({ name }) => name === "...") ? undefined : [{ file, expr }];
      case "literal":
        return [{ file, expr }];
      case "either":
        return this.#all(expr.of.map((one) => ({ file, expr: one })), depth);
      case "var":
        return this.#ofVariable(file, expr.id, depth);
      case "member":
        return this.#ofMember(file, expr, depth);
      case "call":
        return this.#ofCall(file, this.graph.program.call(file, expr.id), depth);
      default:
        return undefined;
    }
  }

  /** A list made of written ones: some of its elements, or something for each. */
  #ofCall(file: string, { callee, args }: CallFact, depth: number): PlacedExpr[] | undefined {
    if (callee.k !== "member") return undefined;
    const [first] = args;
    if (callee.of.k === "global" && callee.of.name === "Object" && first && /^(keys|values|entries)$/.test(callee.name)) return this.#forEach(this.things(file, first, depth + 1), file);
    const lists = /^(filter|sort|toSorted|reverse|toReversed|slice|map)$/.test(callee.name) ? this.things(file, callee.of, depth + 1) : undefined;
    if (lists?.every(({ expr }) => expr.k === "array") !== true) return undefined;
    return callee.name === "map" ? this.#forEach(lists, file) : lists;
  }

  /** A list of as many things, whatever they are. */
  #forEach(things: readonly PlacedExpr[] | undefined, file: string): PlacedExpr[] | undefined {
    return things?.every(({ expr }) => expr.k === "array" || expr.k === "object") ? [{ file, expr: { k: "array", items: [{ k: "unknown" }], spread: false } }] : undefined;
  }

  #all(parts: readonly PlacedExpr[], depth: number): PlacedExpr[] | undefined {
    const found: PlacedExpr[] = [];
    for (const { file, expr } of parts) {
      const things = this.things(file, expr, depth + 1);
      if (things === undefined || found.length + things.length > MAX_THINGS) return undefined;
      found.push(...things);
    }
    return found;
  }

  #ofVariable(file: string, id: number, depth: number): PlacedExpr[] | undefined {
    const { program } = this.graph;
    const variable = program.variable(file, id);
    if (variable.import) return this.#imported(file, variable.import, depth);
    const { calls, assigns } = program.file(file);
    if (calls.some((call) => isGrown(call, id)) || assigns.some(({ target }) => target.k === "member" && target.of.k === "var" && target.of.id === id)) return undefined;
    const values = program.valuesOf(file, id);
    if (values.length > 0) return this.#all(values.map((expr) => ({ file, expr })), depth);
    return this.#elementsGiven(file, id, variable.fn, depth);
  }

  #imported(file: string, { specifier, name }: { specifier: string; name: string }, depth: number): PlacedExpr[] | undefined {
    const { program } = this.graph;
    const target = program.host.resolve(file, specifier);
    const [entry, more] = target !== undefined && program.files.has(target) ? program.exportsNamed(target, name) : [];
    if (target === undefined || entry === undefined || more !== undefined || depth > MAX_DEPTH) return undefined;
    return entry.k === "value" ? this.things(target, entry.value, depth + 1) : this.#imported(target, { specifier: entry.specifier, name: entry.imported }, depth + 1);
  }

  /** `GROUPS.forEach((group) => …)` */
  #elementsGiven(file: string, id: number, fn: number, depth: number): PlacedExpr[] | undefined {
    if (this.graph.program.fn(file, fn).params[0]?.variable !== id) return undefined;
    const callers = callersOf(this.graph, functionKey(file, fn));
    const lists = callers.flatMap(({ file: from, call: { callee, args } }) => (args[0]?.k === "fn" && callee.k === "member" && isArrayMethod(callee.name) && callee.name !== "reduce" ? [{ file: from, expr: callee.of }] : []));
    return lists.length > 0 && lists.length === callers.length ? this.#elements(this.#all(lists, depth), depth) : undefined;
  }

  #ofMember(file: string, { of, name }: Extract<Expr, { k: "member" }>, depth: number): PlacedExpr[] | undefined {
    const listed = name === "*" ? this.#listed(file, of) : undefined;
    if (listed) return this.#inside(this.things(file, listed, depth + 1), "*", depth);
    // `const [kind, items] of Object.entries(TABLE)`
    const entries = name === "1" && of.k === "member" && of.name === "*" ? this.#listed(file, of.of, "entries") : undefined;
    if (entries) return this.#inside(this.things(file, entries, depth + 1), "*", depth);
    return this.#inside(this.things(file, of, depth + 1), name, depth);
  }

  /** The table whose values (or entries) a call gives one by one. */
  #listed(file: string, expr: Expr, method = "values"): Expr | undefined {
    const { callee, args } = expr.k === "call" ? this.graph.program.call(file, expr.id) : {};
    return callee?.k === "member" && callee.name === method && callee.of.k === "global" && callee.of.name === "Object" ? args?.[0] : undefined;
  }

  #elements(lists: readonly PlacedExpr[] | undefined, depth: number): PlacedExpr[] | undefined {
    return this.#inside(lists, "*", depth);
  }

  /** What stands under a name (`*`: under any) in each of these; one that has no such name has nothing there. */
  #inside(things: readonly PlacedExpr[] | undefined, name: string, depth: number): PlacedExpr[] | undefined {
    if (things === undefined) return undefined;
    const parts: PlacedExpr[] = [];
    for (const { file, expr } of things) {
      if (expr.k === "array") {
        if (name !== "*") return undefined;
        parts.push(...expr.items.map((item) => ({ file, expr: item })));
      } else if (expr.k === "object") parts.push(...expr.props.filter((prop) => name === "*" || prop.name === name).map(({ value }) => ({ file, expr: value })));
      else return undefined;
    }
    return this.#all(parts, depth);
  }
}
