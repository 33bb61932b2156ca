import type { Cost } from "./cost.js";
import type { Span } from "./facts/types.js";

export type Priority = "P0" | "P1" | "P2" | "P3";
/** `proven`: a path shows it. `likely`: the shape says so; reported by the `strict` config only. */
export type Confidence = "proven" | "likely";
/** See docs/safety.md: `safe` keeps the meaning, `review` changes a guarantee, `manual` is described and never edited. */
export type FixSafety = "safe" | "review" | "manual";

/** A place in a file, as reports show it. Lines and columns are 1-based, the end is exclusive. */
export interface Place {
  file: string;
  span: Span;
  text: string;
  /** A step that says where a loop's list comes from, and not how the place is reached. */
  about?: "list";
}

/** What a rule says. Reports, codemods and ESLint all read this one shape. */
export interface Finding {
  /** The rule's name without the plugin's prefix. */
  rule: string;
  file: string;
  span: Span;
  message: string;
  priority: Priority;
  confidence: Confidence;
  /** The library's package name, as in the catalogue. */
  library: string;
  fix: FixSafety;
  /** One sentence: why `fix` is not `safe`. Absent for `safe`. */
  fixReason?: string;
  /** The path from an entry point to the place, outermost first. */
  why: Place[];
  /** Other places of the same defect: the per-call callers of a factory. */
  related: Place[];
  cost?: { sessions?: Cost; statements?: Cost };
  /**
   * Local edits that an editor can offer one by one, best first. Unlike `fix`, nobody applies them unasked: a suggestion may
   * change a guarantee when its message says so. Not part of the report.
   */
  suggestions?: Suggestion[];
  /** Stable when unrelated lines move. */
  fingerprint: string;
  /** What the codemods need to know. Not part of the report. */
  detail: FindingDetail;
}

/** One offer: what it does, in the imperative, and its edits, all in `Finding.file` and apart from each other. */
export interface Suggestion {
  message: string;
  /** `[start, end)` becomes `text`. Offsets count UTF-16 code units of the file without its byte order mark. */
  edits: { start: number; end: number; text: string }[];
}

export type FindingDetail =
  | SessionPerCallDetail
  | DuplicateSessionDetail
  | LoopTransactionDetail
  | LoopWritesDetail
  | OuterSessionDetail
  | OuterOptionDetail
  | OuterHelperDetail
  | AsyncBodyDetail
  | ReleaseDetail
  | EngineConfigDetail
  | NoDetail;

/** No codemod knows the rule. */
export interface NoDetail {
  kind: "none";
}

/** A loop whose turns each commit writes of their own, on a driver that the runtime knows. */
export interface LoopWritesDetail {
  kind: "loop-writes";
  /** The package's name, as in the catalogue. */
  library: string;
  /** The statement, or the call where the loop is `list.forEach(…)`. */
  loop: Span;
  /** The session as written where its name stands, which the loop can use: `db`, `this.db`; and where that begins. Absent where it has no name. */
  session?: { text: string; start: number };
}

/** A statement in a transaction's own body that is written on the session around it. */
export interface OuterSessionDetail {
  kind: "outer-session";
  /** What the handle takes the place of, as written at the statement's beginning: `db`, `this.db`, `dataSource.manager`, `users`. */
  session: string;
  /** The parameter of the transaction's function that is its handle. */
  handle: string;
  /** Where the transaction's function starts in `Finding.file`. */
  body: number;
  /** The handle's method that makes what `session` is again on the transaction: `withRepository`. Absent: the handle is that. */
  again?: string;
  /** The call inside the transaction that begins with `session`, where the statement runs on the constant that it gives. */
  made?: Span;
}

/** A statement in a transaction's own body whose options are without the transaction. */
export interface OuterOptionDetail {
  kind: "outer-option";
  /** The option that carries it: `transaction`. */
  option: string;
  /** The argument that the options are. */
  index: number;
  /** The parameter of the transaction's function that is its handle. */
  handle: string;
  /** Where the transaction's function starts in `Finding.file`. */
  body: number;
}

/** A call in a transaction's own body of a function that runs on the session around it, and how the handle gets there. */
export interface OuterHelperDetail {
  kind: "outer-helper";
  /** The library's id in the catalogue. */
  library: string;
  /** The method that begins the transaction: `$transaction`. */
  begins: string;
  /** The parameter of the transaction's function that is its handle. */
  handle: string;
  /** Where the transaction's function starts in `Finding.file`. */
  body: number;
  /** All functions on the way to the statements, callees first: the last is the one that the finding's call runs. */
  functions: HelperFunction[];
}

/** A function that has to be given a transaction's handle. Spans are in its own file. */
export interface HelperFunction {
  file: string;
  span: Span;
  name: string;
  /** A member of a class or an object: it is called on what has it. */
  member: boolean;
  /** The session as written in it: `db`, `this.db`, `ctx.db`. Absent where it only hands on. */
  session?: string;
  /** The parameter that takes a session already, by its index. Absent: it needs one. */
  takes?: number;
  /** The calls that are statements on the session. */
  statements: Span[];
  /** The calls of other such functions, and which. */
  calls: { span: Span; to: number }[];
  /** The names by which files of the program know it. */
  names: { file: string; name: string }[];
  /** The files that say `.name` somewhere. */
  mentions: string[];
}

/** An async function in a synchronous driver's transaction, in `Finding.file`, which the runtime's transaction can wait for. */
export interface AsyncBodyDetail {
  kind: "async-body";
  /** The session as written: `db`, `this.db`. */
  session: string;
  body: Span;
  /** The calls that run the transaction. */
  invocations: { file: string; span: Span }[];
}

