import { ACCESS, READER } from "./access.js";
import type { Access, Guarded } from "./access.js";
import type { Connection } from "./connection.js";
import { refuseAsyncFunction } from "./promises.js";
import { define, enter, enterHandle, execute, guardStatement, guardStatements, methodOf, noteSettings, pass, unguarded } from "./guard.js";
import type { StatementShape } from "./guard.js";
import type { Library } from "./libraries.js";
import { closeReader, readerOf } from "./reader.js";
import { isSqliteConnection } from "./sqlite-connection.js";
import type { SqliteConnection } from "./sqlite-connection.js";

/** The constructor's options of sessions that the driver opened: a reader needs the same native binding. */
export const constructorOptions = new WeakMap<object, unknown>();

interface Statement {
  readonly source: string;
  readonly readonly?: boolean;
  readonly reader?: boolean;
}

const STATEMENTS: StatementShape = {
  runs: ["run", "get", "all", "iterate"],
  settings: ["pluck", "raw", "expand", "safeIntegers", "bind"],
  source: (statement) => (statement as Statement).source,
  // `BEGIN` writes nothing either, but returns no rows.
  readsOnly: (statement) => (statement as Statement).readonly === true && (statement as Statement).reader === true,
};

/** Handles of better-sqlite3 and of what has its interface, such as libsql's synchronous one. */
export const betterSqlite3Library: Library = {
  name: "better-sqlite3",
  recognizes: isSqliteConnection,
  connect: (session) => new Unguarded(session as SqliteConnection),
  guard,
  // A statement names its database, so all are seen where the library's statements do.
  seesEarlierStatements: (_, statement) => "database" in statement,
  handle: (session, access) => markHandle(Object.create(session) as object, access),
  openReader,
};

/** By assignment, which is ten times as fast as defining the property, and is paid once a transaction. */
function markHandle(handle: { [ACCESS]?: Access }, access: Access): object {
  handle[ACCESS] = access;
  return handle;
}

/** The methods as they were before the guard, also where an application replaced them on the object itself. */
class Unguarded implements Connection {
  readonly #session: SqliteConnection;
  readonly #prepare: SqliteConnection["prepare"];
  readonly #exec: SqliteConnection["exec"];
  readonly #pragma: SqliteConnection["pragma"];
  readonly #close: SqliteConnection["close"];

  constructor(session: SqliteConnection) {
    this.#session = session;
    this.#prepare = session.prepare.bind(session);
    this.#exec = session.exec.bind(session);
    this.#pragma = session.pragma.bind(session);
    this.#close = session.close.bind(session);
  }

