import { describe, expect, it } from "vitest";
import { statementOf } from "../../../src/core/link/run-statements.js";
import { type StatementKind, verbOf } from "../../../src/core/link/statements.js";
import { callAt, link } from "./link.js";

describe("verbOf", () => {
  it.each<[StatementKind, string]>([
    ["read", "SELECT 1"],
    ["read", "  select * from t"],
    ["read", "(SELECT 1)"],
    ["read", "VALUES (1)"],
    ["read", "EXPLAIN QUERY PLAN SELECT 1"],
    ["read", "WITH a AS (SELECT 1) SELECT * FROM a"],
    ["read", "-- a note\nSELECT 1"],
    ["read", "/* INSERT INTO t */ SELECT 1"],
    ["write", "INSERT INTO t VALUES (1)"],
    ["write", "INSERT OR REPLACE INTO t VALUES (1)"],
    ["write", "INSERT INTO t VALUES (1) RETURNING id"],
    ["write", "REPLACE INTO t VALUES (1)"],
    ["write", "update t set a = 1"],
    ["write", "DELETE FROM t"],
    ["write", "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a"],
    ["write", "WITH a AS (SELECT 1) UPDATE t SET x = 1"],
    ["write", "WITH a AS (SELECT 1) DELETE FROM t WHERE id IN a"],
    ["write", "/* one\n two */ DELETE FROM t"],
    ["write", "TRUNCATE TABLE t"],
    ["write", "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE"],
    ["read", "SHOW TABLES"],
    ["ddl", "GRANT SELECT ON t TO reader"],
    ["begin", "START TRANSACTION READ ONLY"],
    ["unknown", "START SLAVE"],
    ["rollback", "ROLLBACK TRANSACTION"],
    ["unknown", "ROLLBACK TO SAVEPOINT a"],
    ["unknown", "rollback transaction to a"],
    ["ddl", "CREATE TABLE t (a)"],
    ["ddl", "ALTER TABLE t ADD b"],
    ["ddl", "DROP TABLE t"],
    ["ddl", "VACUUM INTO 'b.db'"],
    ["ddl", "ATTACH 'b' AS b"],
    ["begin", "BEGIN"],
    ["begin", "begin immediate"],
    ["commit", "COMMIT"],
    ["commit", "END TRANSACTION"],
    ["rollback", "ROLLBACK"],
    ["pragma", "PRAGMA journal_mode = WAL"],
    ["unknown", ""],
    ["unknown", "${}"],
    ["unknown", "${} INTO t"],
    ["unknown", "SAVEPOINT a"],
  ])("%s: %s", (kind, sql) => {
    expect(verbOf(sql)).toBe(kind);
  });
});

describe("statementOf", () => {
  const OPEN = `import Database from "better-sqlite3"; import { drizzle } from "drizzle-orm/better-sqlite3"; const db = new Database("a.db"); const orm = drizzle(db);`;
  it.each<[StatementKind | undefined, string, string]>([
    ["write", "stmt.run(", `const stmt = db.prepare("INSERT INTO t VALUES (?)"); stmt.run(1);`],
    ["read", "stmt.all(", `const stmt = db.prepare("SELECT * FROM t"); stmt.all();`],
    ["write", "stmt.get(", `const stmt = db.prepare("INSERT INTO t VALUES (1) RETURNING id"); stmt.get();`],
    ["read", "stmt.iterate(", `const stmt = db.prepare(sql); stmt.iterate();`],
    ["write", "stmt.run(", `const stmt = db.prepare(sql); stmt.run();`],
    ["write", "stmt.run(", "const stmt = db.prepare(`DELETE FROM ${table}`); stmt.run();"],
    ["ddl", "db.exec(", `db.exec("CREATE TABLE t (a)");`],
    ["unknown", "db.exec(", `db.exec(sql);`],
    ["begin", "db.exec(", `db.exec("BEGIN IMMEDIATE");`],
    ["pragma", "db.pragma(", `db.pragma("journal_mode = WAL");`],
    ["write", "orm.insert(", `orm.insert(t);`],
    ["read", "orm.select(", `orm.select();`],
    ["write", "tx.delete(", `orm.transaction((tx) => { tx.delete(t); });`],
    [undefined, "db.prepare(", `db.prepare("INSERT INTO t VALUES (1)");`],
    [undefined, "db.close(", `db.close();`],
    [undefined, "other.run(", `const other = {}; other.run("DELETE FROM t");`],
  ])("%s: %s of %s", (kind, source, text) => {
    const project = link({ "a.ts": `${OPEN}\n${text}` });
    expect(statementOf(project.graph, callAt(project, source).call)?.kind).toBe(kind);
  });
});
