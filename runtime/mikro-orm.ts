import { UnsupportedSessionError } from "./errors.js";
import { knexRunner, knexSessions } from "./knex.js";
import type { KnexDatabase } from "./knex.js";
import { RUNNER_CAPABILITIES } from "./batch-types.js";
import type { RunnerCapabilities } from "./batch-types.js";
import { asRunner } from "./orm-runner.js";
import type { OrmRunner } from "./orm-runner.js";
import type { Driver, OpenFactoryOptions, TransactionOptions } from "./types.js";

/** The little of a `MikroORM` instance that the runner uses. */
export interface MikroOrmInstance<Em = unknown> {
  readonly em: Em;
  close(force?: boolean): Promise<unknown>;
}

/** MikroORM's EntityManager, as it is at run time. */
interface EntityManager {
  getConnection(type?: "write"): { getKnex?(): KnexDatabase<object> & { destroy(): Promise<void> } };
  getContext(validate: false): EntityManager;
  getTransactionContext(): { isCompleted?(): boolean } | undefined;
  fork(options: { disableContextResolution: true }): EntityManager;
  transactional<R>(body: (em: EntityManager) => Promise<R>, options: { ctx: object }): Promise<R>;
  flush(): Promise<void>;
  clear(): void;
}

/**
 * A runner over MikroORM 6 with `@mikro-orm/better-sqlite`: `await run((em) => …)`, or the first argument of
 * `batchedTransaction`. The body gets the `EntityManager` that `em.transactional()` gives; it is flushed at the end.
 *
 * The transaction is this package's own, on MikroORM's connection: it begins `IMMEDIATE`, waits for the file's lock without
 * blocking the event loop, and holds the one connection meanwhile, so that other queries wait in Knex's pool. MikroORM
 * works in a savepoint of it; subscribers hear of flushes, but not of the transaction's own beginning and end.
 *
 * @throws {UnsupportedSessionError} for other databases, and for MikroORM 7, which no longer has Knex.
 */
export function mikroOrmRunner<Em>(orm: MikroOrmInstance<Em>): OrmRunner<Em> {
  const knex = knexRunner<object>(knexOf(orm));
  const runner = <R>(work: (em: Em) => R | Promise<R>, options: TransactionOptions = {}): Promise<R> => {
    const body = async (em: EntityManager): Promise<R> => await work(em as Em);
    return knex((ctx) => managerFor(orm).transactional(body, { ctx }), options);
  };
  return asRunner(runner, capabilities<Em>(knex[RUNNER_CAPABILITIES]));
}

/** MikroORM's own context outlives its transaction: in what a body started without waiting for it, and in detached(). */
function managerFor(orm: MikroOrmInstance): EntityManager {
  const em = orm.em as EntityManager;
  const stale = em.getContext(false).getTransactionContext()?.isCompleted?.() === true;
  return stale ? em.fork({ disableContextResolution: true }) : em;
}

function knexOf(orm: MikroOrmInstance): KnexDatabase<object> & { destroy(): Promise<void> } {
  const knex = (orm.em as EntityManager).getConnection("write").getKnex?.();
  if (knex === undefined) throw new UnsupportedSessionError("mikroOrmRunner() needs MikroORM 6 with @mikro-orm/better-sqlite; this instance does not work with Knex.");
  return knex;
}

/** Savepoints and cursors are plain SQL; what the EntityManager has not written yet belongs before or into the savepoint. */
function capabilities<Em>(own: RunnerCapabilities<object>): RunnerCapabilities<Em> {
  return {
    resume: own.resume as RunnerCapabilities<Em>["resume"],
    async savepoint(tx, work) {
      const em = tx as EntityManager;
      await em.flush();
      try {
        return await own.savepoint!(em, async () => {
          const result = await work();
          await em.flush();
          return result;
        });
      } catch (error) {
        // It still knows the entities that were undone, and would write them with the next flush.
        em.clear();
        throw error;
      }
    },
  };
}

/**
 * What `createSessionFactory` needs to share instances: `createSessionFactory({ ...mikroOrmSessions((path) => MikroORM.init({…})), path })`.
 * Closing waits for running transactions and closes the instance. Set pragmas by MikroORM's `pool.afterCreate`.
 *
 * @param open Resolves with the initialized instance.
 */
export function mikroOrmSessions<S extends MikroOrmInstance>(open: (path: string) => Promise<S>): Required<Pick<OpenFactoryOptions<Promise<S>>, "open" | "close" | "driver">> {
  return { open, close: async (orm) => { await orm.close(); }, driver };
}

const knexDriver = knexSessions((): never => { throw new UnsupportedSessionError("Instances are opened by the function given to mikroOrmSessions()."); }).driver;

/** Shows the factory the connection behind an instance, from its first transaction on. */
const driver: Driver = {
  ...knexDriver,
  name: "mikro-orm",
  isOpen: (orm) => knexDriver.isOpen(knexOf(orm as MikroOrmInstance)),
  close: async (orm) => { await (orm as MikroOrmInstance).close(); },
  connection: (orm) => knexDriver.connection!(knexOf(orm as MikroOrmInstance)),
  recognizes: (orm): orm is object => typeof orm === "object" && orm !== null && "em" in orm && knexDriver.recognizes(knexOf(orm as MikroOrmInstance)),
};
