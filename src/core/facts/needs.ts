import type { AssignFact, CallFact, Expr, FileFacts, FunctionId, NeedFact, VariableId } from "./types.js";

/** A stretch of a function that runs only when one of these was found as it says. */
export interface Fork {
  fn: FunctionId;
  any: readonly Outcome[];
  start: number;
  end: number;
}

/** An expression was found to hold a value, or none; with `is`, to be that value, or another. */
export interface Outcome {
  asked: Expr;
  filled: boolean;
  nullish: boolean;
  is?: string | number | boolean;
}

export interface NeedInput {
  facts: FileFacts;
  forks: readonly Fork[];
}

/** A call has few conditions around it that matter: more are generated code. */
const MAX_NEEDS = 8;

/** Tells of each call what its function has to be given for it to run. */
export function markNeeds({ facts, forks }: NeedInput): void {
  if (forks.length === 0) return;
  let callsOf: Map<FunctionId, CallFact[]> | undefined;
  const given = new Given(facts);
  for (const { fn, any, start, end } of forks) {
    const [need, ...or] = any.map((outcome) => given.need(fn, outcome, start));
    if (!need || !or.every((other) => other !== undefined)) continue;
    callsOf ??= byFunction(facts.calls);
    const calls = callsOf.get(fn) ?? [];
    for (let i = firstFrom(calls, start); i < calls.length; i++) {
      const call = calls[i];
      if (!call || call.span.start >= end) break;
      if (call.span.end > end || (call.needs?.length ?? 0) >= MAX_NEEDS) continue;
      (call.needs ??= []).push(or.length > 0 ? { ...need, or } : { ...need });
    }
  }
}

/** The calls of each function, in the order in which they begin. */
function byFunction(calls: readonly CallFact[]): Map<FunctionId, CallFact[]> {
  const found = new Map<FunctionId, CallFact[]>();
  for (const call of calls) {
    const known = found.get(call.fn);
    if (known) known.push(call);
    else found.set(call.fn, [call]);
  }
  for (const list of found.values()) list.sort((a, b) => a.span.start - b.span.start);
  return found;
}

function firstFrom(calls: readonly CallFact[], start: number): number {
  let low = 0;
  let high = calls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((calls[middle]?.span.start ?? Infinity) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How a value counts in a condition. */
export function counts(value: string | number | boolean | null, { is, nullish }: Pick<NeedFact, "is" | "nullish">): boolean {
  if (is !== undefined) return value === is;
  return nullish === true ? value !== null : Boolean(value);
}

/** Parameters, and properties of what they are given, that nothing sets to something else before they are asked for. */
class Given {
  #assigned?: Map<VariableId, AssignFact[]>;
  #fields?: Set<string>;

  constructor(private readonly facts: FileFacts) {}

  need(fn: FunctionId, outcome: Outcome, at: number): NeedFact | undefined {
    const place = this.#place(fn, outcome, outcome.asked, at);
    const { filled, nullish, is } = outcome;
    return place && { ...place, filled, ...(nullish && { nullish }), ...(is !== undefined && { is }) };
  }

  #place(fn: FunctionId, outcome: Outcome, asked: Expr, at: number): Pick<NeedFact, "param" | "property" | "otherwise"> | undefined {
    if (asked.k === "member") {
      const param = asked.of.k === "var" ? this.#holder(fn, asked.of.id, at) : -1;
      return param === -1 || this.#isSet(asked) ? undefined : { param, property: asked.name };
    }
    if (asked.k !== "var") return undefined;
    const param = this.#parameter(fn, asked.id, at);
    if (param !== -1) return { param };
    // `function move({ transaction }) {}`, `const { transaction } = options;`: what is taken out of a parameter, once.
    const [only, more] = this.#before(fn, asked.id, at);
    if (!only || more) return undefined;
    if (only.value.k === "member") return this.#place(fn, outcome, only.value, at);
    // `{ notify = true }`
    const [taken, fallback, others] = only.value.k === "either" ? only.value.of : [];
    if (taken?.k !== "member" || fallback?.k !== "literal" || others) return undefined;
    const place = this.#place(fn, outcome, taken, at);
    return place && { ...place, otherwise: counts(fallback.value, outcome) };
  }

  /** The parameter out of which a property is taken, also where it has an empty object as its default: `{ notify } = {}`. */
  #holder(fn: FunctionId, variable: VariableId, at: number): number {
    const param = this.#parameter(fn, variable, at);
    const [only, more] = param === -1 ? this.#before(fn, variable, at) : [];
    if (only?.value.k !== "either" || more) return param;
    const [given, fallback, others] = only.value.of;
    const isEmpty = fallback?.k === "object" && fallback.props.length === 0 && !others;
    return given?.k === "var" && isEmpty ? this.#parameter(fn, given.id, at) : -1;
  }

  /** Its place among the function's parameters; a default is the one value that it may be set to. */
  #parameter(fn: FunctionId, variable: VariableId, at: number): number {
    const { params = [], body } = this.facts.functions[fn] ?? {};
    const index = params.findIndex((param) => param.variable === variable && param.rest !== true);
    if (index === -1 || body === undefined) return -1;
    const [only, more] = this.#before(fn, variable, at);
    return more || (only && only.span.start >= body.start) ? -1 : index;
  }

  #isSet({ of, name }: Extract<Expr, { k: "member" }>): boolean {
    if (!this.#fields) {
      this.#fields = new Set();
      for (const { target } of this.facts.assigns) if (target.k === "member" && target.of.k === "var") this.#fields.add(`${target.of.id} ${target.name}`);
    }
    return of.k === "var" && this.#fields.has(`${of.id} ${name}`);
  }

  /** What it may have been set to by then: in a loop, or by another function, also what stands behind. */
  #before(fn: FunctionId, variable: VariableId, at: number): readonly AssignFact[] {
    return this.#assignsOf(variable).filter((assign) => assign.fn !== fn || assign.span.start < at || this.facts.loops.some((loop) => loop.fn === fn && loop.span.start <= at && at < loop.span.end && assign.span.start < loop.span.end));
  }

  #assignsOf(variable: VariableId): readonly AssignFact[] {
    if (!this.#assigned) {
      this.#assigned = new Map();
      for (const assign of this.facts.assigns) {
        if (assign.target.k !== "var") continue;
        const known = this.#assigned.get(assign.target.id);
        if (known) known.push(assign);
        else this.#assigned.set(assign.target.id, [assign]);
      }
    }
    return this.#assigned.get(variable) ?? [];
  }
}
