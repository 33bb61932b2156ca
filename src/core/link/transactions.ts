import { libraryWithId } from "../catalogue/index.js";
import { type Library, libraryId, type TransactionPattern } from "../catalogue/library.js";
import type { CallFact, FunctionFact, LoopFact, Span } from "../facts/types.js";
import { type Begun, givenOn, mayRun, neverRuns } from "./branches.js";
import { begunByHand } from "./begun-by-hand.js";
import type { CallGraph, Handover } from "./calls.js";
import { type Engine, engineOf } from "./engines.js";
import { type Extent, inExtent } from "./extent.js";
import { bodyIndex, moduleTransactionOf, transactionPatternOf } from "./library-calls.js";
import { listLoops } from "./list-loops.js";
import { callsParameter } from "./schedule.js";
import { modeIn, namedMode } from "./transaction-modes.js";
import { append, functionKey, type FunctionKey } from "./program.js";
import { statementOf } from "./run-statements.js";
import type { TokenId } from "./tokens.js";

export type TransactionStyle = "callback" | "wrapper" | "array" | "sql" | "handle";

/** A transaction: where it is made, what runs inside. */
export interface TransactionSite {
  file: string;
  call: CallFact;
  /** The library's id in the catalogue. */
  library: string;
  /** Whether its statements run on the calling thread and block it. */
  sync: boolean;
  engine: Engine;
  /**
   * `callback` runs a function, `wrapper` returns one that does, `array` runs a list of operations; `sql` and `handle` are
   * open from a BEGIN (a statement, `startTransaction()`, `await knex.transaction()`) to a COMMIT in the same function.
   */
  style: TransactionStyle;
  /** The catalogue's entry, for styles that are one call. */
  pattern?: TransactionPattern;
  session: TokenId | undefined;
  /** Every session that it may be on. */
  sessions: TokenId[];
  /** What stands for it inside: the handle that the body is given, or that beginning gave. */
  handles: TokenId[];
  /** For `sql` and `handle`: the call that took its connection out of the pool. */
  client?: { file: string; call: CallFact };
  /** Functions that run inside it. For `sql` and `handle`, the function around it. */
  bodies: FunctionKey[];
  /** For `sql` and `handle`: between BEGIN and the last COMMIT of the same function. */
  extent?: Extent;
  mode: "deferred" | "immediate" | "exclusive" | "default";
  invocations: { file: string; call: CallFact }[];
  commits: CallFact[];
  rollbacks: CallFact[];
  /** The body came in as a parameter: the transaction belongs to whoever passed it. */
  fromParameter: boolean;
}

export function findTransactions(graph: CallGraph): TransactionSite[] {
  const sites: TransactionSite[] = [];
  const invocations = findInvocations(graph);
  for (const facts of graph.program.files.values()) {
    for (const call of facts.calls) {
      const made = transactionMade(graph, facts.file, call);
      if (!made || neverRuns(graph, facts.file, call)) continue;
      const calls = invocations.get(`${facts.file} ${call.id}`) ?? [];
      const { pattern } = made;
      const body = call.args[bodyIndex(pattern, call.args.length)];
      sites.push({
        file: facts.file,
        call,
        library: libraryId(made.library),
        sync: made.sync,
        engine: engineOfAll(graph, made.sessions),
        style: pattern.style,
        pattern,
        session: made.sessions[0],
        sessions: made.sessions,
        handles: made.handles,
        // What makes a list runs before the transaction does.
        bodies: body && pattern.style !== "array" ? functionsIn(graph, facts.file, call, bodyIndex(pattern, call.args.length)) : [],
        mode: modeOf(made.library, pattern, calls, call),
        invocations: calls,
        commits: [],
        rollbacks: [],
        fromParameter: body?.k === "var" && graph.program.variable(facts.file, body.id).kind === "param",
      });
    }
    sites.push(...begunByHand(graph, facts.file));
  }
  return sites;
}

/** Whichever session it is begun on, where they agree. */
function engineOfAll(graph: CallGraph, sessions: readonly TokenId[]): Engine {
  const [only = "unknown", another] = new Set(sessions.map((session) => engineOf(graph, session)));
  return another === undefined ? only : "unknown";
}

