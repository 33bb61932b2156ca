import { describe, expect, it } from "vitest";
import { fixOnce } from "./helpers/rounds.js";
import { sessionFinding } from "./helpers/findings.js";

const HEAD = 'import Database from "better-sqlite3";\nexport function openIt(p: string) {\n  return new Database(p);\n}\n';

/** The body of `use`, after its `db.close()` calls are gone. */
function closed(body: string, options: { count?: number; once?: boolean; file?: string } = {}): { body: string; reason: string | undefined; manual: string | undefined } {
  const file = options.file ?? "use.ts";
  const text = `import { openIt } from "./db.js";\nexport async function use(f: () => void) {\n${body}}\n`;
  const files = { "db.ts": HEAD, [file]: text };
  const closes = Array.from({ length: options.count ?? 1 }, (_, nth) => ({ file, marker: "db.close(", nth, once: options.once ?? false }));
  const finding = sessionFinding(files, "db.ts", {
    open: "new Database(",
    key: "p",
    factory: { marker: "export function openIt", name: "openIt", kind: "function", async: false, params: ["p"], keyParam: 0, bare: true },
    closes,
    uses: [{ file, marker: "openIt(" }],
  });
  const fixed = fixOnce(files, [finding]);
  const after = fixed.files[file] ?? "";
  return { body: after.slice(after.indexOf("{\n") + 2, after.lastIndexOf("}")), reason: fixed.groups[0]?.reason, manual: fixed.manual[0]?.reason };
}

describe("closing what is shared", () => {
  it("goes with a `finally` that held nothing else, and the `try` around", () => {
    expect(closed("  const db = openIt('a');\n  try {\n    // one\n    f();\n\n    const text = `a\n    b`;\n    return text;\n  } finally {\n    db.close();\n  }\n").body).toBe(
      "  const db = openIt('a');\n  // one\n  f();\n\n  const text = `a\n    b`;\n  return text;\n",
    );
  });

  it.each([
    ["above it", "  const db = openIt('a');\n  f();\n  // hand it back\n  db.close();\n  f();\n", "  const db = openIt('a');\n  f();\n  // hand it back\n  f();\n", "use.ts:5: // hand it back"],
    ["in two lines above it", "  const db = openIt('a');\n  // now\n  /* no more */\n  db.close();\n", "  const db = openIt('a');\n  // now\n  /* no more */\n", "use.ts:4: // now /* no more */"],
    ["behind it", "  const db = openIt('a');\n  db.close(); // let go\n  f();\n", "  const db = openIt('a');\n  // let go\n  f();\n", "use.ts:4: // let go"],
  ])("keeps a comment %s, and says so", (_name, body, after, said) => {
    const result = closed(body);
    expect(result.body).toBe(after);
    expect(result.reason).toContain(`the comment beside a removed \`close()\` was kept (${said}): it may no longer hold`);
  });

  it.each([
    ["of what stands before it", "  const db = openIt('a');\n  f(); // the work\n  db.close();\n"],
    ["of what comes after it", "  const db = openIt('a');\n  db.close();\n  // the work\n  f();\n"],
    ["apart from it", "  const db = openIt('a');\n  // the work\n\n  db.close();\n"],
  ])("says nothing of a comment %s", (_name, body) => {
    expect(closed(body).reason).toBeUndefined();
  });

  it("leaves `catch` and what else the `finally` does", () => {
    expect(closed("  const db = openIt('a');\n  try {\n    f();\n  } catch (e) {\n    throw e;\n  } finally {\n    db.close();\n  }\n").body).toBe(
      "  const db = openIt('a');\n  try {\n    f();\n  } catch (e) {\n    throw e;\n  }\n",
    );
    expect(closed("  const db = openIt('a');\n  try {\n    f();\n  } finally {\n    f();\n    db.close();\n  }\n").body).toBe(
      "  const db = openIt('a');\n  try {\n    f();\n  } finally {\n    f();\n  }\n",
    );
  });

  it("goes with the condition that only asked whether there is anything to close", () => {
    expect(closed("  const db = openIt('a');\n  f();\n  if (db.open) db.close();\n  if (db) {\n    db.close();\n  }\n  db?.inTransaction && db.close();\n", { count: 3 }).body).toBe("  const db = openIt('a');\n  f();\n");
  });

  it("keeps the block where its names would meet others", () => {
    expect(closed("  const db = openIt('a');\n  try {\n    const x = 1;\n    f();\n  } finally {\n    db.close();\n  }\n  const x = 2;\n").body).toBe(
      "  const db = openIt('a');\n  {\n    const x = 1;\n    f();\n  }\n  const x = 2;\n",
    );
  });

  it("works on one line, and on a chained `finally`", () => {
    expect(closed("  const db = openIt('a');\n  try { return f(); } finally { db.close(); }\n").body).toBe("  const db = openIt('a');\n  return f();\n");
    expect(closed("  const db = openIt('a');\n  await g(db).finally(() => db.close());\n").body).toBe("  const db = openIt('a');\n  await g(db);\n");
  });

  it("carries comments along, and says so", () => {
    const { body, reason } = closed("  const db = openIt('a');\n  try {\n    f();\n  } finally {\n    // give it back\n    db.close();\n  }\n");
    expect(body).toBe("  const db = openIt('a');\n  f();\n  // give it back\n");
    expect(reason).toContain("check that it still holds");
  });

  it("stays in tests and scripts", () => {
    const body = "  const db = openIt('a');\n  f();\n  db.close();\n";
    expect(closed(body, { file: "use.test.ts" }).body).toBe(body);
    expect(closed(body, { file: "scripts/use.ts" }).body).toBe(body);
  });

  it("at start-up or shutdown is a matter of review", () => {
    expect(closed("  const db = openIt('a');\n  f();\n  db.close();\n", { once: true })).toEqual({
      body: "  const db = openIt('a');\n  f();\n",
      reason: expect.stringContaining("use.ts:5 closed the session at start-up or shutdown") as unknown,
      manual: undefined,
    });
    const handler = "  const db = openIt('a');\n  process.on('exit', () => db.close());\n";
    expect(closed(handler, { once: true })).toMatchObject({ body: handler, reason: expect.stringContaining("and stays") as unknown });
  });

  it("inside an expression is for a person", () => {
    expect(closed("  const db = openIt('a');\n  return [f(), db.close()];\n")).toMatchObject({ manual: "the session is closed inside a larger expression (use.ts:4)" });
  });

  it("takes `using` back to `const`", () => {
    expect(closed("  using db = openIt('a');\n  f();\n", { count: 0 }).body).toBe("  const db = openIt('a');\n  f();\n");
  });
});
