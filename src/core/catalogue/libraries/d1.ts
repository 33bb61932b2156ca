import { EMPTY_LIBRARY, methods, type Library } from "../library.js";

/**
 * https://developers.cloudflare.com/d1/worker-api/: a binding that the platform gives to each request, so nothing opens. Its types are global, or come from
 * @cloudflare/workers-types. Each statement is a request to the database and commits alone; `batch` runs prepared statements in one transaction:
 * https://developers.cloudflare.com/d1/worker-api/d1-database/#batch
 */
export const d1: Library = {
  ...EMPTY_LIBRARY,
  name: "Cloudflare D1",
  specifiers: ["@cloudflare/workers-types", "@cloudflare/workers-types/experimental"],
  globalTypes: ["D1Database", "D1DatabaseSession"],
  engine: "server",
  sessionTypes: ["D1Database", "D1DatabaseSession"],
  same: ["withSession()", "bind()"],
  transactions: [{ path: methods("batch"), style: "array", body: 0, atOnce: true }],
  prepares: ["prepare"],
  statements: [{ path: methods("exec"), kind: "sql" }],
  statementMethods: { run: ["run"], read: ["first", "all", "raw"], iterate: [] },
};
