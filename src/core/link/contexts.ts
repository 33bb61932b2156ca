import { frameworkOf, frameworkOfGlobal } from "../catalogue/index.js";
import type { CallbackRole } from "../catalogue/framework.js";
import { platform, runsForMaker } from "../catalogue/frameworks/platform.js";
import type { CallFact, MemoFact } from "../facts/types.js";
import { neverRuns } from "./branches.js";
import type { CallEdge, CallGraph, CallPlace, Handover } from "./calls.js";
import { frameworkEntries } from "./entries.js";
import { literalText } from "./expressions.js";
import { classKey } from "./injected.js";
import { Injection } from "./injection.js";
import { isOnlyKept } from "./kept.js";
import { listenersOf } from "./listeners.js";
import { fromOwnRoute, type PathStep } from "./own-route.js";
import { Passers } from "./passers.js";
import { append, functionKey, type FunctionKey } from "./program.js";
import { endlessAround, rearmed } from "./repeats.js";
import { callsParameter } from "./schedule.js";
import type { TokenId } from "./tokens.js";
import { WrappedCalls } from "./wrapped-calls.js";
import { registrationsOf } from "./wrapped-handlers.js";

export { literalText } from "./expressions.js";

/**
 * In which circumstances a function runs. A function may have several. `repeated`: nobody asks for it, but it comes round
 * by itself while others are served.
 */
export type Context = "per-call" | "repeated" | "once" | "test" | "unknown";

/** How a context came to a function: the call or registration, and the function it came from. */
export interface Step {
  from?: FunctionKey;
  file: string;
  call?: CallFact;
  /** Set where the path begins: `PATCH /artifacts/:id`. */
  entry?: string;
}

/** A function that is given a role of its own by a call, a decorator or a convention. One function may have several. */
export interface Registered {
  key: FunctionKey;
  role: CallbackRole;
  step: Step;
  /** By convention: the name by which its file exports it. */
  exported?: string;
}

/** Which functions run once, and which per request, event or tick: contexts spread from entry points along calls. */
export class Contexts {
  readonly #of = new Map<FunctionKey, Map<Context, Step>>();
  readonly #outgoing = new Map<FunctionKey, { to: FunctionKey; step: Step; memo?: MemoFact }[]>();
  #madeBy?: ReadonlySet<FunctionKey>;
  #incoming?: ReadonlyMap<FunctionKey, readonly FunctionKey[]>;
  readonly #queue: [FunctionKey, Context][] = [];
  readonly #registered: Registered[] = [];
  /** What frameworks call by convention, without being given it. */
  readonly #conventions: readonly Registered[];
  /** What a container makes for each request. */
  readonly injection: Injection;

  constructor(readonly graph: CallGraph) {
    this.injection = new Injection(graph);
    this.#conventions = frameworkEntries(graph).map(({ key, file, role, exported }) => ({ key, role, step: { file, entry: role.role === "test" ? "test" : role.label }, ...(exported !== undefined && { exported }) }));
    this.#collectEdges();
    this.#seedModules();
    this.#seedEntries();
    for (const { key, file, call, label } of rearmed(graph)) this.#reach(key, "repeated", { file, call, entry: label });
    this.#spread();
    this.#seedUnreached();
  }

  of(key: FunctionKey): ReadonlyMap<Context, Step> {
    return this.#of.get(key) ?? EMPTY;
  }

