import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { absence, useServer } from "../runtime/pg/support/server.js";
import { APPLICATIONS, prove } from "./helpers/applications.js";
import { readTree } from "./helpers/disk.js";
import type { Serving } from "./helpers/served.js";

const { newerNode } = (await import(new URL("../../scripts/lib/newer.mjs", import.meta.url).href)) as { newerNode: () => { program?: string; reason?: string } };
const newer = newerNode();

const helper = (name: string): string => fileURLToPath(new URL(`helpers/${name}.ts`, import.meta.url));
const BOTH = ["batch-loop-transaction", "use-shared-session"];
const SHARED = ["use-shared-session"];

interface Application {
  applied: string[];
  /** The rules whose findings are left, since no rewrite is known to be right. */
  left?: string[];
  /** Whether the application has a route that imports many rows in one transaction. Default: where loops are batched. */
  imports?: boolean;
  /** How many sessions may be open when all are shared: a pool opens as many as are needed at the same time. */
  most?: number;
  serving?: Serving;
  server?: boolean;
  /** Folders of files that are generated, by where they are put. */
  generated?: Record<string, string>;
  skip?: string | undefined;
}

const EXPECTED: Record<string, Application> = {
  "better-sqlite3": { applied: BOTH },
  "bun-sqlite": { applied: BOTH, serving: { alias: { "bun:sqlite": helper("bun-sqlite-on-better-sqlite3") } } },
  "drizzle-orm": { applied: BOTH },
  knex: { applied: BOTH },
  kysely: { applied: BOTH },
  "mikro-orm": { applied: BOTH },
  "node-sqlite": { applied: BOTH, serving: { store: "node:sqlite", ...(newer.program !== undefined && { node: newer.program }) }, skip: newer.reason },
  // Its pool drops the connection on which a statement failed, and opens one more.
  pg: { applied: SHARED, server: true, most: 4, skip: absence },
  postgres: { applied: BOTH, server: true, most: 4, skip: absence },
  prisma: { applied: BOTH, generated: { "src/generated/prisma": "orm/prisma/client" } },
  // On SQLite it opens a connection for each transaction: one for each batch here.
  sequelize: { applied: BOTH, most: 4 },
  sqlite: { applied: SHARED, serving: { alias: { sqlite3: helper("sqlite3-on-better-sqlite3") } } },
  sqlite3: { applied: SHARED, serving: { alias: { sqlite3: helper("sqlite3-on-better-sqlite3") } } },
  // Who runs transactions keeps a source of its own: on the one connection that others share they would take in what those write.
  typeorm: { applied: BOTH, left: ["no-session-per-call"], most: 2 },
};

const NAMES = Array.from({ length: 25 }, (_, n) => `n${n}`);
const REQUESTS = ["POST /items/a", "POST /items/b", "POST /items/a", ["GET /items", "GET /items", "GET /items"]];
const program = (server: boolean, imports: boolean) => ({
  setup: `DROP TABLE IF EXISTS item; CREATE TABLE item (id ${server ? "serial" : "INTEGER"} PRIMARY KEY, name TEXT NOT NULL UNIQUE)`,
  requests: imports ? [`POST /import ${JSON.stringify({ names: NAMES })}`, ...REQUESTS] : REQUESTS,
  state: "SELECT name FROM item ORDER BY name",
});

describe("an application of each library that the codemods rewrite", () => {
  const table: string[] = [];
  const server = absence === undefined ? useServer() : undefined;
  afterAll(() => {
    if (process.env["SESSIONFIX_TABLES"]) console.log(["library".padEnd(16) + "sessions before  after", ...table.sort()].join("\n"));
  });

  it("is there for all that are expected", () => {
    expect(APPLICATIONS).toEqual(Object.keys(EXPECTED).sort());
  });

  for (const [name, { applied, left = [], imports = applied === BOTH, serving = {}, server: onServer = false, most = 1, generated = {}, skip }] of Object.entries(EXPECTED)) {
    it.skipIf(skip !== undefined)(`${name} answers as before and leaves the same rows, with fewer sessions${skip === undefined ? "" : ` (${skip})`}`, async () => {
      const files = Object.entries(generated).flatMap(([to, from]) =>
        Object.entries(readTree(fileURLToPath(new URL(`../fixtures/${from}`, import.meta.url)))).map(([file, text]) => [`${to}/${file}`, text] as const),
      );
      const proof = await prove(name, program(onServer, imports), onServer ? { ...serving, store: "pg", url: server?.current.url ?? "" } : serving, {
        ...(files.length > 0 && { ".gitignore": `${Object.keys(generated).join("\n")}\n` }),
        ...Object.fromEntries(files),
      });
      expect([proof.applied, proof.left]).toEqual([applied, left]);
      expect(proof.before.state).toHaveLength(imports ? NAMES.length + 2 : 2);
      expect([proof.after.answers, proof.after.state]).toEqual([proof.before.answers, proof.before.state]);
      expect(proof.before.sessions).toBeGreaterThanOrEqual(imports ? 7 : 6);
      expect(proof.after.sessions).toBeLessThanOrEqual(most);
      table.push(`${name.padEnd(16)}${String(proof.before.sessions).padStart(15)}${String(proof.after.sessions).padStart(7)}`);
    });
  }
});
