import fc from "fast-check";

/** What a file looks like, apart from what it does. */
export interface Dress {
  unit: string;
  semicolons: boolean;
  quote: '"' | "'";
  crlf: boolean;
  bom: boolean;
  module: "esm" | "cjs";
  typed: boolean;
  jsx: boolean;
  topLevelAwait: boolean;
  using: boolean;
  /** Whether the file ends with a line ending. */
  ended: boolean;
  /** What is put before, or behind, each n-th statement. */
  notes: readonly { every: number; text: string; behind: boolean }[];
}

const note = fc.record({ every: fc.integer({ min: 2, max: 7 }), text: fc.constantFrom("// note", "/* block */", "// über 😀 «q»", "/* two\n lines */", "/** @see elsewhere */", "// eslint-disable-next-line no-console"), behind: fc.boolean() });

export const DRESSES: fc.Arbitrary<Dress> = fc
  .record({
    unit: fc.constantFrom("  ", "    ", "\t"),
    semicolons: fc.boolean(),
    quote: fc.constantFrom<'"' | "'">('"', "'"),
    crlf: fc.boolean(),
    bom: fc.boolean(),
    module: fc.constantFrom("esm", "esm", "cjs"),
    typed: fc.boolean(),
    jsx: fc.boolean(),
    topLevelAwait: fc.boolean(),
    using: fc.boolean(),
    ended: fc.boolean(),
    notes: fc.array(note, { maxLength: 3 }),
  })
  // Types stand in modules here: `require` in TypeScript is a matter of its own.
  .map((made) => ({ ...made, typed: made.typed && made.module === "esm" }));

/** Lines that are indented by two spaces, end in semicolons and import as modules do, in another dress. */
export function dress(name: string, lines: readonly string[], look: Dress): { file: string; text: string } {
  const jsx = look.jsx && name === "work";
  const more = [
    ...(look.topLevelAwait && look.module === "esm" && name === "db" ? ["", "export const started = await Promise.resolve(1);"] : []),
    ...(look.using && look.module === "esm" && name === "helper" ? ["", "export function held() {", '  using lock = { at: "é", [Symbol.dispose]() {} };', "  return lock.at;", "}"] : []),
    ...(jsx ? ["", "export function View() {", "  return <p title=\"a // b\">it's {1} /* no comment */</p>;", "}"] : []),
  ];
  const noted = [...lines, ...more].flatMap((line, at) => withNotes(line, at, look));
  const module = look.module === "cjs" ? commonJs(noted) : noted;
  const styled = module.map((line) => reindent(look.semicolons ? line : line.replace(/;(?=$| \/[/*])/, ""), look.unit)).map((line) => (look.quote === "'" && !/['`]|no comment|\/\//.test(line) ? line.replaceAll('"', "'") : line));
  const text = styled.join("\n") + (look.ended ? "\n" : "");
  const extension = look.typed ? (jsx ? ".tsx" : ".ts") : jsx ? ".jsx" : ".js";
  return { file: `src/${name}${extension}`, text: (look.bom ? "\uFEFF" : "") + (look.crlf ? text.replaceAll("\n", "\r\n") : text) };
}

function withNotes(line: string, at: number, { notes }: Dress): string[] {
  const isStatement = /;$/.test(line) && !line.includes("<p ");
  const due = isStatement ? notes.filter(({ every }) => at % every === 0) : [];
  const lead = /^ */.exec(line)?.[0] ?? "";
  const before = due.filter(({ behind }) => !behind).flatMap(({ text }) => text.split("\n").map((each) => lead + each));
  const behind = due.filter(({ behind, text }) => behind && !text.includes("\n")).slice(0, 1);
  return [...before, behind.length === 0 ? line : `${line} ${behind[0]?.text ?? ""}`];
}

function commonJs(lines: readonly string[]): string[] {
  const exported: string[] = [];
  const body = lines.map((line) => {
    const named = /^import (\{.*\}|\w+) from ("[^"]+");/.exec(line);
    if (named !== null) return line.replace(named[0], `const ${named[1]} = require(${named[2]?.replace(/\.js"$/, '"')});`);
    const declared = /^export (?:async )?(?:function|const) (\w+)/.exec(line);
    if (declared === null) return line;
    exported.push(declared[1] ?? "");
    return line.slice("export ".length);
  });
  return exported.length === 0 ? body : [...body, "", `module.exports = { ${exported.join(", ")} };`];
}

function reindent(line: string, unit: string): string {
  const lead = /^ */.exec(line)?.[0].length ?? 0;
  return lead % 2 === 1 ? line : unit.repeat(lead / 2) + line.slice(lead);
}
