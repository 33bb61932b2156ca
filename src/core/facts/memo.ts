import { isEmpty, Places, type Place } from "./places.js";
import type { Stages } from "./production.js";
import { type CallFact, type CallId, type Expr, type FileFacts, type FunctionId, type MemoFact, MODULE_FUNCTION } from "./types.js";

/** An expression whose truth was tested, and the outcome that means that there is a value. */
export interface Asked {
  expr: Expr;
  filledWhen: boolean;
  /** It was compared with a value: another value empties the place. */
  compared?: boolean;
  /** What it was compared with. */
  to?: Expr;
  /** How much is in it was asked: `readers.length === 0`. */
  counted?: boolean;
}

/** A stretch of a function that runs only when one of these places was found empty. */
export interface Guard {
  fn: FunctionId;
  places: Pick<Asked, "expr" | "compared">[];
  /** Or only while one of these has a certain value: `if (state === "new")`. */
  states?: Pick<Asked, "expr" | "to">[];
  /** In production it runs in any case. */
  inProduction?: boolean;
  start: number;
  end: number;
}

/** What the walk hands over: facts, and what they leave out. */
export interface MemoInput {
  facts: FileFacts;
  guards: readonly Guard[];
  inPlace: ReadonlyMap<FunctionId, FunctionId>;
  /** For each of `facts.assigns`: where the innermost branch that contains it starts; -1 for none. */
  branches: readonly number[];
  /** Functions that run when something failed: `.catch` callbacks. */
  rescues: ReadonlySet<FunctionId>;
  stages: Pick<Stages, "around">;
}

/** A value that is put into a place. */
interface Fill {
  place: Place;
  fn: FunctionId;
  at: number;
  value: Expr;
  /** Where its innermost branch starts; Infinity when it is not known. */
  branch: number;
}

interface Reset {
  fn: FunctionId;
  at: number;
  always: boolean;
}

/** Bounds on what one guard may cost: past them a call is left unmarked. */
const MAX_FILLS = 32;
const MAX_FLOW = 500;
const MAX_REGION = 2000;

/**
 * Marks the calls whose value is kept in a place that outlives the call and is asked first. A guard says where a
 * place was found empty; a fill says what is put there; the calls between them from which the value comes run once.
 */
export function markMemos(input: MemoInput): void {
  if (input.guards.length > 0) new Memos(input).mark();
}

class Memos {
  readonly #places: Places;
  /** By place, then by the function whose call fills it. */
  readonly #fills = new Map<string, Map<FunctionId, Fill[]>>();
  readonly #resets = new Map<string, Reset[]>();
  readonly #callsOf = new Map<FunctionId, CallId[]>();
  readonly #byStart: CallFact[];

