import { describe, expect, it } from "vitest";
import { assemble } from "../../codemods/index.js";
import { specifierFor, resolveRelative } from "../../codemods/lib/specifier.js";
import { styleOf } from "../../codemods/lib/style.js";
import { parse } from "../../codemods/lib/tree.js";
import type { EditGroup, ImportNeed, TextEdit } from "../../src/core/edit.js";
import { memoryHost } from "./helpers/findings.js";

const FILE = "src/a.ts";
const span = { start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };

/** The file after names were needed and some of its text was replaced. */
function result(text: string, needs: (Partial<ImportNeed> & { name: string })[], replace: Record<string, string> = {}, file = FILE): string {
  const edits: TextEdit[] = Object.entries(replace).map(([from, to]) => {
    const start = text.lastIndexOf(from);
    return { file, start, end: start + from.length, text: to };
  });
  const imports = needs.map((need): ImportNeed => ({ file, from: { package: "sessionfix-runtime" }, kind: "named", ...need }));
  const group: EditGroup = { id: "g", transform: "t", finding: { rule: "r", file, span, fingerprint: "f" }, safety: "safe", edits, creates: [], imports };
  return assemble([group], memoryHost({ [file]: text, "src/session.ts": "export const getSession = 1;\n" })).get(file) ?? "";
}

describe("imports that come", () => {
  it("after the other packages, in the file's own quotes and semicolons", () => {
    expect(result("import x from 'x'\nimport y from './y'\n\nuse(x, y)\n", [{ name: "transaction" }])).toBe(
      "import x from 'x'\nimport { transaction } from 'sessionfix-runtime'\nimport y from './y'\n\nuse(x, y)\n",
    );
  });

  it("into an import of the same module that is there", () => {
    expect(result('import { transaction } from "sessionfix-runtime";\nuse(transaction);\n', [{ name: "batchedTransaction" }, { name: "transaction" }])).toBe(
      'import { transaction, batchedTransaction } from "sessionfix-runtime";\nuse(transaction);\n',
    );
    expect(result('import {\n  closeSessions,\n  transaction,\n} from "sessionfix-runtime";\nuse(transaction, closeSessions);\n', [{ name: "batchedTransaction" }])).toBe(
      'import {\n  closeSessions,\n  transaction,\n  batchedTransaction,\n} from "sessionfix-runtime";\nuse(transaction, closeSessions);\n',
    );
  });

  it("beside a type-only import of the same module, not into it", () => {
    expect(result('import type { BatchReport } from "sessionfix-runtime";\nlet r: BatchReport;\n', [{ name: "transaction" }])).toBe(
      'import type { BatchReport } from "sessionfix-runtime";\nimport { transaction } from "sessionfix-runtime";\nlet r: BatchReport;\n',
    );
  });

  it("under another name where the own one is taken", () => {
    expect(result("use();\n", [{ name: "transaction", as: "runInTransaction" }])).toBe('import { transaction as runInTransaction } from "sessionfix-runtime";\n\nuse();\n');
    expect(result('const x = require("x");\nuse(x);\n', [{ name: "transaction", as: "runInTransaction" }], {}, "src/a.js")).toBe(
      'const x = require("x");\nconst { transaction: runInTransaction } = require("sessionfix-runtime");\nuse(x);\n',
    );
  });

  const sharing = (text: string, file: string): string => result(text, [{ name: "getSession", from: { file: "src/session.ts" } }], {}, file);

  it.each([
    ["by letters", "import a from '../a'\nimport q from '../q'\nimport z from '../z'\n\nuse(a, q, z)\n", "import z from '../z'\n"],
    ["by letters, whatever their case", "import A from '../Alpha'\nimport q from '../query'\nimport Z from '../Zeta'\n\nuse(A, q, Z)\n", "import Z from '../Zeta'\n"],
    ["what is further away first", "import z from '../z'\nimport a from './a'\n\nuse(a, z)\n", "import a from './a'\n"],
    ["what is further away first, before the only one", "import a from 'a'\n\nimport b from './b'\n\nuse(a, b)\n", "import b from './b'\n"],
  ])("where the authors' order has them: %s", (_, text, next) => {
    expect(sharing(text, "src/api/use.ts")).toBe(text.replace(next, `import { getSession } from '../session'\n${next}`));
  });

  it.each([
    ["nothing is in order", "import z from '../z'\nimport a from '../a'\nimport q from '../q'\n\nuse(a, q, z)\n"],
    ["two may be in order by chance", "import a from '../a'\nimport z from '../z'\n\nuse(a, z)\n"],
    ["one is there for what it does", "import '../tracing'\nimport a from './a'\n\nuse(a)\n"],
    ["a comment belongs to the first", "// The one and only.\nimport a from './a'\n\nuse(a)\n"],
    ["the last group is in order, the first is not", "import z from '../z'\nimport b from '../b'\n\nimport c from '../c'\n\nuse(b, c, z)\n"],
  ])("at the end, where %s", (_, text) => {
    expect(sharing(text, "src/api/use.ts")).toBe(text.replace("\n\nuse", "\nimport { getSession } from '../session'\n\nuse"));
  });

  it("below a hashbang, directives and a header, above the first statement's own comment", () => {
    expect(result('#!/usr/bin/env node\n"use strict";\n// Copyright\n\n/** What f does. */\nfunction f() {}\n', [{ name: "transaction" }])).toBe(
      '#!/usr/bin/env node\n"use strict";\n// Copyright\n\nimport { transaction } from "sessionfix-runtime";\n\n/** What f does. */\nfunction f() {}\n',
    );
  });

  it("once, however many fixes need them", () => {
    expect(result("use();\n", [{ name: "transaction" }, { name: "transaction" }, { name: "batchedTransaction" }])).toBe('import { transaction, batchedTransaction } from "sessionfix-runtime";\n\nuse();\n');
  });

  it("from a file of the project, with or without a suffix as its neighbours have it", () => {
    const need = { name: "getSession", from: { file: "src/session.ts" } };
    expect(result('import y from "./y.js";\nuse(y);\n', [need])).toContain('import { getSession } from "./session.js";\n');
    expect(result('import y from "./y";\nuse(y);\n', [need])).toContain('import { getSession } from "./session";\n');
    expect(result('import y from "./y.ts";\nuse(y);\n', [need])).toContain('import { getSession } from "./session.ts";\n');
  });
});

