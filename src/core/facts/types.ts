/**
 * The facts of one file: what a single pass over its ESTree leaves behind. Plain JSON, so that facts can be cached by
 * content hash and sent between workers. Facts know bindings, not libraries: which expression is a session is decided
 * by `link/`, which sees all files and the catalogue. Nothing ESTree-shaped appears here.
 *
 * Offsets count UTF-16 code units in the file's text without its byte order mark.
 */

/** Bump when the shape or the meaning of facts changes: cached facts of another version are thrown away. */
export const FACTS_VERSION = 14;

/** A half-open range of the source. Lines and columns are 1-based, the end is exclusive. */
export interface Span {
  start: number;
  end: number;
  line: number;
  column: number;
  endLine: number;
  endColumn: number;
}

export type VariableId = number;
export type FunctionId = number;
export type CallId = number;
export type ClassId = number;
export type LoopId = number;
export type ObjectId = number;

/** Function 0 is the module itself: its "body" is the top-level code. */
export const MODULE_FUNCTION: FunctionId = 0;

/** Where a value comes from, as far as this file can tell. */
export type Expr =
  /** A binding of this file: variable, parameter, import, function or class name. */
  | { k: "var"; id: VariableId }
  /** An identifier that no binding of this file declares: `globalThis`, `process`, `setInterval`. */
  | { k: "global"; name: string }
  /** `this`, as seen in function `fn` (the nearest function that is not an arrow). `super` is `{k:"super"}`. */
  | { k: "this"; fn: FunctionId }
  | { k: "super"; fn: FunctionId }
  /** `a.b`, `a?.b`, `a["b"]`. A computed name that is not a literal is `"*"`. */
  | { k: "member"; of: Expr; name: string }
  /** The result of a call, a `new`, or a tagged template: see `FileFacts.calls`. */
  | { k: "call"; id: CallId }
  | { k: "fn"; id: FunctionId }
  | { k: "class"; id: ClassId }
  /** An object literal. A spread is a property named `"..."`. Methods and accessors are `fn` values. */
  | { k: "object"; id: ObjectId; props: { name: string; value: Expr }[]; span: Span }
  | { k: "array"; items: Expr[]; spread: boolean }
  | { k: "literal"; value: string | number | boolean | null }
  /** A template literal or a `+` chain of strings: its text with every hole written `${}`. */
  | { k: "template"; text: string; holes: Expr[] }
  /** `a ?? b`, `a || b`, `a && b`, `c ? a : b`, and the sequence operator's last: any of these. */
  | { k: "either"; of: Expr[] }
  | { k: "await"; of: Expr }
  /** `x as T`, `x satisfies T`, `<T>x`. `x!` is just `x`. */
  | { k: "typed"; of: Expr; type: TypeRef }
  /** `require("m")`, `await import("m")` (inside the `await`), `import m = require("m")`: the module's namespace. */
  | { k: "module"; specifier: string }
  | { k: "unknown" };

/** A type as written. Only what can lead to a session or a framework object is kept. */
export type TypeRef =
  /** `Database`, `Database.Database`, `Promise<X>`: the dotted name's head is a binding or a global name. */
  | { k: "ref"; head: VariableId | string; path: string[]; args: TypeRef[] }
  | { k: "object"; props: { name: string; type: TypeRef }[] }
  | { k: "union"; of: TypeRef[] }
  | { k: "array"; of: TypeRef }
  /** `ReturnType<typeof f>`'s inside, `typeof x`. */
  | { k: "typeof"; of: Expr }
  | { k: "function"; returns: TypeRef }
  /** `T["name"]`, `Parameters<typeof f>[0]`. */
  | { k: "index"; of: TypeRef; name: string }
  /** A string as a type: the names in `Omit<T, "db" | "user">`, the mode in `SQLiteTransaction<"sync", …>`. */
  | { k: "literal"; value: string }
  /** `string`, `number`, `null`: what cannot hold a session, a function or a list. */
  | { k: "data" }
  | { k: "other" };

export interface VariableFact {
  id: VariableId;
  name: string;
  /** The function whose body declares it; 0 for module scope. */
  fn: FunctionId;
  kind: "const" | "let" | "var" | "param" | "import" | "function" | "class" | "catch" | "enum" | "type" | "namespace" | "implicit";
  type?: TypeRef;
  import?: { specifier: string; /** `"default"`, `"*"` or the exported name */ name: string; typeOnly: boolean };
  /** The declaration's name. Absent for implicit ones (a destructured parameter's holder). */
  span?: Span;
}

/**
 * `target = value`, in source order: initialisers, assignments, destructuring, defaults, class fields, `obj.x = v`, and
 * the names of function and class declarations. `delete obj.x` assigns `undefined`. An undeclared name that is assigned
 * is a member of `globalThis`.
 */
