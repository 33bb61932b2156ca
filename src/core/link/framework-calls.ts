import { frameworkOf, frameworkOfGlobal } from "../catalogue/index.js";
import type { CallbackParameter, Framework, TypeArgument, TypeRule } from "../catalogue/framework.js";
import type { CallFact, TypeRef } from "../facts/types.js";
import type { NodeId } from "./solver.js";
import type { Token, TokenId } from "./tokens.js";
import type { Values } from "./values.js";

type External = Extract<Token, { t: "external" }>;

export interface FrameworkCall {
  file: string;
  call: CallFact;
  /** What is called, and what its result would be if it were nothing special. */
  token: External;
  result: TokenId | undefined;
  args: readonly NodeId[];
  into: NodeId;
}

/** What calling a framework does to its context objects and to the functions it is given. Returns the call's result. */
export function applyFramework(values: Values, outside: FrameworkCall): TokenId | undefined {
  const { token, call, file, args, into } = outside;
  const framework = token.module === null ? frameworkOfGlobal(token.path) : frameworkOf(token.module);
  if (!framework) return outside.result;
  const origin = beginScope(values, framework, outside);
  for (const rule of framework.generics ?? []) {
    const type = rule.path.test(token.path) ? call.typeArgs?.[rule.argument] : undefined;
    if (type) holdType(values, framework, file, type, rule, origin);
  }
  for (const rule of framework.stores ?? []) {
    if (!rule.path.test(token.path)) continue;
    const key = rule.key === undefined ? "" : keyOf(call, rule.key);
    const [index, property] = rule.value.split(".");
    const arg = args[Number(index)];
    if (key === undefined || arg === undefined) continue;
    const value = property === undefined ? arg : values.memberOf(arg, property, file, call.fn);
    values.solver.flow(value, values.held.at(framework.name, key === "" ? rule.place : `${rule.place}.${key}`, origin));
  }
  for (const rule of framework.loads ?? []) {
    const key = rule.path.test(token.path) ? keyOf(call, rule.key) : undefined;
    if (key === undefined) continue;
    values.solver.flow(values.held.at(framework.name, `${rule.place}.${key}`, origin), into);
    values.solver.flow(values.memberOf(values.held.at(framework.name, rule.place, origin), key, file, call.fn), into);
  }
  for (const rule of framework.callbackParams) if (rule.path.test(token.path)) passParameter(values, framework, rule, origin, args);
  const result = outside.result === undefined ? undefined : values.tokens.get(outside.result);
  return result?.t === "external" && origin !== token.origin ? values.tokens.intern({ ...result, origin }) : outside.result;
}

function beginScope(values: Values, framework: Framework, { token, call, file, args }: FrameworkCall): string | undefined {
  const scope = framework.scopes?.find((rule) => rule.path.test(token.path));
  if (!scope) return token.origin;
  const origin = `${file}#${call.id}`;
  const inherit = (from: string | undefined): void => {
    if (from !== origin) for (const place of scope.places) values.solver.flow(values.held.at(framework.name, place, from), values.held.at(framework.name, place, origin));
  };
  inherit(token.origin);
  if (scope.joins)
    for (const arg of args)
      values.solver.watch(arg, (id) => {
        const given = values.tokens.get(id);
        if (given.t === "external" && given.origin !== undefined && given.module !== null && frameworkOf(given.module) === framework) inherit(given.origin);
      });
  return origin;
}

/** A place holds values of the type that a type argument gives it. */
export function holdType(values: Values, framework: Framework, file: string, type: TypeRef, { property, place, made }: TypeArgument, origin?: string): void {
  const { solver, tokens } = values;
  let typed = solver.node();
  values.addType(file, type, typed);
  if (property !== undefined) typed = values.memberOf(typed, property, file, 0);
  const into = values.held.at(framework.name, place, origin);
  if (!made) solver.flow(typed, into);
  else
    solver.watch(typed, (id) => {
      const token = tokens.get(id);
      if (token.t === "function") solver.flow(values.returns(token.file, token.id), into);
      else solver.add(into, id);
    });
}

function keyOf(call: CallFact, index: number): string | undefined {
  const arg = call.args[index];
  return arg?.k === "literal" && typeof arg.value === "string" ? arg.value : undefined;
}

function passParameter(values: Values, framework: Framework, rule: CallbackParameter, origin: string | undefined, args: readonly NodeId[]): void {
  const { solver } = values;
  const params = Array.from<string | null>({ length: rule.param + 1 }).fill(null).with(rule.param, rule.as);
  const pass = (id: TokenId): void => passParameters(values, framework, id, params, rule.arity, origin);
  args.forEach((arg, index) => {
    if (rule.argument !== undefined && rule.argument !== index) return;
    solver.watch(arg, (id) => {
      if (rule.property === undefined) pass(id);
      else for (const property of values.propertiesOf(id)) if (rule.property.test(property)) solver.watch(values.field(id, property), pass);
    });
  });
}

/** What a framework's object is, by itself and by what is known of its place. */
export function flowObject(values: Values, framework: Framework, as: string, into: NodeId, origin?: string): void {
  const module = framework.specifiers[0] ?? framework.name;
  values.solver.add(into, values.tokens.intern({ t: "external", module, path: as, ...(origin !== undefined && { origin }) }));
  values.solver.flow(values.held.at(framework.name, as, origin), into);
}

/** A function gets a framework's objects as parameters. */
export function passParameters(values: Values, framework: Framework, id: TokenId, params: readonly (string | null)[], arity?: readonly number[], origin?: string): void {
  const fn = values.tokens.get(id);
  if (fn.t !== "function") return;
  const own = values.program.fn(fn.file, fn.id).params;
  if (arity && !arity.includes(own.length)) return;
  params.forEach((as, index) => {
    const param = own[index];
    if (as !== null && param) flowObject(values, framework, as, values.variable(fn.file, param.variable), origin);
  });
}

/** A value of a framework's type: its object, or a function that is given its objects. */
export function flowType(values: Values, framework: Framework, { as, params }: TypeRule, into: NodeId): void {
  if (as !== undefined) flowObject(values, framework, as, into);
  if (params) values.solver.watch(into, (id) => passParameters(values, framework, id, params));
}