  get open() { return this.#session.open; }
  get inTransaction() { return this.#session.inTransaction; }
  get memory() { return this.#session.memory; }
  get readonly() { return this.#session.readonly; }
  get name() { return this.#session.name; }
  prepare(source: string) { return unguarded(this.#prepare(source)); }
  exec(source: string) { return this.#exec(source); }
  pragma(source: string, options?: { simple?: boolean }) { return pass(() => this.#pragma(source, options)); }
  close() { return this.#close(); }
}

/**
 * Own methods on the session, so that it stays an instance of its class. `tx` handles inherit them; `this` tells which
 * of the two a call came through.
 */
function guard(session: object, access: Access): void {
  const { state } = access;
  define(session, ACCESS, access);
  guardStatements(Object.getPrototypeOf(state.statements.commit) as object, STATEMENTS);
  const override = (name: string, make: (method: (...args: unknown[]) => unknown) => (this: object, ...args: never[]) => unknown): void => {
    const method = methodOf(session, name);
    if (method !== undefined) define(session, name, make((...args) => method.apply(session, args)));
  };
  const accessOf = (self: object): Access => (self as Guarded)[ACCESS];

  const prepareOn = methodOf(session, "prepare")!;
  define(session, "prepare", function (this: object, ...args: unknown[]) {
    const own = accessOf(this);
    enterHandle(own, String(args[0]));
    // The library notes `this` as the statement's database: `tx` where it was prepared on that.
    return guardStatement(prepareOn.apply(this, args) as object, own, STATEMENTS);
  });
  override("exec", (exec) => function (source: string) {
    execute(accessOf(this), String(source), () => exec(source));
    return this;
  });
  override("pragma", (pragma) => function (source: string, options: unknown) {
    const text = String(source);
    // Settings are the connection's own, whoever asks; anything else may write.
    enter(accessOf(this), readsSettings(text), text);
    try {
      return pass(() => pragma(source, options));
    } finally {
      noteSettings(state, text);
    }
  });
  override("transaction", (transaction) => function (body: unknown) {
    return guardTransaction(transaction(body), body, accessOf(this), this);
  });
  for (const name of ["backup", "serialize"]) {
    override(name, (method) => function (...args: unknown[]) {
      if (enter(accessOf(this), true, name) !== READER) return method(...args);
      const reader = readerOf(state) as unknown as Record<string, (...args: unknown[]) => unknown>;
      return reader[name]!(...args);
    });
  }
  for (const name of ["function", "aggregate", "table", "loadExtension", "defaultSafeIntegers"]) {
    override(name, (method) => function (...args: unknown[]) {
      method(...args);
      state.extras.push([name, args]);
      return this;
    });
  }
  override("close", (close) => function () {
    closeReader(state);
    close();
    return this;
  });
}

/** `PRAGMA name` and the schema's tables; not what is set by `=`, nor what works, such as `wal_checkpoint(…)`. */
function readsSettings(source: string): boolean {
  return /^\s*(?:\w+\s*\.\s*)?(?:\w+|(?:table_x?info|table_list|index_x?info|index_list|foreign_key_list)\s*\([^)]*\))\s*;?\s*$/i.test(source)
    && !/^\s*(?:\w+\s*\.\s*)?(?:wal_checkpoint|optimize|incremental_vacuum|foreign_key_check|integrity_check|quick_check|shrink_memory)\b/i.test(source);
}

type TransactionFunction = ((...args: unknown[]) => unknown) & Record<string, (...args: unknown[]) => unknown>;

const VARIANTS = ["default", "deferred", "immediate", "exclusive"] as const;

/** The library's own `db.transaction(fn)`, with its four variants, each of which has all four as properties. */
function guardTransaction(raw: unknown, body: unknown, access: Access, database: object): unknown {
  const variants = raw as TransactionFunction;
  const properties: PropertyDescriptorMap = { database: { value: database, enumerable: true } };
  for (const name of VARIANTS) {
    const variant = variants[name];
    if (variant === undefined) return raw;
    properties[name] = {
      value: function sqliteTransaction(this: unknown, ...args: unknown[]) {
        refuseAsyncFunction(body, "db.transaction", "transaction");
        enter(access, false, "db.transaction()");
        return variant.apply(this, args);
      },
    };
  }
  for (const name of VARIANTS) Object.defineProperties(properties[name]!.value as object, properties);
  return properties["default"]!.value;
}

/** A handle of the library's own class; a class that an application derived may do anything when it is made. */
function openReader(session: object, path: string): Connection | undefined {
  const Class = libraryClass(session);
  if (Class === undefined) return undefined;
  const given = constructorOptions.get(session);
  return new Class(path, { ...(typeof given === "object" ? given : {}), readonly: true, fileMustExist: true });
}

type DatabaseClass = new (path: string, options: object) => SqliteConnection;

function libraryClass(session: object): DatabaseClass | undefined {
  for (let prototype: unknown = Object.getPrototypeOf(session); typeof prototype === "object" && prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (Object.hasOwn(prototype, "prepare") && Object.hasOwn(prototype, "pragma")) {
      const { constructor } = prototype;
      return typeof constructor === "function" ? (constructor as unknown as DatabaseClass) : undefined;
    }
  }
  return undefined;
}
