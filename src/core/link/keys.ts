import type { CallFact, Expr, FunctionFact } from "../facts/types.js";
import type { CallGraph, CallPlace } from "./calls.js";
import { joinPaths, withoutScheme } from "./key-text.js";
import { append, type FunctionKey, functionKey } from "./program.js";
import { callersOf } from "./sessions.js";

/** The file that an expression names, in a form in which equal ones are the same file. */
export interface FileKey {
  id: string;
  /** False where two equal ones may still differ: what a function gives that we cannot read. */
  sure: boolean;
  /** The calls through which a parameter got it, innermost first. */
  at: readonly CallPlace[];
}

interface Value {
  file: string;
  expr: Expr;
  at: readonly CallPlace[];
}

/** Callers and alternatives beyond this many say nothing that a reader could check. */
const MAX_KEYS = 16;
const MAX_DEPTH = 12;

/**
 * The files that an expression surely names: a literal, a constant, an environment variable, what is joined from those,
 * and, for a parameter, what each caller gives. Empty where none can be told.
 */
export function fileKeysOf(graph: CallGraph, file: string, expr: Expr): FileKey[] {
  const keys = new KeyReader(graph).keys({ file, expr, at: [] }, 0);
  return [...new Map(keys.map((key) => [`${key.id} ${key.at.map(({ file: from, call }) => `${from}#${call.id}`).join()}`, key])).values()].filter(({ id }) => id !== "" && id !== ":memory:");
}

/** A pair of keys that are the same file, surely where there is one. */
export function sameFile(left: readonly FileKey[], right: readonly FileKey[]): { left: FileKey; right: FileKey } | undefined {
  let unsure: { left: FileKey; right: FileKey } | undefined;
  for (const one of left)
    for (const other of right) {
      if (one.id !== other.id) continue;
      if (one.sure && other.sure) return { left: one, right: other };
      unsure ??= { left: one, right: other };
    }
  return unsure;
}

class KeyReader {
  constructor(readonly graph: CallGraph) {}

  keys(value: Value, depth: number): FileKey[] {
    if (depth > MAX_DEPTH) return [];
    const { file, expr, at } = value;
    switch (expr.k) {
      case "typed":
      case "await":
        return this.keys({ file, expr: expr.of, at }, depth + 1);
      case "literal":
        return typeof expr.value === "string" ? [{ id: withoutScheme(expr.value), sure: true, at }] : [];
      case "template":
        return this.#joined(
          expr.holes.map((hole) => ({ file, expr: hole, at })),
          (holes) => withoutScheme(expr.text.replaceAll("${}", () => holes.shift() ?? "")),
          depth,
        );
      case "either": {
        const alternatives = expr.of.map((each) => this.keys({ file, expr: each, at }, depth + 1));
        if (alternatives.some((keys) => keys.length !== 1)) return [];
        const all = alternatives.flat();
        return [{ id: `<${all.map(({ id }) => id).join(" or ")}>`, sure: all.every(({ sure }) => sure), at: all.flatMap((key) => key.at) }];
      }
      case "global":
        return expr.name === "__dirname" ? [{ id: folderOf(file), sure: true, at }] : expr.name === "__filename" ? [{ id: `<project>/${file}`, sure: true, at }] : [];
      case "var":
      case "member":
        return this.#reference(value, depth);
      case "call":
        return this.#call(file, this.graph.program.call(file, expr.id), at, depth);
      default:
        return [];
    }
  }

  #joined(values: readonly Value[], join: (ids: string[]) => string, depth: number): FileKey[] {
    let rows: FileKey[][] = [[]];
    for (const value of values) {
      const keys = this.keys(value, depth + 1);
      rows = rows.flatMap((row) => keys.filter((key) => agrees(row, key)).map((key) => [...row, key])).slice(0, MAX_KEYS);
    }
    return rows.map((row) => ({ id: join(row.map(({ id }) => id)), sure: row.every(({ sure }) => sure), at: row.find((key) => key.at.length > 0)?.at ?? values[0]?.at ?? [] }));
  }

  /** A name or a member: what it stands for, or else the place itself, when it keeps one value. */
  #reference(value: Value, depth: number): FileKey[] {
    const { expr, file, at } = value;
    const known = expr.k === "member" ? wellKnown(this.graph, file, expr) : undefined;
    if (known !== undefined) return [{ id: known, sure: true, at }];
    const values = this.#values(value, depth);
    const keys = values.filter((each) => each.expr !== expr).flatMap((each) => this.keys(each, depth + 1));
    if (keys.length > 0) return keys.slice(0, MAX_KEYS);
    const place = this.#place(value, depth);
    return place === undefined ? [] : [{ id: `<${place.name}>`, sure: place.sure, at }];
  }

  /** What a name or a member has as its value; itself where that is not known. */
  #values(value: Value, depth: number): Value[] {
    const { expr, file, at } = value;
    if (depth > MAX_DEPTH) return [];
    if (expr.k === "typed" || expr.k === "await") return this.#values({ file, expr: expr.of, at }, depth + 1);
    if (expr.k === "var") return this.#ofVariable(file, expr, at, depth);
    if (expr.k !== "member") return [value];
    if (expr.of.k === "this") return this.#ofField(file, expr.of.fn, expr.name, at, depth);
    const found = this.#values({ file, expr: expr.of, at }, depth + 1).flatMap((base) => this.#part(base, expr.name, depth));
    return found.length > 0 ? found : [value];
  }

  /** A property of an object literal, or what a module that was `require`d exports under a name. */
  #part({ file, expr, at }: Value, part: string, depth: number): Value[] {
    if (depth > MAX_DEPTH) return [];
    if (expr.k === "object") {
      const property = expr.props.filter(({ name }) => name === part).at(-1);
      return property ? this.#values({ file, expr: property.value, at }, depth + 1) : [];
    }
    if (expr.k !== "module") return [];
    const named = this.#exported(file, expr.specifier, part, 0);
    if (named) return this.#values({ ...named, at }, depth + 1);
    const whole = this.#exported(file, expr.specifier, "=", 0);
    return whole ? this.#values({ ...whole, at }, depth + 1).flatMap((base) => this.#part(base, part, depth + 1)) : [];
  }

  #ofVariable(file: string, expr: Extract<Expr, { k: "var" }>, at: readonly CallPlace[], depth: number): Value[] {
    const { program } = this.graph;
    const variable = program.variable(file, expr.id);
    if (variable.import) {
      const found = this.#exported(file, variable.import.specifier, variable.import.name, 0);
      return found ? this.#values({ ...found, at }, depth + 1) : [];
    }
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === expr.id);
    if (variable.kind === "const" || variable.kind === "param" || variable.kind === "implicit") {
      const owner = program.fn(file, variable.fn);
      const index = owner.params.findIndex((param) => param.variable === expr.id);
      if (index !== -1) return this.#ofParameter(file, owner, index, at, depth);
      const [only, more] = assigns;
      return only && !more ? this.#values({ file, expr: only.value, at }, depth + 1) : [{ file, expr, at }];
    }
    return [{ file, expr, at }];
  }

  /** What callers give, and the default where they give nothing. */
  #ofParameter(file: string, owner: FunctionFact, index: number, at: readonly CallPlace[], depth: number): Value[] {
    const { program } = this.graph;
    const param = owner.params[index];
    if (!param || param.rest) return [];
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === param.variable);
    const preset = assigns.find(({ span }) => span.end <= owner.body.start);
    if (assigns.some((assign) => assign !== preset)) return [];
    const callers = callersOf(this.graph, functionKey(file, owner.id)).filter(({ call }) => !call.spread && !at.some((known) => known.call === call));
    return callers.slice(0, MAX_KEYS).flatMap(({ file: from, call }): Value[] => {
      const given = call.args[index] ?? preset?.value;
      if (!given) return [];
      const inCaller = call.args[index] !== undefined;
      return this.#values({ file: inCaller ? from : file, expr: given, at: [...at, { file: from, call }] }, depth + 1);
    });
  }

  /** A field that is given its value once: by an initialiser, a parameter property or one assignment. */
  #ofField(file: string, fn: number, name: string, at: readonly CallPlace[], depth: number): Value[] {
    const { program } = this.graph;
    const facts = program.file(file);
    const owner = program.fn(file, fn).class;
    if (owner === undefined) return [];
    for (const method of facts.functions) {
      const index = method.class === owner ? method.params.findIndex(({ property }) => property === name) : -1;
      if (index !== -1) return this.#ofParameter(file, method, index, at, depth + 1);
    }
    const [only, more] = facts.assigns.filter(({ target }) => target.k === "member" && target.name === name && target.of.k === "this" && program.fn(file, target.of.fn).class === owner);
    return only && !more ? this.#values({ file, expr: only.value, at }, depth + 1) : [];
  }

  #exported(file: string, specifier: string, name: string, depth: number): { file: string; expr: Expr } | undefined {
    const { program } = this.graph;
    const target = program.host.resolve(file, specifier);
    if (target === undefined || !program.files.has(target) || depth > 4) return undefined;
    const [entry, more] = program.exportsNamed(target, name);
    if (!entry || more) return undefined;
    return entry.k === "value" ? { file: target, expr: entry.value } : this.#exported(target, entry.specifier, entry.imported, depth + 1);
  }

  /** A place that keeps one value while the process runs, or while its function does. */
  #place({ file, expr }: Value, depth: number): { name: string; sure: boolean } | undefined {
    const { program } = this.graph;
    if (depth > MAX_DEPTH) return undefined;
    if (expr.k === "member") {
      if (expr.name === "*") return undefined;
      if (expr.of.k === "this") {
        const owner = program.fn(file, expr.of.fn).class;
        return owner === undefined ? undefined : { name: `${file}#class ${owner}.${expr.name}`, sure: true };
      }
      const of = this.#place({ file, expr: expr.of, at: [] }, depth + 1);
      return of && { name: `${of.name}.${expr.name}`, sure: of.sure };
    }
    if (expr.k === "typed") return this.#place({ file, expr: expr.of, at: [] }, depth + 1);
    if (expr.k !== "var") return undefined;
    const variable = program.variable(file, expr.id);
    if (variable.import) return this.#importedPlace(file, variable.import.specifier, variable.import.name, depth);
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === expr.id);
    const [only] = assigns;
    if (variable.kind === "const" && only && (only.value.k === "var" || only.value.k === "member")) return this.#place({ file, expr: only.value, at: [] }, depth + 1);
    if (variable.kind === "const" && assigns.length === 1) return { name: `${file}#${expr.id}`, sure: true };
    return variable.kind === "param" && assigns.length === 0 ? { name: `${file}#${expr.id}`, sure: true } : undefined;
  }

  /** A name of a file of the project that is not read here is the same value wherever it is imported. */
  #importedPlace(file: string, specifier: string, name: string, depth: number): { name: string; sure: boolean } | undefined {
    const target = this.graph.program.host.resolve(file, specifier);
    if (name === "*") return undefined;
    const found = this.#exported(file, specifier, name, 0);
    if (found) return this.#place({ ...found, at: [] }, depth + 1);
    if (target !== undefined) return { name: `${target} ${name}`, sure: true };
    return { name: specifier.startsWith(".") ? `${folderOf(file)} ${specifier} ${name}` : `${specifier} ${name}`, sure: true };
  }

  #call(file: string, call: CallFact, at: readonly CallPlace[], depth: number): FileKey[] {
    const value = (expr: Expr): Value => ({ file, expr, at });
    const [first, second] = call.args;
    const { callee } = call;
    for (const name of this.#outside(call)) {
      if (/^(?:default\.)?(?:posix\.|win32\.)?(?:join|resolve|normalize)$/.test(name) && first && !call.spread) {
        const resolves = name.endsWith("resolve");
        return this.#joined(call.args.map(value), (ids) => joinPaths(ids, resolves), depth);
      }
      if (/^(?:default\.)?(?:fileURLToPath|pathToFileURL)$/.test(name) && first) return this.keys(value(first), depth + 1);
      if (/^(?:default\.)?(?:posix\.)?dirname$/.test(name) && first) return this.keys(value(first), depth + 1).map((key) => ({ ...key, id: joinPaths([key.id, ".."], false) }));
      if (/^(?:default\.)?homedir$/.test(name)) return [{ id: "<home>", sure: true, at }];
      // https://www.electronjs.org/docs/latest/api/app#appgetpathname
      if (/^(?:default\.)?app\.getPath$/.test(name)) return first?.k === "literal" ? [{ id: `<electron ${String(first.value)}>`, sure: true, at }] : [];
      if (/^(?:default\.)?(?:process\.)?cwd$/.test(name)) return [{ id: ".", sure: true, at }];
      if ((name === "URL" || name === "String") && first)
        return name === "URL" && second ? this.#joined([value(second), value(first)], ([base = "", path = ""]) => joinPaths([base, "..", path], false), depth) : this.keys(value(first), depth + 1);
    }
    // What takes `file:` off, or leaves the path as it is.
    if (callee.k === "member" && /^(?:toString|trim|valueOf)$/.test(callee.name)) return this.keys(value(callee.of), depth + 1);
    if (callee.k === "member" && takesSchemeOff(callee.name, call)) return this.keys(value(callee.of), depth + 1);
    return this.#given(file, call, at, depth);
  }

  /** What a function of the project gives, when it has one answer. */
  #given(file: string, call: CallFact, at: readonly CallPlace[], depth: number): FileKey[] {
    const { program } = this.graph;
    if (call.args.length > 0) return [];
    const [target, more] = targetsOf(this.graph, call);
    if (!target || more) return call.callee.k === "var" && !more ? this.#named(file, call, at) : [];
    const { file: from, fn } = program.fnOf(target);
    const [only, other] = fn.returns;
    const keys = only && !other ? this.keys({ file: from, expr: only, at }, depth + 1) : [];
    if (keys.length > 0) return keys.map((key) => ({ ...key, at }));
    return [{ id: `<${target}()>`, sure: false, at }];
  }

  #named(file: string, call: CallFact, at: readonly CallPlace[]): FileKey[] {
    const place = this.#place({ file, expr: call.callee, at }, 0);
    return place ? [{ id: `<${place.name}()>`, sure: false, at }] : [];
  }

  #outside(call: CallFact): string[] {
    const { tokens } = this.graph.values;
    return (this.graph.external.get(call) ?? []).flatMap((id) => {
      const token = tokens.get(id);
      return token.t === "external" && (token.module === null || /^(?:node:)?(?:path|url|os|process|path\/posix)$|^(?:pathe|electron)$/.test(token.module)) ? [token.path] : [];
    });
  }
}

