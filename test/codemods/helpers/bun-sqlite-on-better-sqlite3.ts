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

  close(): void {
    this.#db.close();
  }
}
