import { fileRole, type FileRole, isDeclarationFile, servesNobody } from "./roles.js";
import type { CallFact, CallId, ClassFact, ExportFact, Expr, FileFacts, FunctionFact, FunctionId, LoopFact, TypeFact, VariableFact, VariableId } from "../facts/types.js";

/** What the analysis needs from the outside: where an import leads, and the text behind a span. */
export interface LinkHost {
  /** The project file (relative to the root) that `specifier` names in `fromFile`; undefined outside the project. */
  resolve(fromFile: string, specifier: string): string | undefined;
  /** The file's text without its byte order mark. */
  text(file: string): string | undefined;
  /**
   * The file's path as far as it says what the file is for: below the folder that the user named. Who names
   * `test/fixtures/shop` means the shop, not a test. Default: the path from the root.
   */
  place?(file: string): string;
}

/** A function of the whole program. */
export type FunctionKey = string;

/** Each key is asked for again and again: one string for all saves building it, and hashing it for every look-up. */
const KEYS = new Map<string, FunctionKey[]>();

export function functionKey(file: string, id: FunctionId): FunctionKey {
  let keys = KEYS.get(file);
  if (!keys) KEYS.set(file, (keys = []));
  return (keys[id] ??= `${file}#${id}`);
}

/** Look-ups into one file's facts that would otherwise be searches. */
interface FileIndex {
  callsByFunction: Map<FunctionId, CallFact[]>;
  callbackLoops: Map<CallId, LoopFact>;
  /** Call → the call whose callee is a member of its result: `db.select()` → `.from(t)`. */
  chain: Map<CallId, CallFact>;
  /** Call → the call of which it is an argument itself: `db.select()` in `insert(t).select(db.select())`. */
  takers: Map<CallId, CallFact>;
  types: Map<VariableId, TypeFact>;
  values: Map<VariableId, Expr[]>;
  exports: Map<string, Exclude<ExportFact, StarExport>[]>;
  stars: StarExport[];
}

type StarExport = Extract<ExportFact, { k: "star" }>;

/** The facts of all files, with look-ups by id. */
export class Program {
  readonly files: ReadonlyMap<string, FileFacts>;
  readonly #indexes = new Map<string, FileIndex>();
  readonly #functions = new Map<FunctionKey, { file: string; fn: FunctionFact }>();
  readonly #roles = new Map<string, FileRole>();
  #fileOfCall?: Map<CallFact, string>;
  #globalTypes?: Map<string, { file: string; variable: VariableId }[]>;
  readonly host: LinkHost;

