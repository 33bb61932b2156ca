import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact, Span } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";
import { statementsRunBy } from "../../src/core/link/run-statements.js";

/** How a call commits a write of its own: itself, or in the function that it calls. */
export interface Commit {
  library: string;
  direct: boolean;
}

/** Which calls commit a write at once, since no transaction is open around them. */
export class Autocommit {
  /** Functions that run while some transaction is open, and where in them. */
  readonly #held = new Map<FunctionKey, ({ start: number; end: number } | undefined)[]>();
  readonly #helpers = new Map<FunctionKey, string | null>();

  constructor(readonly project: ProjectFacts) {
    for (const site of project.judgedTransactions)
      for (const { key, extent } of project.inside.functionsOf(site)) this.#held.set(key, [...(this.#held.get(key) ?? []), extent]);
  }

  /** Whether the place may run while a transaction is open: then it commits nothing. */
  isHeld(key: FunctionKey, span: Span): boolean {
    return this.#held.get(key)?.some((extent) => !extent || (extent.start <= span.start && span.end <= extent.end)) ?? false;
  }

  of(file: string, call: CallFact): Commit | undefined {
    const own = this.#writes(file, call);
    if (own !== undefined && this.#runsHere(file, call, own)) return { library: own, direct: true };
    const library = this.#through(call);
    return library === undefined || !this.#runsHere(file, call, library) ? undefined : { library, direct: false };
  }

  /** A promise that nobody awaits in place may be collected: `$transaction(list)` runs all of it as one. */
  #runsHere(file: string, call: CallFact, library: string): boolean {
    return libraryWithId(library)?.sync === true || this.project.program.chainEnd(file, call).awaited;
  }

  /**
   * The library that a helper writes with, where the helper is there to write: one function and no other, which always writes and waits for nothing
   * else. What writes somewhere deep inside (it sends a message and notes that) has turns of another kind.
   */
  #through(call: CallFact): string | undefined {
    const { writers, program, graph } = this.project;
    const [key, more] = writers.calleesOf(call);
    if (key === undefined || more !== undefined || call.args.some((arg) => arg.k === "fn")) return undefined;
    let library = this.#helpers.get(key);
    if (library === undefined) {
      const { file } = program.fnOf(key);
      const calls = writers.callsOf(key);
      const write = calls.find((inner) => !inner.conditional && this.#writes(file, inner) !== undefined);
      const busy = calls.some((inner) => inner.loop !== undefined || (inner.awaited && !(graph.external.get(inner) ?? []).some((id) => graph.values.tokens.libraryOf(id) !== undefined)));
      library = (write && !busy ? this.#writes(file, write) : undefined) ?? null;
      this.#helpers.set(key, library);
    }
    return library ?? undefined;
  }

  #writes(file: string, call: CallFact): string | undefined {
    const { tokens } = this.project.graph.values;
    const all = statementsRunBy(this.project.graph, call);
    // A declared type that may hold a transaction's handle, too, says less than the sessions that are seen to come there.
    const seen = all.filter(({ owner }) => !this.#isEither(owner));
    const statements = seen.length > 0 ? seen : all;
    const [first] = statements;
    if (!first || this.isHeld(functionKey(file, call.fn), call.span)) return undefined;
    const free = statements.every(({ kind, owner, session }) => {
      const held = tokens.get(owner);
      const alone = held.t === "session" || (held.t === "typed" && (held.role === "session" || held.role === "model")) || (held.t === "derived" && (held.kind === "orm" || (held.kind === "statement" && this.#isFree(held.of))));
      return kind === "write" && alone && tokens.handleOf(owner) === undefined && session !== undefined && !this.project.graph.privateSessions.has(session);
    });
    if (!free || carriesTransaction(call) || isSetBased(call, first.sql) || this.project.ambient.carries(first.library)) return undefined;
    return first.library;
  }

  #isEither(of: number): boolean {
    const token = this.project.graph.values.tokens.get(of);
    return token.t === "typed" ? token.role === "either" : token.t === "derived" && this.#isEither(token.of);
  }

  /** A statement that was prepared on a session, not on a connection out of a pool. */
  #isFree(of: number): boolean {
    const { tokens } = this.project.graph.values;
    const token = tokens.get(of);
    return token.t === "session" || (token.t === "typed" && token.role === "session");
  }
}

/** `{ transaction: t }`: the library's way to hand a transaction to a statement. */
function carriesTransaction({ args }: CallFact): boolean {
  return args.some((arg) => arg.k === "object" && arg.props.some(({ name }) => /^(transaction|trx|tx|transacting|session|\.\.\.)$/i.test(name)));
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
