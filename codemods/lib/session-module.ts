import { ts } from "ts-morph";
import { RUNTIME } from "../../src/core/contract.js";
import type { CreatedFile, PlanHost } from "../../src/core/edit.js";
import { importedFrom, importLines } from "./imports.js";
import { dirname, extensionOf, resolveRelative, specifierFor } from "./specifier.js";
import type { Style } from "./style.js";
import { styleOf } from "./style.js";
import { parse, walk } from "./tree.js";
import type { Tree } from "./tree.js";

export const WHAT_IT_IS = "One session a file for the whole process: opened at first use, shared by every caller.";

/** Of sessions that are opened by `open`: one for each path that it takes, or one in all. */
export function whatItIs(open: string): string {
  return open.startsWith("() =>") ? WHAT_IT_IS.replace(" a file", "") : WHAT_IT_IS;
}

/** How the factory's import of the driver looks, so that a new module can import it alike. */
export interface DriverImport {
  local: string;
  specifier: string;
  /** `named`: by the name that the package exports it under. */
  form: "default" | "*" | "=" | "named";
}

export function driverImport(tree: Tree, local: string): DriverImport | undefined {
  const from = importedFrom(tree.source, local);
  const driver = from && Object.hasOwn(RUNTIME.drivers, from.specifier) ? RUNTIME.drivers[from.specifier as keyof typeof RUNTIME.drivers] : undefined;
  if (from === undefined || driver === undefined) return undefined;
  if (driver.exported !== "default") return from.name === driver.exported ? { local, specifier: from.specifier, form: "named" } : undefined;
  return from.name === "default" || from.name === "*" || from.name === "=" ? { local, specifier: from.specifier, form: from.name } : undefined;
}

/** A name that a session module imports: from a file of the project, or by a specifier. */
export interface ModuleImport {
  file: string;
  specifier?: string;
  name: string;
  kind: "named" | "default" | "namespace";
  /** What it is called in the module that imports it, where that differs. */
  as?: string;
  /** What it is called where it was found. */
  local?: string;
}

export interface FactoryOptions {
  driver?: DriverImport;
  open: string;
  path?: string;
  close?: string;
  /**
   * The session's type, to be written out: a wrapper's type is worked out from types that the module does not import,
   * so that a compiler which writes declarations could not name it.
   */
  type?: string;
}

/** `createSessionFactory({ … })`, on one line as long as it is short. */
export function factoryCall(options: FactoryOptions, create: string, driverName: string, style: Style, before = 0): string {
  const entries = [
    ...(options.driver === undefined ? [] : [`driver: ${driverName}(${options.driver.local})`]),
    ...(options.path === undefined ? [] : [`path: ${options.path}`]),
    options.open === "open" ? "open" : `open: ${options.open}`,
    ...(options.close === undefined ? [] : [`close: ${options.close}`]),
  ];
  const line = `${create}({ ${entries.join(", ")} })${style.semi}`;
  if (before + line.length <= 90 && !line.includes("\n")) return line;
  const comma = style.trailingComma ? "," : "";
  return `${create}({\n${entries.map((entry) => style.indent + entry).join(",\n")}${comma}\n})${style.semi}`;
}

function driverEntry(driver: DriverImport | undefined): { specifier: string; name: string } | undefined {
  return driver === undefined ? undefined : RUNTIME.drivers[driver.specifier as keyof typeof RUNTIME.drivers];
}

const MODULE_NAMES = ["session", "db-session", "shared-session", "sessionfix-session"];

/** The session modules that a plan finds or makes: one for each way of opening, wherever it is asked for. */
export class SessionModules {
  readonly #created = new Map<string, { signature: string; file: CreatedFile }>();

  constructor(readonly host: PlanHost) {}

