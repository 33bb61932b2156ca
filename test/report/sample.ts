import type { Span } from "../../src/core/facts/types.js";
import type { Finding, Place } from "../../src/core/finding.js";
import type { ReportInput } from "../../src/report/index.js";

export const SESSION_FILE = "src/db/session.ts";
export const SESSION_TEXT = `import Database from "better-sqlite3";

export function createDb(file: string) {
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  return db;
}
`;

/** The span of the first occurrence of `part`. */
export function spanOf(text: string, part: string): Span {
  const start = text.indexOf(part);
  if (start < 0) throw new RangeError(`${part} is not in the text`);
  const end = start + part.length;
  const at = (offset: number) => {
    const before = text.slice(0, offset).split("\n");
    return { line: before.length, column: (before.at(-1) ?? "").length + 1 };
  };
  return { start, end, ...at(start), endLine: at(end).line, endColumn: at(end).column };
}

function line(number: number): Span {
  return { start: 0, end: 1, line: number, column: 1, endLine: number, endColumn: 2 };
}

export function place(file: string, number: number, text: string): Place {
  return { file, span: line(number), text };
}

export const FACTORY: Finding = {
  rule: "no-session-per-call",
  file: SESSION_FILE,
  span: spanOf(SESSION_TEXT, "new Database(file)"),
  message: "`createDb` opens a new session every time it is called, and 108 places call it per request.",
  priority: "P0",
  confidence: "proven",
  library: "better-sqlite3",
  fix: "safe",
  why: [place("src/routes.ts", 12, "POST /import"), place("src/service.ts", 40, "calls importAll()"), place(SESSION_FILE, 4, "opens a session")],
  related: Array.from({ length: 108 }, (_, index) => place(`src/api/route-${index + 1}.ts`, index + 9, "called per request here")),
  cost: {
    sessions: [{ coefficient: 1, symbols: ["entries"] }, { coefficient: 2, symbols: [] }],
    statements: [{ coefficient: 3, symbols: ["entries"] }],
  },
  fingerprint: "f00d",
  detail: {
    kind: "session-per-call",
    library: "better-sqlite3",
    open: spanOf(SESSION_TEXT, "new Database(file)"),
    factory: null,
    closes: [],
    uses: [],
    scoped: [],
    openOverAwait: [],
    startups: [],
  },
};

export const LOOP: Finding = {
  ...FACTORY,
  rule: "no-unbatched-loop-transaction",
  file: "src/gone.ts",
  span: line(7),
  message: "One transaction holds the write lock over the whole loop.",
  priority: "P1",
  confidence: "likely",
  fix: "manual",
  fixReason: "a value flows from one iteration to the next",
  why: [],
  related: [],
  cost: undefined,
  fingerprint: "beef",
};

export function input(findings: Finding[], overrides: Partial<ReportInput> = {}): ReportInput {
  return {
    version: "1.2.3",
    findings,
    skipped: [],
    stats: { files: 64, parsed: 25, fromCache: 0, ms: 412 },
    text: (file) => (file === SESSION_FILE ? SESSION_TEXT : undefined),
    ...overrides,
  };
}