  /** In which circumstances a call runs: as its function, or less often when its value is kept. */
  ofCall(file: string, call: CallFact): ReadonlySet<Context> {
    const owner = this.#ownerOf(file, call);
    if (owner === MODULE) return new Set(["once"]);
    const found = new Set(this.of(owner ?? functionKey(file, call.fn)).keys());
    if (owner === undefined && this.#comesRound(file, call)) found.add("repeated");
    return found;
  }

  /** From the entry point to the function, outermost first, each step with the function it leads to. */
  pathTo(key: FunctionKey, context: Context): readonly PathStep[] {
    const path: PathStep[] = [];
    const seen = new Set<FunctionKey>();
    // Whose method was called through `this`, as long as nothing else was.
    let self: TokenId | undefined;
    for (let at: FunctionKey | undefined = key; at !== undefined && !seen.has(at); ) {
      seen.add(at);
      const step: Step | undefined = this.#writtenIn(at, context) ?? (self === undefined ? undefined : this.#calledOn(self, at, context)) ?? this.of(at).get(context);
      if (!step) break;
      path.unshift({ ...step, key: at });
      if (step.call?.callee.k !== "member" || step.call.callee.of.k !== "this") self = undefined;
      else self ??= this.#instanceOf(at);
      at = step.from;
    }
    return fromOwnRoute(this.graph, this.#registered, path);
  }

  #instanceOf(key: FunctionKey): TokenId | undefined {
    if (key.startsWith("class ")) return undefined;
    const { file, fn } = this.graph.program.fnOf(key);
    return fn.class === undefined ? undefined : this.graph.values.tokens.intern({ t: "instance", file, id: fn.class });
  }

  /** A base class's method that calls one of its subclasses through `this` has callers for each of them: the path leads through one that has such an object. */
  #calledOn(self: TokenId, key: FunctionKey, context: Context): Step | undefined {
    const { edges, values } = this.graph;
    const isOn = ({ file, call }: CallPlace): boolean => call.callee.k === "member" && values.solver.values(values.expression(file, call.callee.of, call.fn)).has(self);
    const first = this.of(key).get(context);
    if (first?.call === undefined || first.entry !== undefined || isOn({ file: first.file, call: first.call })) return undefined;
    const found = edges.find((edge) => edge.to === key && this.of(edge.from).has(context) && isOn(edge));
    return found && { from: found.from, file: found.file, call: found.call };
  }

