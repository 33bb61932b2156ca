import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { FORMATS } from "../../src/report/index.js";
import { FACTORY, input, LOOP } from "./sample.js";

const render = (...args: Parameters<typeof input>): unknown => JSON.parse(FORMATS.get("json")?.render(input(...args), {}) ?? "null");

const schema = JSON.parse(readFileSync(new URL("../../docs/report.schema.json", import.meta.url), "utf8")) as object;
const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema);

function problems(report: unknown): string[] {
  return validate(report) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe("the JSON report", () => {
  it("is version 1, field by field", () => {
    const report = render([{ ...FACTORY, related: FACTORY.related.slice(0, 1) }, LOOP], {
      skipped: [{ file: "src/odd.ts", reason: "syntax error at 3:9: Unexpected token" }],
    });
    expect(report).toStrictEqual({
      version: 1,
      tool: { name: "sessionfix", version: "1.2.3" },
      findings: [
        {
          rule: "no-session-per-call",
          file: "src/db/session.ts",
          line: 4,
          column: 14,
          endLine: 4,
          endColumn: 32,
          message: "`createDb` opens a new session every time it is called, and 108 places call it per request.",
          priority: "P0",
          confidence: "proven",
          library: "better-sqlite3",
          fix: "safe",
          why: [
            { file: "src/routes.ts", line: 12, text: "POST /import" },
            { file: "src/service.ts", line: 40, text: "calls importAll()" },
            { file: "src/db/session.ts", line: 4, text: "opens a session" },
          ],
          related: [{ file: "src/api/route-1.ts", line: 9, endLine: 9, text: "called per request here" }],
          cost: { sessions: "n + 2", statements: "3n" },
          fingerprint: "f00d",
        },
        {
          rule: "no-unbatched-loop-transaction",
          file: "src/gone.ts",
          line: 7,
          column: 1,
          endLine: 7,
          endColumn: 2,
          message: "One transaction holds the write lock over the whole loop.",
          priority: "P1",
          confidence: "likely",
          library: "better-sqlite3",
          fix: "manual",
          why: [],
          related: [],
          fingerprint: "beef",
        },
      ],
      skipped: [{ file: "src/odd.ts", reason: "syntax error at 3:9: Unexpected token" }],
      stats: { files: 64, parsed: 25, fromCache: 0, ms: 412 },
    });
  });

  it("keeps every related place, however many", () => {
    expect(render([FACTORY])).toMatchObject({ findings: [{ related: { length: 108 } }] });
  });

  it("is as the published schema says", () => {
    expect(problems(render([FACTORY, LOOP], { skipped: [{ file: "a.ts", reason: "binary, not source text" }] }))).toEqual([]);
    expect(problems(render([]))).toEqual([]);
  });

  it("shares letters between the costs of one finding", () => {
    const cost = { sessions: [{ coefficient: 1, symbols: ["rows"] }], statements: [{ coefficient: 2, symbols: ["entries", "rows"] }] };
    expect(render([{ ...FACTORY, cost }])).toMatchObject({ findings: [{ cost: { sessions: "n", statements: "2m·n" } }] });
  });
});

describe("the schema refuses", () => {
  const good = () => JSON.parse(JSON.stringify(render([FACTORY]))) as { findings: Record<string, unknown>[] };

  it.each([
    ["a plugin prefix", { rule: "sessionfix/no-session-per-call" }],
    ["an absolute path", { file: "/src/a.ts" }],
    ["backslashes", { file: "src\\a.ts" }],
    ["a column that counts from 0", { column: 0 }],
    ["an unknown priority", { priority: "P4" }],
    ["an empty cost", { cost: {} }],
    ["a field of its own", { extra: 1 }],
  ])("%s", (_name, change) => {
    const report = good();
    Object.assign(report.findings[0] ?? {}, change);
    expect(problems(report)).not.toEqual([]);
  });
});
