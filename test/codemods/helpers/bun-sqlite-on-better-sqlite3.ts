import BetterSqlite3 from "better-sqlite3";

/** The part of `bun:sqlite`'s interface that programs here use, whose model better-sqlite3 was. */
export class Database {
  readonly #db: BetterSqlite3.Database;

  constructor(filename: string) {
    this.#db = new BetterSqlite3(filename);
  }

  query(sql: string): { all: (...params: unknown[]) => unknown[]; run: (...params: unknown[]) => void } {
    const statement = this.#db.prepare(sql);
    return {
      all: (...params) => statement.all(...params),
      run: (...params) => {
        statement.run(...params);
      },
    };
  }

  prepare(sql: string): { run: (...params: unknown[]) => void } {
    return this.query(sql);
  }

  run(sql: string, params: readonly unknown[] = []): void {
    this.#db.prepare(sql).run(...params);
  }

  transaction<A extends unknown[]>(work: (...args: A) => void): BetterSqlite3.Transaction<(...args: A) => void> {
    return this.#db.transaction(work);
  }

  close(): void {
    this.#db.close();
  }
}