  /**
   * The module in `dir` that opens by `open`, written as `near` is. `imports` are what `open` needs. `created` is
   * absent when the project has such a module already; it is looked for in all of `within`, when that is given.
   */
  get(near: Tree, dir: string, options: FactoryOptions, imports: readonly ModuleImport[], within?: string): { file: string; created?: CreatedFile } {
    const signature = signatureOf(options.open, imports);
    const there = within === undefined ? undefined : this.#existing(within, options.open, imports);
    if (there !== undefined) return { file: there };
    const extension = extensionOf(near.file).replace("x", "");
    for (const name of MODULE_NAMES) {
      const file = (dir === "" ? "" : `${dir}/`) + name + extension;
      const mine = this.#created.get(file);
      if (mine !== undefined) {
        if (mine.signature === signature) return { file, created: mine.file };
        continue;
      }
      const there = this.host.read(file);
      if (there !== undefined) {
        if (opensBy(file, there, options.open, imports, this.host)) return { file };
        continue;
      }
      const created = { file, text: this.#render(near, file, options, imports) };
      this.#created.set(file, { signature, file: created });
      return { file, created };
    }
    throw new Error(`no free name for a session module in ${dir === "" ? "." : dir}`);
  }

  /** Whether the project has a module that opens by `open`, in whichever of its packages. */
  opens(open: string): boolean {
    return this.#existing(undefined, open) !== undefined;
  }

  /** Another module of the package that opens by the same text and means something else by it: the runtime would take the two for one. */
  rival(near: Tree, open: string, imports: readonly ModuleImport[]): string | undefined {
    const home = packageDir(near.file, this.host);
    const plain = plainly(open);
    for (const file of this.host.list()) {
      if (!/\.[cm]?[jt]sx?$/.test(file) || packageDir(file, this.host) !== home) continue;
      const text = this.host.read(file);
      if (text?.includes(RUNTIME.specifier) !== true || !plainly(text).includes(plain) || file === near.file) continue;
      if (!opensBy(file, text, open, imports, this.host)) return file;
    }
    for (const { signature, file } of this.#created.values()) if (plainly(file.text).includes(plain) && signature !== signatureOf(open, imports) && packageDir(file.file, this.host) === home) return file.file;
    return undefined;
  }

  #existing(within: string | undefined, open: string, imports: readonly ModuleImport[] = []): string | undefined {
    return this.host.list().find((file) => {
      if (!MODULE_NAMES.some((name) => file.slice(file.lastIndexOf("/") + 1).startsWith(`${name}.`)) || (within !== undefined && packageDir(file, this.host) !== within)) return false;
      const text = this.host.read(file);
      return text !== undefined && opensBy(file, text, open, imports, this.host);
    });
  }

  #render(near: Tree, file: string, options: FactoryOptions, imports: readonly ModuleImport[]): string {
    const style = styleOf(near.source);
    const { semi } = style;
    const entry = driverEntry(options.driver);
    const lines: string[] = [];
    if (options.driver !== undefined) lines.push(driverLine(options.driver, style));
    const { type } = options;
    const typed: Pick<NamedImport, "name" | "kind">[] = type === undefined ? [] : [{ name: "type SessionFactory", kind: "named" }];
    lines.push(...importLines(RUNTIME.specifier, [{ name: RUNTIME.exports.createSessionFactory, kind: "named" }, ...typed], style));
    if (entry !== undefined) lines.push(...importLines(entry.specifier, [{ name: entry.name, kind: "named" }], style));
    lines.push(...linesOf(file, imports, style, this.host));
    const exported = style.modules === "esm" ? "export " : "";
    lines.push("", `// ${whatItIs(options.open)}`);
    const annotation = type === undefined ? "" : `: SessionFactory<${type}>`;
    lines.push(`${exported}const sessions${annotation} = ${factoryCall(options, RUNTIME.exports.createSessionFactory, entry?.name ?? "", style, annotation.length)}`);
    if (type === undefined) lines.push("", `${exported}const getSession = sessions.getSession${semi}`);
    else lines.push("", `${exported}function getSession(path: string): ${type} {`, `${style.indent}return sessions.getSession(path)${semi}`, "}");
    if (style.modules === "cjs") lines.push("", `module.exports = { sessions, getSession }${semi}`);
    const text = `${lines.join("\n")}\n`;
    return near.text.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text;
  }
}

