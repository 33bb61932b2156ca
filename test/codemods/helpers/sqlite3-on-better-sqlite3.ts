import BetterSqlite3 from "better-sqlite3";

/** The part of `sqlite3`'s interface that programs here use, over a driver whose binary every test machine has. */
type Done = (this: { changes: number; lastID: number | bigint }, error: Error | null, result?: unknown) => void;

const NOTHING = { changes: 0, lastID: 0 };

export class Database {
  readonly #db: BetterSqlite3.Database;

  constructor(filename: string, ...rest: unknown[]) {
    this.#db = new BetterSqlite3(filename);
    const done = rest.at(-1);
    if (typeof done === "function") setImmediate(() => (done as (error: Error | null) => void).call(this, null));
  }

  run(sql: string, ...rest: unknown[]): this {
    return this.#settle(rest, (params) => {
      const { changes, lastInsertRowid } = this.#db.prepare(sql).run(...params);
      return { on: { changes, lastID: lastInsertRowid } };
    });
  }

  get(sql: string, ...rest: unknown[]): this {
    return this.#settle(rest, (params) => ({ on: NOTHING, result: this.#db.prepare(sql).get(...params) }));
  }

  all(sql: string, ...rest: unknown[]): this {
    return this.#settle(rest, (params) => ({ on: NOTHING, result: this.#db.prepare(sql).all(...params) }));
  }

  exec(sql: string, ...rest: unknown[]): this {
    return this.#settle(rest, () => {
      this.#db.exec(sql);
      return { on: NOTHING };
    });
  }

  close(done?: (error: Error | null) => void): void {
    this.#settle([done], () => {
      this.#db.close();
      return { on: NOTHING };
    });
  }

  on(): this {
    return this;
  }

  #settle(rest: readonly unknown[], work: (params: unknown[]) => { on: typeof NOTHING | { changes: number; lastID: number | bigint }; result?: unknown }): this {
    const done = rest.at(-1) as Done | undefined;
    const params = rest.slice(0, -1).flat();
    setImmediate(() => {
      try {
        const { on, result } = work(params);
        done?.call(on, null, result);
      } catch (error) {
        done?.call(NOTHING, error as Error);
      }
    });
    return this;
  }
}

export default { Database };
