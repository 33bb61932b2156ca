import { frameworkOf, globalType, librariesOf, libraryOfGlobalType } from "../catalogue/index.js";
import { type Library, libraryId } from "../catalogue/library.js";
import { isOutside } from "../catalogue/outside/index.js";
import type { Expr, TypeRef } from "../facts/types.js";
import { flowType, holdType } from "./framework-calls.js";
import { withoutDefault } from "./library-calls.js";
import { addParameterType } from "./parameter-types.js";
import type { Program } from "./program.js";
import type { NodeId } from "./solver.js";
import { NAMED, type Token, type TokenId, type TypedRole } from "./tokens.js";
import type { Values } from "./values.js";

/** Type constructors whose values we treat as those of their arguments. */
const TRANSPARENT = new Set(["Promise", "Readonly", "Array", "ReadonlyArray", "NonNullable", "Required", "Partial"]);
const DERIVED = new Set(["ReturnType", "Awaited", "InstanceType"]);

/** Types that have some of another type's members: their second argument names which. */
const PARTIAL = new Set(["Omit", "Pick"]);
/** Packages' names for what a function gives: `inferAsyncReturnType<typeof createContext>`. */
const INFERRED = /^infer(Async)?ReturnType$/;

/** Whether a value of that type is text, a number or nothing: whatever flows there is none that the analysis follows. */
export function isData(type: TypeRef): boolean {
  switch (type.k) {
    case "data":
    case "literal":
      return true;
    case "union":
      return type.of.every(isData);
    case "ref":
      return type.head === "Promise" && type.args.length > 0 && type.args.every(isData);
    default:
      return false;
  }
}

/** Values of declared types: a session of a library, a framework's object, an instance of a project class. */
export class DeclaredTypes {
  readonly #aliases = new Map<string, NodeId>();
  readonly #indexed = new Map<TypeRef, NodeId>();
  /** Object types without a name, numbered down from -1. */
  readonly #anonymous = new Map<TypeRef, number>();
  readonly #types: TypeRef[] = [];

  constructor(readonly values: Values) {}

  add(file: string, type: TypeRef, into: NodeId): void {
    switch (type.k) {
      case "union":
        for (const alternative of type.of) this.add(file, alternative, into);
        return;
      case "array":
        this.add(file, type.of, into);
        return;
      case "typeof":
        this.#flowTyped(this.values.expression(file, type.of), into);
        return;
      case "ref":
        this.#addReference(file, type, into);
        return;
      case "object":
        this.#addAnonymous(file, type, into);
        return;
      case "index":
        this.values.solver.flow(this.#index(file, type), into);
        return;
      default:
    }
  }

  /** What a module makes while it is loaded: where its type may be a transaction's handle as well, it is a session, as no transaction is open then. */
  addMade(file: string, type: TypeRef, into: NodeId): void {
    const { solver, tokens } = this.values;
    const node = solver.node();
    this.add(file, type, node);
    solver.watch(node, (id) => {
      const token = tokens.get(id);
      solver.add(into, token.t === "typed" && token.role === "either" ? tokens.intern({ ...token, role: "session" }) : id);
    });
  }

  /** What a container hands out under a name: a session, and the same one to all who ask. */
  addNamed(file: string, type: TypeRef, name: string, into: NodeId): void {
    const { solver, tokens } = this.values;
    const node = solver.node();
    this.add(file, type, node);
    solver.watch(node, (id) => {
      const token = tokens.get(id);
      const isSession = token.t === "typed" && token.owner === undefined && (token.role === "either" || token.role === "session");
      solver.add(into, isSession ? tokens.intern({ ...token, role: "session", owner: NAMED + name }) : id);
    });
  }

  /** One node for each such type as written: a function's parameter may have the type of its own parameter. */
  #index(file: string, type: Extract<TypeRef, { k: "index" }>): NodeId {
    const known = this.#indexed.get(type);
    if (known !== undefined) return known;
    const { solver } = this.values;
    const node = solver.node();
    this.#indexed.set(type, node);
    if (addParameterType(this.values, file, type, node)) return node;
    const whole = solver.node();
    this.add(file, type.of, whole);
    solver.flow(this.values.memberOf(whole, type.name, file, 0), node);
    return node;
  }

