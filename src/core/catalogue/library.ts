/**
 * What a database library looks like from outside. A path is how a value is reached: from the module (`default`,
 * `default.Database`, `drizzle`), or from a session (`prepare`, `transaction().execute`, `user.findMany`; `()` is a
 * call, of the session itself where it stands alone). CommonJS consumers reach the default export as the module itself,
 * so `""` and `default` mean the same.
 */
export interface Library {
  /** The package's name, as findings report it. */
  name: string;
  /** Tells entries of one package apart: `drizzle-orm/libsql`. Default: the name. */
  id?: string;
  /** Module specifiers that lead to it. Entries may share them, where a module makes sessions of several kinds: pg's `Pool` and `Client`. */
  specifiers: readonly string[];
  /** Specifiers of code that the library generates into the project, where they lead to no file of it: `src/generated/prisma/client`. */
  generated?: { specifier: RegExp; /** What the importing file's text surely contains: for the prefilter. */ mention: string };
  /** SQLite in this process, a server elsewhere, whatever the wrapped client is, or what the opening call says (see `dialect`). */
  engine: "sqlite" | "server" | "wrapped" | "configured";
  /** Where the opening call names its engine, and which names mean SQLite. For `engine: "configured"`. */
  dialect?: { at: readonly ArgumentPath[]; sqlite: RegExp };
  /** Statements run on the calling thread and block it. */
  sync: boolean;
  /**
   * Its calls describe work that runs later, put together by functions that are handed to other functions: what runs in a transaction is known less surely
   * than where it is written as it runs.
   */
  described?: boolean;
  /** What makes a session. */
  opens: readonly OpenPattern[];
  /** Calls that give a session that was opened elsewhere, or that nothing is to be said of the opening of, by the path from the module: `getConnection`. */
  shared: readonly string[];
  /**
   * Exports that are sessions (`sql` of @vercel/postgres), or the keys under which a container keeps one: Effect's `yield* SqlClient.SqlClient`. A key and its
   * session are taken for one value: what is called on either has names of its own.
   */
  services?: readonly string[];
  /** Types of sessions that programs name without importing them: `D1Database`. They are what the prefilter looks for, too. */
  globalTypes?: readonly string[];
  /** Exported types whose values are sessions: `Database`, `default.Database`. Project classes that extend one are sessions, too. */
  sessionTypes: readonly string[];
  /** Exported types whose values are a transaction's handle: `Prisma.TransactionClient`. */
  handleTypes: readonly string[];
  /** Exported types whose values are one connection out of a pool: `PoolClient`. */
  clientTypes: readonly string[];
  /** Exported types that may be a session or a handle: `EntityManager`, `Repository`. */
  eitherTypes: readonly string[];
  /** Those of them that a container fills with the session's own, asked by their type alone. */
  injectedTypes?: readonly string[];
  /**
   * What the library's own loader of files hands to the function that a file exports, by the names of its parameters, the session first; and the path
   * from the session of what the function gives: `module.exports = (sequelize, DataTypes) => …`.
   */
  loaded?: { params: readonly [session: string, beside: string]; gives: string };
  /** Exported classes whose project subclasses are tables, with static or instance methods that run statements: `Model`. */
  models: readonly string[];
  /** The member of a model that is the session it belongs to: `Item.sequelize`. */
  modelSession?: string;
  /** Models over another library's sessions, by its id, which are given to them (`Model.knex(knex)`). `takes`: the calls that may be given one, or a handle, each time. */
  over?: { library: string; takes: RegExp };
  /** Types whose first type argument, a string, tells the entry: `BaseSQLiteDatabase<"sync">` → the id of the synchronous one. */
  typeVariants?: Readonly<Record<string, string>>;
  /**
   * Functions that turn a client into an ORM session: the result is as fresh as the client. `foreign`: the client is of no
   * library of the catalogue (a platform's binding), so that of the result the type alone is known.
   */
  wraps: readonly { path: string; client: ArgumentPath; foreign?: boolean }[];
  /** Where a session shows the client that it wraps (`$client`), and the id of that client's library. */
  wrapped?: { path: string; library: string };
  /** What a session gives that is the session again: `manager`, `$extends()`, `withSchema()`. */
  same: readonly string[];
  /** What the library calls its modes, where they are named differently: `write` begins IMMEDIATE. */
  modes?: Readonly<Record<string, "deferred" | "immediate" | "exclusive">>;
  /** What takes a connection out of a pool, or begins a transaction and gives its handle. */
  acquires: readonly AcquirePattern[];
  /** Transactions over a function or a list, on a session (and on a handle, where they nest). */
  transactions: readonly TransactionPattern[];
  /** Methods that make a prepared statement from SQL text. */
  prepares: readonly string[];
  /** What runs, by the path from a session, a handle or a client. The first that matches counts. */
  statements: readonly StatementPattern[];
  /** Functions of the module (paths from it) that run a statement on a session given as an argument: `sql().execute`, `migrate`. */
  given: readonly (Omit<StatementPattern, "by" | "weak"> & { session: ArgumentPath })[];
  /** What a prepared statement runs: by method name. */
  statementMethods: { readonly run: readonly string[]; readonly read: readonly string[]; readonly iterate: readonly string[] };
  closes: readonly string[];
  /** Methods that change the session itself for everybody who shares it, or that occupy it. */
  scoped: readonly string[];
  /**
   * Decorators of parameters and fields (with their call) that a container fills with what is the library's: `InjectDataSource()`.
   * `as` is the path from the session that it is reached by (`getRepository()`); absent, it is the session. `session` is the argument that says
   * which one; without it, it is the container's one for all.
   */
  injected?: readonly InjectedPattern[];
  /** Pragmas that the library sets itself when it opens. */
  sets?: readonly string[];
  /** How long a statement waits for a lock, in milliseconds, when nothing is set; and where it is set. SQLite only. */
  busyTimeout?: { default: number; option?: ArgumentPath };
  /** Why one session must not serve several callers. Absent: nothing is known against it. */
  unshared?: Unshared;
  /** What changes for those who share one session or wrapper, besides its lifetime: a reason for review. */
  sharing?: string;
  /** How a function that works on a session is given a transaction's handle instead. Absent: no type for both is known. */
  passing?: PassingPattern;
  /** How what was reached from the session is reached from a transaction's handle. Absent: the handle has what statements need of the session. */
  handle?: HandlePattern;
  /** How a callback's transaction is run once a batch. Absent: `batch-loop-transaction` does not know. */
  batch?: BatchPattern;
}