describe("imports that go", () => {
  it("when the last use went, and stay while one is left", () => {
    expect(result('import a, { b, c, d } from "m";\nimport e from "e";\nuse(a, b, c, d);\nlast(e);\n', [], { "last(e);\n": "" })).toBe('import a, { b, c, d } from "m";\nuse(a, b, c, d);\n');
    expect(result('import a, { b, c, d } from "m";\nuse(a, b, d);\nlast(c);\n', [], { "last(c);": "" })).toBe('import a, { b, d } from "m";\nuse(a, b, d);\n\n');
    expect(result('import a, { b, c, d } from "m";\nuse(a, b);\nlast(c, d);\n', [], { "last(c, d);": "" })).toBe('import a, { b } from "m";\nuse(a, b);\n\n');
    expect(result('import a, { b } from "m";\nuse(a);\nlast(b);\n', [], { "last(b);": "" })).toBe('import a from "m";\nuse(a);\n\n');
    expect(result('import a, { b } from "m";\nuse(b);\nlast(a);\n', [], { "last(a);": "" })).toBe('import { b } from "m";\nuse(b);\n\n');
    expect(result('import * as n from "m";\nlast(n);\n', [], { "last(n);": "" })).toBe("\n");
  });

  it("not when they were in vain before", () => {
    expect(result('import unused from "m";\nimport a from "a";\nlast(a);\n', [], { "last(a);": "" })).toBe('import unused from "m";\n\n');
  });

  it("not while the name is still a type", () => {
    const text = 'import Database from "better-sqlite3";\nlet db: Database.Database;\nlast(new Database());\n';
    expect(result(text, [], { "last(new Database());": "" })).toContain('import Database from "better-sqlite3";');
  });

  it("not their comments", () => {
    expect(result('// about m\nimport a from "m"; // trailing\nlast(a);\n', [], { "last(a);": "" })).toBe("// about m\n// trailing\n\n");
  });

  it("in CommonJS as well", () => {
    expect(result('const a = require("a");\nconst { b, c } = require("m");\nuse(b);\nlast(a, c);\n', [], { "last(a, c);": "" }, "src/a.js")).toBe('const { b } = require("m");\nuse(b);\n\n');
  });
});

