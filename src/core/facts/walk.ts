import { endOf, startOf, type Node } from "./ast.js";
import type { Lines } from "./lines.js";
import type { Guard } from "./memo.js";
import type { Stages } from "./production.js";
import type { Fork } from "./needs.js";
import type { Bindings } from "./scope.js";
import type { ClassId, Expr, FileFacts, FunctionFact, FunctionId, LoopFact, LoopId, ObjectId, Span, VariableId } from "./types.js";

/** A loop while its body is walked. */
export interface OpenLoop {
  fact: LoopFact;
  start: number;
  end: number;
  /** The function in which the body's code runs: the callback's for callback loops. -1 while that is not known. */
  bodyFn: FunctionId;
  writes: Set<VariableId>;
  reads: Set<VariableId>;
  /** The loop around it, across functions: writes to outer variables reach that far. */
  up?: OpenLoop;
}

/** What `break` and `continue` can mean at a place. */
export interface Jump {
  kind: "loop" | "switch" | "label";
  labels: readonly string[];
  loop?: OpenLoop;
  up?: Jump;
}

/** Where the walk stands. Never changed in place: a branch gets its own copy. */
export interface Context {
  fn: FunctionId;
  /** What `this` is here. */
  self: Expr;
  parentClass: Expr;
  loop?: LoopId;
  loops?: OpenLoop;
  jumps?: Jump;
  tries?: readonly number[];
  handler?: "catch" | "finally";
  conditional: boolean;
  /** Where the innermost branch starts that need not run; -1 for none. */
  branch: number;
  /** Where that branch ends. */
  branchEnd: number;
  /** Where the innermost block ends. */
  blockEnd: number;
  /** Tags of the statement in which it stands. */
  tags?: readonly string[];
  /** The `namespace` around it: what is exported there is no export of the module. */
  namespace?: Expr;
  /** The `declare module "m"` or `declare global` (null) around it, and the namespaces in that. */
  ambient?: { module: string | null; path: readonly string[] };
}

/** What is done with an expression's value: handed down through parentheses, `as`, `await` and the like. */
export interface Use {
  awaited?: boolean;
  discarded?: boolean;
  using?: boolean;
  /** The name that a function or class gets from its place: `const name = () => {}`. */
  name?: string;
  tags?: readonly string[];
  loopBody?: OpenLoop;
}

export interface FunctionPlace {
  name: string;
  kind: FunctionFact["kind"];
  class?: ClassId;
  static?: boolean;
  object?: ObjectId;
  decorators?: Expr[];
  tags?: readonly string[];
  loopBody?: OpenLoop;
  /** Given out before, to what needs it before the walk comes here. */
  id?: FunctionId;
}

export const UNKNOWN: Expr = { k: "unknown" };

/** The state of one pass and the visitors that call each other through it. */
export interface Walk {
  readonly text: string;
  readonly facts: FileFacts;
  readonly bindings: Bindings;
  readonly lines: Lines;
  readonly tags: Map<number, string[]>;
  readonly guards: Guard[];
  readonly forks: Fork[];
  readonly stages: Stages;
  /** For each assignment, the `branch` of its context. */
  readonly branches: number[];
  /** Functions that run where they stand, once (IIFEs, `.then` callbacks, promise executors) → the function around them. */
  readonly inPlace: Map<FunctionId, FunctionId>;
  /** Functions that run when something failed: `.catch` callbacks. */
  readonly rescues: Set<FunctionId>;
  readonly specifiers: Set<string>;
  /** The `const`s met so far that stand for a number. */
  readonly constants: Map<VariableId, number>;
  /** Variables that hold what `createRequire` made. */
  readonly requires: Set<VariableId>;
  readonly importTypes: Map<string, VariableId>;
  readonly openLoops: OpenLoop[];
  objects: number;

  expr(node: Node | undefined, ctx: Context, use?: Use): Expr;
  statement(node: Node, ctx: Context): void;
  /** The statements of one block, whose range ends at `end`. */
  statements(body: readonly Node[], ctx: Context, end: number): void;
  fn(node: Node, ctx: Context, place: FunctionPlace): FunctionId;
  cls(node: Node, ctx: Context, use: Use): ClassId;
  /** Gives a pattern's names their values. */
  bind(pattern: Node, value: Expr, ctx: Context, op?: "=" | "??=" | "||=" | "&&=" | "other"): void;
}

/** The context of code that need not run when what is around it does. */
export function inBranch(ctx: Context, branch: Node): Context {
  return { ...ctx, conditional: true, branch: startOf(branch), branchEnd: endOf(branch) };
}

export function spanOf(walk: Walk, node: Node): Span {
  return walk.lines.span(startOf(node), endOf(node));
}

export function addSpecifier(walk: Walk, specifier: string | undefined): void {
  if (specifier !== undefined) walk.specifiers.add(specifier);
}

export function assign(walk: Walk, ctx: Context, target: Expr, value: Expr, span: Span, op: "=" | "??=" | "||=" | "&&=" | "other" = "="): void {
  const outsideProduction = walk.stages.around(span.start);
  walk.facts.assigns.push({ fn: ctx.fn, target, value, op, span, loop: ctx.loop, ...(outsideProduction ? { outsideProduction } : {}) });
  walk.branches.push(ctx.branch);
}

/** Notes that a variable is read or written: every loop around the place may carry it from turn to turn. */
export function touch(ctx: Context, variable: VariableId, read: boolean, write: boolean): void {
  for (let loop = ctx.loops; loop; loop = loop.up) {
    if (read) loop.reads.add(variable);
    if (write) loop.writes.add(variable);
  }
}

/** Marks the loops of the function at hand: `mark` is called for each whose body contains the place. */
export function inLoops(ctx: Context, mark: (loop: OpenLoop) => void): void {
  for (let loop = ctx.loops; loop && loop.bodyFn === ctx.fn; loop = loop.up) mark(loop);
}

export function tagsAt(walk: Walk, node: Node | undefined): readonly string[] | undefined {
  return node && walk.tags.get(startOf(node));
}

export function mergeTags(...tags: (readonly string[] | undefined)[]): string[] | undefined {
  // Next to nothing has tags, and everything is asked for them.
  if (tags.every((list) => list === undefined)) return undefined;
  const all = new Set(tags.flatMap((list) => list ?? []));
  return all.size > 0 ? [...all] : undefined;
}