  constructor(facts: Iterable<FileFacts>, host: LinkHost) {
    // So that a host that lives long does not keep the names of files that went.
    KEYS.clear();
    // Readers and caches hand files over in any order; all that follows goes by this one.
    this.files = new Map([...facts].sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0)).map((file) => [file.file, file]));
    this.host = host;
  }

  file(name: string): FileFacts {
    const facts = this.files.get(name);
    if (!facts) throw new RangeError(`no facts for ${name}`);
    return facts;
  }

  fn(file: string, id: FunctionId): FunctionFact {
    return at(this.file(file).functions, id, "function", file);
  }

  fnOf(key: FunctionKey): { file: string; fn: FunctionFact } {
    let found = this.#functions.get(key);
    if (!found) {
      const hash = key.lastIndexOf("#");
      const file = key.slice(0, hash);
      found = { file, fn: this.fn(file, Number(key.slice(hash + 1))) };
      this.#functions.set(key, found);
    }
    return found;
  }

  /** The calls that stand in a function itself, not in functions inside it, in source order. */
  callsIn(file: string, fn: FunctionId): readonly CallFact[] {
    return this.#index(file).callsByFunction.get(fn) ?? NONE;
  }

  /** The loop that a call is by itself: `ids.map((id) => …)`. */
  callbackLoop(file: string, call: CallId): LoopFact | undefined {
    return this.#index(file).callbackLoops.get(call);
  }

  /** The calls that follow in a chain, in order: after `db.select()` come `.from(t)`, `.where(c)`. */
  *chainAfter(file: string, call: CallFact): Generator<CallFact> {
    const { chain } = this.#index(file);
    for (let next = chain.get(call.id); next !== undefined; next = chain.get(next.id)) yield next;
  }

  /** The calls of the chain that a call goes on from, nearest first. */
  *chainBefore(file: string, call: CallFact): Generator<CallFact> {
    for (let at: Expr = call.callee; at.k === "member" || at.k === "typed" || at.k === "call"; ) {
      if (at.k === "call") {
        const before: CallFact = this.call(file, at.id);
        yield before;
        at = before.callee;
      } else at = at.of;
    }
  }

  /** The last call of the chain that a call begins or continues: what is awaited, returned or dropped. */
  chainEnd(file: string, call: CallFact): CallFact {
    let last = call;
    for (const next of this.chainAfter(file, call)) last = next;
    return last;
  }

  /** `void drain()`, `log(row);`: nobody waits for what it begins. */
  isLeftAlone(file: string, call: CallFact): boolean {
    const end = this.chainEnd(file, call);
    return end.discarded && !end.awaited;
  }

  /** The call of which another one is an argument itself. */
  takerOf(file: string, call: CallFact): CallFact | undefined {
    return this.#index(file).takers.get(call.id);
  }

  /** The file in which a call stands. */
  fileOf(call: CallFact): string {
    if (!this.#fileOfCall) {
      this.#fileOfCall = new Map();
      for (const { file, calls } of this.files.values()) for (const each of calls) this.#fileOfCall.set(each, file);
    }
    const file = this.#fileOfCall.get(call);
    if (file === undefined) throw new RangeError(`no file for call ${call.id}`);
    return file;
  }

  /** The type alias or interface that a name declares. */
  typeOf(file: string, variable: VariableId): TypeFact | undefined {
    return this.#index(file).types.get(variable);
  }

  /** What has a name for all files: of declaration files that are no modules, and of `declare global`. */
  globalTypes(name: string): readonly { file: string; variable: VariableId }[] {
    if (!this.#globalTypes) {
      this.#globalTypes = new Map();
      for (const { file, types, specifiers, exports } of this.files.values()) {
        const isForAll = isDeclarationFile(file) && specifiers.length === 0 && exports.length === 0;
        for (const { name: declared, variable, augments } of types) if (augments ? augments.module === null : isForAll) append(this.#globalTypes, declared, { file, variable });
      }
    }
    return this.#globalTypes.get(name) ?? NONE;
  }

  /** All that a variable is set to in its file, in source order: initialisers, assignments, parts of patterns. */
  valuesOf(file: string, variable: VariableId): readonly Expr[] {
    return this.#index(file).values.get(variable) ?? NONE;
  }

  exportsNamed(file: string, name: string): readonly Exclude<ExportFact, StarExport>[] {
    return this.#index(file).exports.get(name) ?? NONE;
  }

  /** `export * from …` */
  starsOf(file: string): readonly StarExport[] {
    return this.#index(file).stars;
  }

  #index(file: string): FileIndex {
    let index = this.#indexes.get(file);
    if (!index) {
      const { assigns, calls, loops, types, exports } = this.file(file);
      index = { callsByFunction: new Map(), callbackLoops: new Map(), chain: new Map(), takers: new Map(), types: new Map(), values: new Map(), exports: new Map(), stars: [] };
      for (const call of calls) {
        append(index.callsByFunction, call.fn, call);
        const before = call.callee.k === "member" ? called(call.callee.of) : undefined;
        if (before !== undefined) index.chain.set(before, call);
        for (const arg of call.args) if (arg.k === "call") index.takers.set(arg.id, call);
      }
      for (const { target, value } of assigns) if (target.k === "var") append(index.values, target.id, value);
      for (const entry of exports)
        if (entry.k === "star") index.stars.push(entry);
        else append(index.exports, entry.name, entry);
      for (const loop of loops) if (loop.kind === "callback" && loop.call !== undefined && !index.callbackLoops.has(loop.call)) index.callbackLoops.set(loop.call, loop);
      for (const type of types) if (!index.types.has(type.variable)) index.types.set(type.variable, type);
      this.#indexes.set(file, index);
    }
    return index;
  }

  call(file: string, id: number): CallFact {
    return at(this.file(file).calls, id, "call", file);
  }

  loop(file: string, id: number): LoopFact {
    return at(this.file(file).loops, id, "loop", file);
  }

  variable(file: string, id: number): VariableFact {
    return at(this.file(file).variables, id, "variable", file);
  }

  class(file: string, id: number): ClassFact {
    return at(this.file(file).classes, id, "class", file);
  }

  role(file: string): FileRole {
    let role = this.#roles.get(file);
    if (role === undefined) {
      role = fileRole(this.host.place?.(file) ?? file, this.files.get(file)?.hashbang ?? false);
      this.#roles.set(file, role);
    }
    return role;
  }

  /** Where it lies says so, not only that it can be started by its name. */
  isScriptByPath(file: string): boolean {
    return servesNobody(this.host.place?.(file) ?? file);
  }

  text(file: string, span: { start: number; end: number }): string {
    return this.host.text(file)?.slice(span.start, span.end) ?? "";
  }
}

/** The call that an expression is the result of, awaited or not, through members that are read: `ds.createQueryBuilder().manager.save()`. */
function called(expr: Expr): CallId | undefined {
  let at = expr;
  while (at.k === "member" || at.k === "typed") at = at.of;
  return at.k === "call" ? at.id : undefined;
}

/** Adds to the list under a key. */
export function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

const NONE: readonly never[] = [];

function at<T>(list: readonly T[], id: number, what: string, file: string): T {
  const item = list[id];
  if (item === undefined) throw new RangeError(`no ${what} ${id} in ${file}`);
  return item;
}