export interface AssignFact {
  fn: FunctionId;
  /** `var` or `member`. A static field is a member of its `class`. */
  target: Expr;
  value: Expr;
  /** `=` for plain ones and initialisers; `??=`, `||=`, `&&=` otherwise. Arithmetic assignments have value `unknown`. */
  op: "=" | "??=" | "||=" | "&&=" | "other";
  /** The target's; the whole expression's for operators other than `=`, the whole member's for class fields. */
  span: Span;
  /** The innermost loop of the same function that contains it. */
  loop?: LoopId;
  /** The stretch around it that runs outside of production alone: `if (process.env.NODE_ENV !== "production") globalThis.db = db;`. */
  outsideProduction?: { start: number; end: number };
}

export interface ParamFact {
  /** The parameter's binding; for a pattern, an implicit variable out of which assignments take the parts. */
  variable: VariableId;
  type?: TypeRef;
  rest?: boolean;
  /** `constructor(private readonly db: Database)`: also the field of that name. */
  property?: string;
  decorators?: Expr[];
}

export interface FunctionFact {
  id: FunctionId;
  /** The name it is best known by: declaration, method, property or variable name. Empty when it has none. */
  name: string;
  kind: "module" | "function" | "arrow" | "method" | "getter" | "setter" | "constructor" | "static-block";
  /** The function around it. */
  parent: FunctionId;
  class?: ClassId;
  static?: boolean;
  /** The object literal whose method it is. */
  object?: ObjectId;
  params: ParamFact[];
  /** All returned values; an arrow's expression body; for generators also what is yielded. */
  returns: Expr[];
  returnType?: TypeRef;
  async: boolean;
  generator: boolean;
  span: Span;
  /** The block's inside for blocks (without braces), the expression for expression bodies. */
  body: Span;
  decorators?: Expr[];
  /** The loop whose body this function is: the callback of `items.forEach(…)` and its like. */
  loopBody?: LoopId;
  /**
   * The words written `@word` in a comment directly before it, or before the statement it starts, without the `@`;
   * and its own directives (`"use server"`).
   */
  tags?: string[];
}

/** Why a call runs at most once for each owner: the value is kept in a place that outlives the call and is asked first. */
export interface MemoFact {
  /**
   * Who outlives the call. `module`: a module-level variable, a static field, `globalThis`; a number: a variable
   * of that enclosing function; `this`: a field of the instance.
   */
  owner: "module" | "this" | FunctionId;
  /** The place asked and filled, as source text: `this._db`, `cache`, `sessions`. */
  place: string;
  /** Kept by key in a Map, object or WeakMap: once for each key. */
  keyed: boolean;
}

/** Something that a function is given decides whether a call in it runs: `if (transaction) return run(transaction);`. */
export interface NeedFact {
  /** The parameter, by its place, or this property of what it is given. */
  param: number;
  property?: string;
  /** Whether it has to hold a value, or none. */
  filled: boolean;
  /** Only `null` and `undefined` count as none: it is compared with them. */
  nullish?: boolean;
  /** It is compared with this instead: `filled` tells whether it has to be that. */
  is?: string | number | boolean;
  /** How the property counts where it is left out: `{ notify = true }`. Default: as none. */
  otherwise?: boolean;
  /** Others of which one would do as well: `if (options.fresh || options.cache === false) return open();`. */
  or?: NeedFact[];
}

export interface CallFact {
  id: CallId;
  fn: FunctionId;
  kind: "call" | "new" | "tag";
  callee: Expr;
  /** A spread argument is `{k:"unknown"}`, and `spread` is set. For a tagged template: the template, then its holes. */
  args: Expr[];
  /** `create<Context>()`: the type arguments as written. */
  typeArgs?: TypeRef[];
  argSpans: Span[];
  spread?: boolean;
  span: Span;
  calleeSpan: Span;
  /** The innermost loop of the same function that contains it (in its body or its test, not in `for…of`'s right side). */
  loop?: LoopId;
  awaited: boolean;
  /** The call is a whole expression statement, awaited or not, or under `void`: its value goes nowhere. */
  discarded: boolean;
  /** It stands in a branch that need not run: `if`, `?:`, `&&`, `??`, `catch`, `switch`. */
  conditional: boolean;
  /**
   * Where the innermost such branch ends, for a call that is a statement: up to there all that follows runs after it
   * (`if (none) { await client.rollback(); … }`).
   */
  branchEnd?: number;
  /** It stands in such a branch together with its loop: each turn gets to it. */
  everyTurn?: true;
  /** What its function has to be given for it to run, all of it, as far as conditions on that alone say. */
  needs?: NeedFact[];
  /** It stands in this `try` block (not in its handlers), innermost first. Index into `FileFacts.tries`. */
  tries?: number[];
  /** It stands in the `catch` or `finally` of a `try`. */
  handler?: "catch" | "finally";
  memo?: MemoFact;
  /** `using x = call()` or `await using`. */
  using?: boolean;
  tags?: string[];
}

