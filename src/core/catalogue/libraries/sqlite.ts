import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/** The promise wrapper around `sqlite3`: https://github.com/kriasoft/node-sqlite */
export const sqlite: Library = {
  ...EMPTY_LIBRARY,
  name: "sqlite",
  specifiers: ["sqlite"],
  opens: [{ path: "open", by: "call", kind: "connection", key: "0.filename", options: "0" }],
  sessionTypes: ["Database"],
  prepares: ["prepare"],
  statements: [
    { path: methods("run"), kind: "sql", otherwise: "write" },
    { path: methods("exec", "get", "all", "each"), kind: "sql" },
  ],
  statementMethods: { run: ["run"], read: ["get", "all", "each"], iterate: [] },
  closes: ["close"],
  scoped: ["configure", "on", "loadExtension"],
};
