import type { CallFact, Expr, VariableId } from "../../facts/types.js";
import type { Program } from "../program.js";

/** What a router or plugin is, wherever it is named: the call that made it, its function, or at least its variable. */
export type Identity = string;

/** Where a chain of calls begins, and what its links say on the way, outermost first. */
export interface Root {
  id: Identity;
  /** The function whose parameter it is: `(app) => app.get(…)`. */
  parameter?: { fn: number; index: number };
  /** The calls between the root and the expression, innermost first; the one that made it among them. */
  links: { file: string; call: CallFact }[];
}

const MAX_STEPS = 12;

/** Follows a name through variables, imports and re-exports to what it stands for. */
export function rootOf(program: Program, file: string, expr: Expr, depth = 0): Root | undefined {
  if (depth > MAX_STEPS) return undefined;
  const follow = (from: string, next: Expr): Root | undefined => rootOf(program, from, next, depth + 1);
  switch (expr.k) {
    case "await":
    case "typed":
      return follow(file, expr.of);
    case "fn":
      return { id: functionId(file, expr.id), links: [] };
    case "call": {
      const call = program.call(file, expr.id);
      const receiver = call.callee.k === "member" ? innermost(call.callee.of) : undefined;
      const before = receiver && continues(call, receiver) ? follow(file, receiver) : undefined;
      return before ? { ...before, links: [...before.links, { file, call }] } : { id: `call ${file} ${call.id}`, links: [{ file, call }] };
    }
    case "module":
      return exported(program, file, expr.specifier, "=", depth + 1) ?? exported(program, file, expr.specifier, "default", depth + 1);
    case "member":
      return memberOf(program, file, expr, depth + 1);
    case "var":
      return ofVariable(program, file, expr.id, depth + 1);
    default:
      return undefined;
  }
}

function functionId(file: string, id: number): Identity {
  return `fn ${file} ${id}`;
}

/** Calls that give back what they are called on, or a part of it: the next link belongs to the same router. */
const CHAINS = /^(get|post|put|patch|delete|del|head|options|all|use|on|route|basePath|prefix|routes|register|onError|notFound|openapi|withTypeProvider|middleware)$/;

function continues({ callee }: CallFact, receiver: Expr): boolean {
  return receiver.k === "call" || (callee.k === "member" && CHAINS.test(callee.name));
}

function innermost(expr: Expr): Expr {
  return expr.k === "await" || expr.k === "typed" ? innermost(expr.of) : expr;
}

function ofVariable(program: Program, file: string, id: VariableId, depth: number): Root | undefined {
  const variable = program.variable(file, id);
  if (variable.import) return exported(program, file, variable.import.specifier, variable.import.name, depth);
  if (variable.kind === "param") {
    const index = program.fn(file, variable.fn).params.findIndex((param) => param.variable === id);
    return { id: functionId(file, variable.fn), parameter: { fn: variable.fn, index }, links: [] };
  }
  const [only, more] = program.valuesOf(file, id);
  const followed = only && !more ? rootOf(program, file, only, depth) : undefined;
  return followed ?? { id: `var ${file} ${id}`, links: [] };
}

/** `import * as routes from "./routes"; routes.users` */
function memberOf(program: Program, file: string, { of, name }: Extract<Expr, { k: "member" }>, depth: number): Root | undefined {
  const from = of.k === "var" ? program.variable(file, of.id).import : undefined;
  if (from?.name === "*") return exported(program, file, from.specifier, name, depth);
  const [value, more] = of.k === "var" ? program.valuesOf(file, of.id) : [of];
  if (value?.k === "module") return exported(program, file, value.specifier, name, depth);
  const property = value?.k === "object" && !more ? value.props.find((prop) => prop.name === name) : undefined;
  return property && rootOf(program, file, property.value, depth);
}

/** What a module that a file names exports under a name. */
export function exported(program: Program, file: string, specifier: string, name: string, depth = 0): Root | undefined {
  const target = program.host.resolve(file, specifier);
  if (target === undefined || !program.files.has(target) || depth > MAX_STEPS) return undefined;
  for (const entry of program.exportsNamed(target, name)) {
    const found = entry.k === "value" ? rootOf(program, target, entry.value, depth + 1) : exported(program, target, entry.specifier, entry.imported, depth + 1);
    if (found) return found;
  }
  for (const { specifier: passed } of program.starsOf(target)) {
    const found = exported(program, target, passed, name, depth + 1);
    if (found) return found;
  }
  return undefined;
}