  #addReference(file: string, type: Extract<TypeRef, { k: "ref" }>, into: NodeId): void {
    const { head } = type;
    if (typeof head === "number") {
      const { kind } = this.values.program.variable(file, head);
      if (kind !== "import" && kind !== "class" && this.values.program.typeOf(file, head)) this.values.solver.flow(this.#alias(file, head), into);
      // A type follows the same import or class binding that a value would, to what it names.
      else this.#watchTypeName(this.values.variable(file, head), type.path, { file, args: type.args }, into);
    } else if (PARTIAL.has(head)) {
      const [whole] = type.args;
      if (whole) this.#addNarrowed(file, whole, into);
      this.#addAnonymous(file, type, into);
    } else if (TRANSPARENT.has(head)) {
      for (const argument of type.args) this.add(file, argument, into);
    } else if (DERIVED.has(head)) {
      this.#addDerived(file, type.args, into);
    } else {
      const known = globalType([head, ...type.path].join("."));
      if (known) flowType(this.values, known.framework, known.rule, into);
      const library = libraryOfGlobalType(head);
      if (library && type.path.length === 0) this.values.solver.add(into, this.values.tokens.intern({ t: "typed", library: libraryId(library), role: "session" }));
      else if (type.path.length === 0) for (const declared of this.values.program.globalTypes(head)) this.values.solver.flow(this.#alias(declared.file, declared.variable), into);
    }
  }

  #addDerived(file: string, args: readonly TypeRef[], into: NodeId): void {
    for (const argument of args) {
      if (argument.k === "typeof") this.#flowReturned(this.values.expression(file, argument.of), into);
      else this.add(file, argument, into);
    }
  }

  #addAnonymous(file: string, type: TypeRef, into: NodeId): void {
    let variable = this.#anonymous.get(type);
    if (variable === undefined) this.#anonymous.set(type, (variable = -this.#types.push(type)));
    this.values.solver.add(into, this.values.tokens.intern({ t: "shape", file, variable }));
  }

  /** `Omit<PrismaClient, …>`: what is left of a session's type may be the session or a transaction's handle. */
  #addNarrowed(file: string, whole: TypeRef, into: NodeId): void {
    const { solver, tokens } = this.values;
    const node = solver.node();
    this.add(file, whole, node);
    solver.watch(node, (id) => {
      const token = tokens.get(id);
      if (token.t === "typed") solver.add(into, token.role === "session" ? tokens.intern({ ...token, role: "either" }) : id);
    });
  }

  /** The values of a type alias or interface. One node each: aliases may go round in circles. */
  #alias(file: string, variable: number): NodeId {
    const key = `${variable} ${file}`;
    const known = this.#aliases.get(key);
    if (known !== undefined) return known;
    const { solver, tokens, program } = this.values;
    const node = solver.node();
    this.#aliases.set(key, node);
    const fact = program.typeOf(file, variable);
    if (!fact) return node;
    // An alias that only names other types is what they are.
    if (fact.type.k === "object") solver.add(node, tokens.intern({ t: "shape", file, variable }));
    solver.defer(() => {
      if (fact.type.k !== "object") this.add(file, fact.type, node);
      for (const parent of fact.extends) this.add(file, parent, node);
    });
    return node;
  }

  /** What the member `name` of a type alias or interface may be: `delegate` gets what else has that member. */
  feedMember(file: string, variable: number, delegate: (of: TokenId) => void, add: (type: TypeRef) => void, name: string): void {
    const anonymous = this.#types[-variable - 1];
    const fact = anonymous ? { type: anonymous, extends: [] } : this.values.program.typeOf(file, variable);
    if (!fact) return;
    const visit = (type: TypeRef, narrowed = false): void => {
      if (type.k === "object") for (const prop of type.props) if (prop.name === name) add(prop.type);
      if (type.k === "union") for (const each of type.of) visit(each, narrowed);
      if (type.k === "ref" && typeof type.head === "string" && PARTIAL.has(type.head)) {
        const [of, keys] = type.args;
        if (of && names(keys).includes(name) === (type.head === "Pick")) visit(of, true);
      } else if (type.k === "ref") {
        const node = this.values.solver.node();
        this.add(file, type, node);
        // What is left of a session's type may be a handle as well: `addNarrowed` says so.
        this.values.solver.watch(node, (id) => (narrowed && this.values.tokens.get(id).t === "typed" ? undefined : delegate(id)));
      }
    };
    visit(fact.type);
    for (const parent of fact.extends) visit(parent);
  }

  /** A type says what a value is, not which one: a session behind it is some session of that library. */
  #flowTyped(from: NodeId, into: NodeId): void {
    const { solver, tokens } = this.values;
    solver.watch(from, (id) => {
      const library = tokens.libraryOf(id);
      if (library === undefined) solver.add(into, id);
      else if (tokens.get(id).t !== "part") solver.add(into, tokens.intern({ t: "typed", library, role: roleOf(tokens.get(id)) }));
    });
  }

  #flowReturned(from: NodeId, into: NodeId): void {
    const { solver, tokens } = this.values;
    solver.watch(from, (id) => {
      const token = tokens.get(id);
      if (token.t === "function") this.#flowTyped(this.values.returns(token.file, token.id), into);
      if (token.t === "class") solver.add(into, tokens.intern({ t: "instance", file: token.file, id: token.id }));
      if (token.t === "external" && token.module !== null) this.#addOpened(token.module, token.path, into);
    });
  }

  /** `ReturnType<typeof drizzle>`: what a library's own function opens. Where a handle may have that type as well (Knex), the type says nothing that its values do not say better. */
  #addOpened(module: string, path: string, into: NodeId): void {
    const bare = withoutDefault(path);
    for (const library of librariesOf(module))
      if (library.eitherTypes.length === 0 && [...library.opens, ...library.wraps].some((made) => withoutDefault(made.path) === bare))
        this.values.solver.add(into, this.values.tokens.intern({ t: "typed", library: libraryId(library), role: "session" }));
  }

  #watchTypeName(node: NodeId, path: readonly string[], given: TypeArguments, into: NodeId): void {
    const { solver, tokens } = this.values;
    solver.watch(node, (id) => {
      const token = tokens.get(id);
      if (token.t === "class" && path.length === 0) solver.add(into, tokens.intern({ t: "instance", file: token.file, id: token.id }));
      else if (token.t === "shape") solver.flow(this.#alias(token.file, token.variable), into);
      else if (token.t === "namespace" && path.length > 0) this.#watchTypeName(this.values.export(token.file, path[0] ?? ""), path.slice(1), given, into);
      else if (token.t === "external" && token.module !== null) this.#addExternalType(token.module, [token.path, ...path].filter(Boolean).join("."), given, into);
    });
  }

  #addExternalType(module: string, path: string, given: TypeArguments, into: NodeId): void {
    const { solver, tokens } = this.values;
    if (INFERRED.test(path)) this.#addDerived(given.file, given.args, into);
    for (const library of librariesOf(module)) {
      const role = typedRoleOf(library, path);
      if (role) solver.add(into, tokens.intern({ t: "typed", library: variantOf(library, given.args), role }));
    }
    const framework = frameworkOf(module);
    const typed = framework?.types.find((entry) => entry.type === path);
    // A client of something else: as if it were made here.
    const made = !typed && isOutside(module) ? tokens.extend(tokens.intern({ t: "external", module, path }), "new()") : undefined;
    if (made !== undefined) solver.add(into, made);
    if (!framework || !typed) return;
    flowType(this.values, framework, typed, into);
    for (const rule of typed.holds ?? []) {
      const argument = given.args[rule.argument];
      if (argument) holdType(this.values, framework, given.file, argument, rule);
    }
  }
}

