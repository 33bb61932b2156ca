import type { Expr, FileFacts, TypeRef } from "./types.js";

/** A name of another module that a unit speaks of; `"*"` is the module as a whole. */
export interface Mention {
  specifier: string;
  name: string;
}

/** What belongs together in a file: a top-level function or class with all inside it, a module-level name, an export, the module's own code. */
export interface Unit {
  /** Other units of the file, by index. */
  units: ReadonlySet<number>;
  imports: readonly Mention[];
}

/** Who speaks of whom in one file, at the grain of its top level: enough to see what a piece of code can lead to. */
export interface Outline {
  /** The first is the module's own code. */
  units: readonly Unit[];
  /** Units by exported name; `"="` is `module.exports`. */
  exports: ReadonlyMap<string, readonly number[]>;
  /** `export * from …` */
  stars: readonly string[];
}

interface Draft {
  units: Set<number>;
  imports: Mention[];
}

export function outlineOf(facts: FileFacts): Outline {
  return new Outliner(facts).outline();
}

const BODY = 0;

/** The unit that each function, class and module-level name belongs to, by its id. */
export interface Grain {
  functions: readonly number[];
  classes: readonly number[];
  /** What is declared in a function has that function's unit instead; here it has the first. */
  variables: readonly number[];
  /** How many there are; an outline numbers exports after them. */
  count: number;
}

export function grainOf(facts: FileFacts): Grain {
  let count = BODY + 1;
  const classes = facts.classes.map(() => count++);
  const variables = facts.variables.map((variable) => (variable.fn === 0 ? count++ : BODY));
  const functions: number[] = [];
  for (const fn of facts.functions) functions[fn.id] = fn.id === 0 ? BODY : fn.parent !== 0 ? (functions[fn.parent] ?? count++) : fn.class === undefined ? count++ : (classes[fn.class] ?? count++);
  return { functions, classes, variables, count };
}

class Outliner {
  readonly #units: Draft[];
  readonly #functions: readonly number[];
  readonly #classes: readonly number[];
  readonly #variables: readonly number[];
  readonly #imported = new Set<string>();

  constructor(private readonly facts: FileFacts) {
    const { functions, classes, variables, count } = grainOf(facts);
    this.#functions = functions;
    this.#classes = classes;
    this.#variables = variables;
    this.#units = Array.from({ length: count }, () => ({ units: new Set(), imports: [] }));
  }

  outline(): Outline {
    const { facts } = this;
    for (const fn of facts.functions) {
      const unit = this.#draft(this.#functions[fn.id]);
      for (const expr of [...fn.returns, ...(fn.decorators ?? [])]) this.#expr(unit, expr);
      for (const param of fn.params) {
        if (param.type) this.#type(unit, param.type);
        for (const decorator of param.decorators ?? []) this.#expr(unit, decorator);
      }
      if (fn.returnType) this.#type(unit, fn.returnType);
      // A class is one thing, wherever it stands.
      if (fn.class !== undefined) this.#tie(this.#functions[fn.id], this.#classes[fn.class]);
    }
    for (const cls of facts.classes) {
      const unit = this.#draft(this.#classes[cls.id]);
      for (const expr of [cls.superClass, ...cls.decorators, ...cls.members.flatMap((member) => [member.value, ...(member.decorators ?? [])])]) if (expr) this.#expr(unit, expr);
      for (const type of [...cls.implements, ...cls.members.flatMap((member) => member.type ?? [])]) this.#type(unit, type);
      for (const { fn } of cls.members) if (fn !== undefined) this.#tie(this.#classes[cls.id], this.#functions[fn]);
    }
    for (const variable of facts.variables) {
      const unit = this.#draft(variable.fn === 0 ? this.#variables[variable.id] : this.#functions[variable.fn]);
      if (variable.type) this.#type(unit, variable.type);
      if (variable.import) this.#import(unit, variable.import);
    }
    for (const type of facts.types) for (const each of [type.type, ...type.extends]) this.#type(this.#draft(this.#variables[type.variable]), each);
    for (const call of facts.calls) {
      const unit = this.#draft(this.#functions[call.fn]);
      for (const expr of [call.callee, ...call.args]) this.#expr(unit, expr);
      for (const type of call.typeArgs ?? []) this.#type(unit, type);
    }
    for (const loop of facts.loops) {
      const { bound } = loop;
      const over = bound.k === "over" || bound.k === "stepped" ? bound.over : bound.k === "count" ? bound.limit : undefined;
      if (over) this.#expr(this.#draft(this.#functions[loop.fn]), over);
    }
    this.#assigns();
    const exports = this.#exports();
    const stars = facts.exports.flatMap((entry) => (entry.k === "star" ? [entry.specifier] : []));
    // `import "./handlers.js"` has no name to speak of.
    for (const specifier of facts.specifiers) if (!this.#imported.has(specifier) && !stars.includes(specifier)) this.#units[BODY]?.imports.push({ specifier, name: "*" });
    return { units: this.#units, exports, stars };
  }

  #assigns(): void {
    for (const { fn, target, value } of this.facts.assigns) {
      const inside = this.#functions[fn] ?? BODY;
      const holder = baseOf(target);
      const held = holder === undefined || this.facts.variables[holder]?.fn !== 0 ? undefined : this.#variables[holder];
      // What a name of the module holds comes from where it is filled, and leads there.
      if (held !== undefined) this.#expr(this.#draft(held), value);
      if (inside !== BODY || held === undefined || target.k !== "var") {
        this.#expr(this.#draft(inside), value);
        this.#expr(this.#draft(inside), target);
        if (inside !== BODY) this.#tie(held, inside);
      }
    }
  }

  #exports(): Map<string, number[]> {
    const exports = new Map<string, number[]>();
    for (const entry of this.facts.exports) {
      if (entry.k === "star") continue;
      const id = this.#add();
      if (entry.k === "value") this.#expr(this.#draft(id), entry.value);
      else this.#import(this.#draft(id), { specifier: entry.specifier, name: entry.imported });
      exports.set(entry.name, [...(exports.get(entry.name) ?? []), id]);
    }
    return exports;
  }

