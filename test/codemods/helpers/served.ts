import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "./project.js";
import type { TemporaryProject } from "./project.js";

export interface Program {
  /** SQL that makes the tables. */
  setup: string;
  /** `POST /things/one`, in order, with what is sent as JSON behind it; a list is asked at the same time. */
  requests: readonly (string | readonly string[])[];
  /** SQL that reads the final state. */
  state: string;
}

export interface Outcome {
  answers: unknown[];
  state: unknown[];
  /** How many sessions the requests opened: on a server, connections. */
  sessions: number;
}

export interface Serving {
  /** What stands for modules that this Node lacks. */
  alias?: Readonly<Record<string, string>>;
  /** Through what the tables are made and the final state is read. Default: better-sqlite3, on `app.db`. */
  store?: keyof typeof STORES;
  /** The server's address, for `pg`. */
  url?: string;
  /** Another Node. */
  node?: string;
}

const COUNTING = ["--require", fileURLToPath(new URL("count-sessions.cjs", import.meta.url))];

const NEW_FILE = `for (const suffix of ["", "-wal", "-shm"]) rmSync("app.db" + suffix, { force: true });\n`;
const STORES = {
  "better-sqlite3": `import Database from "better-sqlite3";\n${NEW_FILE}const file = new Database("app.db");\nconst store = { exec: async (sql: string) => void file.exec(sql), all: async (sql: string): Promise<unknown[]> => file.prepare(sql).all(), close: async () => void file.close() };\n`,
  "node:sqlite": `import { DatabaseSync } from "node:sqlite";\n${NEW_FILE}const file = new DatabaseSync("app.db");\nconst store = { exec: async (sql: string) => file.exec(sql), all: async (sql: string): Promise<unknown[]> => file.prepare(sql).all(), close: async () => file.close() };\n`,
  pg: `import pg from "pg";\nconst client = new pg.Client(process.env["DATABASE_URL"]);\nawait client.connect();\nconst store = { exec: async (sql: string) => void (await client.query(sql)), all: async (sql: string): Promise<unknown[]> => (await client.query(sql)).rows, close: () => client.end() };\n`,
};

/** Serves `app` of `src/app.ts` on the loopback, with what `setup` makes, and answers what the requests gave. */
export async function serve(project: TemporaryProject, { setup, requests, state }: Program, { alias = {}, store = "better-sqlite3", url, node }: Serving = {}): Promise<Outcome> {
  const text = `import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { rmSync } from "node:fs";
import { closeSessions } from "sessionfix-runtime";
import { app } from "./app.js";
${STORES[store]}
const opened = (globalThis as unknown as { sessionsOpened: () => number }).sessionsOpened;
await store.exec(${JSON.stringify(setup)});
const server = app.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const ask = async (line: string): Promise<unknown> => {
  const [, method = "GET", path = "/", body] = /^(\\S+) (\\S+)(?: (.*))?$/.exec(line) ?? [];
  const response = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { method, ...(body !== undefined && { body, headers: { "content-type": "application/json" } }) });
  const text = await response.text();
  return response.ok ? [response.status, JSON.parse(text)] : [response.status];
};
const start = opened();
const answers: unknown[] = [];
for (const step of ${JSON.stringify(requests)} as (string | string[])[]) answers.push(typeof step === "string" ? await ask(step) : await Promise.all(step.map(ask)));
const sessions = opened() - start;
await closeSessions();
server.closeAllConnections();
server.close();
const state = await store.all(${JSON.stringify(state)});
await store.close();
console.log(JSON.stringify({ answers, state, sessions }));
// Pools that nobody closes keep the process alive.
process.exit(0);
`;
  project.write("src/main.ts", text);
  try {
    return JSON.parse(await runProgram(project, "src/main.ts", COUNTING, alias, { node, env: url === undefined ? {} : { DATABASE_URL: url } })) as Outcome;
  } finally {
    for (const left of ["src/main.ts", ".run-src-main.ts.mjs"]) rmSync(join(project.root, left), { force: true });
  }
}