describe("specifierFor", () => {
  const host = (files: Record<string, string>): ReturnType<typeof memoryHost> => memoryHost(files);

  it("asks the neighbours, then the package", () => {
    expect(specifierFor("src/a.ts", "src/db/session.ts", host({ "src/a.ts": "", "src/b.ts": 'import "./c.js";' }))).toBe("./db/session.js");
    expect(specifierFor("src/a.ts", "lib/session.ts", host({ "src/a.ts": "" }))).toBe("../lib/session");
    expect(specifierFor("src/a.ts", "src/session.ts", host({ "src/a.ts": "", "package.json": '{ "type": "module" }' }))).toBe("./session.js");
    expect(specifierFor("src/a.ts", "src/session.ts", host({ "src/a.ts": "", "package.json": '{ "type": "module" }', "tsconfig.json": '{ "compilerOptions": { "moduleResolution": "bundler" } }' }))).toBe("./session");
    expect(specifierFor("src/a.mts", "src/session.mts", host({ "src/a.mts": 'import "./b.mjs";' }))).toBe("./session.mjs");
  });

  it("is undone by resolveRelative", () => {
    const files = { "src/a.ts": 'import "./c.js";', "src/db/session.ts": "", "src/x/index.ts": "", "src/v.tsx": "" };
    expect(resolveRelative("src/a.ts", specifierFor("src/a.ts", "src/db/session.ts", host(files)), host(files))).toBe("src/db/session.ts");
    expect(resolveRelative("src/a.ts", "./x", host(files))).toBe("src/x/index.ts");
    expect(resolveRelative("src/a.ts", "./v.js", host(files))).toBe("src/v.tsx");
    expect(resolveRelative("src/a.ts", "better-sqlite3", host(files))).toBeUndefined();
  });
});

describe("styleOf", () => {
  it("reads quotes, semicolons, indentation, trailing commas and modules", () => {
    expect(styleOf(parse("a.ts", "import a from 'a'\nfunction f() {\n\tg({\n\t\ta: 'x'\n\t})\n}\n"))).toEqual({ quote: "'", semi: "", indent: "\t", trailingComma: false, modules: "esm" });
    expect(styleOf(parse("a.js", 'const a = require("a");\nfunction f() {\n    g(\n        a,\n    );\n}\n'))).toEqual({ quote: '"', semi: ";", indent: "    ", trailingComma: true, modules: "cjs" });
  });
});

describe("a script that imports nothing yet", () => {
  it.each([
    ['{ "type": "module" }', 'import { transaction } from "sessionfix-runtime";'],
    ["{}", 'const { transaction } = require("sessionfix-runtime");'],
  ])("is what its package.json says: %s", (manifest, line) => {
    const file = "src/a.js";
    const group: EditGroup = {
      id: "g",
      transform: "t",
      finding: { rule: "r", file, span, fingerprint: "f" },
      safety: "safe",
      edits: [],
      creates: [],
      imports: [{ file, from: { package: "sessionfix-runtime" }, name: "transaction", kind: "named" }],
    };
    expect(assemble([group], memoryHost({ [file]: "use();\n", "package.json": manifest })).get(file)).toBe(`${line}\n\nuse();\n`);
  });
});
