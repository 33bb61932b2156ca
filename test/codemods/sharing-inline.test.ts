import { describe, expect, it } from "vitest";
import { fixOnce } from "./helpers/rounds.js";
import { sessionFinding } from "./helpers/findings.js";

describe("use-shared-session: opened, used and closed in one function", () => {
  const files = {
    "src/report/daily.ts": `import Database from "better-sqlite3";

export function daily(day: string): unknown[] {
  const db = new Database("app.db", { timeout: 5000 });
  try {
    return db.prepare("SELECT * FROM t WHERE day = ?").all(day);
  } finally {
    db.close();
  }
}
`,
    "src/report/weekly.ts": `import Database from "better-sqlite3";

export function weekly(): unknown[] {
  const db: Database.Database = new Database("app.db", { timeout: 5000 });
  const rows = db.prepare("SELECT * FROM t").all();
  db.close();
  return rows;
}
`,
  };
  const findings = ["src/report/daily.ts", "src/report/weekly.ts"].map((file) =>
    sessionFinding(files, file, { open: "new Database(", key: '"app.db"', options: "{ timeout: 5000 }", closes: [{ file, marker: "db.close(" }], uses: [{ file, marker: "new Database(" }] }),
  );

  it("takes the session from one module beside the callers", () => {
    const { files: after, groups, manual } = fixOnce(files, findings);
    expect(manual).toEqual([]);
    expect(groups.map(({ safety }) => safety)).toEqual(["safe", "safe"]);
    expect(after).toMatchInlineSnapshot(`
      {
        "src/report/daily.ts": "import { getSession } from "./session";

      export function daily(day: string): unknown[] {
        const db = getSession("app.db");
        return db.prepare("SELECT * FROM t WHERE day = ?").all(day);
      }
      ",
        "src/report/session.ts": "import Database from "better-sqlite3";
      import { createSessionFactory } from "sessionfix-runtime";
      import { betterSqlite3 } from "sessionfix-runtime/better-sqlite3";

      // One session a file for the whole process: opened at first use, shared by every caller.
      export const sessions = createSessionFactory({
        driver: betterSqlite3(Database),
        open: (path: string) => new Database(path, { timeout: 5000 }),
      });

      export const getSession = sessions.getSession;
      ",
        "src/report/weekly.ts": "import Database from "better-sqlite3";
      import { getSession } from "./session";

      export function weekly(): unknown[] {
        const db: Database.Database = getSession("app.db");
        const rows = db.prepare("SELECT * FROM t").all();
        return rows;
      }
      ",
      }
    `);
  });

  it("gives the same module when only one of the two lands", () => {
    const both = fixOnce(files, findings).groups;
    expect(both[0]?.creates).toEqual(both[1]?.creates);
  });

  it("finds the module again instead of making another", () => {
    const { files: after } = fixOnce(files, findings.slice(0, 1));
    const again = sessionFinding(after, "src/report/weekly.ts", { open: "new Database(", key: '"app.db"', closes: [], uses: [] });
    const second = fixOnce(after, [again]);
    expect(Object.keys(second.files).sort()).toEqual(["src/report/daily.ts", "src/report/session.ts", "src/report/weekly.ts"]);
    expect(second.files["src/report/weekly.ts"]).toContain('import { getSession } from "./session";');
  });

  it("leaves a name that is taken alone", () => {
    const taken = { ...files, "src/report/session.ts": "export const getSession = 1;\n" };
    const { files: after } = fixOnce(taken, findings);
    expect(after["src/report/session.ts"]).toBe(taken["src/report/session.ts"]);
    expect(after["src/report/db-session.ts"]).toContain("createSessionFactory");
    expect(after["src/report/daily.ts"]).toContain('from "./db-session";');
  });
});

