import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

const shared: Omit<Library, "name" | "specifiers"> = {
  ...EMPTY_LIBRARY,
  engine: "server",
  opens: ["", "default."].flatMap((prefix) => [
    { path: `${prefix}createPool`, by: "call" as const, kind: "pool" as const, key: "0", options: "0", shareable: true },
    { path: `${prefix}createConnection`, by: "call" as const, kind: "connection" as const, key: "0", options: "0" },
  ]),
  sessionTypes: ["Pool"],
  clientTypes: ["Connection", "PoolConnection"],
  same: ["promise()"],
  acquires: [{ path: methods("getConnection"), kind: "client", releases: methods("release", "destroy"), withoutCallback: true, callback: 1, closedWithSession: true }],
  prepares: ["prepare"],
  statements: [
    { path: methods("query", "execute"), kind: "sql" },
    { path: methods("beginTransaction"), kind: "begin" },
    { path: methods("commit"), kind: "commit" },
    { path: methods("rollback"), kind: "rollback" },
  ],
  statementMethods: { run: [], read: ["execute"], iterate: [] },
  closes: ["end", "destroy"],
  scoped: ["changeUser", "on", "pause"],
};

/** https://sidorares.github.io/node-mysql2/docs: promises in `mysql2/promise` or by `promise()`, callbacks otherwise. */
export const mysql2: Library = { ...shared, name: "mysql2", specifiers: ["mysql2", "mysql2/promise", "mysql2/promise.js"] };

/** https://github.com/mysqljs/mysql: the same with callbacks alone. */
export const mysql: Library = { ...shared, name: "mysql", specifiers: ["mysql", "promise-mysql"] };
