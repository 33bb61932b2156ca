import { grainOf, type Grain } from "./outline.js";
import type { CallFact, ClassFact, ExportFact, Expr, FileFacts, FunctionFact, LoopFact, TypeRef } from "./types.js";

/** Cutting down costs a copy of what stays: below this share of functions that go, it does not pay. */
const WORTH_A_COPY = 1 / 4;

/**
 * The facts as if the file had only these units of its outline, which must speak of no others; the facts themselves where nearly all of it stays. Places stay
 * what they are in the text, ids do not.
 */
export function narrowFacts(facts: FileFacts, units: ReadonlySet<number>): FileFacts {
  const grain = grainOf(facts);
  const gone = facts.functions.filter(({ id }) => !units.has(grain.functions[id] ?? 0)).length;
  return gone < facts.functions.length * WORTH_A_COPY ? facts : new Narrower(facts, grain, units).narrow();
}

/** Old ids to new ones; what goes has none. */
type Ids = ReadonlyMap<number, number>;

class Narrower {
  readonly #functions: Ids;
  readonly #classes: Ids;
  readonly #variables: Ids;
  readonly #calls: Ids;
  readonly #loops: Ids;
  readonly #tries: Ids;

  constructor(
    private readonly facts: FileFacts,
    grain: Grain,
    units: ReadonlySet<number>,
  ) {
    const stays = (unit: number | undefined): boolean => unit === undefined || unit === 0 || units.has(unit);
    const within = ({ fn }: { fn: number }): boolean => this.#functions.has(fn);
    this.#functions = idsOf(facts.functions, ({ id }) => stays(grain.functions[id]));
    this.#classes = idsOf(facts.classes, ({ id }) => stays(grain.classes[id]));
    this.#variables = idsOf(facts.variables, (variable) => (variable.fn === 0 ? stays(grain.variables[variable.id]) : within(variable)));
    this.#calls = idsOf(facts.calls, within);
    this.#loops = idsOf(facts.loops, within);
    this.#tries = idsOf(facts.tries, within);
  }

