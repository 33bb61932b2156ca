import { describe, expect, it } from "vitest";
import { WRITING_VERB } from "../../src/harness/probe/observe.js";

describe("what the probe takes for a write", () => {
  it.each([
    "INSERT INTO t VALUES (1)",
    "\n  update t SET a = 1",
    "SELECT 1; DELETE FROM t",
    "WITH old AS (SELECT id FROM t) DELETE FROM t WHERE id IN (SELECT id FROM old)",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)\nINSERT INTO t SELECT i FROM n",
  ])("%s", (sql) => expect(WRITING_VERB.test(sql)).toBe(true));

  it.each(["SELECT 1", "WITH n(i) AS (SELECT 1) SELECT i FROM n", "PRAGMA journal_mode", "SELECT updated FROM t", "WITH one AS (SELECT updated_at FROM t) SELECT * FROM one; SELECT deleted FROM t"])("and not %s", (sql) => expect(WRITING_VERB.test(sql)).toBe(false));
});
