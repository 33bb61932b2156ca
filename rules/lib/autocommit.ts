import { libraryWithId, packageName } from "../../src/core/catalogue/index.js";
import type { CallFact, Expr, Span } from "../../src/core/facts/types.js";
import { type Extent, inExtent } from "../../src/core/link/extent.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import { append, type FunctionKey, functionKey, type Program } from "../../src/core/link/program.js";
import { statementOf, statementsRunBy } from "../../src/core/link/run-statements.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import { callersOf } from "../../src/core/link/sessions.js";
import { makesPromise } from "../../src/core/link/waits.js";
import { conditionAround } from "./condition-around.js";
import { isOnOwnClient } from "./own-client.js";
import { isEither, onThisWay } from "./on-this-way.js";
import { optionsIndex } from "./option-style.js";
import { freshSessionsOf } from "./own-session.js";
import { runGiven } from "./run-given.js";
import { startsOf } from "./same-session.js";
import { chainOf, waitsElsewhere } from "./turns.js";
import { isUpsertByHand } from "./upsert.js";

/** How a call commits a write of its own: itself, or in the function that it calls. */
export interface Commit {
  library: string;
  direct: boolean;
  /** The function that it calls does so in a transaction of its own: which adds rows, or changes what is there. */
  transaction?: "adds" | "changes";
  /** On a session that the function gets for itself: no transaction of the loop's would reach it. */
  apart?: boolean;
}

