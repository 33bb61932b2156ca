import { MODULE_FUNCTION, type AssignFact, type Expr, type FileFacts, type FunctionId, type MemoFact, type VariableId } from "./types.js";

/** Where a value can be kept beyond one call of the function that keeps it. */
export interface Place {
  /** The same for every expression that means the same place. */
  key: string;
  text: string;
  owner: MemoFact["owner"];
  keyed: boolean;
}

/** What is written with nothing in it: how a place is emptied. */
export function isEmpty(value: Expr): boolean {
  if (value.k === "literal") return value.value === null || value.value === false || value.value === 0 || value.value === "";
  return value.k === "global" && value.name === "undefined";
}

const GLOBAL_OBJECTS = new Set(["globalThis", "global", "window", "self"]);
const GLOBAL_OBJECT = "global globalThis";
const NO_PLACES = new Set(["undefined", "NaN", "Infinity", "arguments", "import.meta"]);
const MAX_ALIASES = 4;

/** What is done with an entry of a Map, or of a cache of the program's own: `Clients.getCached(key)`, `Clients.setCached(key, client)`. */
const OF_ENTRIES = { get: /^(get|find|fetch|look_?up|peek|read)/i, has: /^(has|contains|exists)/i, set: /^(set|put|add|store|save|cache|remember|register)/i, delete: /^(delete|del|remove|evict|drop|unset|clear)/i } as const;
const CACHE = /cach|lru|memo|pool|regist|storage/i;

export type EntryMethod = keyof typeof OF_ENTRIES;

/** Tells which expressions of a file mean the same place, and who owns it. */
export class Places {
  readonly #assigns = new Map<VariableId, AssignFact[]>();

  constructor(private readonly facts: FileFacts, private readonly inPlace: ReadonlyMap<FunctionId, FunctionId>) {
    for (const fact of facts.assigns) {
      if (fact.target.k !== "var") continue;
      const known = this.#assigns.get(fact.target.id);
      if (known) known.push(fact);
      else this.#assigns.set(fact.target.id, [fact]);
    }
  }

  assignsTo(id: VariableId): readonly AssignFact[] {
    return this.#assigns.get(id) ?? [];
  }

  /** The function of whose call the code is a part: functions that run in place belong to the one around them. */
  caller(fn: FunctionId): FunctionId {
    let at = fn;
    for (let up = this.inPlace.get(at); up !== undefined; up = this.inPlace.get(at)) at = up;
    return at;
  }

  isDeclaredIn(id: VariableId, fn: FunctionId): boolean {
    return this.caller(this.facts.variables[id]?.fn ?? MODULE_FUNCTION) === this.caller(fn);
  }

  /** Whether a function declares the variable that a place is: what it puts there is what it begins with. */
  isFirst({ key }: Place, fn: FunctionId): boolean {
    const [, id] = /^variable (\d+)$/.exec(key) ?? [];
    return id !== undefined && this.isDeclaredIn(Number(id), fn);
  }

  /** Gone when the call of `fn` ends. */
  isLocal(id: VariableId, fn: FunctionId): boolean {
    return this.caller(fn) !== MODULE_FUNCTION && this.isDeclaredIn(id, fn);
  }

  /** The place that an expression in `fn` means; undefined when it does not outlive a call of `fn`. */
  of(expr: Expr, fn: FunctionId, depth = 0): Place | undefined {
    switch (expr.k) {
      case "typed":
      case "await":
        return this.of(expr.of, fn, depth);
      case "var":
        return this.#variable(expr.id, fn, depth);
      case "global": {
        if (NO_PLACES.has(expr.name)) return undefined;
        return { key: GLOBAL_OBJECTS.has(expr.name) ? GLOBAL_OBJECT : `global ${expr.name}`, text: expr.name, owner: "module", keyed: false };
      }
      case "module":
        return { key: `module ${expr.specifier}`, text: expr.specifier, owner: "module", keyed: false };
      case "this":
      case "super":
        return this.#self(expr.fn, fn);
      case "class":
        return this.#class(expr.id, fn);
      case "member":
        return part(this.of(expr.of, fn, depth), expr.name === "*" ? undefined : expr.name);
      case "call":
        return this.#entry(expr.id, "get", fn, depth);
      default:
        return undefined;
    }
  }

