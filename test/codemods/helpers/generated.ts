import fc from "fast-check";
import { DIALECTS } from "./dialects.js";
import type { Dialect } from "./dialects.js";
import { dress, DRESSES } from "./dress.js";
import type { Dress } from "./dress.js";

export interface Generated {
  files: Record<string, string>;
  dialect: string;
}

/** Where a function of the program has its session from. */
type Source = "opened" | "closed" | "finally" | "factory" | "shared" | "parameter";
type Shape = "write" | "loop" | "loop in transaction" | "helper in loop" | "outer session" | "in parallel" | "read, then write" | "nested helper" | "around";

export interface Part {
  source: Source;
  shape: Shape;
  /** A method of a class, an arrow, a function. */
  form: "function" | "arrow" | "method" | "decorated";
  over: "of" | "counted" | "forEach" | "entries";
}

const part: fc.Arbitrary<Part> = fc.record({
  source: fc.constantFrom<Source>("opened", "closed", "finally", "factory", "factory", "shared", "shared", "parameter"),
  shape: fc.constantFrom<Shape>("write", "loop", "loop in transaction", "loop in transaction", "helper in loop", "outer session", "in parallel", "read, then write", "nested helper", "around"),
  form: fc.constantFrom("function", "function", "arrow", "method", "decorated"),
  over: fc.constantFrom("of", "of", "counted", "forEach", "entries"),
});

/** A small application of several files over one library: a factory, a shared session, helpers, functions, routes. */
export const generated: fc.Arbitrary<Generated> = over(DIALECTS);

/** What `work` exports, and whether its functions take the session first. */
export interface Runnable extends Generated {
  functions: { name: string; takesSession: boolean }[];
}

/** @param takes which functions the program may have; all by default. */
export function over(dialects: readonly Dialect[], takes: (part: Part) => boolean = () => true): fc.Arbitrary<Runnable> {
  return fc
    .record({ dialect: fc.constantFrom(...dialects), parts: fc.array(part.filter(takes), { minLength: 1, maxLength: 5 }), dress: DRESSES, pragma: fc.boolean() })
    .map(({ dialect, parts, dress: look, pragma }) => ({
      dialect: dialect.name,
      files: application(dialect, parts, look, pragma),
      functions: parts.map(({ source }, at) => ({ name: `work${at}`, takesSession: source === "parameter" })),
    }));
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === "" ? line : `  ${line}`));

function application(dialect: Dialect, parts: readonly Part[], look: Dress, pragma: boolean): Record<string, string> {
  const names = parts.map((_, at) => `work${at}`);
  const wait = dialect.async ? "await " : "";
  const asyncWord = dialect.async ? "async " : "";
  const type = look.typed ? ": any" : "";
  const db = [
    ...dialect.imports.slice(0, 1),
    ...(dialect.name === "kysely" ? dialect.imports.slice(1) : []),
    "",
    "export function openDb() {",
    `  const db = ${dialect.open};`,
    ...(pragma && !dialect.async ? [`  db.${dialect.name === "better-sqlite3" ? 'pragma("journal_mode = WAL")' : 'exec("PRAGMA journal_mode = WAL")'};`] : []),
    "  return db;",
    "}",
    "",
    `export const shared = ${dialect.open};`,
  ];
  const helper = [
    ...(dialect.prelude === undefined ? [] : dialect.imports.slice(1)),
    'import { shared } from "./db.js";',
    "",
    ...(dialect.prelude ?? []),
    `export ${asyncWord}function save(name${type}) {`,
    `  ${wait}${dialect.write("shared", "name")};`,
    "}",
    "",
    `export ${asyncWord}function saveWith(db${type}, name${type}) {`,
    `  ${wait}${dialect.write("db", "name")};`,
    "}",
    "",
    `export ${asyncWord}function saveTwice(name${type}) {`,
    `  ${wait}save(name);`,
    `  ${wait}save(name + "!");`,
    "}",
  ];
  const work = [...dialect.imports, 'import { openDb, shared } from "./db.js";', 'import { save, saveTwice, saveWith } from "./helper.js";', "", ...(dialect.prelude ?? []), ...parts.flatMap((each, at) => ["", ...declare(names[at] ?? "", each, dialect, look)])];
  const server = [
    'import express from "express";',
    `import { ${names.join(", ")} } from "./work.js";`,
    'import { shared } from "./db.js";',
    "",
    "const app = express();",
    ...parts.map(({ source }, at) => `app.post("/${at}", async (request, response) => response.json(await ${names[at]}(${source === "parameter" ? "shared, " : ""}request.body)));`),
    "app.listen(3000);",
  ];
  const files: Record<string, string> = { "package.json": `${JSON.stringify({ name: "app", private: true, ...(look.module === "cjs" ? {} : { type: "module" }) })}\n` };
  for (const [name, lines] of Object.entries({ db, helper, work, server })) {
    const { file, text } = dress(name, lines, look);
    files[file] = text;
  }
  return files;
}

