import { ACCESS } from "./access.js";
import type { Access, Guarded } from "./access.js";
import type { Connection } from "./connection.js";
import { define, enter, enterHandle, execute, guardStatement, methodOf, unguarded } from "./guard.js";
import type { StatementShape } from "./guard.js";
import type { Library } from "./libraries.js";
import { closeReader } from "./reader.js";
import type { NodeSqliteDatabase } from "./sqlite-connection.js";

/** What the driver opened a session with: a reader needs the same. */
export const constructorOptions = new WeakMap<object, { readonly readOnly?: boolean }>();

const STATEMENTS: StatementShape = {
  runs: ["run", "get", "all", "iterate"],
  settings: ["setReadBigInts", "setReturnArrays", "setAllowBareNamedParameters", "setAllowUnknownNamedParameters"],
  source: (statement) => (statement as { sourceSQL: string }).sourceSQL,
  // node:sqlite does not tell. Where the text misleads, the reader refuses to write.
  readsOnly: (statement) => /^\s*(?:select|values|with|explain)\b/i.test((statement as { sourceSQL: string }).sourceSQL),
};

/** Handles of node:sqlite (Node ≥ 22.13). */
export const nodeSqliteLibrary: Library = {
  name: "node:sqlite",
  recognizes: isNodeSqlite,
  connect: (session) => new Unguarded(session as NodeSqliteDatabase),
  guard,
  // There are none where the driver opened the session.
  seesEarlierStatements: (session) => constructorOptions.has(session),
  handle,
  openReader,
};

function isNodeSqlite(value: unknown): value is NodeSqliteDatabase {
  return typeof value === "object" && value !== null
    && "isOpen" in value && typeof value.isOpen === "boolean"
    && "exec" in value && typeof value.exec === "function"
    && "prepare" in value && typeof value.prepare === "function"
    && "close" in value && typeof value.close === "function"
    && "createSession" in value;
}

/** Gives node:sqlite's handle the shape that the rest of the runtime works with. */
class Unguarded implements Connection {
  readonly #session: NodeSqliteDatabase;
  readonly #prepare: NodeSqliteDatabase["prepare"];
  readonly #exec: NodeSqliteDatabase["exec"];
  readonly #close: NodeSqliteDatabase["close"];
  #name: string | undefined;

  constructor(session: NodeSqliteDatabase) {
    this.#session = session;
    this.#prepare = session.prepare.bind(session);
    this.#exec = session.exec.bind(session);
    this.#close = session.close.bind(session);
  }

  get open() { return this.#session.isOpen; }
  get memory() { return this.name === ""; }
  get readonly() { return constructorOptions.get(this.#session)?.readOnly === true; }

  /** Node tells it from 22.16 and 24 on. Before, a second `BEGIN` that SQLite refuses is the only sign. */
  get inTransaction() {
    const told = this.#session.isTransaction;
    if (told !== undefined) return told;
    try {
      this.exec("BEGIN");
    } catch {
      return true;
    }
    this.exec("ROLLBACK");
    return false;
  }

  get name() {
    if (this.#name === undefined) {
      const file = firstColumn(this.prepare("SELECT file FROM pragma_database_list WHERE name = 'main'").get());
      this.#name = typeof file === "string" ? file : "";
    }
    return this.#name;
  }

  prepare(source: string) { return unguarded(this.#prepare(source)); }
  exec(source: string) { return this.#exec(source); }
  close() { return this.#close(); }

  pragma(source: string, options?: { simple?: boolean }) {
    const rows = this.prepare(`PRAGMA ${source}`).all();
    return options?.simple === true ? firstColumn(rows[0]) : rows;
  }
}

function firstColumn(row: unknown): unknown {
  return typeof row === "object" && row !== null ? Object.values(row)[0] : undefined;
}

/** Own methods on the session. Those of Node do not work on an object that inherits from it, so handles call back. */
function guard(session: object, access: Access): void {
  const { state } = access;
  define(session, ACCESS, access);
  const override = (name: string, make: (method: (...args: unknown[]) => unknown) => (this: object, ...args: never[]) => unknown): void => {
    const method = methodOf(session, name);
    if (method !== undefined) define(session, name, make((...args) => method.apply(session, args)));
  };
  const accessOf = (self: object): Access => (self as Guarded)[ACCESS];

  override("prepare", (prepare) => function (...args: unknown[]) {
    const own = accessOf(this);
    enterHandle(own, String(args[0]));
    return guardStatement(prepare(...args) as object, own, STATEMENTS);
  });
  override("exec", (exec) => function (source: string) {
    return execute(accessOf(this), String(source), () => exec(source));
  });
  for (const name of ["function", "aggregate", "loadExtension", "enableLoadExtension"]) {
    override(name, (method) => function (...args: unknown[]) {
      const result = method(...args);
      state.extras.push([name, args]);
      return result;
    });
  }
  // What applies or records changes goes through the connection as statements do.
  for (const name of ["applyChangeset", "createSession", "createTagStore", "deserialize"]) {
    override(name, (method) => function (...args: unknown[]) {
      enter(accessOf(this), false, name);
      return method(...args);
    });
  }
  override("close", (close) => function () {
    closeReader(state);
    return close();
  });
}

/** An object that inherits from a native handle cannot use its methods: each calls back to the session. */
function handle(session: object, access: Access): object {
  const handle = Object.create(session) as object;
  Object.defineProperty(handle, ACCESS, { value: access });
  for (let level: unknown = session; typeof level === "object" && level !== null && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === "constructor" || Object.hasOwn(handle, name) || GUARDED.has(name)) continue;
      const { get, value } = descriptor as { get?: () => unknown; value?: unknown };
      if (get !== undefined) Object.defineProperty(handle, name, { get: () => get.call(session), configurable: true });
      else if (typeof value === "function") define(handle, name, (...args: unknown[]) => (value as (...args: unknown[]) => unknown).apply(session, args));
    }
  }
  return handle;
}

/** These tell by `this` through which handle they are called, and call the session's own method. */
const GUARDED = new Set(["prepare", "exec", "function", "aggregate", "loadExtension", "enableLoadExtension", "applyChangeset", "createSession", "createTagStore", "deserialize", "close"]);

type DatabaseClass = new (path: string, options: object) => NodeSqliteDatabase;

function openReader(session: object, path: string): Connection | undefined {
  for (let prototype: unknown = Object.getPrototypeOf(session); typeof prototype === "object" && prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (!Object.hasOwn(prototype, "prepare") || !Object.hasOwn(prototype, "exec")) continue;
    const Class = prototype.constructor as DatabaseClass;
    return readerOn(new Class(path, { ...constructorOptions.get(session), readOnly: true, open: true }));
  }
  return undefined;
}

/** The reader gets `function` and the like from the library itself. */
function readerOn(session: NodeSqliteDatabase): Connection {
  const connection = new Unguarded(session);
  for (const name of ["function", "aggregate", "loadExtension", "enableLoadExtension"]) {
    const method = methodOf(session, name);
    if (method !== undefined) define(connection, name, (...args: unknown[]) => method.apply(session, args));
  }
  return connection;
}
