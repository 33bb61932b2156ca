import type { Library } from "../library.js";
import { CONNECTION, POOL } from "./pg.js";

const NAME = "@vercel/postgres";
const TAG = { path: /^(sql)?\(\)$|^sql$/, kind: "sql", by: "tag" } as const;

/**
 * https://github.com/vercel/storage/tree/main/packages/postgres: pools and clients of @neondatabase/serverless with a tag for statements. `sql` and `db` are a pool
 * that the package makes when it is first used; what a function makes of its own is closed with its request, so nothing is said of how often it does.
 */
export const vercelPostgres: readonly Library[] = [
  {
    ...CONNECTION,
    ...POOL,
    name: NAME,
    specifiers: [NAME],
    services: ["sql", "db", "postgresConnectionPool"],
    shared: ["createPool", "VercelPool"],
    sessionTypes: ["VercelPool"],
    clientTypes: ["VercelPoolClient"],
    statements: [TAG, ...CONNECTION.statements],
  },
  { ...CONNECTION, name: NAME, id: `${NAME}/client`, specifiers: [NAME], shared: ["createClient", "VercelClient"], sessionTypes: ["VercelClient"], statements: [TAG, ...CONNECTION.statements] },
];
