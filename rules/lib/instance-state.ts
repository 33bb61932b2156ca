import type { ClassFact, Expr, FunctionFact, Span } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";

export interface Kept {
  field: string;
  file: string;
  span: Span;
}

/** What makes a collection or fills it. */
const COLLECTION = /^(Map|Set|WeakMap|WeakSet|Array|Object)$/;
const FILLS = /^(push|unshift|pop|shift|splice|add|set|delete|clear|append)$/;
/** What frameworks call once, when the program starts or stops. */
const LIFE = /^(onModuleInit|onApplicationBootstrap|onModuleDestroy|beforeApplicationShutdown|onApplicationShutdown)$/;

/**
 * The first field in which an instance keeps something that its methods change, in its own class or one that it extends: what one
 * instance for each request has for that request alone.
 */
export function changingField(project: ProjectFacts, file: string, cls: ClassFact, seen = new Set<ClassFact>()): Kept | undefined {
  if (seen.has(cls)) return undefined;
  seen.add(cls);
  return assigned(project, file, cls) ?? filled(project, file, cls) ?? collected(project, file, cls) ?? inherited(project, file, cls, seen);
}

function assigned({ program }: ProjectFacts, file: string, cls: ClassFact): Kept | undefined {
  for (const { fn, target, span } of program.file(file).assigns) {
    const field = fieldOf(target);
    if (field !== undefined && changes(program.file(file).functions, fn, cls)) return { field, file, span };
  }
  return undefined;
}

/** `this.rows.push(row)` */
function filled({ program }: ProjectFacts, file: string, cls: ClassFact): Kept | undefined {
  for (const { fn, callee, span } of program.file(file).calls) {
    const field = callee.k === "member" && FILLS.test(callee.name) ? fieldOf(callee.of) : undefined;
    if (field !== undefined && isOwn(cls, field) && changes(program.file(file).functions, fn, cls)) return { field, file, span };
  }
  return undefined;
}

/** `readonly loaded = new Map()`: whoever fills it. What is written out is a setting. */
function collected({ program }: ProjectFacts, file: string, cls: ClassFact): Kept | undefined {
  for (const { name, value, kind, static: isStatic } of cls.members) {
    if (kind !== "field" || isStatic || value === undefined) continue;
    const call = value.k === "call" ? program.call(file, value.id) : undefined;
    const isEmpty = (value.k === "array" && value.items.length === 0) || (value.k === "object" && value.props.length === 0);
    if (isEmpty || (call?.callee.k === "global" && call.args.length === 0 && COLLECTION.test(call.callee.name))) return { field: `this.${name}`, file, span: call?.span ?? cls.span };
  }
  return undefined;
}

function inherited(project: ProjectFacts, file: string, { superClass, fn }: ClassFact, seen: Set<ClassFact>): Kept | undefined {
  if (!superClass) return undefined;
  const { values } = project.graph;
  for (const id of values.solver.values(values.expression(file, superClass, fn))) {
    const token = values.tokens.get(id);
    const found = token.t === "class" ? changingField(project, token.file, project.program.class(token.file, token.id), seen) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** `this.a` of `this.a`, `this.a.b`, `this.a[i]`. */
function fieldOf(expr: Expr): string | undefined {
  let at = expr;
  while (at.k === "member") {
    if (at.of.k === "this") return `this.${at.name}`;
    at = at.of;
  }
  return undefined;
}

/** What is injected is another's; its methods of such names are not a collection's. */
function isOwn(cls: ClassFact, field: string): boolean {
  return cls.members.some(({ name, kind, decorators, value }) => kind === "field" && `this.${name}` === field && decorators === undefined && (value === undefined || value.k === "array" || value.k === "object" || value.k === "call"));
}

/** Whether a function belongs to the class and runs after an instance is made. */
function changes(functions: readonly FunctionFact[], id: number, cls: ClassFact): boolean {
  for (let fn = functions[id]; fn !== undefined && fn.id !== 0; fn = functions[fn.parent]) {
    if (fn.class === cls.id) return fn.kind !== "constructor" && fn.static !== true && !LIFE.test(fn.name);
  }
  return false;
}
