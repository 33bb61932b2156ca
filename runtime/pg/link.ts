import { asError, endsConnection, NO_ACTIVE_TRANSACTION } from "./failures.js";
import type { PgClient, PgResult } from "./types.js";

/** A client of the pool for as long as one transaction has it. */
export class Link {
  /** Why the connection is gone: the first error that said so. */
  lost: Error | undefined;
  /** The server sent a cancel for this connection, which may still be under way: nobody else must get it. */
  cancelled = false;
  /** A statement of the body ended the transaction. */
  endedFromWithin = false;
  /** Statements that have not been answered. */
  inFlight = 0;
  /** The server's `lock_timeout` in this transaction, in ms; `Infinity` where there is none. */
  lockTimeoutMs = Infinity;
  readonly #onError = (error: unknown): void => { this.lost ??= asError(error); };
  readonly #onNotice = (notice: unknown): void => {
    if (typeof notice === "object" && notice !== null && "code" in notice && notice.code === NO_ACTIVE_TRANSACTION) this.endedFromWithin = true;
  };

  constructor(readonly client: PgClient, readonly pid: number | undefined) {
    // Without a listener a client that loses its connection between two statements would end the process.
    client.on("error", this.#onError);
    client.on("notice", this.#onNotice);
  }

  /** A statement of the runtime's own. When its answer takes longer than `withinMs`, the connection counts as lost. */
  async own(sql: string, withinMs: number): Promise<PgResult> {
    if (this.lost !== undefined) throw this.lost;
    const answer = this.client.query(sql);
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      if (withinMs <= 0x7fffffff) timer = setTimeout(() => reject(new NoAnswerError(sql, withinMs)), Math.max(0, withinMs));
    });
    try {
      return await Promise.race([answer, silence]);
    } catch (error) {
      answer.catch(() => {});
      if (error instanceof NoAnswerError || endsConnection(error)) this.lost ??= asError(error);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** To be called when a statement has succeeded. */
  noteStatus(): void {
    if (this.client.getTransactionStatus?.() === "I") this.endedFromWithin = true;
  }

  /** Gives the client back to the pool, or to nobody where its state is not certain. */
  release(): void {
    const { client } = this;
    client.removeListener("notice", this.#onNotice);
    const status = client.getTransactionStatus?.();
    const destroy = this.lost !== undefined || this.cancelled || (typeof status === "string" && status !== "I");
    // What is destroyed may still have something to say, and nobody to say it to.
    if (destroy) client.on("error", () => {});
    client.removeListener("error", this.#onError);
    client.release(destroy);
  }
}

/** The server did not answer in time; the socket may be open for hours still. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";

  constructor(sql: string, withinMs: number) {
    super(`The server did not answer ${sql.slice(0, 60)} within ${Math.round(withinMs)} ms.`);
  }
}