describe("use-shared-session: what is not for a tool", () => {
  const one = (text: string, more: Partial<Parameters<typeof sessionFinding>[2]> = {}, file = "a.ts"): ReturnType<typeof fixOnce> => {
    const files = { [file]: text };
    return fixOnce(files, [sessionFinding(files, file, { open: "new Database(", closes: [], uses: [], ...more })]);
  };

  it.each([
    ["a database in memory", 'import Database from "better-sqlite3";\nexport function f() { const db = new Database(":memory:"); return db; }\n', "in memory"],
    ["options that depend on the call", 'import Database from "better-sqlite3";\nexport function f(o: object) { const db = new Database("a.db", o); return db; }\n', "options depend on the call"],
    ["a library that the runtime does not know", 'import { Database } from "bun:sqlite";\nexport function f() { const db = new Database("a.db"); return db; }\n', "constructor that the runtime knows"],
  ])("%s", (_name, text, reason) => {
    const { groups, manual } = one(text);
    expect(groups).toEqual([]);
    expect(manual).toEqual([expect.objectContaining({ transform: "use-shared-session", reason: expect.stringContaining(reason) as unknown })]);
  });

  it("a transaction that stays open over an await", () => {
    const text = 'import Database from "better-sqlite3";\nexport async function f() {\n  const db = new Database("a.db");\n  db.exec("BEGIN");\n  await g();\n  db.exec("COMMIT");\n}\n';
    const { groups, manual } = one(text, { openOverAwait: [{ file: "a.ts", marker: 'db.exec("BEGIN")' }] });
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain("open over an `await` (a.ts:4)");
  });

  it("a factory that takes more than the path", () => {
    const text = 'import Database from "better-sqlite3";\nexport function open2(p: string, readonly: boolean) {\n  const db = new Database(p, { readonly });\n  db.exec("SELECT 1");\n  return db;\n}\n';
    const { groups, manual } = one(text, { factory: { marker: "export function open2", name: "open2", kind: "function", async: false, params: ["p", "readonly"], keyParam: 0, bare: false } });
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain("takes more than the path");
  });

  it.each([
    ["a generic factory", "export function openAs<T>(p: string): T {", "  return db as T;", "is generic"],
    ["a factory with several signatures", "export function openAs(p: string): Database.Database;\nexport function openAs(p: string) {", "  return db;", "several signatures"],
  ])("%s", (_name, head, last, reason) => {
    const text = `import Database from "better-sqlite3";\n${head}\n  const db = new Database(p);\n  db.exec("SELECT 1");\n${last}\n}\n`;
    const marker = head.split("\n").at(-1) ?? "";
    const { groups, manual } = one(text, { factory: { marker, name: "openAs", kind: "function", async: false, params: ["p"], keyParam: 0, bare: false } });
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain(reason);
  });

  it("a factory of databases in memory", () => {
    const text = 'import Database from "better-sqlite3";\nexport function fresh() {\n  return new Database(":memory:");\n}\n';
    const { groups, manual } = one(text, { factory: { marker: "export function fresh", name: "fresh", kind: "function", async: false, params: [], bare: true } });
    expect(groups).toEqual([]);
    expect(manual[0]?.reason).toContain("in memory");
  });

  it("callers that open in memory make it a matter of review: they would get the same database", () => {
    const files = {
      "db.ts": 'import Database from "better-sqlite3";\nexport function openAt(p: string) {\n  return new Database(p);\n}\n',
      "db.test.ts": 'import { openAt } from "./db";\nconst db = openAt(":memory:");\ndb.close();\n',
    };
    const { groups, files: after } = fixOnce(files, [
      sessionFinding(files, "db.ts", {
        open: "new Database(",
        key: "p",
        factory: { marker: "export function openAt", name: "openAt", kind: "function", async: false, params: ["p"], keyParam: 0, bare: true },
        uses: [{ file: "db.test.ts", marker: "openAt(", context: "test" }],
        closes: [{ file: "db.test.ts", marker: "db.close(", once: true }],
      }),
    ]);
    expect(groups[0]).toMatchObject({ safety: "review", reason: '`openAt(":memory:")` (db.test.ts:2) gave each caller a database of its own: callers of the shared factory get the same one' });
    expect(after["db.test.ts"]).toBe(files["db.test.ts"]);
  });

  it("changes of the session itself make it a matter of review", () => {
    const text = 'import Database from "better-sqlite3";\nexport function f() {\n  const db = new Database("a.db");\n  db.unsafeMode();\n  return db.prepare("SELECT 1").iterate();\n}\n';
    const { groups } = one(text, { scoped: [{ file: "a.ts", marker: "db.unsafeMode(", what: "`unsafeMode`" }, { file: "a.ts", marker: 'db.prepare("SELECT 1").iterate(', what: "iterate" }] });
    expect(groups[0]?.safety).toBe("review");
    expect(groups[0]?.reason).toBe("`unsafeMode` (a.ts:4) changes the shared session for everybody; an open `.iterate()` (a.ts:5) blocks every other statement of a shared session until it is finished");
  });
});
