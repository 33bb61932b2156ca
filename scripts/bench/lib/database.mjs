import Database from "better-sqlite3";

/** All of them wait for a lock for so long, in ms: it is this package's default. */
export const BUSY_TIMEOUT_MS = 10_000;

/** A connection as all contenders have it: the file is in WAL mode since it was made. */
export function connect(path) {
  return configure(new Database(path, { timeout: BUSY_TIMEOUT_MS }));
}

export function configure(db) {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  db.pragma("synchronous = NORMAL");
  return db;
}

export function create(path) {
  const db = new Database(path);
  db.pragma("journal_mode = WAL");
  db.exec(`
    CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, value REAL);
    CREATE TABLE checked (id INTEGER PRIMARY KEY, name TEXT, value REAL CHECK (value >= 0));
    CREATE TABLE other (id INTEGER PRIMARY KEY, at INTEGER);
  `);
  db.close();
  return path;
}