const targets = new WeakMap<CallGraph, Map<CallFact, FunctionKey[]>>();

function targetsOf(graph: CallGraph, call: CallFact): readonly FunctionKey[] {
  let index = targets.get(graph);
  if (!index) {
    targets.set(graph, (index = new Map<CallFact, FunctionKey[]>()));
    for (const edge of graph.edges) append(index, edge.call, edge.to);
  }
  return index.get(call) ?? [];
}

/** Parts of one key that come from different callers do not belong together. */
function agrees(row: readonly FileKey[], key: FileKey): boolean {
  return row.every((other) => other.at.length === 0 || key.at.length === 0 || other.at[0]?.call === key.at[0]?.call);
}

function folderOf(file: string): string {
  return joinPaths(["<project>", file, ".."], false);
}

/** `process.env.DB`, `import.meta.dirname`. */
function wellKnown(graph: CallGraph, file: string, expr: Extract<Expr, { k: "member" }>): string | undefined {
  if (expr.of.k === "global" && expr.of.name === "import.meta") {
    if (expr.name === "dirname" || expr.name === "dir") return folderOf(file);
    return expr.name === "url" || expr.name === "filename" || expr.name === "path" ? `<project>/${file}` : undefined;
  }
  if (expr.name === "*" || !isEnvironment(graph, file, expr.of)) return undefined;
  return `<env ${expr.name}>`;
}

function isEnvironment(graph: CallGraph, file: string, expr: Expr): boolean {
  const { tokens, solver } = graph.values;
  if (expr.k === "member" && expr.name === "env" && expr.of.k === "global") return /^(?:process|Bun|import\.meta)$/.test(expr.of.name);
  for (const id of solver.values(graph.values.expression(file, expr))) {
    const token = tokens.get(id);
    if (token.t === "external" && ((token.module === null && /^(?:process|Bun)\.env$/.test(token.path)) || (/^(?:node:)?process$/.test(token.module ?? "") && /^(?:default\.)?env$/.test(token.path)))) return true;
  }
  return false;
}

/** `url.replace("file:", "")`, `url.slice(5)`. A pattern is not read: what follows the path's last dot is kept by nobody who uses one. */
function takesSchemeOff(name: string, { args }: CallFact): boolean {
  const [first, second] = args;
  if (name === "slice" || name === "substring") return first?.k === "literal" && (first.value === "file:".length || first.value === "file://".length) && second === undefined;
  if (name !== "replace" || second?.k !== "literal" || second.value !== "") return false;
  return first?.k === "literal" ? typeof first.value === "string" && /^file:\/*$/.test(first.value) : first?.k === "unknown";
}
