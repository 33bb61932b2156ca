import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comments, commentKey } from "../../codemods/lib/text.js";
import { parse } from "../../codemods/lib/tree.js";
import { applyEdits } from "../../src/core/edit.js";
import { syntaxError } from "../../src/project/refusals.js";
import { findingsOf, ruleNamed } from "../rules/lib/run.js";
import { fixOnce } from "./helpers/rounds.js";

const RULES = ["no-parallel-in-transaction", "require-release", "no-outer-session-in-transaction", "no-async-sync-transaction", "require-engine-config"] as const;

const note = fc.option(fc.constantFrom("// note", "/* block */", "// über 😀", "/* two\n lines */"), { nil: undefined });
const statement = fc.constantFrom(
  "await client.query('SELECT 1')",
  "await Promise.all([client.query('DELETE FROM a'), client.query('DELETE FROM b')])",
  "const [first, { rows: second }] = await Promise.all([client.query('SELECT 1'), client.query('SELECT 2')])",
  "const both = await Promise.all([client.query('SELECT 3'), client.query('SELECT 4')])",
  "await Promise.all(names.map((name) => client.query('INSERT INTO t VALUES ($1)', [name])))",
  "await Promise.all(names.map(async (name, at) => {\n  await client.query(`INSERT ${at}\n  INTO t`, [name])\n}))",
  "await Promise.all(names.map(async (name) => { if (!name) return; await client.query('SELECT 5') }))",
  "const text = `a\n  b`",
  "console.log('é', [1, 2])",
);

interface Program {
  text: string;
}

/** A function that takes a connection, does this and that on it in a transaction or not, and gives it back somehow. */
const program: fc.Arbitrary<Program> = fc
  .record({
    indent: fc.constantFrom("  ", "    ", "\t"),
    semi: fc.constantFrom(";", ""),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    begun: fc.boolean(),
    release: fc.constantFrom("end", "never", "finally"),
    body: fc.uniqueArray(fc.tuple(statement, note), { minLength: 1, maxLength: 5, selector: ([text]) => text }),
    tail: note,
    engine: fc.boolean(),
  })
  .map((made) => {
    const { indent, semi } = made;
    const inside = [
      ...(made.begun ? [`await client.query("BEGIN")${semi}`] : []),
      ...made.body.flatMap(([text, said]) => [...(said === undefined ? [] : [said]), `${text}${semi}`]),
      ...(made.begun ? [`await client.query("COMMIT")${semi}`] : []),
    ];
    const lines = made.release === "finally" ? ["try {", ...inside.map((line) => indent + line), "} finally {", `${indent}client.release()${semi}`, "}"] : [...inside, ...(made.release === "end" ? [`client.release()${semi}`] : [])];
    const engine = made.engine ? [`import { DatabaseSync } from "node:sqlite"${semi}`, `const db = new DatabaseSync("app.db")${semi} // local`, `export const keep = (name: string) => db.prepare("INSERT INTO t VALUES (?)").run(name)${semi}`] : [];
    const text = [
      `import { Pool } from "pg"${semi}`,
      ...engine,
      `const pool = new Pool()${semi}`,
      `export async function work(names: string[]) {`,
      `${indent}const client = await pool.connect()${semi}`,
      ...lines.map((line) => indent + line),
      "}",
      ...(made.tail === undefined ? [] : [made.tail]),
      "",
    ].join("\n");
    return { text: (made.bom ? "\uFEFF" : "") + (made.crlf ? text.replaceAll("\n", "\r\n") : text) };
  });

function findings(text: string): ReturnType<typeof findingsOf> {
  return RULES.flatMap((rule) => findingsOf(ruleNamed(rule), { "src/app.ts": text.replace(/^\uFEFF/, "") }));
}

function keys(text: string): string[] {
  return comments(parse("src/app.ts", text)).map((one) => commentKey(one.text)).sort();
}

describe("local transforms on generated programs", () => {
  it("leave the rest to the byte, keep comments, parse, and are done when they are done", () => {
    let fixed = 0;
    fc.assert(
      fc.property(program, ({ text }) => {
        let now = text;
        const plan = fixOnce({ "src/app.ts": now }, findings(now));
        fixed += plan.groups.length;
        // Nothing but what the edits say.
        const edits = plan.groups.filter((group) => plan.groups.length === 1 && group.imports.length === 0).flatMap((group) => group.edits);
        if (plan.groups.length === 1) expect(plan.files["src/app.ts"]).toBe(applyEdits(text, edits));
        for (let round = 0; round < 4; round++) {
          const next = fixOnce({ "src/app.ts": now }, findings(now));
          if (next.files["src/app.ts"] === now) break;
          now = next.files["src/app.ts"] ?? "";
        }
        expect(syntaxError("src/app.ts", now)).toBe(undefined);
        expect(keys(now)).toEqual(keys(text));
        expect(now.startsWith("\uFEFF")).toBe(text.startsWith("\uFEFF"));
        expect(/[^\r]\n/.test(now)).toBe(/[^\r]\n/.test(text));
        expect(fixOnce({ "src/app.ts": now }, findings(now)).groups).toEqual([]);
      }),
      { numRuns: 120 },
    );
    expect(fixed).toBeGreaterThan(50);
  }, 60_000);
});
