import { accessOf } from "./access.js";
import { UnsupportedSessionError } from "./errors.js";
import { capturePlace } from "./frame.js";
import type { Place } from "./frame.js";
import { DEFAULT_TIMEOUT_MS, checkFunction, checkOptions } from "./options.js";
import { handleCapabilities } from "./orm-handle.js";
import { asRunner } from "./orm-runner.js";
import type { RunnerCapabilities } from "./batch-types.js";
import type { OrmRunner } from "./orm-runner.js";
import { lastDisconnect, prepared, probe } from "./prisma-adapter.js";
import type { ConnectedAdapter } from "./prisma-adapter.js";
import { runTransaction } from "./transaction.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

export { sessionAdapter } from "./prisma-adapter.js";
export type { PrismaAdapterFactory, SessionAdapterOptions } from "./prisma-adapter.js";

/** The little of a Prisma client that the runner uses. */
export interface PrismaDatabase<Tx> {
  $transaction(body: (tx: Tx) => Promise<never>, options?: { maxWait?: number; timeout?: number }): Promise<unknown>;
  $queryRawUnsafe(query: string): PromiseLike<unknown>;
}

type Queried = Pick<PrismaDatabase<never>, "$queryRawUnsafe">;

/** How long Prisma may let a transaction live: the runner's own limits are the ones that count. In ms, the most that a timer takes. */
const UNLIMITED_MS = 0x7fffffff;

/** By client: the connection behind it, or the search for it. */
const connections = new WeakMap<object, ConnectedAdapter>();
const searches = new WeakMap<object, Promise<ConnectedAdapter>>();

/**
 * A runner over a Prisma client that was made with `sessionAdapter`: `await run((tx) => …)`, or the first argument of
 * `batchedTransaction`. The body gets Prisma's own transaction client; Prisma's limits of 2 s for waiting and 5 s for the
 * body do not apply.
 *
 * The transaction is this package's own, on the adapter's connection, so that all that `transaction` promises holds.
 *
 * @throws {UnsupportedSessionError} at the first transaction, when the client was made with another adapter.
 */
export function prismaRunner<Tx>(prisma: PrismaDatabase<Tx>): OrmRunner<Tx> {
  const begin = <R>({ session }: ConnectedAdapter, work: (tx: Tx) => R | Promise<R>, options: TransactionOptions, place?: Place): Promise<R> => runTransaction(session, (tx) => {
    const frame = accessOf(tx)?.frame;
    if (frame !== undefined && place !== undefined) frame.place = place;
    const own = { session, tx, taken: false };
    return prepared.run(own, async () => {
      let result: { readonly value: R } | undefined;
      const body = async (client: Tx): Promise<void> => {
        if (!own.taken) throw new UnsupportedSessionError("This version of Prisma begins its transactions otherwise than the versions that sessionfix-runtime knows (6.16 to 7).");
        result = { value: await work(client) };
      };
      await prisma.$transaction(body as (tx: Tx) => Promise<never>, { maxWait: UNLIMITED_MS, timeout: UNLIMITED_MS });
      return result!.value;
    });
  }, options, undefined, runner);
  const runner = <R>(work: (tx: Tx) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => {
    const known = connections.get(prisma);
    // After a disconnect by hand the client connects again; after the last one it is for the session to refuse.
    if (known !== undefined && (known.session.open || known.shared.closed)) return begin(known, work, options);
    const place = capturePlace(runner);
    return beginFirst(prisma, work, options, (connected, left) => begin(connected, work, left, place));
  };
  return asRunner(runner, capabilities(handleCapabilities<Tx>(() => connections.get(prisma)!.session)));
}

/** The client connects at its first query; whoever comes first pays for it out of the own time. */
async function beginFirst<R>(
  prisma: Queried,
  work: unknown,
  options: TransactionOptions,
  begin: (connected: ConnectedAdapter, options: TransactionOptions) => Promise<R>,
): Promise<R> {
  checkOptions(options);
  checkFunction("The transaction's body", work);
  const since = performance.now();
  const connected = await connectionOf(prisma);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  return await begin(connected, { ...options, timeoutMs: Math.max(0, timeoutMs - (performance.now() - since)) });
}

function connectionOf(prisma: Queried): Promise<ConnectedAdapter> {
  let search = searches.get(prisma);
  if (search === undefined) {
    search = findConnection(prisma);
    searches.set(prisma, search);
    search.then((connected) => { connections.set(prisma, connected); }, () => {}).finally(() => searches.delete(prisma));
  }
  return search;
}

async function findConnection(prisma: Queried): Promise<ConnectedAdapter> {
  const asked: { connected: ConnectedAdapter | undefined } = { connected: undefined };
  await probe.run(asked, async () => { await prisma.$queryRawUnsafe("SELECT 1"); });
  if (asked.connected === undefined) {
    throw new UnsupportedSessionError("prismaRunner() needs a client with sessionAdapter(): new PrismaClient({ adapter: sessionAdapter(new PrismaBetterSqlite3({ url })) }). Prisma's own adapter begins its transactions without the write lock and keeps its connection to itself.");
  }
  return asked.connected;
}

/** The adapter has its connection return whole numbers as `bigint`. */
function capabilities<Tx>(own: RunnerCapabilities<Tx>): RunnerCapabilities<Tx> {
  const { resume } = own;
  if (resume === undefined) return own;
  const read = async (tx: Tx, key: string): Promise<unknown> => {
    const row = (await resume.read(tx, key)) as { readonly items: number | bigint } | undefined;
    return row === undefined ? undefined : { ...row, items: Number(row.items) };
  };
  return { ...own, resume: { ...resume, read } };
}

/**
 * What `createSessionFactory` needs to share Prisma clients: `createSessionFactory({ ...prismaSessions((path) => …), path })`.
 * Closing waits for running transactions and disconnects; the client does not connect again by itself.
 *
 * @param open Makes the client, with {@link sessionAdapter}. Engine settings are the adapter's: `sessionAdapter(…, { engine })`.
 */
export function prismaSessions<S extends { $disconnect(): Promise<void> }>(open: (path: string) => S): Required<Pick<OpenFactoryOptions<S>, "open" | "close" | "driver">> {
  return { open, close: disconnect, driver };
}

function disconnect(prisma: { $disconnect(): Promise<void> }): Promise<void> {
  return lastDisconnect.run(true, () => prisma.$disconnect());
}

/** Shows the factory the connection behind a client, once it is known. */
const driver: Driver = {
  name: "prisma",
  defaults: {},
  open: () => { throw new UnsupportedSessionError("Prisma clients are opened by the function given to prismaSessions()."); },
  // A client that was disconnected by hand connects again at its next query.
  isOpen: () => true,
  close: (prisma) => disconnect(prisma as { $disconnect(): Promise<void> }),
  connection: (prisma) => connections.get(prisma)!.session,
  recognizes: (prisma): prisma is object => typeof prisma === "object" && prisma !== null && connections.get(prisma)?.session.open === true,
};