/** The imports of a new module. */
export function linesOf(file: string, imports: readonly ModuleImport[], style: Style, host: PlanHost): string[] {
  const lines: string[] = [];
  const bySpecifier = new Map<string, ModuleImport[]>();
  for (const one of imports) {
    const specifier = one.specifier ?? specifierFor(file, one.file, host);
    bySpecifier.set(specifier, [...(bySpecifier.get(specifier) ?? []), one]);
  }
  for (const [specifier, names] of bySpecifier) {
    const rest: NamedImport[] = names.flatMap((one) => (one.kind === "namespace" ? [] : [{ ...one, kind: one.kind }]));
    for (const { name, kind } of names) if (kind === "namespace") lines.push(namespaceLine(name, specifier, style));
    if (rest.length > 0) lines.push(...importLines(specifier, rest, style));
  }
  return lines;
}

type NamedImport = ModuleImport & { kind: "named" | "default" };

function signatureOf(open: string, imports: readonly ModuleImport[]): string {
  return `${open}|${imports.map(({ file, specifier, name, kind, as }) => [specifier ?? file, kind, name, as ?? ""].join("#")).join()}`;
}

const plainly = (text: string): string => text.replace(/\s+/g, "");

function namespaceLine(name: string, specifier: string, style: Style): string {
  const from = style.quote + specifier + style.quote;
  return style.modules === "cjs" ? `const ${name} = require(${from})${style.semi}` : `import * as ${name} from ${from}${style.semi}`;
}

export function driverLine(driver: DriverImport, style: Style): string {
  const from = style.quote + driver.specifier + style.quote;
  if (driver.form === "named") {
    const { exported } = RUNTIME.drivers[driver.specifier as keyof typeof RUNTIME.drivers];
    const [binding, as] = style.modules === "cjs" ? ["const", ": "] : ["import", " as "];
    const name = driver.local === exported ? exported : `${exported}${as}${driver.local}`;
    return style.modules === "cjs" ? `${binding} { ${name} } = require(${from})${style.semi}` : `${binding} { ${name} } from ${from}${style.semi}`;
  }
  if (style.modules === "cjs") return `const ${driver.local} = require(${from})${style.semi}`;
  return `import ${driver.form === "*" ? `* as ${driver.local}` : driver.local} from ${from}${style.semi}`;
}

/** The module makes a session factory of the runtime that opens in the same way, by the same names, and exports it. */
function opensBy(file: string, text: string, open: string, imports: readonly ModuleImport[], host: PlanHost): boolean {
  const source = parse(file, text);
  if (!text.includes(RUNTIME.specifier) || !/\bgetSession\b/.test(text) || !/\bsessions\b/.test(text)) return false;
  const wanted = plainly(open);
  const isMeant = imports.every(({ file: of, specifier, local }) => {
    if (local === undefined) return true;
    const from = importedFrom(source, local);
    return from !== undefined && (specifier === undefined ? resolveRelative(file, from.specifier, host) === of : from.specifier === specifier);
  });
  if (!isMeant) return false;
  let found = false;
  walk(source, (node) => {
    const value = ts.isPropertyAssignment(node) ? node.initializer : ts.isShorthandPropertyAssignment(node) ? node.name : undefined;
    if (value !== undefined && (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) && node.name.getText(source) === "open") {
      found ||= plainly(value.getText(source)) === wanted;
    }
  });
  return found;
}

export function commonDir(files: readonly string[]): string {
  const [first, ...rest] = files.map((file) => dirname(file).split("/"));
  if (first === undefined) return "";
  let length = first.length;
  for (const other of rest) {
    let same = 0;
    while (same < length && other[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length).join("/");
}

/** The folder of the package that a file belongs to. */
export function packageDir(file: string, host: PlanHost): string {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    if (dir === "" || host.exists(`${dir}/package.json`)) return dir;
  }
}
