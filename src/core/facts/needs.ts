import type { AssignFact, CallFact, Expr, FileFacts, FunctionId, NeedFact, VariableId } from "./types.js";

/** A stretch of a function that runs only when one expression was found to hold a value, or none. */
export interface Fork {
  fn: FunctionId;
  asked: Expr;
  filled: boolean;
  nullish: boolean;
  start: number;
  end: number;
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
  for (const { fn, asked, filled, nullish, start, end } of forks) {
    const place = given.of(fn, asked, start, nullish);
    if (!place) continue;
    callsOf ??= byFunction(facts.calls);
    const calls = callsOf.get(fn) ?? [];
    for (let i = firstFrom(calls, start); i < calls.length; i++) {
      const call = calls[i];
      if (!call || call.span.start >= end) break;
      if (call.span.end > end || (call.needs?.length ?? 0) >= MAX_NEEDS) continue;
      (call.needs ??= []).push({ ...place, filled, ...(nullish && { nullish }) });
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

/** Parameters, and properties of what they are given, that nothing sets to something else before they are asked for. */
class Given {
  #assigned?: Map<VariableId, AssignFact[]>;
  #fields?: Set<string>;

  constructor(private readonly facts: FileFacts) {}

  of(fn: FunctionId, asked: Expr, at: number, nullish: boolean): Pick<NeedFact, "param" | "property" | "otherwise"> | undefined {
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
    if (only.value.k === "member") return this.of(fn, only.value, at, nullish);
    // `{ notify = true }`
    const [taken, fallback, others] = only.value.k === "either" ? only.value.of : [];
    if (taken?.k !== "member" || fallback?.k !== "literal" || others) return undefined;
    const place = this.of(fn, taken, at, nullish);
    return place && { ...place, otherwise: nullish ? fallback.value !== null : Boolean(fallback.value) };
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
