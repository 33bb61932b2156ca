import type { ClassFact, Expr, FunctionFact, ParamFact } from "../facts/types.js";
import { injectedByType, isInjected } from "./container.js";
import type { Program } from "./program.js";

/** A call of `super(…)` in a subclass's constructor. */
interface SuperCall {
  file: string;
  args: readonly Expr[];
  within: FunctionFact;
}

const known = new WeakMap<Program, Map<string, SuperCall[]>>();

/** Whether a container fills a parameter, so that its declared type says nothing that is not known better. */
export function isContainerFilled(program: Program, file: string, fn: FunctionFact, param: ParamFact): boolean {
  return isInjected(program, file, param.decorators) || injectedByType(program, file, fn, param) !== undefined || isFilledBelow(program, file, fn, param);
}

/**
 * Whether a container fills a parameter of an abstract class's constructor, through each subclass that there is: `super(users)` with
 * `@InjectRepository(User) users`. What it puts there says more than the declared type, as in a parameter that asks itself.
 */
function isFilledBelow(program: Program, file: string, fn: FunctionFact, param: ParamFact): boolean {
  if (fn.kind !== "constructor" || fn.class === undefined || !isAbstract(program, file, program.class(file, fn.class))) return false;
  const index = fn.params.indexOf(param);
  const calls = callsOfSuper(program).get(`${file}#${fn.class}`) ?? [];
  return index >= 0 && calls.length > 0 && calls.every(({ file: from, args, within }) => {
    const given = args[index];
    const source = given?.k === "var" ? within.params.find(({ variable }) => variable === given.id) : undefined;
    return source !== undefined && isInjected(program, from, source.decorators);
  });
}

function isAbstract(program: Program, file: string, { span }: ClassFact): boolean {
  return /^(?:@[\s\S]*?)?(?:export\s+)?(?:default\s+)?abstract\b/.test(program.text(file, { start: span.start, end: Math.min(span.end, span.start + 200) })) || /\babstract\s+$/.test(program.text(file, { start: Math.max(0, span.start - 12), end: span.start }));
}

/** By the class whose constructor runs. A class of which the base is not seen says nothing of any. */
function callsOfSuper(program: Program): Map<string, SuperCall[]> {
  const before = known.get(program);
  if (before) return before;
  const found = new Map<string, SuperCall[]>();
  known.set(program, found);
  for (const { file, classes } of program.files.values())
    for (const { superClass, members } of classes) {
      const base = superClass && classNamed(program, file, superClass);
      const own = members.find(({ kind, fn }) => kind === "constructor" && fn !== undefined)?.fn;
      if (base === undefined || own === undefined) continue;
      const within = program.fn(file, own);
      for (const { callee, args } of program.callsIn(file, own)) if (callee.k === "super") found.set(base, [...(found.get(base) ?? []), { file, args, within }]);
    }
  return found;
}

/** The project's class that a name stands for, here or in the file that exports it. */
function classNamed(program: Program, file: string, expr: Expr, depth = 0): string | undefined {
  if (expr.k === "typed") return classNamed(program, file, expr.of, depth);
  if (expr.k !== "var" || depth > 4) return undefined;
  const { import: from, kind, name, fn } = program.variable(file, expr.id);
  if (from) {
    const target = program.host.resolve(file, from.specifier);
    return target !== undefined && program.files.has(target) ? exportedClass(program, target, from.name, depth) : undefined;
  }
  const cls = kind === "class" ? program.file(file).classes.find((one) => one.name === name && one.fn === fn) : undefined;
  return cls && `${file}#${cls.id}`;
}

function exportedClass(program: Program, file: string, name: string, depth: number): string | undefined {
  const [entry] = program.exportsNamed(file, name);
  if (entry?.k === "value") return classNamed(program, file, entry.value, depth + 1);
  const ways = entry ? [{ specifier: entry.specifier, imported: entry.imported }] : name === "default" ? [] : program.starsOf(file).map(({ specifier }) => ({ specifier, imported: name }));
  for (const { specifier, imported } of depth > 4 ? [] : ways) {
    const target = program.host.resolve(file, specifier);
    const found = target !== undefined && program.files.has(target) ? exportedClass(program, target, imported, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