/** The type of a parameter that takes the session and the handle of its transactions alike. */
export interface PassingPattern {
  /**
   * `session`: a handle is a session, too (`Transaction<DB> extends Kysely<DB>`). `handle`: a session has all that a handle has
   * (Prisma's `Omit<PrismaClient, …>`). `either`: neither holds, and both have their methods from one class.
   */
  type: "session" | "handle" | "either";
}

/** What a handle of another kind than the session takes the place of. */
export interface HandlePattern {
  /** What the session has by this name is what the handle is: `manager` of a `DataSource`. */
  is: string;
  /** The session's own methods, which the handle lacks: `synchronize`. */
  lacks: readonly string[];
  /** Calls that make something of the session which keeps what it was made of: `getRepository`. */
  makes: readonly string[];
  /** The handle's method that makes the same again of such a thing, on the transaction: `withRepository`. */
  again: string;
  /** An export of the versions that have `again`: whoever imports it has one of them. */
  shownBy: string;
  /** The one that makes of a table's class what has the class's own static methods: `getRepository`. */
  model: string;
}

/** What has to be known of a library to write `(work) => db.transaction(work)` around the batches of a loop. */
export interface BatchPattern {
  /**
   * The exported type, without arguments, of what the function is given. Absent: the function's place in the last
   * overload says it (`Parameters<typeof db.transaction>[0]`).
   */
  handle?: string;
  /** Calls between the session and the transaction that may be made again for each batch: `transaction().setIsolationLevel()`. */
  chain?: readonly string[];
  /** The one of `chain` that makes what the values read in a transaction belong to. */
  fresh?: string;
  /** Methods that end a chain by running it, where a chain that ends otherwise is a query yet to run. For synchronous drivers. */
  runs?: readonly string[];
}

