import type { CallFact, Expr, TypeRef } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import { functionKey, type Program } from "./program.js";
import { checkedByRoute } from "./route-schemas.js";
import { calleesOf, callersOf } from "./sessions.js";
import { checksOfField } from "./schema-classes.js";
import { isBoundedSchema, isSchemaPackage, propertyOf } from "./schema-shapes.js";

const MAX_DEPTH = 16;
/** A value that comes out of a schema does so within a few steps. */
const MAX_VARIABLES = 60;
/** What gives the parsed value, or a result with it in `data`. */
const PARSES = /^(parse|parseAsync|safeParse|safeParseAsync|validate|validateSync)$/;
/** Builders of procedures and actions that are told the schema of their input, and under which name the handler gets it. */
const TAKES_SCHEMA = /^(input|schema|inputSchema|validator|inputValidator)$/;
const GIVES_INPUT = /^(input|parsedInput|data)$/;
/** Middleware of a route that checks a part of the request: `zValidator("json", schema)`. */
const VALIDATOR = /validator$/i;

/**
 * Whether a list is the output of a schema that bounds its length: `z.array(item).max(100)`. The value must be seen to come out of the
 * schema: parsed by it, of the type that it infers, or the input of a procedure or route that checks it.
 */
export function isBoundedByItsSchema(graph: CallGraph, file: string, expr: Expr): boolean {
  if (!usesSchemas(graph)) return false;
  const schemas = new Outputs(graph).of(file, expr, 0);
  return schemas.length > 0 && schemas.every((schema) => isBoundedSchema(graph.program, schema));
}

const programs = new WeakMap<CallGraph, boolean>();

function usesSchemas(graph: CallGraph): boolean {
  let known = programs.get(graph);
  if (known === undefined) programs.set(graph, (known = [...graph.program.files.values()].some(({ specifiers }) => specifiers.some(isSchemaPackage))));
  return known;
}

/** The schemas that a value may have come out of; none when a way is unknown. */
class Outputs {
  /** What is known of variables; one that leads to itself adds nothing. */
  readonly #known = new Map<string, PlacedExpr[]>();

  constructor(private readonly graph: CallGraph) {}

  of(file: string, expr: Expr, depth: number): PlacedExpr[] {
    if (depth > MAX_DEPTH) return [];
    switch (expr.k) {
      case "await":
      case "typed":
        return this.of(file, expr.of, depth + 1);
      case "var":
        return this.#ofVariable(file, expr.id, depth);
      case "member":
        return this.#ofMember(file, expr, depth);
      case "call":
        return this.#ofCall(file, this.graph.program.call(file, expr.id));
      default:
        return [];
    }
  }