/** What a function takes and is to give back itself. */
export interface ReleaseDetail {
  kind: "release";
  /** Methods that give it back, the usual one first. */
  releases: string[];
  /** Giving it back is asynchronous. */
  waits: boolean;
}

/** Pragmas that a session lacks. */
export interface EngineConfigDetail {
  kind: "engine-config";
  pragmas: string[];
}

/** How the session is opened and what becomes of it. All spans are in `Finding.file` unless a file stands beside them. */
export interface SessionPerCallDetail {
  kind: "session-per-call";
  library: string;
  /** The constructor or `open()` call. */
  open: Span;
  /** What it makes has a pool of its own: shared by being made once, without the runtime. */
  shareable?: boolean;
  /** The runtime's factory can share it: see `SharePattern`. */
  shares?: boolean;
  /** Libraries, by their ids, that are wrapped around it: an ORM around a driver's session. */
  wrappers?: string[];
  /** The first argument, as source text (path or URL), and the options argument. */
  keyText?: string;
  optionsText?: string;
  /**
   * The innermost function that returns the fresh session, when there is one: callers get their session from it.
   * `null` when the session is opened, used and dropped in the same function.
   */
  factory: null | {
    name: string;
    /** The whole function. */
    span: Span;
    kind: "function" | "arrow" | "method" | "getter";
    async: boolean;
    /** Parameter names in order, as written; the key's parameter index when the key is simply a parameter. */
    params: string[];
    keyParam?: number;
    /** The function does nothing but create and return (no pragma, schema or wrapper around it). */
    bare: boolean;
  };
  /** Calls that close the session or its copies, everywhere. `once`: the closer runs at start-up or shutdown, in tests or scripts. */
  closes: { file: string; span: Span; once: boolean }[];
  /** Places that get a session from the factory, or the open itself when there is no factory. */
  uses: {
    file: string;
    span: Span;
    context: "per-call" | "once" | "test" | "unknown";
    /** It asks for a session of its own on purpose: in memory, read-only, on another file. */
    own?: boolean;
  }[];
  /** Session-scoped changes by users: pragma, attach, unsafeMode, iterate, listeners; they make sharing a matter of review. */
  scoped: { file: string; span: Span; what: string }[];
  /** SQL-style transactions that stay open over an `await` on this session: sharing it would let others slip in. */
  openOverAwait: { file: string; span: Span }[];
  /** Why it must not be shared, and what it is that forbids it: see `Library.unshared`. */
  unshared?: { why: string; file?: string; span?: Span };
  /** Start-up places of the program, for `init-at-startup`: the `listen` call or the server's factory. */
  startups: { file: string; span: Span; framework: string }[];
  /** What a container makes for each request, and the session with it. */
  provider?: ProviderDetail;
}

export interface ProviderDetail {
  /** The class, or what the provider is asked for under. */
  name: string;
  file: string;
  /** The class, or the provider's object: what says `scope`. */
  span: Span;
  /** Its class is the library's own, extended: making it is opening. `SessionPerCallDetail.open` is the class where it has no constructor. */
  isSession: boolean;
  /** Why it must not be made once; none: it may be. */
  obstacles: { what: string; file?: string; span?: Span }[];
  /** Classes that are made for each request only because they have it injected, by name. */
  along: string[];
}

/** Sessions that two modules keep on one database. */
export interface DuplicateSessionDetail {
  kind: "duplicate-session";
  /** The first that opens it, and the one that is reported. */
  sessions: readonly (SessionPerCallDetail & { file: string })[];
}

/** A transaction and the loop that it holds. */
export interface LoopTransactionDetail {
  kind: "loop-transaction";
  library: string;
  /**
   * `callback`: `run((tx) => …)` takes and runs the function; `wrapper`: better-sqlite3's `db.transaction(fn)` made first, called later;
   * `helper`: an in-project function that runs its callback inside a transaction; `array`: a list of operations; `sql` and
   * `handle`: open from a BEGIN (a statement, or a call that gives a handle) to a COMMIT.
   */
  style: "callback" | "wrapper" | "helper" | "array" | "sql" | "handle";
  /** The expression of the session (or the helper's callee), as written. */
  sessionText: string;
  /** How a library's callback is run; absent for better-sqlite3's wrapper, for its helpers, and for SQL. */
  runner?: {
    /** The library's id in the catalogue. */
    library: string;
    /** It asks its function for a promise, and gives one. */
    promises: boolean;
    /** What is done on the session while it runs belongs to it. */
    ambient: boolean;
  };
  /** The transaction call: `db.transaction(…)`, `helper(…)`; for `sql`, the BEGIN statement's call. */
  transaction: Span;
  /** `wrapper`: the calls that run it (`importAll(x)`, `tx.immediate()`, or the outer call when called at once). */
  invocations: Span[];
  /** The callback's function, when it is written in place. */
  callback?: Span;
  mode: "deferred" | "immediate" | "exclusive" | "default";
  /** `sql`: the COMMIT and ROLLBACK calls. */
  commits: Span[];
  rollbacks: Span[];
  /** The loop, in `Finding.file` when it is in the callback; elsewhere it is reached through a helper. */
  loop: { file: string; span: Span; body: Span; kind: string; inCallback: boolean };
  /** The function around the transaction is async, so awaiting is possible there. */
  asyncContext: boolean;
  /** Why batching would break something; any entry makes the finding `manual`. */
  obstacles: { what: string; file: string; span: Span }[];
}

/** JSON Schema of a rule's options object, as ESLint takes it. */
export type OptionSchema = Record<string, unknown>;