interface Made {
  library: Library;
  /** Of a value that may be of several libraries, only what holds for all of them is said. */
  sync: boolean;
  pattern: TransactionPattern;
  sessions: TokenId[];
  handles: TokenId[];
}

function transactionMade(graph: CallGraph, file: string, call: CallFact): Made | undefined {
  const { tokens } = graph.values;
  let made: Made | undefined;
  for (const id of graph.external.get(call) ?? []) {
    const token = tokens.get(id);
    if (token.t === "external" && token.module !== null) made ??= madeByModule(graph, token.module, token.path, file, call);
    if (token.t !== "part") continue;
    const owner = tokens.get(token.of);
    if (owner.t === "derived" && (owner.kind === "statement" || owner.kind === "transaction")) continue;
    const library = libraryWithId(tokens.libraryOf(id));
    const pattern = library && transactionPatternOf(library, token.path, call, graph.program);
    if (!library || !pattern) continue;
    made ??= { library, sync: true, pattern, sessions: [], handles: [] };
    made.sync &&= library.sync;
    const session = tokens.sessionOf(id);
    if (session !== undefined) made.sessions.push(session);
    if (pattern.style === "callback") made.handles.push(tokens.intern({ t: "derived", kind: "handle", of: token.of, library: libraryId(library), file, call: call.id }));
  }
  return made;
}

/** `transaction(session, fn)`: a function of a module, which is given the session. */
function madeByModule(graph: CallGraph, module: string, path: string, file: string, call: CallFact): Made | undefined {
  const { tokens, solver } = graph.values;
  const found = moduleTransactionOf(module, path, call);
  const given = found?.pattern.session === undefined ? undefined : call.args[found.pattern.session];
  if (!found || !given) return undefined;
  const made: Made = { ...found, sync: found.library.sync, sessions: [], handles: [] };
  for (const of of tokens.sorted(solver.values(graph.values.expression(file, given, call.fn)))) {
    const session = tokens.sessionOf(of);
    const library = tokens.libraryOf(of);
    if (session === undefined || library === undefined || tokens.get(of).t === "part") continue;
    made.sessions.push(session);
    made.handles.push(tokens.intern({ t: "derived", kind: "handle", of, library, file, call: call.id }));
  }
  return made;
}

function functionsIn(graph: CallGraph, file: string, call: CallFact, argument: number): FunctionKey[] {
  const body = call.args[argument];
  const keys: FunctionKey[] = [];
  if (!body) return keys;
  for (const id of graph.values.solver.values(graph.values.expression(file, body, call.fn))) {
    const token = graph.values.tokens.get(id);
    if (token.t === "function") keys.push(functionKey(token.file, token.id));
  }
  return keys;
}

/** Calls that run a wrapper: `importAll(x)`, `importAll.immediate()`, `db.transaction(fn)()`. */
function findInvocations(graph: CallGraph): Map<string, { file: string; call: CallFact }[]> {
  const found = new Map<string, { file: string; call: CallFact }[]>();
  for (const facts of graph.program.files.values())
    for (const call of facts.calls)
      for (const id of graph.external.get(call) ?? []) {
        const token = graph.values.tokens.get(id);
        const owner = token.t === "part" ? graph.values.tokens.get(token.of) : token;
        if (owner.t !== "derived" || owner.kind !== "transaction") continue;
        const key = `${owner.file} ${owner.call}`;
        if (!found.get(key)?.some((known) => known.call === call)) append(found, key, { file: facts.file, call });
      }
  return found;
}

function modeOf(library: Library, pattern: TransactionPattern, invocations: { call: CallFact }[], call: CallFact): TransactionSite["mode"] {
  if (pattern.style === "wrapper") {
    const modes = invocations.map(({ call: run }) => (run.callee.k === "member" ? namedMode(run.callee.name) : undefined));
    return modes[0] ?? pattern.mode ?? "default";
  }
  return modeIn(library, call) ?? pattern.mode ?? "default";
}