  #ofMember(file: string, { of, name }: Extract<Expr, { k: "member" }>, depth: number): PlacedExpr[] {
    if (GIVES_INPUT.test(name) && of.k === "var") {
      const checked = this.#checkedInput(file, of.id);
      if (checked.length > 0) return checked;
    }
    const checked = of.k === "var" ? checkedByRoute(this.graph.program, file, of.id, name) : [];
    if (checked.length > 0) return checked;
    const declared = this.#ofDeclared(file, of, name);
    if (declared.length > 0) return declared;
    const handed = this.#ofHelper(file, of, name, depth);
    if (handed.length > 0) return handed;
    const whole = this.of(file, of, depth + 1);
    // `safeParse(x).data` is what was parsed.
    const result = this.#resultOf(file, of);
    if (name === "data" && result !== undefined) return whole;
    const found = whole.map((schema) => propertyOf(this.graph.program, schema, name));
    return found.includes(undefined) ? [] : found.flatMap((schemas) => schemas ?? []);
  }

  /** `dto.things` where the class of `dto` checks its fields: https://docs.nestjs.com/techniques/validation */
  #ofDeclared(file: string, of: Expr, name: string): PlacedExpr[] {
    if (of.k !== "var") return [];
    const { type } = this.graph.program.variable(file, of.id);
    if (type?.k !== "ref" || typeof type.head !== "number" || type.path.length > 0) return [];
    const { file: from, variable } = this.#declared(file, type.head);
    return variable === undefined ? [] : checksOfField(this.graph.program, from, variable, name);
  }

  /** `(await checked(req, schema)).data`: a function of the project that gives what it has parsed under this name. */
  #ofHelper(file: string, of: Expr, name: string, depth: number): PlacedExpr[] {
    const { program } = this.graph;
    const { file: from, expr } = constantOf(program, file, of);
    const made = expr.k === "await" ? expr.of : expr;
    const call = made.k === "call" ? program.call(from, made.id) : undefined;
    const [key, more] = call === undefined ? [] : calleesOf(this.graph, call);
    if (call === undefined || key === undefined || more !== undefined) return [];
    const helper = program.fnOf(key);
    const values = helper.fn.returns.flatMap((value) => (value.k === "object" ? value.props.filter((prop) => prop.name === name).map((prop) => prop.value) : []));
    const found = values.map((value) => this.of(helper.file, value, depth + 1));
    if (found.some((schemas) => schemas.length === 0)) return [];
    return found.flat().map((schema) => {
      const given = call.args[parameterAt(program, schema)];
      return given === undefined || schema.file !== helper.file ? schema : { file: from, expr: given };
    });
  }

  /** The call whose result a value is, if it is a `safeParse`. */
  #resultOf(file: string, expr: Expr): CallFact | undefined {
    const { file: from, expr: value } = constantOf(this.graph.program, file, expr);
    const inner = value.k === "await" ? value.of : value;
    const call = inner.k === "call" ? this.graph.program.call(from, inner.id) : undefined;
    return call?.callee.k === "member" && /^safeParse/.test(call.callee.name) ? call : undefined;
  }

  #ofCall(file: string, call: CallFact): PlacedExpr[] {
    const { callee, args } = call;
    if (callee.k !== "member") return [];
    const [first] = args;
    if (callee.name === "valid" && first?.k === "literal") return this.#checkedPart(file, call, first.value);
    if (!PARSES.test(callee.name)) return [];
    // valibot: the schema is an argument. https://valibot.dev/api/parse/
    return [{ file, expr: args.length === 2 && first !== undefined && isModule(this.graph, file, callee.of) ? first : callee.of }];
  }

  #ofVariable(file: string, id: number, depth: number): PlacedExpr[] {
    const key = `${id} ${file}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size > MAX_VARIABLES) return [];
    this.#known.set(key, []);
    const schemas = this.#behind(file, id, depth);
    this.#known.set(key, schemas);
    return schemas;
  }

  #behind(file: string, id: number, depth: number): PlacedExpr[] {
    const { program } = this.graph;
    const variable = program.variable(file, id);
    const inferred = variable.type && this.#inferredBy(file, variable.type, 0);
    if (inferred) return [inferred];
    if (variable.kind === "param") return this.#ofParameter(file, id, variable.fn, depth);
    if (variable.import) {
      const made = constantOf(program, file, { k: "var", id });
      return made.file === file ? [] : this.of(made.file, made.expr, depth + 1);
    }
    const values = program.valuesOf(file, id);
    const found = values.map((value) => this.of(file, value, depth + 1));
    return found.some((schemas) => schemas.length === 0) ? [] : found.flat();
  }

  #ofParameter(file: string, id: number, fn: number, depth: number): PlacedExpr[] {
    const { program } = this.graph;
    const index = program.fn(file, fn).params.findIndex((param) => param.variable === id);
    if (index === -1) return program.valuesOf(file, id).length === 1 ? program.valuesOf(file, id).flatMap((value) => this.of(file, value, depth + 1)) : [];
    const callers = callersOf(this.graph, functionKey(file, fn)).filter((caller) => program.role(caller.file) === "source");
    const found = callers.map(({ file: from, call }) => (call.args[index] === undefined ? [] : this.of(from, call.args[index], depth + 1)));
    return found.some((schemas) => schemas.length === 0) ? [] : found.flat().map((schema) => this.#givenBeside(file, fn, schema));
  }

  /** `checked(schema, (req, body) => …)`: a function that runs a handler parses with the schema that it is given together with this handler. */
  #givenBeside(file: string, handler: number, schema: PlacedExpr): PlacedExpr {
    const { program } = this.graph;
    const { expr } = schema;
    const index = parameterAt(program, schema);
    if (expr.k !== "var" || index === -1) return schema;
    const runners = callersOf(this.graph, functionKey(schema.file, program.variable(schema.file, expr.id).fn));
    const [beside, more] = runners.filter((runner) => runner.file === file && runner.call.args.some((arg) => arg.k === "fn" && arg.id === handler));
    const given = more === undefined ? beside?.call.args[index] : undefined;
    return given === undefined ? schema : { file, expr: given };
  }

  /** `z.infer<typeof Schema>`, also under a name. */
  #inferredBy(file: string, type: TypeRef, depth: number): PlacedExpr | undefined {
    if (type.k !== "ref" || depth > 4) return undefined;
    const [first] = type.args;
    if (first?.k === "typeof" && /^(infer|output|Infer|Output|InferOutput|TypeOf)$/.test(type.path.at(-1) ?? this.#headOf(file, type.head))) return { file, expr: first.of };
    if (typeof type.head !== "number") return undefined;
    const { file: from, variable } = this.#declared(file, type.head);
    const fact = variable === undefined ? undefined : this.graph.program.typeOf(from, variable);
    return fact && fact.extends.length === 0 ? this.#inferredBy(from, fact.type, depth + 1) : undefined;
  }

  #headOf(file: string, head: number | string): string {
    return typeof head === "string" ? head : (this.graph.program.variable(file, head).import?.name ?? this.graph.program.variable(file, head).name);
  }

  /** Where a type's name is declared: here, or in the file that exports it. */
  #declared(file: string, head: number): { file: string; variable?: number } {
    const { program } = this.graph;
    const { import: from } = program.variable(file, head);
    if (!from) return { file, variable: head };
    const target = program.host.resolve(file, from.specifier);
    const entry = target !== undefined && program.files.has(target) ? program.exportsNamed(target, from.name)[0] : undefined;
    return target !== undefined && entry?.k === "value" && entry.value.k === "var" ? { file: target, variable: entry.value.id } : { file };
  }

  /** `procedure.input(schema).mutation(({ input }) => …)`: the schema of what a handler's first parameter holds. */
  #checkedInput(file: string, variable: number): PlacedExpr[] {
    const { program } = this.graph;
    const facts = program.file(file);
    const handler = facts.functions.find((fn) => fn.params[0]?.variable === variable);
    const taker = handler && facts.calls.find(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === handler.id));
    for (let at: Expr | undefined = taker?.callee; at?.k === "member"; ) {
      const before: CallFact | undefined = at.of.k === "call" ? program.call(file, at.of.id) : undefined;
      const [schema] = before?.args ?? [];
      if (before?.callee.k === "member" && TAKES_SCHEMA.test(before.callee.name) && schema !== undefined) return [{ file, expr: schema }];
      at = before?.callee;
    }
    return [];
  }

  /** `app.post(path, zValidator("json", schema), (c) => c.req.valid("json"))` */
  #checkedPart(file: string, { fn }: CallFact, part: unknown): PlacedExpr[] {
    const { program } = this.graph;
    const route = program.file(file).calls.find(({ args }) => args.some((arg) => arg.k === "fn" && arg.id === fn));
    const validators = (route?.args ?? []).flatMap((arg) => (arg.k === "call" ? [program.call(file, arg.id)] : []));
    const found = validators.find(({ callee, args: [first] }) => VALIDATOR.test(callee.k === "var" ? program.variable(file, callee.id).name : "") && first?.k === "literal" && first.value === part);
    const schema = found?.args[1];
    return schema === undefined ? [] : [{ file, expr: schema }];
  }
}

/** Which parameter of its function a schema is; -1 when it is none. */
function parameterAt(program: Program, { file, expr }: PlacedExpr): number {
  const variable = expr.k === "var" ? program.variable(file, expr.id) : undefined;
  return expr.k === "var" && variable?.kind === "param" ? program.fn(file, variable.fn).params.findIndex((param) => param.variable === expr.id) : -1;
}

function isModule({ program }: CallGraph, file: string, expr: Expr): boolean {
  return expr.k === "var" && program.variable(file, expr.id).import !== undefined;
}
