import { ts } from "ts-morph";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { comments, commentKey } from "../../codemods/lib/text.js";
import { parse } from "../../codemods/lib/tree.js";
import { loopFinding } from "./helpers/findings.js";
import type { LoopOptions } from "./helpers/findings.js";
import { fixOnce } from "./helpers/rounds.js";

/** Programs with one loop in one transaction, in many dresses. */
interface Dress {
  text: string;
  find: LoopOptions;
}

const comment = fc.option(fc.constantFrom("// note", "/* block */", "// über 😀", "/* two\n lines */"), { nil: undefined });
const unit = fc.constantFrom("  ", "    ", "\t");

const bodyStatement = fc.constantFrom(
  "insert.run(item);",
  "if (item === 1) continue;",
  "for (const x of [1, 2]) { if (x) continue; insert.run(x); }",
  "switch (item) { case 1: insert.run(item); break; default: }",
  "const text = `a\n  b ${item}`; insert.run(text);",
  "total += 1;",
  "[1].forEach((y) => { if (y) return; insert.run(y); });",
);

const aroundStatement = fc.constantFrom("db.prepare('DELETE FROM t').run();", "const start = Date.now();", "log.info('x');", "touch(db);", "const rows = db.prepare('SELECT 1').all();");

const dress: fc.Arbitrary<Dress> = fc
  .record({
    indent: unit,
    semi: fc.constantFrom(";", ""),
    async: fc.boolean(),
    shape: fc.constantFrom("named", "at-once", "sql", "called-later"),
    loop: fc.constantFrom("of", "counted", "forEach", "entries"),
    body: fc.array(fc.tuple(bodyStatement, comment), { minLength: 1, maxLength: 4 }),
    before: fc.uniqueArray(fc.tuple(aroundStatement, comment), { maxLength: 2, selector: ([text]) => text }),
    after: fc.array(fc.tuple(fc.constantFrom("db.prepare('UPDATE t SET x = 1').run();", "log.info('y');"), comment), { maxLength: 2 }),
    crlf: fc.boolean(),
    tail: comment,
  })
  .map((made) => {
    const { indent, shape } = made;
    const line = (depth: number, text: string): string => indent.repeat(depth) + text;
    const withComment = (depth: number, [text, note]: readonly [string, string | undefined]): string[] => [
      ...(note === undefined ? [] : [line(depth, note)]),
      line(depth, made.semi === "" && !text.includes(";\n") ? text.replace(/;$/, "") : text),
    ];
    const forEach = made.loop === "forEach";
    const heads: Record<typeof made.loop, [string, string]> = {
      of: ["for (const item of items) {", "}"],
      counted: ["for (let item = 0; item < items.length; item++) {", "}"],
      entries: ["for (const [index, item] of items.entries()) {", "}"],
      forEach: ["items.forEach((item) => {", `})${made.semi}`],
    };
    const depth = shape === "sql" ? 1 : 2;
    const statements = made.body.map(([text, note]) => [forEach ? text.replace(/^if \(item === 1\) continue;/, "if (item === 1) return;") : text, note] as const);
    // Without semicolons a line that begins with a bracket would belong to the one before.
    const safe = statements.map(([text, note]) => [made.semi === "" && text.startsWith("[") ? "insert.run(item);" : text, note] as const);
    const inner = [
      ...made.before.flatMap((one) => withComment(depth, one)),
      line(depth, heads[made.loop][0]),
      ...safe.flatMap((one) => withComment(depth + 1, one)),
      line(depth, heads[made.loop][1]),
      ...made.after.flatMap((one) => withComment(depth, one)),
    ];
    const lines = [
      "import { insert, touch, log } from './x'",
      "",
      `export ${made.async ? "async " : ""}function run(db, items) {`,
      line(1, `let total = 0${made.semi}`),
      ...(shape === "named" ? [line(1, "const save = db.transaction(() => {"), ...inner, line(1, `})${made.semi}`), line(1, `save.immediate()${made.semi}`)] : []),
      ...(shape === "at-once" ? [line(1, `${made.semi === "" ? "void 0;" : ""}db.transaction(() => {`), ...inner, line(1, `})()${made.semi}`)] : []),
      ...(shape === "sql" ? [line(1, `db.exec('BEGIN')${made.semi}`), ...inner, line(1, `db.exec('COMMIT')${made.semi}`)] : []),
      ...(shape === "called-later" ? [line(1, "const save = db.transaction(() => {"), ...inner, line(1, `})${made.semi}`), line(1, `log.info('z')${made.semi}`), line(1, `save()${made.semi}`)] : []),
      ...(made.tail === undefined ? [] : [line(1, made.tail)]),
      line(1, `return total${made.semi}`),
      "}",
      "",
    ];
    const text = lines.join("\n");
    const find: LoopOptions =
      shape === "sql"
        ? { style: "sql", transaction: "db.exec('BEGIN')", commits: ["db.exec('COMMIT')"], loop: heads[made.loop][0].slice(0, 8), async: made.async }
        : { transaction: "db.transaction(", ...(shape === "named" ? { runs: ["save.immediate("] } : shape === "called-later" ? { runs: ["save("] } : {}), loop: heads[made.loop][0].slice(0, 8) };
    return { text: made.crlf ? text.replaceAll("\n", "\r\n") : text, find };
  });

function syntaxErrors(text: string): string[] {
  const { diagnostics } = ts.transpileModule(text, { reportDiagnostics: true, fileName: "a.js", compilerOptions: { target: ts.ScriptTarget.Latest, module: ts.ModuleKind.ESNext, allowJs: true } });
  return (diagnostics ?? []).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const keys = (text: string): string[] => comments(parse("a.js", text)).map((one) => commentKey(one.text)).sort();

describe("batch-loop-transaction, over generated programs", () => {
  it("either says why it does not, or gives a program that parses, keeps all comments and holds no loop in a transaction", () => {
    let fixed = 0;
    fc.assert(
      fc.property(dress, ({ text, find }) => {
        expect(syntaxErrors(text)).toEqual([]);
        const { files, groups, manual } = fixOnce({ "a.js": text }, [loopFinding("a.js", text, find)]);
        const after = files["a.js"] ?? "";
        expect(groups.length + manual.length).toBe(1);
        if (groups.length === 0) {
          expect(after).toBe(text);
          expect(manual[0]?.reason).not.toBe("");
          return;
        }
        fixed++;
        expect(syntaxErrors(after)).toEqual([]);
        expect(keys(after)).toEqual(keys(text));
        expect(after).toMatch(/batchedTransaction(Sync)?\(/);
        expect(after).not.toMatch(/db\.transaction\(|BEGIN|COMMIT|save\.immediate/);
        // Only the file's own line ending.
        if (text.includes("\r\n")) expect(after.replaceAll("\r\n", "")).not.toContain("\n");
        else expect(after).not.toContain("\r");
        // The statements' own bytes are all there, in their order.
        for (const part of ["let total = 0", "return total"]) expect(after).toContain(part);
      }),
      { numRuns: 300 },
    );
    // The generator must not wander off into programs that are all for a person.
    expect(fixed).toBeGreaterThan(200);
  }, 60_000);

  it("plans the same edits each time", () => {
    fc.assert(
      fc.property(dress, ({ text, find }) => {
        const once = fixOnce({ "a.js": text }, [loopFinding("a.js", text, find)]);
        const twice = fixOnce({ "a.js": text }, [loopFinding("a.js", text, find)]);
        expect(twice).toEqual(once);
      }),
      { numRuns: 40 },
    );
  });
});