/** What runs inside is given a handle that holds one. */
export function begunBy({ bodies, pattern }: TransactionSite): Begun {
  return pattern?.handle === undefined ? { bodies } : { bodies, handle: pattern.handle };
}

/** A loop that a transaction holds, and the calls that lead from the transaction's body to it. */
export interface HeldLoop {
  file: string;
  loop: LoopFact;
  fn: FunctionKey;
  path: { file: string; call: CallFact }[];
  /** The writes of one turn: calls in the loop that write, or that lead to a function that does. */
  writes: { file: string; call: CallFact }[];
}

/** `retry(work)` in a function that is given `work` itself: what that writes, it writes for who gave it. */
function handsOn({ program }: CallGraph, { file, call, argument }: Handover): boolean {
  const arg = call.args[argument];
  return arg?.k === "var" && program.variable(file, arg.id).kind === "param";
}

interface Caller {
  key: FunctionKey;
  call: CallFact;
}

function reached(from: readonly FunctionKey[], callersOf: (key: FunctionKey) => readonly Caller[]): Set<FunctionKey> {
  const all = new Set<FunctionKey>();
  const queue = [...from];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (all.has(key)) continue;
    all.add(key);
    queue.push(...callersOf(key).map((caller) => caller.key));
  }
  return all;
}

/** Which functions write to a database, themselves or through what they call. */
export class Writers {
  readonly #writers: ReadonlySet<FunctionKey>;
  /** Those that block the thread while they write. */
  readonly #blocking: ReadonlySet<FunctionKey>;
  /** Those that are over only when what they write is, and are to be waited for. */
  readonly #awaited: ReadonlySet<FunctionKey>;
  /** Calls that nobody waits for. */
  readonly #left = new Set<CallFact>();
  readonly #calls = new Map<FunctionKey, CallFact[]>();
  readonly #callees = new Map<CallFact, FunctionKey[]>();

  constructor(
    readonly graph: CallGraph,
    /** Whether a function given away runs during the call that gives it: a timer's or a handler's runs later, outside the transaction. */
    runsInPlace: (handover: Handover) => boolean,
  ) {
    for (const facts of graph.program.files.values())
      for (const call of facts.calls) {
        const key = functionKey(facts.file, call.fn);
        const list = this.#calls.get(key) ?? [];
        list.push(call);
        this.#calls.set(key, list);
      }
    // What is kept and asked first runs once, most often before: `getDb()`, which migrates when it opens.
    for (const edge of graph.edges) if (!edge.call.memo) append(this.#callees, edge.call, edge.to);
    for (const handover of graph.handovers.values())
      if (handover.property === undefined && runsInPlace(handover) && !handsOn(graph, handover)) {
        const known = this.#callees.get(handover.call) ?? [];
        if (!known.includes(handover.to)) this.#callees.set(handover.call, [...known, handover.to]);
      }
    const { sync, async, callers } = this.#found();
    this.#writers = reached([...sync, ...async], (key) => callers.get(key) ?? []);
    this.#blocking = reached(sync, (key) => callers.get(key) ?? []);
    this.#awaited = reached(async, (key) => (callers.get(key) ?? []).filter(({ call }) => !this.#left.has(call)));
  }

  /** Functions that write themselves, by whether their library blocks the thread, and who calls a function. */
  #found(): { sync: FunctionKey[]; async: FunctionKey[]; callers: Map<FunctionKey, Caller[]> } {
    const { graph } = this;
    const found = { sync: [] as FunctionKey[], async: [] as FunctionKey[], callers: new Map<FunctionKey, Caller[]>() };
    // Who hands a function over is told by it when the work is done: `save(rows, done)`.
    const handsOver = new Set([...graph.handovers.values()].map(({ call }) => call));
    for (const [key, calls] of this.#calls) {
      const { file } = graph.program.fnOf(key);
      for (const call of calls) {
        const { kind, through, library } = statementOf(graph, call) ?? {};
        if (kind === "write") found[libraryWithId(library)?.sync ? "sync" : "async"].push(key);
        // What came in as a parameter writes for who passed it, not for all who call the helper.
        const callees = through || callsParameter(graph, file, call) ? [] : this.calleesOf(call);
        if (callees.length === 0) continue;
        if (!handsOver.has(call) && graph.program.isLeftAlone(file, call)) this.#left.add(call);
        for (const callee of callees) append(found.callers, callee, { key, call });
      }
    }
    return found;
  }