  /**
   * A function written as an argument runs because the function around it passed it on. The helper that calls it may
   * have many callers: the path leads through the one that wrote it.
   */
  #writtenIn(key: FunctionKey, context: Context): Step | undefined {
    if (key.startsWith("class ")) return undefined;
    const { file, fn } = this.graph.program.fnOf(key);
    const step = this.of(key).get(context);
    if (fn.id === 0 || fn.class !== undefined || step?.entry !== undefined || fn.parent === 0) return undefined;
    const parent = functionKey(file, fn.parent);
    if (!this.of(parent).has(context)) return undefined;
    const call = this.graph.program.file(file).calls.find((candidate) => candidate.fn === fn.parent && candidate.argSpans.some((span) => span.start === fn.span.start && span.end === fn.span.end));
    return call ? { from: parent, file, call } : undefined;
  }

  /** The functions where requests, events and ticks arrive, with what they are called. */
  entries(): { key: FunctionKey; label: string; step: Step }[] {
    const found = [];
    for (const [key, contexts] of this.#of) {
      const step = contexts.get("per-call");
      if (step?.entry !== undefined && !key.startsWith("class ")) found.push({ key, label: step.entry, step });
    }
    return found;
  }

  /** What runs a call per request, event or tick: the functions and classes that lead to it, itself among them. */
  leadingTo(file: string, call: CallFact): ReadonlySet<FunctionKey> {
    const owner = this.#ownerOf(file, call);
    const found = new Set<FunctionKey>(owner === MODULE ? [] : [owner ?? functionKey(file, call.fn)]);
    this.#incoming ??= reversed(this.#outgoing);
    for (const key of found) for (const from of this.#incoming.get(key) ?? []) if (this.of(from).has("per-call")) found.add(from);
    return found;
  }

  /** Every role that a function was given, in source order of the calls, also where another one came first. */
  registered(): readonly Registered[] {
    return this.#registered;
  }

  /** Whether a function that is handed over runs while the call that hands it over runs, and not later: no handler, no timer, nothing that is only put away. */
  runsInPlace(handover: Handover): boolean {
    if (isOnlyKept(this.graph, handover.call, handover.argument)) return false;
    if (handover.property !== undefined || (handover.callee === null && this.graph.external.has(handover.call))) return false;
    const token = handover.callee === null ? undefined : this.graph.values.tokens.get(handover.callee);
    if (token?.t === "external" && /^(default\.)?(setTimeout|setImmediate|setInterval|queueMicrotask|process\.nextTick)$/.test(token.path)) return false;
    const role = token === undefined ? roleByShape(handover) : this.#roleOf(handover);
    return role === "inherit";
  }

  /** Whose circumstances a memoised call has: the module's, a function's, or a class's (as a pseudo-function). */
  #ownerOf(file: string, call: CallFact): FunctionKey | undefined {
    if (!call.memo) return undefined;
    if (call.memo.owner === "module") return MODULE;
    if (call.memo.owner === "this") {
      const cls = this.#enclosingClass(file, call.fn);
      return cls === undefined ? this.#objectOf(file, call.fn) : classKey(file, cls);
    }
    return functionKey(file, call.memo.owner);
  }

  /**
   * Whose circumstances an object without a class has: those of the function that writes it down; nobody's that is known where a function is lent its object
   * (`function connect(this: Adapter)`, which stands in the object that a factory gives back). What a function that is called with `new` finds empty was made by that very call.
   */
  #objectOf(file: string, fn: number): FunctionKey | undefined {
    const { program } = this.graph;
    let at = program.fn(file, fn);
    while (at.kind === "arrow" && at.parent !== at.id) at = program.fn(file, at.parent);
    if (at.kind === "module") return MODULE;
    const key = functionKey(file, at.id);
    if (this.#constructed.has(key)) return undefined;
    return at.object === undefined ? `object of ${key}` : functionKey(file, at.parent);
  }

  /** The functions that are called with `new`. */
  get #constructed(): ReadonlySet<FunctionKey> {
    return (this.#madeBy ??= new Set(this.graph.edges.flatMap(({ call, to }) => (call.kind === "new" ? [to] : []))));
  }

  #enclosingClass(file: string, fn: number): number | undefined {
    for (let at = fn; at !== 0; ) {
      const fact = this.graph.program.fn(file, at);
      if (fact.class !== undefined) return fact.class;
      at = fact.parent;
    }
    return undefined;
  }

  /** In a loop without an end, of a program that serves. */
  #comesRound(file: string, call: CallFact): boolean {
    return call.loop !== undefined && this.graph.program.role(file) === "source" && endlessAround(this.graph, file, call) !== undefined;
  }

  #connect(from: FunctionKey, to: FunctionKey, step: Step): void {
    if (step.call !== undefined && this.#comesRound(step.file, step.call)) this.#reach(to, "repeated", { ...step, from: undefined, entry: "each turn of a loop without an end" });
    const list = this.#outgoing.get(from) ?? [];
    list.push({ to, step });
    this.#outgoing.set(from, list);
  }

  #collectEdges(): void {
    const { graph } = this;
    const ofParameters: CallEdge[] = [];
    for (const edge of graph.edges.values()) {
      if (neverRuns(graph, edge.file, edge.call)) continue;
      const owner = this.#ownerOf(edge.file, edge.call);
      if (owner === undefined && callsParameter(graph, edge.file, edge.call)) {
        ofParameters.push(edge);
        continue;
      }
      this.#connectCall(edge, edge.to);
    }
    for (const read of graph.values.getters.reads()) {
      const from = functionKey(read.file, read.fn);
      this.#connect(from, functionKey(read.targetFile, read.target), { from, file: read.file });
    }
    for (const { file, from, to } of listenersOf(graph)) this.#connect(from, to, { from, file });
    const resolved = new Set([...graph.edges.values()].map((edge) => edge.call));
    const specific = new Set<string>();
    for (const handover of graph.handovers.values()) {
      if (handover.callee === null) continue;
      specific.add(`${handover.file} ${handover.call.id} ${handover.to}`);
      this.#applyRole(handover, this.#roleOf(handover));
    }
    for (const handover of graph.handovers.values())
      if (handover.callee === null && (!resolved.has(handover.call) || isOwnVerb(handover)) && !specific.has(`${handover.file} ${handover.call.id} ${handover.to}`)) this.#applyRole(handover, roleByShape(handover));
    this.#connectPassed(ofParameters);
    for (const facts of graph.program.files.values())
      for (const cls of facts.classes) {
        const key = classKey(facts.file, cls.id);
        for (const { file, call } of graph.instantiations.get(`${facts.file}#${cls.id}`) ?? []) this.#connectObject(key, file, call);
      }
  }

  /** A call whose value is kept runs what it calls as often as there is something to keep it for. */
  #connectCall({ file, call }: CallPlace, to: FunctionKey): void {
    const owner = this.#ownerOf(file, call);
    const from = functionKey(file, call.fn);
    if (owner === MODULE) this.#reach(to, "once", { file, call });
    else this.#connect(owner ?? from, to, { file, call, from });
  }

  /** What an object keeps lives as long as the object does: one that is kept itself, in a Map by its address as well, is made no more often than that. */
  #connectObject(key: FunctionKey, file: string, call: CallFact): void {
    const from = functionKey(file, call.fn);
    const owner = this.#ownerOf(file, call);
    if (owner === MODULE) this.#reach(key, "once", { from, file, call });
    else this.#connect(owner ?? from, key, { from, file, call });
  }

  /**
   * What came in as a parameter runs when those do that gave it; in a handler of the helper's own (a route, a timer), as that does; in a
   * function that the helper gives back, when that is called under the name that it was given.
   */
  #connectPassed(edges: readonly CallEdge[]): void {
    const passers = new Passers(this.graph);
    const wrapped = new WrappedCalls(this.graph);
    const entries = [...this.#registered, ...this.#conventions.filter(({ exported }) => exported !== undefined)].filter(({ role }) => role.role === "entry");
    const served = new Set(entries.map(({ key }) => key));
    const registered = new Map<string, Registered[]>();
    for (const entry of entries) append(registered, entry.step.file, entry);
    for (const edge of edges) {
      const { file, call, from, to } = edge;
      const between = passers.between(edge);
      const handlers = new Set(between.filter((key) => served.has(key)));
      const given = handlers.size > 0 ? [] : passers.of(edge);
      if (given.length === 0) this.#connect(from, to, { from, file, call });
      // The route to which this very function was given, not the first that the helper makes.
      if (handlers.size > 0) for (const { role, step } of registrationsOf(this.graph.program, entries.filter(({ key }) => handlers.has(key)), passers.of(edge))) this.#serve(to, role, step);
      // One wrapper around another: the inner one's function is called by the outer one's, at the route to which all of it was given.
      const outside = handlers.size > 0 || between.length === 0 ? [] : registrationsOf(this.graph.program, [...new Set(given.map(({ file: at }) => at))].flatMap((at) => registered.get(at) ?? []), given);
      for (const { role, step } of outside) this.#serve(to, role, step);
      for (const passed of outside.length > 0 ? [] : given) {
        const calls = between.length === 0 ? [] : wrapped.of(passed.call);
        for (const place of calls) this.#connectCall(place, to);
        if (calls.length > 0) continue;
        const giver = functionKey(passed.file, passed.call.fn);
        this.#connect(giver, to, { from: giver, file: passed.file, call: passed.call });
      }
    }
  }

  #applyRole(handover: Handover, role: CallbackRole | "inherit" | "unknown"): void {
    const from = functionKey(handover.file, handover.call.fn);
    const step: Step = { file: handover.file, call: handover.call };
    if (role === "inherit") this.#connect(from, handover.to, { ...step, from });
    else if (role === "unknown") return;
    else this.#register(handover.to, role, step);
  }

  #register(key: FunctionKey, role: CallbackRole, step: Step): void {
    this.#registered.push({ key, role, step });
    if (role.role === "entry") this.#serve(key, role, step);
    else this.#reach(key, role.role, { ...step, entry: role.role === "once" ? role.label : "test" });
  }

  #serve(key: FunctionKey, role: CallbackRole, step: Step): void {
    const { program } = this.graph;
    if (role.role === "entry") this.#reach(key, program.role(step.file) === "test" ? "test" : "per-call", { ...step, entry: role.label }, role.kind === "route" && !program.isScriptByPath(step.file));
  }

  #roleOf(handover: Handover): CallbackRole | "inherit" | "unknown" {
    const token = handover.callee === null ? undefined : this.graph.values.tokens.get(handover.callee);
    if (token?.t !== "external") return "inherit";
    const framework = token.module === null ? frameworkOfGlobal(token.path.split(/[.(]/)[0] ?? "") : frameworkOf(token.module);
    const method = /([\w$]+)$/.exec(token.path)?.[1] ?? "";
    const call = { method, literals: handover.call.args.map(literalText), property: handover.property };
    for (const registration of [...(framework?.registrations ?? []), ...platform.registrations.filter((rule) => framework !== platform && token.module !== null && rule.path.test(`.${method}`))])
      if (registration.path.test(token.path)) {
        const role = registration.role(call);
        if (role) return role;
      }
    const shape = roleByShape(handover);
    if (shape !== "inherit") return shape;
    return handover.property === undefined || (token.module === null && runsForMaker(token.path, handover.property)) ? "inherit" : "unknown";
  }

  #seedModules(): void {
    for (const facts of this.graph.program.files.values()) {
      this.#reach(functionKey(facts.file, 0), "once", { file: facts.file });
      for (const cls of facts.classes) {
        const scoped = this.injection.scoped(classKey(facts.file, cls.id));
        // A decorated class that nobody constructs here is made by a container: once, if nothing else is said.
        if (scoped || (cls.decorators.length > 0 && !this.graph.instantiations.has(`${facts.file}#${cls.id}`))) {
          const [context, entry] = scoped ? (["per-call", `each request that needs ${cls.name}`] as const) : (["once", "dependency injection"] as const);
          const step: Step = { file: facts.file, entry };
          this.#reach(classKey(facts.file, cls.id), context, step);
          const constructor = this.graph.values.constructorOf(facts.file, cls.id);
          if (constructor !== undefined) this.#reach(functionKey(facts.file, constructor), context, step);
        }
      }
    }
    for (const { id, name, file } of this.injection.perRequest()) if (!id.startsWith("class ")) this.#reach(id, "per-call", { file, entry: `each request that needs ${name}` });
  }

  #seedEntries(): void {
    for (const entry of this.#conventions) {
      this.#registered.push(entry);
      this.#reach(entry.key, entry.role.role === "entry" ? "per-call" : entry.role.role, entry.step);
    }
  }

  /** What nobody here calls is called by somebody else, we do not know how. */
  #seedUnreached(): void {
    const called = new Set([...this.#outgoing.values()].flat().map((edge) => edge.to));
    for (const onlyUncalled of [true, false])
      for (const facts of this.graph.program.files.values()) {
        for (const fn of facts.functions) {
          const key = functionKey(facts.file, fn.id);
          if (!this.#of.has(key) && !(onlyUncalled && called.has(key))) this.#reach(key, "unknown", { file: facts.file });
        }
        for (const cls of facts.classes) {
          const key = classKey(facts.file, cls.id);
          if (!this.#of.has(key)) this.#reach(key, "unknown", { file: facts.file });
        }
        this.#spread();
      }
  }

  /** `serves`: what starts as a command (a `#!`, a folder `bin`) and answers requests is a service, whatever its file is called by. */
  #reach(key: FunctionKey, context: Context, step: Step, serves = false): void {
    const file = fileOfKey(key);
    const role = this.graph.program.role(file);
    // Where code lives weighs more than who calls it: a script's helper stays a script's helper, unless a service calls it per request, itself or through other functions of the script.
    const served = context === "per-call" && (step.from !== undefined || serves);
    const actual: Context = role === "test" ? "test" : role === "script" && context !== "test" && !served ? "once" : context;
    let known = this.#of.get(key);
    if (!known) this.#of.set(key, (known = new Map<Context, Step>()));
    if (known.has(actual)) return;
    known.set(actual, step);
    this.#queue.push([key, actual]);
  }

  #spread(): void {
    for (let index = 0; index < this.#queue.length; index++) {
      const next = this.#queue[index];
      if (!next) break;
      const [key, context] = next;
      for (const { to, step } of this.#outgoing.get(key) ?? []) this.#reach(to, context, step);
    }
    this.#queue.length = 0;
  }
}

const EMPTY: ReadonlyMap<Context, Step> = new Map();

/** The owner of what is kept for the life of the process: no function key looks like this. */
const MODULE: FunctionKey = "module";

function reversed(edges: ReadonlyMap<FunctionKey, readonly { to: FunctionKey }[]>): Map<FunctionKey, FunctionKey[]> {
  const back = new Map<FunctionKey, FunctionKey[]>();
  for (const [from, list] of edges)
    for (const { to } of list) {
      const known = back.get(to);
      if (known) known.push(from);
      else back.set(to, [from]);
    }
  return back;
}

function fileOfKey(key: FunctionKey): string {
  return key.slice(key.startsWith("class ") ? 6 : 0, key.lastIndexOf("#"));
}

const VERBS = /^(get|post|put|patch|delete|all|use|options|head)(Async)?$/;

/** `router.getAsync("/things", handler)`: a program's own way to register a handler whose rejections are passed on. No framework has such names. */
function isOwnVerb({ call: { callee } }: Handover): boolean {
  return callee.k === "member" && callee.name.endsWith("Async") && VERBS.test(callee.name);
}

/** Receivers that we could not resolve: a route's shape is its verb, its path and its function. */
function roleByShape({ call }: Handover): CallbackRole | "inherit" {
  if (call.callee.k !== "member") return "inherit";
  const { name } = call.callee;
  const first = call.args[0] ? literalText(call.args[0]) : undefined;
  if (VERBS.test(name) && first?.startsWith("/")) return { role: "entry", kind: "route", label: `${name.replace(/Async$/, "").toUpperCase()} ${first}` };
  if (/^(on|addListener|addEventListener)$/.test(name) && first !== undefined && !/^(listening|close|exit|error|open|ready|end|finish|SIG\w+)$/.test(first)) return { role: "entry", kind: "event", label: `${first} event` };
  return "inherit";
}