  narrow(): FileFacts {
    const { facts } = this;
    return {
      ...facts,
      variables: pick(facts.variables, this.#variables, (variable, id) => ({ ...variable, id, ...this.#at(variable), ...(variable.type && { type: this.#type(variable.type) }) })),
      functions: pick(facts.functions, this.#functions, (fn, id) => this.#function(fn, id)),
      classes: pick(facts.classes, this.#classes, (cls, id) => this.#class(cls, id)),
      types: facts.types.flatMap((type) => {
        const variable = this.#variables.get(type.variable);
        return variable === undefined ? [] : [{ ...type, variable, extends: this.#types(type.extends), type: this.#type(type.type) }];
      }),
      calls: pick(facts.calls, this.#calls, (call, id) => this.#call(call, id)),
      assigns: facts.assigns.flatMap((assign) => {
        const target = this.#functions.has(assign.fn) ? this.#expr(assign.target) : UNKNOWN;
        return isLost(target) ? [] : [{ ...assign, ...this.#at(assign), target, value: this.#expr(assign.value) }];
      }),
      loops: pick(facts.loops, this.#loops, (loop, id) => this.#loop(loop, id)),
      tries: pick(facts.tries, this.#tries, (each) => ({ ...each, ...this.#at(each) })),
      awaits: this.#within(facts.awaits).map((each) => ({ ...each, ...this.#at(each), of: this.#expr(each.of) })),
      throws: this.#within(facts.throws).map((each) => ({ ...each, ...this.#at(each) })),
      exits: this.#within(facts.exits).map((each) => ({ ...each, ...this.#at(each) })),
      exports: facts.exports.flatMap((entry): ExportFact[] => {
        if (entry.k !== "value") return [entry];
        const value = this.#expr(entry.value);
        return isLost(value) && !isLost(entry.value) ? [] : [{ ...entry, value }];
      }),
    };
  }

  #function(fn: FunctionFact, id: number): FunctionFact {
    return {
      ...fn,
      id,
      parent: this.#functions.get(fn.parent) ?? 0,
      ...moved("class", fn.class, this.#classes),
      ...moved("loopBody", fn.loopBody, this.#loops),
      params: fn.params.map((param) => ({
        ...param,
        variable: this.#variables.get(param.variable) ?? 0,
        ...(param.type && { type: this.#type(param.type) }),
        ...(param.decorators && { decorators: this.#exprs(param.decorators) }),
      })),
      returns: this.#exprs(fn.returns),
      ...(fn.returnType && { returnType: this.#type(fn.returnType) }),
      ...(fn.decorators && { decorators: this.#exprs(fn.decorators) }),
    };
  }

  #class(cls: ClassFact, id: number): ClassFact {
    return {
      ...cls,
      id,
      ...this.#at(cls),
      ...(cls.superClass && { superClass: this.#expr(cls.superClass) }),
      implements: this.#types(cls.implements),
      decorators: this.#exprs(cls.decorators),
      members: cls.members.map((member) => ({
        ...member,
        ...moved("fn", member.fn, this.#functions),
        ...(member.value && { value: this.#expr(member.value) }),
        ...(member.type && { type: this.#type(member.type) }),
        ...(member.decorators && { decorators: this.#exprs(member.decorators) }),
      })),
    };
  }

  #call(call: CallFact, id: number): CallFact {
    const { memo } = call;
    return {
      ...call,
      id,
      ...this.#at(call),
      callee: this.#expr(call.callee),
      args: this.#exprs(call.args),
      ...(call.typeArgs && { typeArgs: this.#types(call.typeArgs) }),
      ...(memo && { memo: typeof memo.owner === "number" ? { ...memo, owner: this.#functions.get(memo.owner) ?? 0 } : memo }),
    };
  }

  #loop(loop: LoopFact, id: number): LoopFact {
    const { bound } = loop;
    return {
      ...loop,
      id,
      ...this.#at(loop),
      ...moved("parent", loop.parent, this.#loops),
      ...moved("call", loop.call, this.#calls),
      bound: this.#bound(bound),
      writesOuter: loop.writesOuter.flatMap((outer) => {
        const variable = this.#variables.get(outer.variable);
        return variable === undefined ? [] : [{ ...outer, variable }];
      }),
    };
  }

  #bound(bound: LoopFact["bound"]): LoopFact["bound"] {
    if (bound.k === "over") return { ...bound, over: this.#expr(bound.over) };
    if (bound.k === "count") return { ...bound, limit: this.#expr(bound.limit) };
    if (bound.k === "stepped") return { ...bound, step: this.#expr(bound.step), ...(bound.over && { over: this.#expr(bound.over) }) };
    return bound;
  }

  #within<T extends { fn: number }>(all: readonly T[]): T[] {
    return all.filter(({ fn }) => this.#functions.has(fn));
  }

  /** Where something stands: its function, and the loop and the `try` blocks of it. */
  #at({ fn, loop, tries }: { fn: number; loop?: number; tries?: number[] }): { fn: number; loop?: number; tries?: number[] } {
    return {
      fn: this.#functions.get(fn) ?? 0,
      ...moved("loop", loop, this.#loops),
      ...(tries && { tries: tries.flatMap((each) => this.#tries.get(each) ?? []) }),
    };
  }

  #exprs(exprs: readonly Expr[]): Expr[] {
    return exprs.map((expr) => this.#expr(expr));
  }

  #expr(expr: Expr): Expr {
    switch (expr.k) {
      case "var":
        return known(expr, "id", this.#variables.get(expr.id));
      case "call":
        return known(expr, "id", this.#calls.get(expr.id));
      case "fn":
        return known(expr, "id", this.#functions.get(expr.id));
      case "class":
        return known(expr, "id", this.#classes.get(expr.id));
      case "this":
      case "super":
        return known(expr, "fn", this.#functions.get(expr.fn));
      case "member": {
        const of = this.#expr(expr.of);
        return isLost(of) && !isLost(expr.of) ? UNKNOWN : { ...expr, of };
      }
      case "await":
        return { ...expr, of: this.#expr(expr.of) };
      case "typed":
        return { ...expr, of: this.#expr(expr.of), type: this.#type(expr.type) };
      case "object":
        return { ...expr, props: expr.props.map(({ name, value }) => ({ name, value: this.#expr(value) })) };
      case "array":
        return { ...expr, items: this.#exprs(expr.items) };
      case "template":
        return { ...expr, holes: this.#exprs(expr.holes) };
      case "either":
        return { ...expr, of: this.#exprs(expr.of) };
      default:
        return expr;
    }
  }

  #types(types: readonly TypeRef[]): TypeRef[] {
    return types.map((type) => this.#type(type));
  }

  #type(type: TypeRef): TypeRef {
    switch (type.k) {
      case "ref": {
        const head = typeof type.head === "number" ? this.#variables.get(type.head) : type.head;
        return head === undefined ? { k: "other" } : { ...type, head, args: this.#types(type.args) };
      }
      case "object":
        return { ...type, props: type.props.map(({ name, type: each }) => ({ name, type: this.#type(each) })) };
      case "union":
        return { ...type, of: this.#types(type.of) };
      case "array":
      case "index":
        return { ...type, of: this.#type(type.of) };
      case "typeof":
        return { ...type, of: this.#expr(type.of) };
      case "function":
        return { ...type, returns: this.#type(type.returns) };
      default:
        return type;
    }
  }
}

const UNKNOWN: Expr = { k: "unknown" };

function isLost(expr: Expr): boolean {
  return expr.k === "unknown";
}

function idsOf<T>(all: readonly T[], stays: (each: T) => boolean): Ids {
  const ids = new Map<number, number>();
  for (const [old, each] of all.entries()) if (stays(each)) ids.set(old, ids.size);
  return ids;
}

function pick<T>(all: readonly T[], ids: Ids, copy: (each: T, id: number) => T): T[] {
  return all.flatMap((each, old) => {
    const id = ids.get(old);
    return id === undefined ? [] : [copy(each, id)];
  });
}

function known<K extends "id" | "fn", E extends Expr & Record<K, number>>(expr: E, key: K, id: number | undefined): Expr {
  return id === undefined ? UNKNOWN : { ...expr, [key]: id };
}

/** For a property that need not be there. */
function moved<K extends string>(key: K, old: number | undefined, ids: Ids): { [P in K]?: number } {
  return (old === undefined ? {} : { [key]: ids.get(old) }) as { [P in K]?: number };
}