  callsOf(key: FunctionKey): readonly CallFact[] {
    return this.#calls.get(key) ?? [];
  }

  calleesOf(call: CallFact): readonly FunctionKey[] {
    return this.#callees.get(call) ?? [];
  }

  callWrites(call: CallFact): boolean {
    const { kind, through } = statementOf(this.graph, call) ?? {};
    // What such a function does is what its text says.
    if (kind === "write" || through) return kind === "write";
    return this.calleesOf(call).some((key) => this.functionWrites(key));
  }

  functionWrites(key: FunctionKey): boolean {
    return this.#writers.has(key);
  }

  /** Whether a call writes, and a transaction around it stays open until that is done. */
  #callHolds(call: CallFact): boolean {
    const { kind, through } = statementOf(this.graph, call) ?? {};
    if (kind === "write" || through) return kind === "write";
    return this.#heldCallees(call).length > 0;
  }

  #heldCallees(call: CallFact): readonly FunctionKey[] {
    return this.calleesOf(call).filter((key) => this.#blocking.has(key) || (this.#awaited.has(key) && !this.#left.has(call)));
  }

  /** Loops with writes that run while the transaction is open, through helpers as well. */
  heldLoops(site: TransactionSite): HeldLoop[] {
    if (site.style === "array") return listLoops(this.graph, site);
    const found: HeldLoop[] = [];
    const begun = begunBy(site);
    const seen = new Set<string>();
    const loops = new Set<LoopFact>();
    const visit = (key: FunctionKey, path: HeldLoop["path"], extent?: Extent): void => {
      const way = `${key} ${givenOn(this.graph, key, path, begun)}`;
      if (seen.has(way) || path.length > 12) return;
      seen.add(way);
      const { file, fn } = this.graph.program.fnOf(key);
      const inside = (span: Span) => inExtent(extent, span);
      for (const loop of this.#loopsOf(file, fn)) {
        if (!inside(loop.span) || loops.has(loop)) continue;
        const writes = this.#writesIn(file, loop).filter((write) => functionKey(write.file, write.call.fn) !== key || mayRun(this.graph, key, write.call, path, begun));
        if (writes.length === 0) continue;
        loops.add(loop);
        found.push({ file, loop, fn: key, path, writes });
      }
      for (const call of this.callsOf(key)) {
        if (!inside(call.span) || call === site.call) continue;
        // A function that came in as a parameter belongs to who passed it: see loans.ts.
        if (callsParameter(this.graph, file, call) || call.memo || !mayRun(this.graph, key, call, path, begun)) continue;
        for (const callee of this.#heldCallees(call)) visit(callee, [...path, { file, call }]);
      }
    };
    for (const body of site.bodies) visit(body, [], site.extent);
    return found;
  }

  #loopsOf(file: string, fn: FunctionFact): LoopFact[] {
    return this.graph.program.file(file).loops.filter((loop) => loop.fn === fn.id);
  }

  #writesIn(file: string, loop: LoopFact): { file: string; call: CallFact }[] {
    const calls = this.callsOf(functionKey(file, loop.fn)).filter((call) =>
      loop.kind === "callback" ? call.id === loop.call : loop.body.start <= call.span.start && call.span.end <= loop.body.end,
    );
    if (loop.kind !== "callback") return calls.filter((call) => this.#callHolds(call)).map((call) => ({ file, call }));
    const bodies = calls.flatMap((call) => this.calleesOf(call));
    return bodies.flatMap((key) => {
      const body = this.graph.program.fnOf(key);
      return this.callsOf(key).filter((call) => this.#callHolds(call)).map((call) => ({ file: body.file, call }));
    });
  }
}