/** The function itself; methods stand in a class whose instance the module hands out. */
function declare(name: string, given: Part, dialect: Dialect, { typed, module }: Dress): string[] {
  const { source, shape } = given;
  const form = given.form === "decorated" && (!typed || module === "cjs") ? "method" : given.form;
  const type = typed ? ": any" : "";
  const parameters = `${source === "parameter" ? `db${type}, ` : ""}items${type}`;
  const asyncWord = dialect.async ? "async " : "";
  const body = indent(bodyOf(source, shape, given, dialect));
  if (form === "function") return [`export ${asyncWord}function ${name}(${parameters}) {`, ...body, "}"];
  if (form === "arrow") return [`export const ${name} = ${asyncWord}(${parameters}) => {`, ...body, "};"];
  const decorator = form === "decorated" ? ["  @logged"] : [];
  return [
    ...(form === "decorated" ? [`function logged_${name}(value${type}, _context${type}) {`, "  return value;", "}"] : []),
    `class Own_${name} {`,
    ...decorator.map((line) => line.replace("logged", `logged_${name}`)),
    `  ${asyncWord}run(${parameters}) {`,
    ...indent(body),
    "  }",
    "}",
    `const own_${name} = new Own_${name}();`,
    `export const ${name} = (${source === "parameter" ? `db${type}, ` : ""}items${type}) => own_${name}.run(${source === "parameter" ? "db, " : ""}items);`,
  ];
}

function bodyOf(source: Source, shape: Shape, part: Part, dialect: Dialect): string[] {
  const wait = dialect.async ? "await " : "";
  const db = source === "shared" ? "shared" : "db";
  const opened = { opened: dialect.open, closed: dialect.open, finally: dialect.open, factory: "openDb()", shared: undefined, parameter: undefined }[source];
  const does = doing(shape, db, part, dialect);
  const close = dialect.close?.("db");
  const open = opened === undefined ? [] : [`const db = ${opened};`];
  const end = [`return ${wait}${dialect.read(db)};`];
  if (source === "finally" && close !== undefined) return [...open, "try {", ...indent([...does, ...end]), "} finally {", `  ${close}`, "}"];
  if (source === "closed" && close !== undefined) return [...open, ...does, `const found = ${wait}${dialect.read(db)};`, close, "return found;"];
  return [...open, ...does, ...end];
}

function doing(shape: Shape, db: string, { over }: Part, dialect: Dialect): string[] {
  const wait = dialect.async ? "await " : "";
  const handle = dialect.handle ?? db;
  const write = (on: string, value: string): string => `${wait}${dialect.write(on, value)};`;
  const loop = (body: readonly string[]): string[] => {
    const kind = over === "forEach" && dialect.async ? "of" : over;
    const [head, tail] = { of: ["for (const item of items) {", "}"], counted: ["for (let i = 0; i < items.length; i++) {", "}"], entries: ["for (const [at, item] of items.entries()) {", "}"], forEach: ["items.forEach((item) => {", "});"] }[kind] as [string, string];
    return [head, ...indent(kind === "counted" ? body.map((line) => line.replaceAll("item.", "items[i].")) : body), tail];
  };
  const transaction = (body: readonly string[]): string[] => dialect.transaction(db, handle, body);
  switch (shape) {
    case "write":
      return [write(db, "items[0].name")];
    case "loop":
      return loop([write(db, "item.name")]);
    case "loop in transaction":
      return transaction(loop([write(handle, "item.name")]));
    case "helper in loop":
      return loop([`${wait}saveWith(${db}, item.name);`, `${wait}save(item.name);`]);
    case "outer session":
      return transaction([write(handle, '"first"'), write(db, "items[0].name")]);
    case "in parallel":
      return dialect.async ? transaction([`await Promise.all([${dialect.write(handle, '"one"')}, ${dialect.write(handle, '"two"')}]);`]) : transaction([write(handle, '"one"')]);
    case "read, then write":
      return transaction([`const before = ${wait}${dialect.read(handle)};`, write(handle, "String(before)")]);
    case "nested helper":
      return transaction([write(handle, '"first"'), `${wait}saveTwice("second");`]);
    case "around":
      return transaction([write(handle, '"before"'), ...loop([write(handle, "item.name"), "if (!item.name) continue;".replace("continue", over === "forEach" && !dialect.async ? "return" : "continue"), write(handle, "item.name + `\\n`")]), write(handle, '"after"')]);
  }
}
