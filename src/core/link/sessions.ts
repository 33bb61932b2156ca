import { libraryWithId } from "../catalogue/index.js";
import type { OpenPattern } from "../catalogue/library.js";
import type { AssignFact, CallFact, Expr, FunctionFact } from "../facts/types.js";
import { neverRuns } from "./branches.js";
import { constantOf } from "./constants.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./contexts.js";
import { exprSpan } from "./expressions.js";
import { argumentAt, kindOf, openPatternOf, withoutDefault } from "./library-calls.js";
import { isPrivate } from "./private-file.js";
import { append, functionKey, type FunctionKey } from "./program.js";
import type { DerivedKind, TokenId } from "./tokens.js";
import { makesPromise } from "./waits.js";

/** A place where a session is made. */
export interface OpenSite {
  file: string;
  call: CallFact;
  fn: FunctionKey;
  library: string;
  kind: OpenPattern["kind"];
  pattern: OpenPattern;
  token: TokenId;
  key?: Expr;
  options?: Expr;
  keyText?: string;
  optionsText?: string;
  /** Kept in a place that outlives the function (a field, a module variable), without asking whether one is there. */
  stored: boolean;
  /** It says so in place. One that is opened, asked and closed now and then waits for nobody; not so one that is handed around. */
  readOnly?: true;
}

/** A function that gives its caller the fresh session, and the calls through which callers get it. */
export interface Factory {
  key: FunctionKey;
  file: string;
  fn: FunctionFact;
  /** 0: the function that opens; 1: one that calls it and passes the result on; … */
  level: number;
}

export interface SessionUse {
  file: string;
  call: CallFact;
  /** The factory that is called. */
  factory: Factory;
}

/** All opens of the program, except those that are meant to be short-lived. */
export function findOpens(graph: CallGraph): OpenSite[] {
  const { values, program } = graph;
  const opens: OpenSite[] = [];
  for (const facts of program.files.values())
    for (const call of facts.calls)
      for (const id of graph.external.get(call) ?? []) {
        const token = values.tokens.get(id);
        const open = token.t === "external" ? openPatternOf(token.module, token.path, kindOf(call)) : undefined;
        if (!open) continue;
        const session = values.tokens.intern({ t: "session", file: facts.file, call: call.id, library: open.library });
        if (!values.solver.values(values.callResult(facts.file, call.id)).has(session)) continue;
        const key = open.pattern.key === undefined ? undefined : argumentAt(call, open.pattern.key);
        const options = open.pattern.options === undefined ? undefined : argumentAt(call, open.pattern.options);
        const stored = isStored(graph, facts.file, call, session);
        // After an error, or when it was closed, another one takes the place of what is kept.
        if ((stored && (call.handler === "catch" || runsOnFailure(graph, facts.file, call))) || replacesClosed(graph, facts.file, call, open.library, key) || neverRuns(graph, facts.file, call) || isAskedFirst(graph, facts.file, call, open)) continue;
        const own = connectsToNothing(graph, facts.file, call, open.pattern) || isPrivate(graph, facts.file, call, key, open.pattern) || isAlwaysInMemory(graph, facts.file, call, key);
        const readOnly = isReadOnly(graph, facts.file, options);
        if (own || readOnly) graph.privateSessions.add(session);
        if (own) continue;
        (readOnly ? graph.readOnlyOpens : opens).push({
          file: facts.file,
          call,
          fn: functionKey(facts.file, call.fn),
          library: open.library,
          kind: open.pattern.kind,
          pattern: open.pattern,
          token: session,
          key,
          options,
          keyText: textOf(graph, facts.file, call, open.pattern.key),
          optionsText: textOf(graph, facts.file, call, open.pattern.options),
          stored,
          ...(readOnly ? { readOnly } : {}),
        });
        break;
      }
  return opens;
}

/** `pool.on("error", reconnect)`: events that say that what is kept is of no more use. */
const FAILURE = /^(error|close|end|disconnect(ed)?)$/;

/** A function that nothing but such events run. */
function runsOnFailure(graph: CallGraph, file: string, { fn }: CallFact): boolean {
  const key = functionKey(file, fn);
  const given = graph.handovers.filter(({ to }) => to === key);
  return callersOf(graph, key).length === 0 && given.length > 0 && given.every(({ call }) => call.callee.k === "member" && /^(on|once|addListener)$/.test(call.callee.name) && call.args[0] !== undefined && FAILURE.test(literalText(call.args[0]) ?? ""));
}

/** `knex({ client: "pg" })`: it puts statements together for others to run. */
function connectsToNothing(graph: CallGraph, file: string, call: CallFact, { connects, options }: OpenPattern): boolean {
  const given = connects === undefined || options === undefined ? undefined : argumentAt(call, options);
  const { expr } = given ? constantOf(graph.program, file, given) : {};
  const name = connects?.split(".").at(-1);
  return expr?.k === "object" && !expr.props.some((prop) => prop.name === name || prop.name === "...");
}

