import { EMPTY_LIBRARY, methods, type Library } from "../library.js";
import { CONNECTION, POOL } from "./pg.js";

const NAME = "@neondatabase/serverless";

/**
 * https://github.com/neondatabase/serverless/blob/main/README.md. `Pool` and `Client` are node-postgres's over a WebSocket; in most serverless environments that
 * must be made, used and closed in one request, so nothing is said of how often they are.
 */
const SOCKETS: readonly Library[] = [
  { ...CONNECTION, ...POOL, name: NAME, id: NAME, specifiers: [NAME], shared: ["Pool"], sessionTypes: ["Pool"] },
  { ...CONNECTION, name: NAME, id: `${NAME}/client`, specifiers: [NAME], shared: ["Client"], sessionTypes: ["Client"] },
];

/**
 * `neon(url)` keeps no connection: each query is a request over HTTP, and commits alone. A query runs when it is awaited; `transaction` runs a list of them, or
 * what a function makes of its own tag. https://github.com/neondatabase/serverless/blob/main/CONFIG.md#transaction-function
 */
const HTTP: Library = {
  ...EMPTY_LIBRARY,
  name: NAME,
  id: `${NAME}/http`,
  specifiers: [NAME],
  engine: "server",
  shared: ["neon"],
  sessionTypes: ["NeonQueryFunction"],
  handleTypes: ["NeonQueryFunctionInTransaction"],
  transactions: [
    { path: methods("transaction"), style: "array", body: 0, atOnce: true },
    { path: methods("transaction"), style: "callback", body: 0, handle: 0, atOnce: true },
  ],
  statements: [
    { path: /^\(\)$/, kind: "sql", fragments: true, operand: true },
    { path: methods("query"), kind: "sql", operand: true },
  ],
};

export const neon: readonly Library[] = [...SOCKETS, HTTP];
