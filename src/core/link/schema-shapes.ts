import type { CallFact, Expr } from "../facts/types.js";
import { constantOf, type PlacedExpr } from "./constants.js";
import type { Program } from "./program.js";

/** https://zod.dev/api, https://valibot.dev/api: packages whose builders are read. */
const PACKAGE = /^(zod(\/.*)?|valibot|@hono\/zod-openapi|astro\/zod|class-validator)$/;
export function isSchemaPackage(specifier: string): boolean {
  return PACKAGE.test(specifier);
}

/** The output is what it was without them, a little more or less of it. Not `transform`, `pipe`, `preprocess`: these make something else. */
const KEEPS =
  /^(optional|nullable|nullish|default|prefault|catch|strict|strip|passthrough|loose|refine|superRefine|check|describe|meta|openapi|readonly|brand|nonempty|min|nonoptional|partial|deepPartial|required|pick|omit|unwrap)$/;
/** What a number may be: still a number, and how large at most. */
const NUMBER = /^(int|safe|finite|positive|nonnegative|gt|gte|multipleOf|step|max|lt|lte)$/;
const LIMITS = /^(max|lt|lte)$/;
const OBJECT = /^(object|strictObject|looseObject|interface)$/;
/** As long as a request may well be: what is allowed to be longer than this is no bound. */
const LONGEST = 1_000;
const MAX_DEPTH = 16;

/** A schema as it is written: the builder that begins it, and the methods called on it after that, outermost first. */
interface Chain {
  file: string;
  base: CallFact;
  /** The builder's name: `object`, `array`. */
  kind: string;
  /** Each with the file in which it is written. */
  methods: { name: string; file: string; call: CallFact }[];
}

/** Whether what comes out of a schema is a list with a constant bound, or a number with one. */
export function isBoundedSchema(program: Program, schema: PlacedExpr, depth = 0): boolean {
  const chain = depth > MAX_DEPTH ? undefined : chainOf(program, schema);
  if (!chain) return false;
  const { file, base, kind, methods } = chain;
  if (kind === "number") return methods.every(({ name }) => KEEPS.test(name) || NUMBER.test(name)) && methods.some(({ name, file: from, call }) => LIMITS.test(name) && isLimit(program, from, call.args[0]));
  if (kind === "ArrayMaxSize") return isLimit(program, file, base.args[0]);
  if (methods.some(({ name }) => !KEEPS.test(name) && name !== "max" && name !== "length")) return false;
  if (kind === "tuple") return !methods.some(({ name }) => name === "rest");
  if (/^(optional|nullable|nullish)$/.test(kind)) return base.args[0] !== undefined && isBoundedSchema(program, { file, expr: base.args[0] }, depth + 1);
  if (kind === "pipe") {
    const actions = base.args.slice(1).flatMap((arg) => (arg.k === "call" ? [program.call(file, arg.id)] : []));
    return kindOf(program, file, base.args[0]) === "array" && actions.some((action) => /^(maxLength|length)$/.test(nameOf(program, file, action)) && isLimit(program, file, action.args[0]));
  }
  return (kind === "array" || kind === "set") && methods.some(({ name, file: from, call }) => (name === "max" || name === "length") && isLimit(program, from, call.args[0]));
}

/** The schemas of a property of what comes out of a schema; undefined when it is not known. */
export function propertyOf(program: Program, schema: PlacedExpr, name: string, depth = 0): PlacedExpr[] | undefined {
  const chain = depth > MAX_DEPTH ? undefined : chainOf(program, schema);
  if (!chain) return undefined;
  const { file, base, kind, methods } = chain;
  for (const { name: method, file: from, call } of methods) {
    if (method === "extend" || method === "safeExtend" || method === "merge") {
      const [added] = call.args;
      const own = added === undefined ? undefined : added.k === "object" ? propertyIn(from, added, name) : propertyOf(program, { file: from, expr: added }, name, depth + 1);
      if (own !== undefined) return own;
    } else if (!KEEPS.test(method)) return undefined;
  }
  if (OBJECT.test(kind)) {
    const { file: from, expr } = base.args[0] === undefined ? { file, expr: undefined } : constantOf(program, file, base.args[0]);
    return expr?.k === "object" ? propertyIn(from, expr, name) : undefined;
  }
  if (kind === "pipe") return base.args[0] === undefined ? undefined : propertyOf(program, { file, expr: base.args[0] }, name, depth + 1);
  const options = kind === "union" ? base.args[0] : kind === "discriminatedUnion" ? base.args[1] : undefined;
  if (options?.k !== "array" || options.spread) return undefined;
  const found = options.items.map((option) => propertyOf(program, { file, expr: option }, name, depth + 1));
  return found.includes(undefined) ? undefined : found.flatMap((schemas) => schemas ?? []);
}

function propertyIn(file: string, { props }: Extract<Expr, { k: "object" }>, name: string): PlacedExpr[] | undefined {
  const found = props.find((prop) => prop.name === name);
  return found && [{ file, expr: found.value }];
}

function chainOf(program: Program, schema: PlacedExpr): Chain | undefined {
  const { file, expr } = constantOf(program, schema.file, schema.expr);
  const methods: Chain["methods"] = [];
  let at = expr;
  for (let step = 0; at.k === "call" && step < MAX_DEPTH; step++) {
    const call: CallFact = program.call(file, at.id);
    const { callee } = call;
    if (isBuilder(program, file, callee)) return { file, base: call, kind: nameOf(program, file, call), methods };
    if (callee.k !== "member") return undefined;
    methods.push({ name: callee.name, file, call });
    const before = constantOf(program, file, callee.of);
    // A chain that goes on in another file begins there anew.
    if (before.file !== file) {
      const rest = chainOf(program, before);
      return rest && { ...rest, methods: [...methods, ...rest.methods] };
    }
    at = before.expr;
  }
  return undefined;
}

/** `z.array`, where `z` is the package's, or `array` itself. */
function isBuilder(program: Program, file: string, callee: Expr): boolean {
  const root = callee.k === "member" ? callee.of : callee;
  const imported = root.k === "var" ? program.variable(file, root.id).import : undefined;
  return imported !== undefined && isSchemaPackage(imported.specifier);
}

function kindOf(program: Program, file: string, expr: Expr | undefined): string | undefined {
  return expr && chainOf(program, { file, expr })?.kind;
}

function nameOf(program: Program, file: string, { callee }: CallFact): string {
  if (callee.k === "member") return callee.name;
  return callee.k === "var" ? (program.variable(file, callee.id).import?.name ?? "") : "";
}

/** A number that is small enough, or a constant by its name whose value is not seen. */
function isLimit(program: Program, file: string, expr: Expr | undefined): boolean {
  if (!expr) return false;
  const { file: from, expr: value } = constantOf(program, file, expr);
  if (value.k === "literal") return typeof value.value === "number" && value.value <= LONGEST;
  return value.k === "var" && /^[A-Z][A-Z0-9_]+$/.test(program.variable(from, value.id).name);
}
