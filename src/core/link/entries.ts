import { directiveRole, fileEntriesOf, frameworkOf, frameworksIn, takesWhat } from "../catalogue/index.js";
import type { CallbackRole, FileEntry, Framework } from "../catalogue/framework.js";
import type { ClassFact, Expr, FileFacts, TypeRef } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { literalText } from "./expressions.js";
import { functionKey, type FunctionKey, type Program } from "./program.js";
import type { NodeId } from "./solver.js";
import type { Token } from "./tokens.js";
import type { Values } from "./values.js";

/** A function that a framework calls without being given it: by file convention, decorator, heritage or shape. */
export interface FrameworkEntry {
  key: FunctionKey;
  file: string;
  role: CallbackRole;
  /** The name by which its file exports it, or what holds it. */
  exported?: string;
}

type FunctionToken = Extract<Token, { t: "function" }>;
type External = Extract<Token, { t: "external" }> & { module: string };

export function frameworkEntries(graph: CallGraph): FrameworkEntry[] {
  const { program, values } = graph;
  const files = [...program.files.values()];
  const conventions = files.map((facts) => ({ facts, entries: fileEntriesOf(facts) })).filter(({ entries }) => entries.length > 0);
  // Every node has to be there before the solver's last run.
  for (const { facts } of conventions) for (const entry of facts.exports) if (entry.k !== "star") values.export(facts.file, entry.name);
  for (const facts of files) for (const cls of facts.classes) for (const expr of classExprs(cls)) values.expression(facts.file, expr, cls.fn);
  values.solver.solve();

  const found: FrameworkEntry[] = [];
  for (const { facts, entries } of conventions) {
    const roleOf = (name: string, fn?: FunctionToken): CallbackRole | undefined => {
      for (const { entry } of entries) {
        const role = !entry.takes || (fn && takes(program, entry, fn)) ? entry.entry(name) : undefined;
        if (role !== undefined) return typeof role === "string" ? { role: "entry", kind: "route", label: `${role} (${facts.file})` } : role;
      }
      return undefined;
    };
    for (const entry of facts.exports) if (entry.k !== "star") addExport(values, facts, entry.name, roleOf, found);
  }
  for (const facts of files) {
    for (const fn of facts.functions) {
      const role = fn.tags && directiveRole(fn.tags);
      if (role) found.push({ key: functionKey(facts.file, fn.id), file: facts.file, role });
    }
    for (const cls of facts.classes) addClass(values, facts, cls, found);
  }
  addObjects(values, files, found);
  addNested(graph, found);
  return found;
}

/** `new ApolloServer({ resolvers: { Query: { things: () => … } } })` */
function addNested({ program, values, external }: CallGraph, found: FrameworkEntry[]): void {
  const { tokens, solver } = values;
  for (const { file, calls } of program.files.values())
    for (const call of calls)
      for (const id of external.get(call) ?? []) {
        const token = tokens.get(id);
        const rules = token.t === "external" && token.module !== null ? (frameworkOf(token.module)?.nested ?? []) : [];
        for (const rule of rules)
          if (token.t === "external" && rule.path.test(token.path))
            for (const arg of call.args)
              for (const given of solver.values(values.expression(file, arg, call.fn)))
                for (const property of values.propertiesOf(given).filter((name) => rule.property.test(name)))
                  for (const fn of functionsIn(values, values.field(given, property))) found.push({ key: fn, file, role: rule.role });
      }
}

/** The functions in a value, in its properties, in theirs, and in what it spreads. */
function functionsIn(values: Values, start: NodeId): Set<FunctionKey> {
  const found = new Set<FunctionKey>();
  const nodes = new Set([start]);
  // A Set's iteration also visits what is added meanwhile.
  for (const node of nodes)
    for (const id of values.solver.values(node)) {
      const token = values.tokens.get(id);
      if (token.t === "function") found.add(functionKey(token.file, token.id));
      for (const property of values.propertiesOf(id)) nodes.add(values.field(id, property));
    }
  return found;
}

function takes(program: Program, entry: FileEntry, { file, id }: FunctionToken): boolean {
  const facts = program.files.get(file);
  const fn = facts?.functions[id];
  return facts !== undefined && fn !== undefined && takesWhat(entry, facts, fn);
}