export interface TryFact {
  fn: FunctionId;
  span: Span;
  block: Span;
  handler?: Span;
  finalizer?: Span;
}

/** How often a loop turns, as far as its own text says. `over` is left to `link/`, which may know what it is. */
export type LoopBound =
  /** `for (let i = 0; i < 3; i++)`, `for (const x of ["a", "b"])`, a constant tuple. */
  | { k: "constant"; times: number }
  /** Over a value: `for…of`, `for…in`, `xs.map(…)`, `i < xs.length`. `symbol` is a short name for reports: `entries`. */
  | { k: "over"; over: Expr; symbol: string }
  /** Up to a number that is not a literal: `i < count`. */
  | { k: "count"; limit: Expr; symbol: string }
  /** In steps of more than one: `i += BATCH`, the shape of a chunked loop. */
  | { k: "stepped"; over?: Expr; step: Expr; symbol: string }
  /** `while`, `do`, `for (;;)`. `exits` when it can leave by `break` or `return`. */
  | { k: "while"; exits: boolean };

export interface LoopFact {
  id: LoopId;
  fn: FunctionId;
  kind: "for" | "for-of" | "for-await" | "for-in" | "while" | "do" | "callback";
  /** The loop of the same function around it. */
  parent?: LoopId;
  bound: LoopBound;
  /** The whole statement, or the whole call for callback loops. */
  span: Span;
  body: Span;
  /** For callback loops: the call, and the function that is the body (when it is written in place). */
  call?: CallId;
  method?: string;
  /** Variables declared outside the loop that its body assigns, and whether the body reads them, too. */
  writesOuter: { variable: VariableId; alsoRead: boolean }[];
  hasBreak: boolean;
  hasReturn: boolean;
  hasAwait: boolean;
}

export interface AwaitFact {
  fn: FunctionId;
  of: Expr;
  span: Span;
  loop?: LoopId;
}

export interface ThrowFact {
  fn: FunctionId;
  span: Span;
  loop?: LoopId;
  tries?: number[];
}

/** A `return` statement. */
export interface ExitFact {
  fn: FunctionId;
  span: Span;
  loop?: LoopId;
  /** Where the innermost branch around it starts that need not run, after its condition. */
  branch?: number;
}

export interface ClassFact {
  id: ClassId;
  name: string;
  fn: FunctionId;
  superClass?: Expr;
  implements: TypeRef[];
  members: {
    name: string;
    static: boolean;
    kind: "method" | "field" | "getter" | "setter" | "constructor";
    fn?: FunctionId;
    /**
     * A field's initialiser. It runs once an instance: calls in it are the constructor's, and a class without one gets
     * an implicit one, whose span and body are empty. A static one runs once in all, where the class stands.
     */
    value?: Expr;
    type?: TypeRef;
    decorators?: Expr[];
  }[];
  decorators: Expr[];
  span: Span;
}

/** A type alias, interface or constrained type parameter (`<T extends Context>`): what a declared type leads to. */
export interface TypeFact {
  name: string;
  variable: VariableId;
  extends: TypeRef[];
  type: TypeRef;
  /**
   * It stands in `declare module "m"` (its specifier) or `declare global` (null), and so adds to a type of that name.
   * `path` is the type's name with the namespaces around it: `["Express", "Request"]`.
   */
  augments?: { module: string | null; path: string[] };
}

export type ExportFact =
  /** `export const x`, `export { x as y }`, `export default …`, `module.exports.x = …`; CJS `module.exports = v` is `"="`. */
  | { k: "value"; name: string; value: Expr; typeOnly?: boolean }
  /** `export { a as b } from "m"`, `export * as ns from "m"` (imported `"*"`). */
  | { k: "from"; name: string; specifier: string; imported: string; typeOnly?: boolean }
  /** `export * from "m"`. */
  | { k: "star"; specifier: string };

export interface FileFacts {
  version: typeof FACTS_VERSION;
  /** Relative to the scanned root, "/" separators. */
  file: string;
  variables: VariableFact[];
  functions: FunctionFact[];
  classes: ClassFact[];
  types: TypeFact[];
  calls: CallFact[];
  assigns: AssignFact[];
  loops: LoopFact[];
  tries: TryFact[];
  awaits: AwaitFact[];
  throws: ThrowFact[];
  exits: ExitFact[];
  exports: ExportFact[];
  /** Every module specifier named in the file, in source order, without repetition. */
  specifiers: string[];
  /** `"use server"` and its like, and a leading `#!`: what the file says of itself. */
  directives: string[];
  hashbang: boolean;
}