/** The entry that a type's first argument tells: `SQLiteTransaction<"sync", …>`. */
function variantOf(library: Library, [first]: readonly TypeRef[]): string {
  return (first?.k === "literal" ? library.typeVariants?.[first.value] : undefined) ?? libraryId(library);
}

interface TypeArguments {
  /** Where they are written. */
  file: string;
  args: readonly TypeRef[];
}

/** The strings of a union of literals. */
function names(type: TypeRef | undefined): string[] {
  if (type?.k === "literal") return [type.value];
  return type?.k === "union" ? type.of.flatMap(names) : [];
}

/** `typeof tx`: a type says of what kind a value is. */
function roleOf(token: Token): TypedRole {
  if (token.t === "typed") return token.role;
  return token.t === "derived" && (token.kind === "handle" || token.kind === "client") ? token.kind : "session";
}

/** `export const db: Kysely<Tables> = openDb()`, outside of all functions. */
export function isMadeAtLoad(program: Program, file: string, expr: Expr): boolean {
  const made = expr.k === "await" ? expr.of : expr;
  return made.k === "call" && program.call(file, made.id).fn === 0;
}

/** What a value of a library's type may be; undefined when the type is of no interest. */
export function typedRoleOf(library: Library, path: string): TypedRole | undefined {
  const has = (types: readonly string[]) => types.some((type) => type === path || type === `default.${path}` || `default.${type}` === path);
  if (has(library.sessionTypes)) return "session";
  if (has(library.handleTypes)) return "handle";
  if (has(library.clientTypes)) return "client";
  if (has(library.eitherTypes)) return "either";
  return has(library.models) ? "model" : undefined;
}