function addExport(values: Values, facts: FileFacts, name: string, roleOf: (name: string, fn?: FunctionToken) => CallbackRole | undefined, found: FrameworkEntry[]): void {
  const { solver, tokens } = values;
  for (const id of solver.values(values.export(facts.file, name))) {
    const token = tokens.get(id);
    const role = token.t === "function" ? roleOf(name, token) : undefined;
    if (token.t === "function" && role) found.push({ key: functionKey(token.file, token.id), file: facts.file, role, exported: name });
    for (const property of values.propertiesOf(id)) {
      const inner = roleOf(`${name}.${property}`);
      for (const value of inner ? solver.values(values.field(id, property)) : []) {
        const fn = tokens.get(value);
        if (inner && fn.t === "function") found.push({ key: functionKey(fn.file, fn.id), file: facts.file, role: inner });
      }
    }
  }
}

function* classExprs(cls: ClassFact): Generator<Expr> {
  if (cls.superClass) yield cls.superClass;
  yield* cls.decorators;
  for (const member of cls.members) yield* member.decorators ?? [];
}

function addClass(values: Values, facts: FileFacts, cls: ClassFact, found: FrameworkEntry[]): void {
  const external = (expr: Expr): External[] => externals(values, facts.file, expr, cls.fn);
  const add = (member: ClassFact["members"][number], role: CallbackRole): void => {
    if (member.fn !== undefined) found.push({ key: functionKey(facts.file, member.fn), file: facts.file, role });
  };
  for (const member of cls.members)
    for (const decorator of member.fn === undefined ? [] : (member.decorators ?? []))
      for (const { module, path } of external(decorator)) {
        const call = decorator.k === "call" ? facts.calls[decorator.id] : undefined;
        const registration = { method: /([\w$]+)(\(\))?$/.exec(path)?.[1] ?? "", literals: (call?.args ?? []).map(literalText) };
        for (const rule of frameworkOf(module)?.decorators ?? []) {
          const role = rule.path.test(path) ? rule.role(registration) : undefined;
          if (role) {
            add(member, role);
            break;
          }
        }
      }
  const decorators = cls.decorators.flatMap(external);
  const parents = cls.superClass ? external(cls.superClass) : [];
  const interfaces = cls.implements.flatMap((type) => importedType(facts, type));
  const frameworks = new Set([...decorators, ...parents, ...interfaces].flatMap(({ module }) => frameworkOf(module) ?? []));
  for (const framework of frameworks)
    for (const rule of framework.classes ?? []) {
      const matches = (pattern: RegExp | undefined, among: readonly { module: string; path: string }[]): boolean =>
        pattern !== undefined && among.some(({ module, path }) => frameworkOf(module) === framework && pattern.test(path));
      if (!matches(rule.decorated, decorators) && !matches(rule.extends, parents) && !matches(rule.implements, interfaces)) continue;
      for (const member of cls.members) if (!member.static && rule.method.test(member.name)) add(member, rule.role);
    }
}

function externals(values: Values, file: string, expr: Expr, fn: number): External[] {
  const found: External[] = [];
  for (const id of values.solver.values(values.expression(file, expr, fn))) {
    const token = values.tokens.get(id);
    if (token.t === "external" && token.module !== null && frameworkOf(token.module)) found.push({ ...token, module: token.module });
  }
  return found;
}

function importedType({ variables }: FileFacts, type: TypeRef): { module: string; path: string }[] {
  const from = type.k === "ref" && typeof type.head === "number" ? variables[type.head]?.import : undefined;
  if (!from || type.k !== "ref") return [];
  return [{ module: from.specifier, path: [from.name === "*" ? "" : from.name, ...type.path].filter(Boolean).join(".") }];
}

/** Object literals whose shape a framework knows, wherever they are put together: `{ provide: "DB", useFactory: … }`. */
function addObjects(values: Values, files: readonly FileFacts[], found: FrameworkEntry[]): void {
  const { tokens, solver } = values;
  const rules = new Map<string, NonNullable<Framework["objects"]>>();
  for (const facts of files) {
    const known = frameworksIn(facts).flatMap((framework) => framework.objects ?? []);
    if (known.length > 0) rules.set(facts.file, known);
  }
  if (rules.size === 0) return;
  for (let id = 0; id < tokens.size; id++) {
    const object = tokens.get(id);
    if (object.t !== "object") continue;
    const properties = values.propertiesOf(id);
    for (const rule of rules.get(object.file) ?? []) {
      if (!rule.has.every((name) => properties.includes(name))) continue;
      for (const property of properties.filter((name) => rule.property.test(name)))
        for (const value of solver.values(values.field(id, property))) {
          const fn = tokens.get(value);
          if (fn.t === "function" && hasParameter(values.program, fn, rule.takes)) found.push({ key: functionKey(fn.file, fn.id), file: object.file, role: rule.role });
        }
    }
  }
}

function hasParameter(program: Program, { file, id }: FunctionToken, name: RegExp | undefined): boolean {
  return name === undefined || program.fn(file, id).params.some(({ variable }) => name.test(program.variable(file, variable).name));
}