/** An argument, or a property of an object argument, at any depth: `0`, `0.client`, `0.connection.filename`. */
export type ArgumentPath = string;

export interface InjectedPattern {
  specifier: string;
  path: string;
  as?: string;
  session?: number;
}

export interface OpenPattern {
  path: string;
  by: "new" | "call" | "both";
  kind: "connection" | "pool" | "orm" | "factory";
  /** Where the path or URL stands: `"0"` or `"0.filename"`. */
  key?: ArgumentPath;
  /** Where the options object stands. */
  options?: ArgumentPath;
  /** What it makes has a pool of its own: a process makes it once, and all callers share it as it is. */
  shareable?: boolean;
  /** Packages whose classes make parts of it, and keep nothing of the call that made them: `@prisma/adapter-pg`. */
  parts?: RegExp;
  /** It describes a session that something else opens: what makes it is no defect unless that is seen to be done per request. */
  lazy?: boolean;
  /** A process may share what it makes through the runtime's factory: one for each key, or one in all where it names none. */
  shares?: SharePattern;
  /** Where it is told what to connect to. An options object without it builds statements, and connects to nothing. */
  connects?: ArgumentPath;
  /** The library keeps what it makes by name: how a function asks whether there is one already (`getConnectionManager().has`), from the module. */
  askedFirst?: RegExp;
  /** An open that counts only when none of these arguments is a session already (then it is a wrapper). */
  unless?: readonly ArgumentPath[];
}

/** A session that is one connection, or that keeps what went wrong, is of harm to those who share it. */
export interface Unshared {
  /** Only where it is not surely a server's; default: on every engine. */
  on?: "sqlite";
  /** Only where transactions are begun on it; default: whatever is done with it. */
  with?: "transactions";
  /** A sentence that says what happens and what to do. */
  why: string;
}

/** On one connection of an asynchronous driver. */
export const TAKES_IN_OTHERS: Unshared = {
  with: "transactions",
  why: "on one shared connection, a transaction takes in what others run meanwhile: give its transactions a session of their own, or let them take turns",
};

/** What `use-shared-session` has to know of an open beyond the call itself. */
export interface SharePattern {
  /** The method that opens what was made, and gives it (or a promise of it) back: `initialize`. Absent: making it opens it. */
  starts?: string;
  /** What each unit of work makes anew from it, since it keeps state that is one caller's: `em` is asked for `fork()`. */
  forks?: { of: string; by: string };
}

export interface TransactionPattern {
  /** Matches the callee's path from the session: `^transaction$`, `^transaction\(\)(\.\w+\(\))*\.execute$`. */
  path: RegExp;
  /** `callback` runs the function; `wrapper` returns a function that does; `array` runs a list of operations. */
  style: "callback" | "wrapper" | "array";
  /** For a function of the module, which takes the session as this argument: `path` is from the module then. */
  session?: number;
  /** Which argument is the function or the list. `last`: the one after optional settings. */
  body: number | "last";
  /** The argument that is a list, for whose elements the function is run, batch by batch: many transactions, none for a single element. */
  list?: number;
  /** Which of the body's parameters is the transaction handle. Absent: the body uses the session itself. */
  handle?: number;
  /** The option that carries the handle to a statement: `transaction`, `transacting`. Absent: statements are called on the handle. */
  option?: string;
  /** Statements on the session itself join the transaction while its body runs (the library carries it along). */
  ambient?: boolean;
  /** All of it is sent in one request, and the database runs it by itself: nothing of the program's is waited for in between. */
  atOnce?: boolean;
  /** On a handle: a savepoint, part of the outer one, or an error. Default: `savepoint`. */
  nested?: "savepoint" | "joins" | "error";
  /** The mode that the library begins with when nothing is said. Default: `deferred` for SQLite. */
  mode?: "immediate" | "exclusive";
}

