import { describe, expect, it } from "vitest";
import { loopFinding, spanOf } from "./helpers/findings.js";
import type { LoopOptions } from "./helpers/findings.js";
import { fixOnce } from "./helpers/rounds.js";

/** A wrapper's body in a function, run at once. */
function program(body: string, options: { head?: string; tail?: string; run?: string } = {}): string {
  return `export ${options.head ?? "function f(db, rows)"} {
  const save = db.transaction(() => {
${body}
  });
  ${options.run ?? "save();"}
${options.tail ?? ""}}
`;
}

const LOOP = "    for (const row of rows) {\n      insert.run(row);\n    }";

function reasonFor(text: string, options: Partial<LoopOptions> = {}): string {
  const { groups, manual } = fixOnce({ "a.js": text }, [loopFinding("a.js", text, { transaction: "db.transaction(", runs: ["save("], ...options })]);
  expect(groups).toEqual([]);
  expect(manual).toHaveLength(1);
  return manual[0]?.reason ?? "";
}

describe("what batching leaves to a person, and why", () => {
  it.each([
    ["the loop breaks off", program("    for (const row of rows) {\n      if (!row) break;\n      insert.run(row);\n    }"), "breaks off"],
    ["the loop returns", program("    for (const row of rows) {\n      if (!row) return;\n      insert.run(row);\n    }"), "returns from inside"],
    ["the loop continues another by label", program("    outer: for (const a of rows) {\n      for (const b of rows) {\n        if (b) continue outer;\n        insert.run(b);\n      }\n    }"), "inside another block"],
    ["a while loop", program("    while (rows.length > 0) {\n      insert.run(rows.pop());\n    }"), "neither over a collection nor counted"],
    ["a loop over keys", program("    for (const key in rows) {\n      insert.run(key);\n    }"), "neither over a collection nor counted"],
    ["a loop that assigns an outer variable", program("    let row;\n    for (row of rows) {\n      insert.run(row);\n    }"), "assigns to a variable declared outside"],
    ["a `var` that outlives the loop", program("    for (var row of rows) {\n      insert.run(row);\n    }"), "`var`"],
    ["a counter that the body moves", program("    for (let i = 0; i < rows.length; i++) {\n      insert.run(rows[i]);\n      i += 1;\n    }"), "changes its counter `i`"],
    ["a collection that the body shortens", program("    for (let i = 0; i < rows.length; i++) {\n      insert.run(rows.pop());\n    }"), "changes the length of `rows`"],
    ["a backwards loop", program("    for (let i = rows.length - 1; i >= 0; i--) {\n      insert.run(rows[i]);\n    }"), "not of the form"],
    ["a collected result", program("    return rows.map((row) => insert.run(row));"), "inside another block"],
    ["a loop inside a condition", program(`    if (rows) {\n  ${LOOP}\n    }`), "inside another block"],
    ["a name that means something else around", program(`    const total = rows.length;\n    count.run(total);\n${LOOP}\n    console.log(total);`, { tail: "  const total = 1;\n  console.log(total);\n" }), "`total` is declared inside the transaction"],
    ["an early return between writes", program(`    first.run();\n    if (rows.length === 0) return;\n${LOOP}`), "returns early"],
    ["a result inside a larger expression that cannot be awaited apart", "export function f(db, rows) {\n  return wrap(db.transaction(() => {\n    for (const row of rows) {\n      insert.run(row);\n    }\n  })());\n}\n", "larger expression"],
    ["a second loop that writes", program(`${LOOP}\n    for (const old of gone) {\n      remove.run(old);\n    }`), "another loop of the same transaction writes, too (a.js:6)"],
    ["a second loop that writes, by a callback", program(`    gone.forEach((old) => remove.run(old));\n${LOOP}`), "half done"],
    ["a comment in the middle of what goes", program(LOOP, { run: "/* now */ save();" }), "comment"],
  ])("%s", (_name, text, reason) => {
    const at = text.includes("db.transaction(() => {\n    for (const row of rows) {\n      insert.run(row);\n    }\n  })());") ? { runs: undefined } : {};
    expect(reasonFor(text, at)).toContain(reason);
  });

  it("a body written elsewhere", () => {
    const text = "export function f(db, rows) {\n  const save = db.transaction(body);\n  save();\n}\n";
    expect(reasonFor(text)).toContain("written elsewhere");
  });

  it("a transaction that is exported, kept or passed on", () => {
    const body = `(rows) => {\n${LOOP}\n}`;
    expect(reasonFor(`export const save = db.transaction(${body});\nexport function f() {\n  save([]);\n}\n`)).toContain("exported");
    expect(reasonFor(`class A {\n  save = db.transaction(${body});\n  f() {\n    this.save([]);\n  }\n}\n`, { runs: ["this.save("] })).toContain("kept in a field");
    expect(reasonFor(`function f(db) {\n  const save = db.transaction(${body});\n  save([]);\n  each(save);\n}\n`)).toContain("other than by calling it");
  });

  it("a `function` that uses its own `this`", () => {
    expect(reasonFor("export function f(db, rows) {\n  const save = db.transaction(function () {\n    for (const row of rows) {\n      insert.run(row, this.x);\n    }\n  });\n  save();\n}\n")).toContain("`this`");
  });

  it("an exclusive transaction, and a loop in a helper", () => {
    expect(reasonFor(program(LOOP), { mode: "exclusive" })).toContain("exclusive");
    expect(reasonFor(program(LOOP), { inCallback: false })).toContain("stands in a helper");
  });

  it("a session that would be evaluated twice", () => {
    expect(reasonFor(program(LOOP), { session: "connect(url)" })).toContain("evaluated more than once");
  });

  it("what detection knows to be one unit, with detection's reason", () => {
    const text = program(LOOP);
    const span = spanOf(text, 0, 6);
    expect(reasonFor(text, { obstacles: [{ what: "the transaction is marked @atomic", file: "a.js", span }] })).toBe("the transaction is marked @atomic (a.js:1)");
  });

  it("sql style that is not plain", () => {
    const sql = (text: string, more: Partial<LoopOptions> = {}): string => reasonFor(text, { style: "sql", transaction: 'db.exec("BEGIN")', commits: ['db.exec("COMMIT")'], async: false, ...more });
    expect(sql(`function f(db, rows) {\n  db.exec("BEGIN");\n  ${LOOP.trim()}\n  if (rows) {\n    db.exec("COMMIT");\n  }\n}\n`)).toContain("different blocks");
    expect(sql(`function f(db, rows) {\n  try {\n    db.exec("BEGIN");\n${LOOP}\n    db.exec("COMMIT");\n  } finally {\n    done();\n  }\n}\n`)).toContain("no `catch`");
    expect(sql(`function f(db, rows) {\n  try {\n    db.exec("BEGIN");\n${LOOP}\n    db.exec("COMMIT");\n  } catch (e) {\n    if (e.x) { db.exec("ROLLBACK"); }\n  }\n}\n`, { rollbacks: ['db.exec("ROLLBACK")'] })).toContain("under a condition");
  });
});