function textOf(graph: CallGraph, file: string, call: CallFact, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const index = Number(path.split(".")[0]);
  const span = call.argSpans[index];
  if (path.includes(".")) {
    const value = argumentAt(call, path);
    const own = value ? exprSpan(value) : undefined;
    const text = value ? literalText(value) : undefined;
    return own ? graph.program.text(file, own) : text === undefined ? undefined : JSON.stringify(text);
  }
  return span ? graph.program.text(file, span) : undefined;
}

/** `constructor(path) { this.db = new Database(path); }`, where everybody says `new Store(":memory:")`. */
function isAlwaysInMemory(graph: CallGraph, file: string, call: CallFact, key: Expr | undefined): boolean {
  const index = key?.k === "var" ? graph.program.fn(file, call.fn).params.findIndex(({ variable }) => variable === key.id) : -1;
  const callers = index === -1 ? [] : callersOf(graph, functionKey(file, call.fn)).filter((caller) => graph.program.role(caller.file) === "source");
  return callers.length > 0 && callers.every((caller) => {
    const given = caller.call.args[index];
    return given !== undefined && (literalText(given)?.includes(":memory:") ?? false);
  });
}

function isReadOnly({ program }: CallGraph, file: string, options: Expr | undefined): boolean {
  const { expr } = options ? constantOf(program, file, options) : {};
  return expr?.k === "object" && expr.props.some(({ name, value }) => /^read_?only$/i.test(name) && value.k === "literal" && value.value === true);
}

/** Whether a caller asks a factory for a session of its own on purpose: `openDb(":memory:")`, `openDb(file, { readonly: true })`; also one that hands its own parameters on to another. */
export function asksForOwn(graph: CallGraph, open: OpenSite, use: SessionUse): boolean {
  const given = (expr: Expr | undefined): Expr | undefined => {
    const index = expr?.k === "var" ? parameterFor(graph, open, expr.id, use.factory.key, 0) : -1;
    return index === -1 ? undefined : use.call.args[index];
  };
  const key = given(open.key);
  return (key !== undefined && isPrivate(graph, use.file, use.call, key, open.pattern)) || isReadOnly(graph, use.file, given(open.options));
}

/** How many factories may hand a parameter on to each other. */
const MAX_HANDED = 3;

/** The parameter of a factory that becomes the variable with which the session is opened, as it came in; -1 if none does. */
function parameterFor(graph: CallGraph, open: OpenSite, variable: number, key: FunctionKey, depth: number): number {
  const { program } = graph;
  const { file, fn } = program.fnOf(key);
  const indexOf = (id: number): number => fn.params.findIndex((param) => param.variable === id && param.rest !== true);
  if (key === open.fn) return indexOf(variable);
  if (depth >= MAX_HANDED) return -1;
  for (const call of program.callsIn(file, fn.id))
    for (const callee of calleesOf(graph, call)) {
      const index = parameterFor(graph, open, variable, callee, depth + 1);
      const arg = index === -1 ? undefined : call.args[index];
      if (arg?.k === "var") return indexOf(arg.id);
    }
  return -1;
}

/** Who makes an object around a session says in place that it wants one of its own: `new Store(path, { readOnly: true })`, `new Store(":memory:")`. */
export function saysOwn(graph: CallGraph, { file, call }: Pick<SessionUse, "file" | "call">): boolean {
  return call.args.some((arg) => isReadOnly(graph, file, arg) || (literalText(arg)?.includes(":memory:") ?? false));
}

/** `db.close(); db = new Database(path)`: another file takes the place of the one before. */
function replacesClosed(graph: CallGraph, file: string, call: CallFact, library: string, key: Expr | undefined): boolean {
  const facts = graph.program.file(file);
  if (key === undefined || literalText(key) !== undefined) return false;
  const places = facts.assigns.filter((assign) => assign.fn === call.fn && contains(assign.value, (part) => part.k === "call" && part.id === call.id)).map(({ target }) => JSON.stringify(target));
  return facts.calls.some(
    ({ fn, callee, span }) => fn === call.fn && span.end <= call.span.start && callee.k === "member" && isClose(library, callee.name) && places.includes(JSON.stringify(callee.of)),
  );
}

/** `if (manager.has(name)) return manager.get(name); return createConnection({ name });`: the library keeps one for each name. */
function isAskedFirst(graph: CallGraph, file: string, call: CallFact, { library, pattern }: { library: string; pattern: OpenPattern }): boolean {
  const { askedFirst } = pattern;
  if (askedFirst === undefined) return false;
  const asks = (id: TokenId): boolean => {
    const token = graph.values.tokens.get(id);
    return token.t === "external" && token.module !== null && libraryWithId(library)?.specifiers.includes(token.module) === true && askedFirst.test(withoutDefault(token.path));
  };
  return graph.program.callsIn(file, call.fn).some((other) => other.span.end <= call.span.start && (graph.external.get(other) ?? []).some(asks));
}