  /** The places that an expression asks when it is tested: itself, what it was read from, and what it is a part of. */
  asked(expr: Expr, fn: FunctionId, depth = 0): Place[] {
    if (depth > MAX_ALIASES) return [];
    if (expr.k === "typed" || expr.k === "await") return this.asked(expr.of, fn, depth);
    if (expr.k === "either") return expr.of.flatMap((one) => this.asked(one, fn, depth + 1));
    if (expr.k === "var" && this.isLocal(expr.id, fn)) {
      return this.assignsTo(expr.id).slice(0, 4).flatMap(({ value }) => this.asked(value, fn, depth + 1));
    }
    if (expr.k === "call") {
      const callee = this.facts.calls[expr.id]?.callee;
      const entry = this.#entry(expr.id, "has", fn, depth) ?? this.#entry(expr.id, "get", fn, depth);
      if (entry || callee?.k !== "member") return entry ? [entry] : [];
      return this.asked(callee.of, fn, depth + 1);
    }
    const place = this.of(expr, fn);
    const own = place ? [place] : [];
    return expr.k === "member" ? [...own, ...this.asked(expr.of, fn, depth + 1)] : own;
  }

  /** The entry of a Map, WeakMap or the like that a call of `method` means. */
  entryOf(callId: number, method: EntryMethod): Place | undefined {
    const fn = this.facts.calls[callId]?.fn;
    return fn === undefined ? undefined : this.#entry(callId, method, fn, 0);
  }

  #entry(callId: number, method: EntryMethod, fn: FunctionId, depth: number): Place | undefined {
    const call = this.facts.calls[callId];
    const key = call?.args[0];
    if (!call || !key || call.callee.k !== "member" || !this.#does(call.callee, method)) return undefined;
    return part(this.of(call.callee.of, fn, depth), key.k === "literal" ? String(key.value) : undefined);
  }

  /** A Map's own method, or one of something that calls itself a cache. */
  #does({ of, name }: Extract<Expr, { k: "member" }>, method: EntryMethod): boolean {
    return name === method || (OF_ENTRIES[method].test(name) && (CACHE.test(name) || CACHE.test(this.#nameOf(of))));
  }

  #nameOf(expr: Expr): string {
    if (expr.k === "typed") return this.#nameOf(expr.of);
    return expr.k === "var" ? (this.facts.variables[expr.id]?.name ?? "") : expr.k === "member" ? expr.name : "";
  }

  #variable(id: VariableId, fn: FunctionId, depth: number): Place | undefined {
    const fact = this.facts.variables[id];
    if (!fact) return undefined;
    const [only, more] = this.assignsTo(id);
    if (only && !more && fact.kind !== "param" && depth < MAX_ALIASES) {
      // A class has one place for its static fields, however it is named.
      if (only.value.k === "class") return this.#class(only.value.id, fn);
      const original = isReference(only.value) ? this.of(only.value, only.fn, depth + 1) : undefined;
      if (original) return original;
    }
    if (this.isLocal(id, fn)) return undefined;
    return { key: `variable ${id}`, text: fact.name, owner: this.#owner(fact.fn), keyed: false };
  }

  #owner(fn: FunctionId): MemoFact["owner"] {
    const declared = this.caller(fn);
    return declared === MODULE_FUNCTION ? "module" : declared;
  }

  #class(id: number, fn: FunctionId): Place | undefined {
    const fact = this.facts.classes[id];
    if (!fact) return undefined;
    const declared = this.caller(fact.fn);
    if (declared !== MODULE_FUNCTION && declared === this.caller(fn)) return undefined;
    return { key: `static ${id}`, text: fact.name || "this", owner: this.#owner(fact.fn), keyed: false };
  }

  #self(self: FunctionId, fn: FunctionId): Place | undefined {
    const owner = this.facts.functions[self];
    if (!owner || self === MODULE_FUNCTION) return { key: "this", text: "this", owner: "module", keyed: false };
    if (owner.class === undefined) {
      return { key: owner.object === undefined ? `this of ${self}` : `object ${owner.object}`, text: "this", owner: "this", keyed: false };
    }
    const place = owner.static ? this.#class(owner.class, fn) : { key: `instance ${owner.class}`, owner: "this" as const, keyed: false };
    return place && { ...place, text: "this" };
  }
}

function part(of: Place | undefined, name: string | undefined): Place | undefined {
  if (!of) return undefined;
  if (name === undefined) return { ...of, key: `${of.key}[]`, keyed: true };
  // `globalThis.db` and `db`: a property of the global object can be asked by its bare name.
  if (of.key === GLOBAL_OBJECT) return { ...of, key: `global ${name}`, text: `${of.text}.${name}` };
  return { ...of, key: `${of.key}.${name}`, text: `${of.text}.${name}` };
}

function isReference(expr: Expr): boolean {
  if (expr.k === "typed") return isReference(expr.of);
  return expr.k === "this" || expr.k === "global" || expr.k === "member" || expr.k === "var";
}