  #add(): number {
    return this.#units.push({ units: new Set(), imports: [] }) - 1;
  }

  #draft(unit: number | undefined): Draft {
    return this.#units[unit ?? BODY] ?? { units: new Set(), imports: [] };
  }

  #tie(from: number | undefined, to: number | undefined): void {
    if (from !== undefined && to !== undefined && from !== to) this.#draft(from).units.add(to);
  }

  #import(unit: Draft, { specifier, name }: Mention): void {
    this.#imported.add(specifier);
    unit.imports.push({ specifier, name });
  }

  #expr(unit: Draft, expr: Expr, seen: ReadonlySet<number> = NONE): void {
    switch (expr.k) {
      case "var": {
        if (this.facts.variables[expr.id]?.fn === 0) this.#mention(unit, this.#variables[expr.id]);
        return;
      }
      case "fn":
        this.#mention(unit, this.#functions[expr.id]);
        return;
      case "class":
        this.#mention(unit, this.#classes[expr.id]);
        return;
      case "call": {
        const call = this.facts.calls[expr.id];
        if (!call || seen.has(expr.id)) return;
        // A call inside a function is the function's; one of the module's own code is also whoever's takes its value.
        if (call.fn !== 0) this.#mention(unit, this.#functions[call.fn]);
        else for (const part of [call.callee, ...call.args]) this.#expr(unit, part, new Set([...seen, expr.id]));
        return;
      }
      case "member":
      case "await":
        this.#expr(unit, expr.of, seen);
        return;
      case "typed":
        this.#expr(unit, expr.of, seen);
        this.#type(unit, expr.type);
        return;
      case "object":
        for (const { value } of expr.props) this.#expr(unit, value, seen);
        return;
      case "array":
        for (const item of expr.items) this.#expr(unit, item, seen);
        return;
      case "template":
        for (const hole of expr.holes) this.#expr(unit, hole, seen);
        return;
      case "either":
        for (const alternative of expr.of) this.#expr(unit, alternative, seen);
        return;
      case "module":
        this.#import(unit, { specifier: expr.specifier, name: "*" });
        return;
      default:
    }
  }

  #type(unit: Draft, type: TypeRef): void {
    switch (type.k) {
      case "ref":
        if (typeof type.head === "number" && this.facts.variables[type.head]?.fn === 0) this.#mention(unit, this.#variables[type.head]);
        for (const argument of type.args) this.#type(unit, argument);
        return;
      case "object":
        for (const property of type.props) this.#type(unit, property.type);
        return;
      case "union":
        for (const alternative of type.of) this.#type(unit, alternative);
        return;
      case "array":
      case "index":
        this.#type(unit, type.of);
        return;
      case "typeof":
        this.#expr(unit, type.of);
        return;
      case "function":
        this.#type(unit, type.returns);
        return;
      default:
    }
  }

  #mention(unit: Draft, other: number | undefined): void {
    if (other !== undefined && other !== BODY) unit.units.add(other);
  }
}

const NONE: ReadonlySet<number> = new Set();

/** The variable that an assignment changes: `a` of `a = …`, `a.b = …`, `a.b.c = …`. */
function baseOf(target: Expr): number | undefined {
  if (target.k === "var") return target.id;
  return target.k === "member" ? baseOf(target.of) : undefined;
}