/** `await endPool(); pool = createPool();`: who asks a factory anew for what the function has just closed, itself or through another one of the file. */
export function replacesAtUse(graph: CallGraph, open: OpenSite, { file, call }: Pick<SessionUse, "file" | "call">): boolean {
  const { program } = graph;
  const facts = program.file(file);
  const places = facts.assigns.flatMap(({ fn, target, value }) => (fn === call.fn && target.k === "var" && program.variable(file, target.id).fn !== fn && contains(value, (part) => part.k === "call" && part.id === call.id) ? [target.id] : []));
  if (places.length === 0) return false;
  const closes = ({ callee }: CallFact): boolean => callee.k === "member" && isClose(open.library, callee.name) && callee.of.k === "var" && places.includes(callee.of.id);
  const before = program.callsIn(file, call.fn).filter(({ span }) => span.end <= call.span.start);
  return before.some((each) => closes(each) || calleesOf(graph, each).some((key) => program.fnOf(key).file === file && program.callsIn(file, program.fnOf(key).fn.id).some(closes)));
}

/** The opened value goes straight into a field, a static or a module variable. */
function isStored(graph: CallGraph, file: string, call: CallFact, session: TokenId): boolean {
  const facts = graph.program.file(file);
  const holders = new Set<number>();
  const holds = (expr: Expr): boolean => contains(expr, (part) => (part.k === "call" && part.id === call.id) || (part.k === "var" && holders.has(part.id)));
  const outlives = (assign: AssignFact): boolean =>
    assign.target.k === "member"
      ? assign.target.of.k === "this" || assign.target.of.k === "var" || assign.target.of.k === "class" || assign.target.of.k === "global"
      : assign.target.k === "var" && graph.program.variable(file, assign.target.id).fn !== call.fn && !isReadNowhereElse(graph, file, assign.target.id, call);
  // Wrappers around the open (`drizzle(new Database(path))`) pass it on: their results hold it, too.
  const wrappers = facts.calls.filter((other) => other.fn === call.fn && other.args.some((arg) => contains(arg, (part) => part.k === "call" && part.id === call.id)));
  const fed = (expr: Expr): boolean => holds(expr) || contains(expr, (part) => part.k === "call" && (wrappers.some((wrapper) => wrapper.id === part.id) || isOrm(part.id)));
  const isOrm = (id: number): boolean => {
    const { solver, tokens } = graph.values;
    return graph.program.call(file, id).fn === call.fn && [...solver.values(graph.values.callResult(file, id))].some((value) => {
      const token = tokens.get(value);
      return token.t === "derived" && token.kind === "orm" && tokens.sessionOf(value) === session;
    });
  };
  for (const assign of facts.assigns) {
    if (assign.fn !== call.fn || !fed(assign.value)) continue;
    const { outsideProduction: only } = assign;
    if (only !== undefined && !(only.start <= call.span.start && call.span.start < only.end)) continue;
    if (outlives(assign)) return true;
    if (assign.target.k === "var") holders.add(assign.target.id);
  }
  return false;
}

/** `let connection; async function connect() { connection = await createConnection(…); return connection; }`: overwritten by each call, and asked by none, it keeps nothing. */
function isReadNowhereElse({ program }: CallGraph, file: string, variable: number, call: CallFact): boolean {
  const { name, span, fn } = program.variable(file, variable);
  const { span: around, id } = program.fn(file, call.fn);
  if (span === undefined || fn !== 0 || id === 0) return false;
  const named = new RegExp(String.raw`(?<![\w$.])${name.replaceAll("$", String.raw`\$`)}(?![\w$])(?!\s*=[^=>])`);
  const isNamed = (start: number, end: number): boolean => named.test(program.text(file, { start, end }).replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*/gm, ""));
  const [first, second] = [span.start, around.start];
  if (!program.fn(file, call.fn).returns.some((value) => contains(value, (part) => part.k === "var" && part.id === variable))) return false;
  return first < second && !isNamed(0, first) && !isNamed(span.end, second) && !isNamed(second, call.span.start) && !isNamed(around.end, Infinity);
}

function contains(expr: Expr, test: (expr: Expr) => boolean): boolean {
  if (test(expr)) return true;
  switch (expr.k) {
    case "await":
    case "typed":
      return contains(expr.of, test);
    case "either":
      return expr.of.some((alternative) => contains(alternative, test));
    default:
      return false;
  }
}