/** `pool.connect()`, `dataSource.createQueryRunner()`, `knex.transaction()` without a function. */
export interface AcquirePattern {
  path: RegExp;
  /** `client`: one connection, without a transaction as yet. `transaction`: begun, this is its handle. */
  kind: "client" | "transaction";
  /** What gives it back: paths from the client or handle. A `transaction` is over with its commit or rollback. */
  releases: RegExp;
  /** Counts only when no function is passed: with one, it is the callback form. */
  withoutCallback?: boolean;
  /** Always lent to a function for as long as that runs (`pool.connect(connection => …)`): nothing has to be given back. */
  lent?: boolean;
  /** In the callback form, which of the function's parameters is the connection or handle. */
  callback?: number;
  /** The mode that a `transaction` begins with when nothing is said. Default: `deferred` for SQLite. */
  mode?: "immediate" | "exclusive";
  /** The method of a client by which it takes its connection: what fails there has taken nothing. Default: it has one from the start. */
  takes?: string;
  /** Closing the session that it was taken from gives it back, too. Default: that waits for it, or leaves it open. */
  closedWithSession?: boolean;
}

export interface StatementPattern {
  path: RegExp;
  /** `sql`: by the text of `text`. `begin`, `commit`, `rollback`: of a transaction on this session, client or handle. */
  kind: "read" | "write" | "ddl" | "pragma" | "sql" | "begin" | "commit" | "rollback";
  /** Where the SQL text stands. Default: `"0"`. */
  text?: ArgumentPath;
  /** What text that is no literal is taken for. Default: `unknown`. */
  otherwise?: "read" | "write";
  /** Text that begins with no verb is a part of another statement, and none itself: `sql\`WHERE id = ${id}\``. */
  fragments?: boolean;
  /** Counts only for tagged templates or for plain calls. */
  by?: "tag" | "call";
  /** Counts only when no later call of the same chain is a statement: `knex("t")` reads, `knex("t").insert(x)` writes. */
  weak?: boolean;
  /** Counts only when no later call of the same chain has such a name: `insert(t).values(v).prepare()` runs nothing as yet. */
  unless?: RegExp;
  /**
   * Runs only when somebody waits for it: on a builder that was kept in a name, a chain that is dropped only changes what the builder will
   * do (`const query = trx("t"); query.increment("n"); await query`).
   */
  lazy?: boolean;
  /** Methods that the library makes out of names of the program's (`order.addLine(line)`): a name that the program gives to a function itself is that function's. */
  generated?: boolean;
  /** A chain that is an argument of another of the library's calls is a part of that one: a subquery, `insert(t).select(db.select())`. */
  operand?: boolean;
}

/** Calls of methods of these names, directly on the session. */
export function methods(...names: readonly string[]): RegExp {
  return new RegExp(`^(?:${names.map(escape).join("|")})$`);
}

/** Calls of methods of these names, at the end of any chain: `getRepository().save`, `manager.save`. */
export function endsIn(...names: readonly string[]): RegExp {
  return new RegExp(`(?:^|\\.)(?:${names.map(escape).join("|")})$`);
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Everything empty: spread it, so that a catalogue file states only what its library has. */
export const EMPTY_LIBRARY = {
  engine: "sqlite",
  sync: false,
  opens: [],
  shared: [],
  sessionTypes: [],
  handleTypes: [],
  clientTypes: [],
  eitherTypes: [],
  models: [],
  wraps: [],
  same: [],
  acquires: [],
  transactions: [],
  prepares: [],
  statements: [],
  given: [],
  statementMethods: { run: [], read: [], iterate: [] },
  closes: [],
  scoped: [],
} as const satisfies Omit<Library, "name" | "specifiers">;

export function libraryId(library: Library): string {
  return library.id ?? library.name;
}