  constructor(private readonly input: MemoInput) {
    const { facts, inPlace } = input;
    this.#places = new Places(facts, inPlace);
    this.#byStart = [...facts.calls].sort((a, b) => a.span.start - b.span.start);
    for (const call of facts.calls) append(this.#callsOf, call.fn, call.id);
    facts.assigns.forEach(({ target, value, fn, op, span }, i) => {
      if (op === "other" || op === "&&=") return;
      const place = this.#places.of(target, fn);
      const branch = input.branches[i] ?? -1;
      if (!place) return;
      if (isEmpty(value)) append(this.#resets, place.key, { fn, at: span.start, always: branch < 0 && !input.rescues.has(fn) });
      else this.#addFill({ place, fn, at: span.start, value, branch });
    });
    for (const call of facts.calls) this.#readCall(call);
  }

  #readCall(call: CallFact): void {
    if (call.callee.k !== "member") return;
    const [first, value] = call.args;
    const set = value && this.#places.entryOf(call.id, "set");
    const list = first && !value && /^(push|unshift)$/.test(call.callee.name) ? this.#places.of(call.callee.of, call.fn) : undefined;
    if (first && list) this.#addFill({ place: list, fn: call.fn, at: call.span.start, value: first, branch: Infinity });
    else if (set) this.#addFill({ place: set, fn: call.fn, at: call.span.start, value, branch: Infinity });
    else {
      const place = this.#places.entryOf(call.id, "delete");
      if (place) append(this.#resets, place.key, { fn: call.fn, at: call.span.start, always: !call.conditional && !this.input.rescues.has(call.fn) });
    }
  }

  #addFill(fill: Fill): void {
    const byCaller = this.#fills.get(fill.place.key) ?? new Map<FunctionId, Fill[]>();
    this.#fills.set(fill.place.key, byCaller);
    const caller = this.#places.caller(fill.fn);
    if ((byCaller.get(caller)?.length ?? 0) < MAX_FILLS) append(byCaller, caller, fill);
  }

  mark(): void {
    for (const guard of this.input.guards) {
      const seen = new Set<string>();
      for (const { expr, compared } of guard.places) {
        for (const place of this.#places.asked(expr, guard.fn)) {
          if (seen.has(place.key)) continue;
          seen.add(place.key);
          this.#markFor(guard, compared ? { ...place, keyed: true } : place);
        }
      }
      for (const { expr, to } of guard.states ?? []) {
        const place = to && this.#places.of(expr, guard.fn);
        if (place && this.#isLeft(guard, place, to)) for (const call of this.#callsIn(guard)) this.#set(call, place);
      }
    }
  }

  /** A state that what runs in it ends, then or later (`open().then(() => { state = "open"; })`), and to which nothing but the end of all returns. */
  #isLeft(guard: Guard, place: Place, state: Expr): boolean {
    const { functions } = this.input.facts;
    const fills = [...(this.#fills.get(place.key)?.values() ?? [])].flat();
    const isFirst = (fill: Fill): boolean => fill.fn === MODULE_FUNCTION || functions[fill.fn]?.kind === "constructor" || this.#places.isFirst(place, fill.fn);
    const leaves = fills.some((fill) => fill.at >= guard.start && fill.at < guard.end && !isSameValue(fill.value, state));
    return leaves && fills.every((fill) => !isSameValue(fill.value, state) || isFirst(fill) || this.#ends(fill.fn));
  }

  /** In a function that ends the object by its name, or in one written there. */
  #ends(fn: FunctionId): boolean {
    const { functions } = this.input.facts;
    for (let at = fn; at !== MODULE_FUNCTION; at = functions[at]?.parent ?? MODULE_FUNCTION) if (ENDS.test(functions[at]?.name ?? "")) return true;
    return false;
  }

  #markFor(guard: Guard, place: Place): void {
    const fills = this.#fills.get(place.key);
    if (!fills) return;
    const caller = this.#places.caller(guard.fn);
    const resets = this.#resets.get(place.key) ?? [];
    for (const fill of fills.get(caller) ?? []) {
      // Emptied again each time: kept for the length of the call only.
      if (resets.some((r) => r.always && r.at > fill.at && this.#places.caller(r.fn) === caller)) continue;
      const spared = this.#isSpared(guard, [fill]);
      this.#markFlow(guard, place, fill.value, spared);
      const certain = fill.at >= guard.start && fill.at < guard.end && fill.branch <= guard.start && !place.keyed;
      if (certain && !resets.some((r) => r.at > fill.at && this.#isWithin(r.fn, caller) && !this.#isRescue(r))) {
        for (const call of this.#callsIn(guard)) this.#set(call, place, spared);
      }
    }
    if (fills.size === (fills.has(caller) ? 1 : 0)) return;
    for (const call of this.#callsIn(guard)) {
      const callee = this.#functionOf(call.callee);
      const byCallee = callee === undefined || callee === caller ? undefined : fills.get(callee);
      if (byCallee) this.#set(call, place, this.#isSpared(guard, byCallee));
    }
  }

  /** Kept, or asked for, outside of production alone: in production it is made each time. */
  #isSpared(guard: Guard, fills: readonly Fill[]): boolean {
    return guard.inProduction === true || fills.every(({ at }) => this.input.stages.around(at) !== undefined);
  }

  /** In a `catch`: what failed is opened again, and is kept no longer. */
  #isRescue({ fn, at }: Reset): boolean {
    return this.input.facts.tries.some(({ fn: of, handler }) => of === fn && handler !== undefined && handler.start <= at && at < handler.end);
  }

  /** Marks the calls from which a value comes, as far as they stand under the guard. */
  #markFlow(guard: Guard, place: Place, value: Expr, spared: boolean): void {
    const { facts, inPlace } = this.input;
    const todo: Expr[] = [value];
    const variables = new Set<number>();
    for (let steps = 0; todo.length > 0 && steps < MAX_FLOW; steps++) {
      const expr = todo.pop();
      if (!expr) break;
      if (expr.k === "call") {
        const call = facts.calls[expr.id];
        if (!call) continue;
        if (this.#isUnder(call, guard)) this.#set(call, place, spared);
        if (call.callee.k !== "var") todo.push(call.callee);
        for (const arg of call.args) todo.push(arg);
      } else if (expr.k === "fn") {
        if (!inPlace.has(expr.id) && facts.functions[expr.id]?.loopBody === undefined) continue;
        for (const id of this.#callsOf.get(expr.id) ?? []) todo.push({ k: "call", id });
        for (const returned of facts.functions[expr.id]?.returns ?? []) todo.push(returned);
      } else if (expr.k === "var") {
        if (variables.has(expr.id) || !this.#places.isDeclaredIn(expr.id, guard.fn)) continue;
        variables.add(expr.id);
        for (const fact of this.#places.assignsTo(expr.id)) todo.push(fact.value);
      } else if (expr.k === "object") for (const prop of expr.props) todo.push(prop.value);
      else if (expr.k === "array") for (const item of expr.items) todo.push(item);
      else if (expr.k === "either") for (const one of expr.of) todo.push(one);
      else if (expr.k === "member" || expr.k === "await" || expr.k === "typed") todo.push(expr.of);
    }
  }

  #isUnder(call: CallFact, guard: Guard): boolean {
    return call.span.start >= guard.start && call.span.start < guard.end && this.#runsWith(call.fn, guard.fn);
  }

  /** A function that runs in place, or as the body of a loop, runs when the one around it does. */
  #runsWith(fn: FunctionId, outer: FunctionId): boolean {
    const { facts, inPlace } = this.input;
    for (let at = fn; ; ) {
      if (at === outer) return true;
      const fact = facts.functions[at];
      const up = inPlace.get(at) ?? (fact?.loopBody === undefined ? undefined : fact.parent);
      if (up === undefined) return false;
      at = up;
    }
  }

  #isWithin(fn: FunctionId, outer: FunctionId): boolean {
    for (let at = fn; ; at = this.input.facts.functions[at]?.parent ?? 0) {
      if (at === outer) return true;
      if (at === 0) return false;
    }
  }

  #callsIn(guard: Guard): CallFact[] {
    const calls = this.#byStart;
    let low = 0;
    let high = calls.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((calls[middle]?.span.start ?? 0) < guard.start) low = middle + 1;
      else high = middle;
    }
    const found: CallFact[] = [];
    for (let i = low; i < calls.length && i - low < MAX_REGION; i++) {
      const call = calls[i];
      if (!call || call.span.start >= guard.end) break;
      if (this.#runsWith(call.fn, guard.fn)) found.push(call);
    }
    return found;
  }

  /** The function of this file that a callee names: `open()`, `this.open()`, `Repo.open()`. */
  #functionOf(callee: Expr): FunctionId | undefined {
    const { facts } = this.input;
    if (callee.k === "var") {
      const [only, more] = this.#places.assignsTo(callee.id);
      return only?.value.k === "fn" && !more ? only.value.id : undefined;
    }
    if (callee.k !== "member" || callee.of.k !== "this") return undefined;
    const self = facts.functions[callee.of.fn];
    const members = self?.class === undefined ? undefined : facts.classes[self.class]?.members;
    return members?.find((member) => member.name === callee.name && member.fn !== undefined)?.fn;
  }

  /** `spared`: only outside of production, which counts for calls that stand there. */
  #set(call: CallFact, place: Place, spared = false): void {
    if (spared && this.input.stages.around(call.span.start) === undefined) return;
    const memo: MemoFact = { owner: place.owner, place: place.text, keyed: place.keyed };
    if (!call.memo || rank(memo) > rank(call.memo)) call.memo = memo;
  }
}

/** What ends an object, after which it may be started again. */
const ENDS = /^(stop|close|shutdown|destroy|dispose|end|terminate|disconnect)/i;

/** The same literal, or the same name: `State.INIT`. */
function isSameValue(a: Expr, b: Expr): boolean {
  if (a.k === "literal" || b.k === "literal") return a.k === "literal" && b.k === "literal" && a.value === b.value;
  if (a.k === "var" && b.k === "var") return a.id === b.id;
  if (a.k === "member" && b.k === "member") return a.name === b.name && a.name !== "*" && isSameValue(a.of, b.of);
  // What cannot be compared may be the same.
  return !(a.k === "member" && b.k === "var") && !(a.k === "var" && b.k === "member");
}

/** Of several guards around a call the one counts that lets it run least often. */
function rank(memo: MemoFact): number {
  return (memo.keyed ? 0 : 3) + (memo.owner === "module" ? 2 : memo.owner === "this" ? 1 : 0);
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}
