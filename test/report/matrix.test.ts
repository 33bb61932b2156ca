import { describe, expect, it } from "vitest";
import { constant, ZERO } from "../../src/core/cost.js";
import { diffMatrices } from "../../src/core/matrix/diff.js";
import { MATRIX_FORMATS, type MatrixDiffInput, type MatrixInput } from "../../src/report/matrix.js";
import { MATRIX_FORMAT_NAMES, matrixFormatOfFile } from "../../src/report/matrix-names.js";
import { DEEP, IMPORT, input, LIST, MEASURED, WHY } from "./support/matrix-sample.js";
import { displayWidth } from "../../src/report/terminal.js";

const text = (of: MatrixInput, width = 100): string => MATRIX_FORMATS.text.render(of, { width });

describe("the matrix as text", () => {
  it("is a table, each row with its place and what its letters mean", () => {
    expect(text(input([IMPORT, DEEP, LIST]))).toBe(`Operation                       Sessions  Lock   Trans.       Statem.  Longest  I/O

POST /sources/:sourceId/import     n + 2  write       2  m·k + 9m + …       3m  network
  src/routes/sources.ts:58 · better-sqlite3 · n = entryIds, m = entries, k = members
  ! fetch waits for the network, src/services/mail.ts:9
mail job                               0  ?           0       3 loops        –  no
  src/routes/sources.ts:12 · better-sqlite3
GET /sources                           0  read        0             1        –  no
  src/routes/sources.ts:12 · better-sqlite3

3 operations: 1 write, 1 open sessions, 1 wait for I/O inside a transaction, 4 more do nothing to a
database.
Figures are upper bounds a call: what may run, counts.
Next: npx sessionfix matrix --why "POST /sources/:sourceId/import"
`);
  });

  it.each([120, 100, 80, 72, 60, 48, 40])("fits %i columns", (width) => {
    const skipped = [{ file: "a.ts", reason: "no code" }];
    for (const report of [text(input([IMPORT, DEEP, LIST], { measured: MEASURED, skipped }), width), text(input([IMPORT], { only: IMPORT, why: () => WHY }), width)])
      for (const line of report.split("\n")) if (!/"POST/.test(line)) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });

  it("is a list where no table fits", () => {
    expect(text(input([IMPORT]), 50)).toContain("POST /sources/:sourceId/import\n  sessions     n + 2\n  lock         write\n");
  });

  it("has measured times beside the figures, and below what belongs to no operation", () => {
    const report = text(input([IMPORT, LIST], { measured: MEASURED }), 110);
    expect(report).toMatch(/POST \/sources\/:sourceId\/import .* 1\.2 s +0\.46 ms$/m);
    expect(report).toMatch(/GET \/sources .* – +–$/m);
    expect(report).toContain("Measured, and of no operation above:\n  (unlabelled)  hold p99 17 ms  wait p99 –  app.db\n");
  });

  it("shows the paths of one operation", () => {
    expect(text(input([IMPORT, LIST], { only: IMPORT, why: () => WHY }), 80)).toContain(`Sessions: opened in 1 way
  POST /sources/:sourceId/import  src/routes/sources.ts:58
  └ open opens a better-sqlite3 session  src/db.ts:3

Transactions: 1 place
  POST /sources/:sourceId/import  src/routes/sources.ts:58
  └ importAll begins a better-sqlite3 transaction  src/import.ts:20
    holds 3n statements (n = entries)
    ! writes for each of entries, src/import.ts:22
    ! fetch waits for the network, src/services/mail.ts:9
`);
  });

  it("says why there is nothing", () => {
    const stats = { files: 3, parsed: 0, fromCache: 0, ms: 1 };
    expect(text(input([], { stats }))).toBe("Nothing to show: no file imports a database library that sessionfix knows.\n");
    expect(text(input([]))).toBe("Nothing to show: 4 entry points found, none of which is seen to reach a database.\n");
    expect(text(input([], { withoutDatabase: 0 }))).toBe("Nothing to show: no entry point is known here: no route, job, command or script.\n");
  });

  it("lets nobody's text steer the terminal", () => {
    expect(text(input([{ ...LIST, operation: "GET /\u001b[2J", file: "\u202Ea.ts" }]))).not.toMatch(/\u001b|\u202e/);
  });
});

describe("the matrix as JSON", () => {
  it("has all of each formula, and the meaning of its letters", () => {
    const report = JSON.parse(MATRIX_FORMATS.json.render(input([IMPORT], { measured: MEASURED }), {})) as { version: number; operations: unknown[]; unmatched: unknown[] };
    expect(report.version).toBe(1);
    expect(report.operations).toEqual([
      {
        operation: "POST /sources/:sourceId/import",
        kind: "route",
        file: "src/routes/sources.ts",
        line: 58,
        libraries: ["better-sqlite3"],
        lock: "write",
        sessions: "n + 2",
        transactions: "2",
        statements: "m·k + 9m + 4",
        longestTransaction: "3m",
        variables: { n: "entryIds", m: "entries", k: "members" },
        mode: "immediate",
        io: IMPORT.io,
        labels: ["import"],
        measured: { labels: ["import"], transactions: 12, holdP99: 1_234.5, waitP99: 0.456 },
      },
    ]);
    expect(report.unmatched).toEqual(MEASURED?.unmatched);
  });

  it("has the paths of one operation", () => {
    const report = JSON.parse(MATRIX_FORMATS.json.render(input([LIST, IMPORT], { only: IMPORT, why: () => WHY }), {})) as { operations: { why: { transactions: { statements: string; variables: object }[] } }[] };
    expect(report.operations).toHaveLength(1);
    expect(report.operations[0]?.why.transactions[0]).toMatchObject({ statements: "3n", variables: { n: "entries" }, loops: WHY.transactions[0]?.loops });
  });
});

describe("the matrix as Markdown", () => {
  it("is one table, whatever stands in the names", () => {
    const odd = { ...LIST, operation: "GET /a|b`c", libraries: ["a|b"] };
    const lines = MATRIX_FORMATS.markdown.render(input([IMPORT, odd]), {}).split("\n").filter((line) => line.startsWith("|"));
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line.replace(/\\\|/g, "").match(/\|/g), line).toHaveLength(10);
    expect(lines[2]).toContain("| n + 2 | write | 2 | m·k + 9m + … | 3m | fetch waits for the network (`src/services/mail.ts:9`) |");
  });
});

describe("the matrix as a page", () => {
  const page = MATRIX_FORMATS.html.render(input([IMPORT, { ...LIST, operation: "GET /<script>alert(1)</script>" }], { measured: MEASURED, why: () => WHY }), {});

  it("needs nothing from elsewhere and shows other people's text as text", () => {
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(?:link|img|iframe|script)|url\(|@import|\ssrc=/);
  });

  it("has a row an operation that opens to its paths", () => {
    expect(page.match(/<tr[ >]/g)).toHaveLength(3);
    expect(page.match(/<details>/g)).toHaveLength(2);
    expect(page).toContain("<li>writes for each of entries <code>src/import.ts:22</code></li>");
    expect(page).toContain("<h2>Measured, and of no operation above</h2>");
  });
});

describe("a change of the matrix", () => {
  const diff = diffMatrices([IMPORT, DEEP], [{ ...IMPORT, sessions: ZERO, longest: constant(30), io: [...IMPORT.io, { file: "src/log.ts", line: 2, kind: "file", text: "appendFile waits for the file system" }] }, { ...LIST, sessions: constant(1) }]);
  const of: MatrixDiffInput = { version: "1.2.3", ref: "main", diff, skipped: [] };

  it("is told as text, with what got worse", () => {
    expect(MATRIX_FORMATS.text.renderDiff(of, { width: 100 })).toBe(`~ POST /sources/:sourceId/import  src/routes/sources.ts:58
    sessions             n + 2 (n = entryIds) → 0
    longest transaction  3m (m = entries) → 30
    I/O inside           fetch waits for the network (src/services/mail.ts:9) → fetch waits for the
    network (src/services/mail.ts:9), appendFile waits for the file system (src/log.ts:2)  worse
+ GET /sources  src/routes/sources.ts:12
    sessions 1, lock read, transactions 0, statements 1, longest –
    sessions             1  worse
- mail job  src/routes/sources.ts:12

Against main: 1 changed, 1 added, 1 removed, 0 as before. Something got worse: more sessions, a
longer transaction, or new I/O inside one.
`);
  });

  it("is told as JSON, Markdown and a page", () => {
    expect(JSON.parse(MATRIX_FORMATS.json.renderDiff(of, {}))).toMatchObject({ version: 1, ref: "main", worse: true, changed: [{ cells: ["sessions", "longestTransaction", "io"], worse: ["io"], before: { sessions: "n + 2" }, after: { sessions: "0" } }], added: [{ operation: "GET /sources", worse: ["sessions"] }], removed: [{ operation: "mail job" }], unchanged: 0 });
    expect(MATRIX_FORMATS.markdown.renderDiff(of, {})).toContain("| `POST /sources/:sourceId/import` | sessions | n + 2 (n = entryIds) | 0 |\n");
    expect(MATRIX_FORMATS.html.renderDiff(of, {})).toContain(`<span class="worse">Something got worse.</span>`);
  });

  it("says when nothing got worse", () => {
    const same = { ...of, diff: diffMatrices([LIST], [LIST]) };
    expect(MATRIX_FORMATS.text.renderDiff(same, {})).toBe("Against main: 0 changed, 0 added, 0 removed, 1 as before. Nothing got worse.\n");
  });
});

describe("the formats", () => {
  it("are those that help names, and are read off a file's name", () => {
    expect(Object.keys(MATRIX_FORMATS)).toEqual([...MATRIX_FORMAT_NAMES]);
    expect(["a.md", "A.HTML", "x.json", "x.txt", "x.xml", "md"].map(matrixFormatOfFile)).toEqual(["markdown", "html", "json", "text", undefined, undefined]);
  });
});
