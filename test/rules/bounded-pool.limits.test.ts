import { runTable, type Expected } from "./lib/table.js";

const found = (line: number, message: string, more: Partial<Expected> = {}): Expected => ({ line, message, library: "pg", confidence: "likely", fix: "manual", reason: "how long is too long depends", ...more });

runTable({
  rule: "bounded-pool",
  theme: "limits",
  valid: [
    { name: "all three", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionTimeoutMillis: 3000, statement_timeout: 10000, idle_in_transaction_session_timeout: 10000 });` },
    { name: "query_timeout limits statements, too", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionTimeoutMillis: 3000, query_timeout: 10000, idle_in_transaction_session_timeout: 10000 });` },
    { name: "in a constant", code: `
        import { Pool } from "pg";
        const settings = { connectionTimeoutMillis: 3000, statement_timeout: 10000, idle_in_transaction_session_timeout: 10000 };
        export const pool = new Pool(settings);` },
    { name: "a URL out of sight", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionString: process.env.DATABASE_URL });` },
    { name: "a URL with settings", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionString: "postgres://db/app?statement_timeout=10000" });` },
    { name: "settings for the server", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ host: "db", options: "-c statement_timeout=10000" });` },
    { name: "options out of sight", code: `
        import { Pool } from "pg";
        import { settings } from "./settings.js";
        export const pool = new Pool(settings);
        export const other = new Pool({ ...settings, max: 5 });` },
    { name: "a Client", code: `
        import { Client } from "pg";
        export const client = new Client({ host: "db" });` },
    { name: "a namesake", code: `
        class Pool {
          constructor(options: object) {}
        }
        export const pool = new Pool({ host: "db" });` },
    { name: "a script", file: "scripts/load.ts", code: `
        import { Pool } from "pg";
        const pool = new Pool({ host: "db" });` },
    { name: "left out by option", options: { ignoreLibraries: ["pg"] }, code: `
        import { Pool } from "pg";
        export const pool = new Pool({ host: "db" });` },
  ],
  invalid: [
    { name: "no options at all", code: `
        import { Pool } from "pg";
        export const pool = new Pool();`, findings: [found(2, "Set `connectionTimeoutMillis`, `statement_timeout`, `idle_in_transaction_session_timeout`")] },
    { name: "only the size", code: `
        import pg from "pg";
        export const pool = new pg.Pool({ host: "db", max: 20 });`, findings: [found(2, "Nothing limits how long a request waits for a connection")] },
    { name: "a plain URL", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionString: "postgres://db/app" });`, findings: [found(2, "Nothing limits")] },
    { name: "one is missing", code: `
        import { Pool } from "pg";
        export const pool = new Pool({ connectionTimeoutMillis: 3000, statement_timeout: 10000 });`, findings: [found(2, "Nothing limits how long a transaction may idle on this pg pool")] },
    { name: "options in a constant", code: `
        const { Pool } = require("pg");
        const settings = { host: "db", idleTimeoutMillis: 1000 };
        exports.pool = new Pool(settings);`, file: "src/db.js", findings: [found(3, "Nothing limits")] },
  ],
});