/** The functions that hand a fresh session of this open to their callers, innermost first. */
export function factoriesOf(graph: CallGraph, open: OpenSite): Factory[] {
  if (open.call.memo || open.stored) return [];
  const found = new Map<FunctionKey, Factory>();
  const queue: Factory[] = [];
  const consider = (key: FunctionKey, level: number): void => {
    const { file, fn } = graph.program.fnOf(key);
    if (found.has(key) || fn.kind === "module" || fn.kind === "constructor" || !returnsSession(graph, file, fn, open.token)) return;
    const factory: Factory = { key, file, fn, level };
    found.set(key, factory);
    queue.push(factory);
  };
  consider(giverOf(graph, open), 0);
  for (let next = queue.shift(); next; next = queue.shift()) for (const use of usesOf(graph, next)) if (!use.call.memo) consider(functionKey(use.file, use.call.fn), next.level + 1);
  return [...found.values()];
}

/** Whose result it is: in `new Promise((resolve) => { const db = new Database(path, () => resolve(db)); })` that of the function around. */
function giverOf({ program }: CallGraph, { file, call, fn }: OpenSite): FunctionKey {
  const promise = program.file(file).calls.find((each) => makesPromise(each) && each.args[0]?.k === "fn" && each.args[0].id === call.fn);
  return promise ? functionKey(file, promise.fn) : fn;
}

function returnsSession(graph: CallGraph, file: string, fn: FunctionFact, session: TokenId): boolean {
  const { values } = graph;
  const isIt = (id: TokenId): boolean => {
    const token = values.tokens.get(id);
    return id === session || (token.t === "derived" && token.kind === "orm" && values.tokens.sessionOf(id) === session);
  };
  for (const id of values.solver.values(values.returns(file, fn.id))) {
    if (isIt(id)) return true;
    const token = values.tokens.get(id);
    if (token.t !== "object") continue;
    for (const property of ["$client", "db", "database", "sqlite", "client", "conn", "connection", "session", "raw", "orm"])
      for (const inner of values.solver.values(values.field(id, property))) if (isIt(inner)) return true;
  }
  return false;
}

const edgesByTarget = new WeakMap<CallGraph, Map<FunctionKey, { file: string; call: CallFact }[]>>();

export function callersOf(graph: CallGraph, key: FunctionKey): readonly { file: string; call: CallFact }[] {
  let index = edgesByTarget.get(graph);
  if (!index) {
    index = new Map();
    for (const edge of graph.edges.values()) {
      const list = index.get(edge.to) ?? [];
      list.push({ file: edge.file, call: edge.call });
      index.set(edge.to, list);
    }
    edgesByTarget.set(graph, index);
  }
  return index.get(key) ?? [];
}

const targetsByCall = new WeakMap<CallGraph, Map<CallFact, FunctionKey[]>>();

/** The functions of the project that a call runs itself. */
export function calleesOf(graph: CallGraph, call: CallFact): readonly FunctionKey[] {
  let index = targetsByCall.get(graph);
  if (!index) {
    targetsByCall.set(graph, (index = new Map<CallFact, FunctionKey[]>()));
    for (const edge of graph.edges) append(index, edge.call, edge.to);
  }
  return index.get(call) ?? [];
}

export function usesOf(graph: CallGraph, factory: Factory): SessionUse[] {
  return callersOf(graph, factory.key).flatMap(({ file, call }) => (neverRuns(graph, file, call) ? [] : { file, call, factory }));
}

/** A call on a session, or on what was made from it. */
export interface PartCall {
  file: string;
  call: CallFact;
  /** The member's name. */
  path: string;
  on: "session" | DerivedKind;
  /** The library, by its id, of what it is called on: an ORM's, around a driver's session. */
  library: string;
}

const partsBySession = new WeakMap<CallGraph, Map<TokenId, PartCall[]>>();

/** Calls on a session (or on what was made from it) by member name, program-wide. */
export function partCalls(graph: CallGraph, session: TokenId): readonly PartCall[] {
  let index = partsBySession.get(graph);
  if (!index) partsBySession.set(graph, (index = indexParts(graph)));
  return index.get(session) ?? [];
}

function indexParts({ program, external, values: { tokens } }: CallGraph): Map<TokenId, PartCall[]> {
  const index = new Map<TokenId, PartCall[]>();
  for (const { file, calls } of program.files.values())
    for (const call of calls) {
      const met = new Set<TokenId>();
      for (const id of external.get(call) ?? []) {
        const token = tokens.get(id);
        const session = token.t === "part" ? tokens.sessionOf(id) : undefined;
        if (token.t !== "part" || session === undefined || met.has(session)) continue;
        met.add(session);
        const owner = tokens.get(token.of);
        append(index, session, { file, call, path: token.path, on: owner.t === "derived" ? owner.kind : ("session" as const), library: tokens.libraryOf(id) ?? "" });
      }
    }
  return index;
}

export function isClose(library: string, path: string): boolean {
  return libraryWithId(library)?.closes.includes(path) ?? false;
}