/** `if (this.db) { this.db.run(…); return; }`: the branch asks for nothing but the session, so it is taken wherever there is one. */
function asksForSession(program: Program, file: string, call: CallFact): boolean {
  const [begins = call] = chainOf(program, file, call);
  const session = program.text(file, begins.calleeSpan).replace(/[?!]?\.\w+\s*$/, "").trim();
  if (!/^[\w$.#]+$/.test(session)) return false;
  const { body } = program.fn(file, call.fn);
  const asked = conditionAround(program.text(file, { start: body.start, end: begins.span.start }));
  return asked?.replace(/\s*!==?\s*(?:null|undefined)$/, "") === session;
}

/** `for (const tag of note.tags)`, where `note` is given: as many turns as one thing has parts, beside the row of the thing itself. */
function isOverPart(program: Program, call: CallFact): boolean {
  const file = program.fileOf(call);
  const loop = program.file(file).loops.find(({ id }) => id === call.loop);
  if (loop?.bound.k !== "over" || loop.parent !== undefined) return false;
  let list: Expr = loop.bound.over;
  if (list.k !== "member") return false;
  while (list.k === "member") list = list.of;
  return list.k === "var" && program.variable(file, list.id).kind === "param";
}

/** How many methods may hand the session on before something writes. */
const MAX_LAYERS = 2;

/** Which calls commit a write at once, since no transaction is open around them. */
export class Autocommit {
  /** Functions that run while some transaction is open, and where in them. */
  readonly #held = new Map<FunctionKey, (Extent | undefined)[]>();
  readonly #helpers = new Map<FunctionKey, Omit<Commit, "direct"> | null>();
  /** The transactions that a function begins. */
  readonly #begun = new Map<FunctionKey, JudgedTransaction[]>();

  constructor(readonly project: ProjectFacts) {
    for (const site of project.judgedTransactions) {
      // What a test does with a function says nothing of the program.
      if (project.program.role(site.file) === "test") continue;
      append(this.#begun, functionKey(site.file, site.call.fn), site);
      for (const { key, extent } of project.inside.functionsOf(site)) this.#held.set(key, [...(this.#held.get(key) ?? []), extent]);
    }
  }

  /** Whether the place may run while a transaction is open: then it commits nothing. */
  isHeld(key: FunctionKey, span: Span): boolean {
    return this.#held.get(key)?.some((extent) => inExtent(extent, span)) ?? false;
  }

  of(file: string, call: CallFact): Commit | undefined {
    const own = this.#writes(file, call);
    if (own !== undefined && this.#runsHere(file, call, own)) return { library: own, direct: true };
    const promised = this.#promised(file, call);
    if (promised !== undefined) return { library: promised, direct: true };
    const through = this.#through(call) ?? this.#onOwnSession(call) ?? this.#inGiven(call) ?? this.#onThisWay(file, call);
    return through === undefined || !this.#runsHere(file, call, through.library) ? undefined : { ...through, direct: false };
  }

  /** `await new Promise((resolve, reject) => { db.run("INSERT …", done); })`: the write of a driver that takes a callback. */
  #promised(file: string, call: CallFact): string | undefined {
    const [executor, more] = makesPromise(call) && this.project.program.chainEnd(file, call).awaited ? call.args : [];
    if (executor?.k !== "fn" || more !== undefined) return undefined;
    const calls = this.project.program.callsIn(file, executor.id);
    const write = calls.find((inner) => !inner.conditional && inner.loop === undefined && this.#writes(file, inner) !== undefined);
    return write && this.#writes(file, write);
  }

  /** A promise that nobody awaits in place may be collected: `$transaction(list)` runs all of it as one. */
  #runsHere(file: string, call: CallFact, library: string): boolean {
    return libraryWithId(library)?.sync === true || this.project.program.chainEnd(file, call).awaited;
  }

  /**
   * What a helper writes with, where the helper is there to write: one function and no other, which always writes and waits for nothing
   * else. What writes somewhere deep inside (it sends a message and notes that) has turns of another kind.
   */
  #through(call: CallFact): Omit<Commit, "direct"> | undefined {
    const { writers } = this.project;
    const [key, more] = writers.calleesOf(call);
    return key === undefined || more !== undefined || call.args.some((arg) => arg.k === "fn") ? undefined : this.#helper(key, 0);
  }

  /** `retrying(() => insert.run(row))`: the function that it is given always writes. */
  #inGiven(call: CallFact): Omit<Commit, "direct"> | undefined {
    const ran = runGiven(this.project, call);
    return ran === undefined || ran.awaited.some((inner) => waitsElsewhere(this.project, inner)) ? undefined : this.#helper(ran.given, 0);
  }

  /** A helper that takes a session or a handle, `add(row, tx = db)`, and writes on a session when it is called from here, whatever others call it with. */
  #onThisWay(file: string, call: CallFact): Omit<Commit, "direct"> | undefined {
    const { writers, program } = this.project;
    const [key, more] = writers.calleesOf(call);
    const calls = key === undefined || more !== undefined ? [] : writers.callsOf(key);
    if (key === undefined || calls.length === 0 || this.#isBusy(calls)) return undefined;
    const { file: at } = program.fnOf(key);
    const always = calls.filter(({ conditional }) => !conditional).flatMap((inner) => [inner, ...this.#alwaysIn(inner)]);
    for (const inner of always) {
      const library = this.#free(at, inner, onThisWay(this.project, { file: at, call: inner, fn: key, path: [{ file, call }] }));
      if (library !== undefined) return { library };
    }
    return undefined;
  }

  #alwaysIn(call: CallFact): CallFact[] {
    const ran = runGiven(this.project, call);
    const calls = ran ? this.project.writers.callsOf(ran.given) : [];
    return ran?.awaited.some((inner) => waitsElsewhere(this.project, inner)) || this.#isBusy(calls) ? [] : calls.filter(({ conditional }) => !conditional);
  }

  /** A helper that gets a session for itself commits what it writes there, however many functions it hands that session to. */
  #onOwnSession(call: CallFact): Omit<Commit, "direct"> | undefined {
    const { writers, program } = this.project;
    const [key, more] = writers.calleesOf(call);
    const write = key === undefined || more !== undefined || call.args.some((arg) => arg.k === "fn") ? undefined : freshSessionsOf(this.project).writeBehind(call, 0);
    if (key === undefined || !write || writers.callsOf(key).some((inner) => inner.awaited && !this.#isLibrarys(inner) && !writers.callWrites(inner))) return undefined;
    const library = write.fresh.open.library;
    return program.role(write.file) === "test" || this.project.graph.privateSessions.has(write.fresh.open.token) ? undefined : { library, apart: true };
  }

  #helper(key: FunctionKey, depth: number): Omit<Commit, "direct"> | undefined {
    const known = this.#helpers.get(key);
    if (known !== undefined) return known ?? undefined;
    // What calls itself is no helper of this kind.
    this.#helpers.set(key, null);
    const { file } = this.project.program.fnOf(key);
    const calls = this.project.writers.callsOf(key);
    const writes = calls.filter((inner) => this.#writes(file, inner) !== undefined);
    const write = writes.find((inner) => !inner.conditional || asksForSession(this.project.program, file, inner)) ?? (isUpsertByHand(this.project, file, writes) ? writes[0] : undefined);
    const library = write && !this.#isBusy(calls) ? this.#writes(file, write) : undefined;
    const found = library !== undefined ? { library } : (this.#handsOn(calls, depth) ?? this.#inTransaction(key, calls) ?? this.#runsGiven(calls));
    this.#helpers.set(key, found ?? null);
    return found;
  }

  /** It has turns of its own, but for those over the parts of the one thing that it writes, or waits for something else. */
  #isBusy(calls: readonly CallFact[]): boolean {
    return calls.some((call) => (call.loop !== undefined && !isOverPart(this.project.program, call)) || (call.awaited && !this.#isLibrarys(call) && !this.#asksDatabase(call)));
  }

  /** A function of the project that waits for the database and nothing else. */
  #asksDatabase(call: CallFact): boolean {
    return this.project.writers.calleesOf(call).length > 0 && !waitsElsewhere(this.project, call);
  }

  /** A call of a library, or of a function of the program's own that runs the SQL which it is given. */
  #isLibrarys(call: CallFact): boolean {
    const { external, values } = this.project.graph;
    return (external.get(call) ?? []).some((id) => values.tokens.libraryOf(id) !== undefined) || statementsRunBy(this.project.graph, call).length > 0;
  }

  /** `add(row) { return addRow(this.db, row); }`: nothing but the call of one that is given the session, and writes on it. */
  #handsOn(calls: readonly CallFact[], depth: number): Omit<Commit, "direct"> | undefined {
    const [only, more] = calls;
    if (only === undefined || more !== undefined || only.conditional || only.loop !== undefined || depth >= MAX_LAYERS) return undefined;
    const { graph, program, writers } = this.project;
    const file = program.fileOf(only);
    const [to, another] = writers.calleesOf(only);
    const { solver, tokens } = graph.values;
    const isSession = (arg: CallFact["args"][number]): boolean =>
      [...solver.values(graph.values.expression(file, arg, only.fn))].some((id) => {
        const token = tokens.get(id);
        return token.t === "session" || (token.t === "typed" && token.role === "session") || (token.t === "derived" && token.kind === "orm");
      });
    return to !== undefined && another === undefined && only.args.some(isSession) ? this.#helper(to, depth + 1) : undefined;
  }

  /** `save(row) { retrying(() => insert.run(row)); }` */
  #runsGiven(calls: readonly CallFact[]): Omit<Commit, "direct"> | undefined {
    const written = this.#isBusy(calls) ? [] : calls.filter(({ conditional }) => !conditional).flatMap((call) => this.#inGiven(call) ?? []);
    return written[0];
  }

  /** One transaction each time, for the rows of one turn: a commit a turn. One that holds a loop is a batch, and so are those of a list. */
  #inTransaction(key: FunctionKey, calls: readonly CallFact[]): Omit<Commit, "direct"> | undefined {
    const { writers, program } = this.project;
    const [site, more] = (this.#begun.get(key) ?? []).filter(({ call }) => !call.conditional && call.loop === undefined);
    if (site === undefined || more !== undefined || (site.style !== "callback" && site.style !== "wrapper") || site.pattern?.list !== undefined || libraryWithId(site.library)?.described === true) return undefined;
    const own = new Set([site.call, ...site.invocations.map(({ call }) => call)]);
    const others = calls.filter((call) => !own.has(call) && program.chainEnd(site.file, site.call) !== call);
    const bodies = site.bodies.flatMap((body) => writers.callsOf(body));
    const writes = bodies.filter((call) => !call.conditional && writers.callWrites(call));
    if (writes.length === 0 || this.#isBusy(others) || writers.heldLoops(site).length > 0) return undefined;
    return bodies.some((call) => call.awaited && !this.#isLibrarys(call) && !writers.callWrites(call)) ? undefined : { library: site.library, transaction: writes.every((call) => this.#inserts(call)) ? "adds" : "changes" };
  }

  #inserts(call: CallFact): boolean {
    const { program, graph } = this.project;
    const sql = statementOf(graph, call)?.sql;
    if (sql !== undefined) return /^\s*(INSERT|REPLACE)\b/i.test(sql);
    return chainOf(program, program.fileOf(call), call).some(({ callee }) => callee.k === "member" && /^(insert|create|add)/i.test(callee.name));
  }

  #writes(file: string, call: CallFact): string | undefined {
    const { tokens } = this.project.graph.values;
    const anywhere = statementsRunBy(this.project.graph, call);
    // A test gives a database in memory to what the program gives its own.
    const ofProgram = anywhere.filter(({ session }) => session === undefined || !this.#isTests(session));
    const all = ofProgram.length > 0 ? ofProgram : anywhere;
    // A declared type that may hold a transaction's handle, too, says less than the sessions that are seen to come there.
    const seen = all.filter(({ owner }) => !isEither(tokens, owner));
    const statements = seen.length > 0 ? seen : all;
    return this.isHeld(functionKey(file, call.fn), call.span) ? undefined : this.#free(file, call, statements);
  }

  /** The library of statements that write on a session itself, where no transaction is handed to them. */
  #free(file: string, call: CallFact, statements: readonly StatementFact[]): string | undefined {
    const { tokens } = this.project.graph.values;
    const [first] = statements;
    if (!first) return undefined;
    const free = statements.every(({ kind, owner, session }) => {
      const held = tokens.get(owner);
      const alone = held.t === "session" || (held.t === "typed" && (held.role === "session" || held.role === "model")) || (held.t === "derived" && (held.kind === "orm" || (held.kind === "statement" && this.#isFree(held.of)) || (held.kind === "client" && isOnOwnClient(this.project, file, call))));
      return kind === "write" && alone && tokens.handleOf(owner) === undefined && session !== undefined && !this.project.graph.privateSessions.has(session);
    });
    if (!free || mayCarryTransaction(call, first) || this.#isOnHandleByName(file, call) || (packageName(first.library) === "objection" && this.#mayBeHanded(file, call)) || isSetBased(call, first.sql) || this.project.ambient.carries(first.library)) return undefined;
    return first.library;
  }

  /** `release(id, tx: Database)` that nobody calls: its name says what it will be given, where its type does not. */
  #isOnHandleByName(file: string, call: CallFact): boolean {
    const { program, graph } = this.project;
    const [begins = call] = chainOf(program, file, call);
    const root = [...startsOf(this.project, file, begins.callee)].at(-1);
    const param = root?.k === "var" ? program.variable(file, root.id) : undefined;
    return param?.kind === "param" && /^(tx|trx|transaction)$/i.test(param.name) && callersOf(graph, functionKey(file, param.fn)).length === 0;
  }

  /** `Item.query(tx).insert(row)`: what an Objection query is given may be a transaction, unless it is seen to be a session. */
  #mayBeHanded(file: string, call: CallFact): boolean {
    const { program, graph } = this.project;
    return chainOf(program, file, call).some(({ callee, args, fn }) => {
      const given = callee.k !== "member" ? undefined : /^\$?query$/.test(callee.name) ? args[0] : /^\$?relatedQuery$/.test(callee.name) ? args[1] : undefined;
      if (given === undefined || (given.k === "global" && given.name === "undefined")) return false;
      const ids = [...graph.values.solver.values(graph.values.expression(file, given, fn))];
      return ids.length === 0 || ids.some((id) => graph.values.tokens.handleOf(id) !== undefined || graph.values.tokens.sessionOf(id) === undefined || isEither(graph.values.tokens, id));
    });
  }

  #isTests(session: number): boolean {
    const token = this.project.graph.values.tokens.get(session);
    return token.t === "session" && this.project.program.role(token.file) === "test";
  }

  /** A statement that was prepared on a session, not on a connection out of a pool. */
  #isFree(of: number): boolean {
    const { tokens } = this.project.graph.values;
    const token = tokens.get(of);
    return token.t === "session" || (token.t === "typed" && token.role === "session");
  }
}

/**
 * `{ transaction: t }`: the library's way to hand a transaction to a statement, where it has one; what a function of the program's own makes of its arguments, nobody can tell. Of other libraries, an
 * object says what is written: `stmt.run({ ...row, session })`.
 */
function mayCarryTransaction(call: CallFact, { library, through }: StatementFact): boolean {
  const inOptions = libraryWithId(library)?.transactions.some(({ option }) => option !== undefined) === true;
  if (through === undefined && !inOptions) return false;
  const index = library === "sequelize" && through === undefined && !call.spread ? optionsIndex(call) : undefined;
  const given = index === undefined ? call.args : call.args.slice(index, index + 1);
  return given.some((arg) => arg.k === "object" && arg.props.some(({ name }) => /^(transaction|trx|tx|transacting|session|\.\.\.)$/i.test(name)));
}

/** Many rows in one statement: each turn of the loop is a batch already. */
function isSetBased({ callee, args }: CallFact, sql: string | undefined): boolean {
  const name = callee.k === "member" ? callee.name : "";
  return /many|bulk|batch/i.test(name) || (name === "insert" && args[0]?.k === "array") || /json_each|unnest\s*\(|\bIN\s*\(\s*(SELECT|\$\{\})/i.test(sql ?? "");
}

const known = new WeakMap<ProjectFacts, Autocommit>();

export function autocommitOf(project: ProjectFacts): Autocommit {
  let found = known.get(project);
  if (!found) {
    // Finding the openings tells which sessions nobody else shares.
    void project.opens;
    known.set(project, (found = new Autocommit(project)));
  }
  return found;
}
