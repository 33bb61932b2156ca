import { TransactionClosedError } from "./errors.js";
import type { Frame } from "./frame.js";
import { assertWhole } from "./lifecycle.js";
import { accessOf } from "./access.js";
import type { Connection, PreparedStatement } from "./connection.js";
import { registry } from "./registry.js";
import { stateOf } from "./session-state.js";

/** The three statements of an item's savepoint, prepared once a connection: preparing costs more than the item itself. */
interface SavepointStatements {
  readonly begin: PreparedStatement;
  readonly release: PreparedStatement;
  readonly undo: PreparedStatement;
}

const prepared = new WeakMap<Connection, SavepointStatements>();

function statementsOf(connection: Connection): SavepointStatements {
  let statements = prepared.get(connection);
  if (statements === undefined) {
    statements = {
      begin: connection.prepare("SAVEPOINT sessionfix_item"),
      release: connection.prepare("RELEASE sessionfix_item"),
      undo: connection.prepare("ROLLBACK TO sessionfix_item"),
    };
    prepared.set(connection, statements);
  }
  return statements;
}

/** A batch's transaction, seen from inside of it. */
export class OpenBatch {
  readonly connection: Connection;
  /** Absent inside of a `BEGIN` by hand, where the batch is no transaction of this package. */
  readonly frame: Frame | undefined;

  constructor(session: unknown) {
    const state = accessOf(session)?.state ?? stateOf(session);
    const frame = registry.context.getStore();
    this.connection = state.connection;
    this.frame = frame?.state === state && frame.status === "active" ? frame : undefined;
  }

  /**
   * Outside of a transaction `SAVEPOINT` would begin one, and a cursor would be written on its own.
   *
   * @throws {TransactionClosedError} when the batch's transaction is gone, or has a nested one open that nobody awaits.
   */
  assertWhole(): void {
    if (this.frame !== undefined) return assertWhole(this.frame);
    if (!this.connection.inTransaction) throw new TransactionClosedError("The transaction that the batch is part of was ended from within. What the batch wrote before that is gone or committed, as that statement says; the run ends here.");
  }
}

/** The savepoint of one item after the other, in one batch. */
export class ItemSavepoint {
  readonly #batch: OpenBatch;
  readonly #statements: SavepointStatements;

  constructor(batch: OpenBatch) {
    this.#batch = batch;
    this.#statements = statementsOf(batch.connection);
  }

  begin(): void {
    if (!this.#batch.connection.inTransaction) this.#batch.assertWhole();
    this.#statements.begin.run();
  }

  release(): void {
    this.#assertOwn();
    this.#statements.release.run();
  }

  /** Undoes what the item wrote. `false`: its transaction is gone, and the whole batch with it. */
  undo(): boolean {
    if (!this.#batch.connection.inTransaction) return false;
    this.#assertOwn();
    this.#statements.undo.run();
    this.#statements.release.run();
    return true;
  }

  /** A nested transaction that the handler left open sits on top of the savepoint and would end with it. */
  #assertOwn(): void {
    const { frame, connection } = this.#batch;
    if (frame?.children?.owner !== undefined || !connection.inTransaction) this.#batch.assertWhole();
  }
}
