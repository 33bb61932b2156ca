import { librariesOf } from "../catalogue/index.js";
import { libraryId } from "../catalogue/library.js";
import type { ExportFact, Expr, FunctionId, TypeRef } from "../facts/types.js";
import { isCollectionMember } from "./builtins.js";
import { askedName, isInjected } from "./container.js";
import { isContainerFilled } from "./inherited-parameters.js";
import { DeclaredTypes, isData, isMadeAtLoad, typedRoleOf } from "./declared-types.js";
import { type Getter, Getters, type Reader } from "./getters.js";
import { Held } from "./held.js";
import { watchMade } from "./made-classes.js";
import { FileNodes, NamedNodes, Names } from "./nodes.js";
import type { Program } from "./program.js";
import { NOTHING, Solver, type NodeId } from "./solver.js";
import { joinPath, TokenTable, type TokenId } from "./tokens.js";
import { holdsCode, isVeryLarge, weightOf } from "./weights.js";

/** Names of the platform that hold nothing which could be followed. */
const NO_VALUES: ReadonlySet<string> = new Set(["undefined", "NaN", "Infinity"]);

/**
 * The nodes of the constraint graph: one for each variable, field, parameter, call result and return, made on demand,
 * and what reading a member of a value means. What a node is fed from is worked out in the solver's turn, never where
 * the node is asked for: chains of imports, aliases and types may be longer than the stack.
 */
export class Values {
  readonly tokens = new TokenTable();
  /** Objects that are written with code in them, where alternatives are weighed. */
  readonly #codeObjects = new Set<TokenId>();
  readonly #isLarge: boolean;
  readonly solver = new Solver((id) => (this.#isLarge ? weightOf(this.tokens.get(id), this.#codeObjects.has(id)) : 1));
  readonly getters = new Getters();
  readonly held = new Held(this.solver);
  readonly #types: DeclaredTypes;
  readonly #names = new Names();
  readonly #variables = new FileNodes();
  readonly #results = new FileNodes();
  readonly #returns = new FileNodes();
  readonly #selves = new FileNodes();
  readonly #constructors = new FileNodes();
  readonly #exports = new NamedNodes(this.#names);
  readonly #fields = new NamedNodes(this.#names);
  readonly #members = new NamedNodes(this.#names);
  readonly #globals = new Map<string, NodeId>();
  /** Only of those that are made of others. */
  readonly #expressions = new Map<Expr, NodeId>();
  /** Counts down: array literals have no number of their own, and calls have those from 0 up. */
  #arrays = 0;
  readonly #properties = new Map<TokenId, readonly string[]>();

  constructor(readonly program: Program) {
    this.#types = new DeclaredTypes(this);
    this.#isLarge = isVeryLarge(program);
  }

  /** An object that is written with code in it. To be said before it is put anywhere. */
  codeObject(file: string, id: number): TokenId {
    const token = this.tokens.intern({ t: "object", file, id });
    this.#codeObjects.add(token);
    return token;
  }

  callResult(file: string, call: number): NodeId {
    return this.#results.find(file, call) ?? this.#results.set(file, call, this.solver.node());
  }

  returns(file: string, fn: FunctionId): NodeId {
    const known = this.#returns.find(file, fn);
    if (known !== undefined) return known;
    const type = this.program.fn(file, fn).returnType;
    return type && isData(type) ? NOTHING : this.#returns.set(file, fn, this.solver.node());
  }

  self(file: string, fn: FunctionId): NodeId {
    return this.#selves.find(file, fn) ?? this.#selves.set(file, fn, this.solver.node());
  }

  field(token: TokenId, name: string): NodeId {
    return this.#fields.find(token, name) ?? this.#fields.set(token, name, this.solver.node());
  }

  /** What the program keeps under a path of the global object: `globalThis.db`. */
  global(path: string): NodeId {
    let node = this.#globals.get(path);
    if (node === undefined) this.#globals.set(path, (node = this.solver.node()));
    return node;
  }

  variable(file: string, id: number): NodeId {
    const known = this.#variables.find(file, id);
    if (known !== undefined) return known;
    const fact = this.program.variable(file, id);
    const { import: from, type } = fact;
    if (type && isData(type)) return NOTHING;
    const node = this.#variables.set(file, id, this.solver.node());
    if (from) this.solver.defer(() => this.#flowImport(file, from.specifier, from.name, node));
    const fn = type && fact.kind === "param" ? this.program.fn(file, fact.fn) : undefined;
    const param = fn?.params.find(({ variable }) => variable === id);
    const isFilled = fn && param && isContainerFilled(this.program, file, fn, param);
    const [value, more] = fact.kind === "const" ? this.program.valuesOf(file, id) : [];
    if (value && !more && type && isMadeAtLoad(this.program, file, value)) this.solver.defer(() => this.#types.addMade(file, type, node));
    else if (type && !isFilled) this.solver.defer(() => this.addType(file, type, node, param?.decorators));
    if (fact.kind === "type") this.solver.add(node, this.tokens.intern({ t: "shape", file, variable: id }));
    return node;
  }

  /** What a declared type says of a value; `decorators`: those of the parameter or field that has it. */
  addType(file: string, type: TypeRef, into: NodeId, decorators?: readonly Expr[]): void {
    const name = decorators && askedName(this.program, file, decorators);
    if (name === undefined) this.#types.add(file, type, into);
    else this.#types.addNamed(file, type, name, into);
  }

  /** The property names of an object literal. */
  propertiesOf(object: TokenId): readonly string[] {
    return this.#properties.get(object) ?? [];
  }

  /** What `specifier` exports under `name`, seen from `file`; outside the project an external value. */
  #flowImport(file: string, specifier: string, name: string, into: NodeId): void {
    const target = this.program.host.resolve(file, specifier);
    if (target !== undefined && this.program.files.has(target)) {
      if (name === "*") this.#flowNamespace(target, into);
      else this.solver.flow(this.export(target, name), into);
    } else if (target === undefined) {
      const path = name === "*" ? "" : name;
      this.solver.add(into, this.tokens.intern({ t: "external", module: specifier, path }));
      this.#addService(specifier, path, into);
    }
  }

  /** What a package exports under a container's key: the session that is kept under it. */
  #addService(module: string, path: string, into: NodeId): void {
    for (const library of librariesOf(module))
      if (library.services?.includes(path)) this.solver.add(into, this.tokens.intern({ t: "typed", library: libraryId(library), role: "session" }));
  }

  /** A module as a whole. A CommonJS module is what it assigns to `module.exports`, too. */
  #flowNamespace(file: string, into: NodeId): void {
    this.solver.add(into, this.tokens.intern({ t: "namespace", file }));
    for (const entry of this.program.exportsNamed(file, "=")) this.#flowExport(file, entry, into);
  }

  export(file: string, name: string): NodeId {
    const module = this.#names.idOf(file);
    const known = this.#exports.find(module, name);
    if (known !== undefined) return known;
    const node = this.#exports.set(module, name, this.solver.node());
    this.solver.defer(() => this.#feedExport(file, name, node));
    return node;
  }

  #feedExport(file: string, name: string, node: NodeId): void {
    const named = this.program.exportsNamed(file, name);
    for (const entry of named) this.#flowExport(file, entry, node);
    if (named.length > 0) return;
    const whole = this.program.exportsNamed(file, "=");
    for (const entry of whole)
      if (entry.k === "value") {
        if (name === "default") this.#flowExport(file, entry, node);
        else this.#loadFrom(this.expression(file, entry.value), name, node, file, 0);
      }
    if (name !== "default") for (const { specifier } of this.program.starsOf(file)) this.#flowImport(file, specifier, name, node);
    // `import lib from "./lib.cjs"` where the module sets `exports.x`: the default import is the module.
    else if (whole.length === 0) this.solver.add(node, this.tokens.intern({ t: "namespace", file }));
  }

  #flowExport(file: string, entry: ExportFact, into: NodeId): void {
    if (entry.k === "value") this.solver.flow(this.expression(file, entry.value), into);
    else if (entry.k === "from") this.#flowImport(file, entry.specifier, entry.imported, into);
  }

  /** The node of an expression. `fn` is the function that evaluates it (for getters, which run when read). */
  expression(file: string, expr: Expr, fn: FunctionId = 0): NodeId {
    switch (expr.k) {
      case "var":
        return this.variable(file, expr.id);
      case "call":
        return this.callResult(file, expr.id);
      case "this":
        return this.self(file, expr.fn);
      case "await":
        return this.expression(file, expr.of, fn);
      case "literal":
      case "template":
      case "unknown":
        return NOTHING;
      case "global":
        return NO_VALUES.has(expr.name) ? NOTHING : this.#built(file, expr, fn);
      default:
        return this.#built(file, expr, fn);
    }
  }

  #built(file: string, expr: Expr, fn: FunctionId): NodeId {
    let node = this.#expressions.get(expr);
    if (node === undefined) {
      node = this.#build(file, expr, fn);
      this.#expressions.set(expr, node);
    }
    return node;
  }

  #build(file: string, expr: Expr, fn: FunctionId): NodeId {
    const node = this.solver.node();
    switch (expr.k) {
      case "global":
        // Each CommonJS module has an `exports` of its own.
        this.solver.add(node, this.tokens.intern(expr.name === "exports" ? { t: "namespace", file } : { t: "external", module: null, path: expr.name }));
        break;
      case "fn":
        this.solver.add(node, this.tokens.intern({ t: "function", file, id: expr.id }));
        break;
      case "class":
        this.solver.add(node, this.tokens.intern({ t: "class", file, id: expr.id }));
        break;
      case "object": {
        const token = this.#isLarge && holdsCode(this.program, file, expr) ? this.codeObject(file, expr.id) : this.tokens.intern({ t: "object", file, id: expr.id });
        this.solver.add(node, token);
        this.#properties.set(token, expr.props.map(({ name }) => name));
        for (const { name, value } of expr.props) this.solver.flow(this.expression(file, value, fn), this.field(token, name));
        break;
      }
      case "array":
        // An array stands for its elements: reading any index of it gives the same values. What is pushed later is its own.
        for (const item of expr.items) this.solver.flow(this.expression(file, item, fn), node);
        this.solver.add(node, this.tokens.intern({ t: "allocation", file, id: --this.#arrays }));
        break;
      case "either":
        for (const alternative of expr.of) this.solver.flow(this.expression(file, alternative, fn), node);
        break;
      case "typed":
        this.solver.flow(this.expression(file, expr.of, fn), node);
        if (isMadeAtLoad(this.program, file, expr.of)) this.#types.addMade(file, expr.type, node);
        else this.addType(file, expr.type, node);
        break;
      case "member":
        if (expr.name === "exports" && expr.of.k === "global" && expr.of.name === "module") this.#flowNamespace(file, node);
        else this.#loadFrom(this.expression(file, expr.of, fn), expr.name, node, file, fn);
        break;
      case "module":
        this.#flowImport(file, expr.specifier, "*", node);
        break;
      case "super":
        this.#flowSuper(file, expr.fn, node);
        break;
      default:
        break;
    }
    return node;
  }

  /** `super`: the superclass itself when called, its instance when a member is read. */
  #flowSuper(file: string, fn: FunctionId, into: NodeId): void {
    const owner = this.program.fn(file, fn).class;
    const parent = owner === undefined ? undefined : this.program.class(file, owner).superClass;
    if (!parent) return;
    this.solver.watch(this.expression(file, parent), (id) => {
      this.solver.add(into, id);
      const token = this.tokens.get(id);
      if (token.t === "class") this.solver.add(into, this.tokens.intern({ t: "instance", file: token.file, id: token.id }));
      const inherited = token.t === "external" && token.module !== null ? this.#inherited(token.module, token.path, `${file}#${owner}`) : undefined;
      if (inherited !== undefined) this.solver.add(into, inherited);
    });
    watchMade(this, file, parent, `${file}#${owner}`, (session) => this.solver.add(into, session));
  }

  /** `value.name`, for a function that reads it. */
  memberOf(base: NodeId, name: string, file: string, fn: FunctionId): NodeId {
    const node = this.solver.node();
    this.#loadFrom(base, name, node, file, fn);
    return node;
  }

  #loadFrom(base: NodeId, name: string, into: NodeId, file: string, fn: FunctionId): void {
    const reader: Reader = { file, fn };
    this.solver.watch(base, (id) => this.load(id, name, into, reader));
  }

  /** What `value.name` may be, for a function that reads it. */
  load(id: TokenId, name: string, into: NodeId, reader: Reader): void {
    const member = this.member(id, name);
    this.solver.flow(member, into);
    this.getters.addReader(member, reader);
  }

  /** `value.name` of one value. */
  member(id: TokenId, name: string): NodeId {
    const known = this.#members.find(id, name);
    if (known !== undefined) return known;
    const node = this.#members.set(id, name, this.solver.node());
    this.solver.defer(() => this.#feedMember(id, name, node));
    return node;
  }

  #feedMember(id: TokenId, name: string, into: NodeId): void {
    const token = this.tokens.get(id);
    const isElement = name === "*" || /^\d+$/.test(name);
    switch (token.t) {
      case "instance":
        this.#feedClassMember(id, token.file, token.id, name, false, into);
        break;
      case "class":
        this.#feedClassMember(id, token.file, token.id, name, true, into);
        break;
      case "object":
      case "allocation":
      case "function":
        this.solver.flow(this.field(id, name), into);
        // What is kept under a computed key may be under any; an array has it under numbers alone, and a Map's `get` is no key.
        if (name !== "*" && (isElement || token.t !== "allocation" || (token.id >= 0 && !isCollectionMember(name)))) this.solver.flow(this.field(id, "*"), into);
        if (name === "*") for (const property of this.propertiesOf(id)) this.solver.flow(this.field(id, property), into);
        // `{ ...base }` has what `base` has; reading it is reading `base`.
        if (name !== "...") this.solver.watch(this.field(id, "..."), (base) => this.#delegate(base, name, into));
        break;
      case "namespace":
        if (name !== "*") this.solver.flow(this.export(token.file, name), into);
        return;
      case "shape":
        this.#types.feedMember(token.file, token.variable, (of) => this.#delegate(of, name, into), (type) => this.addType(token.file, type, into), name);
        this.solver.flow(this.field(id, name), into);
        break;
      default: {
        if (isElement) break;
        const extended = this.tokens.extend(id, name);
        if (extended !== undefined) this.solver.add(into, extended);
        if (token.t !== "external") break;
        if (token.module !== null) this.#addService(token.module, joinPath(token.path, name), into);
        const held = token.module === null ? this.global(`${token.path}.${name}`) : this.held.member(token, name);
        if (held !== undefined) this.solver.flow(held, into);
      }
    }
    // Elements of arrays are the array's own values.
    if (isElement) this.solver.add(into, id);
  }

  /** A member that is another value's member of that name: a superclass's, a spread object's, an interface's. */
  #delegate(to: TokenId, name: string, into: NodeId): void {
    const member = this.member(to, name);
    this.solver.flow(member, into);
    this.getters.delegate(into, member);
  }

  #feedClassMember(id: TokenId, file: string, classId: number, name: string, isStatic: boolean, into: NodeId): void {
    const fact = this.program.class(file, classId);
    if (fact.members.some((member) => member.kind === "field" && member.name === name && member.static === isStatic && member.type && isData(member.type))) return;
    this.solver.flow(this.field(id, name), into);
    let overridden = false;
    for (const member of fact.members) {
      if (member.name !== name || member.static !== isStatic) continue;
      if (member.kind === "getter" && member.fn !== undefined) {
        this.solver.flow(this.returns(file, member.fn), into);
        const getter: Getter = { file, fn: member.fn };
        this.getters.addGetter(into, getter);
        overridden = true;
      } else if (member.kind === "method" && member.fn !== undefined) {
        this.solver.add(into, this.tokens.intern({ t: "function", file, id: member.fn }));
        overridden = true;
      } else if (member.kind === "field") {
        if (member.value) this.solver.flow(this.expression(file, member.value), into);
        if (member.type && !isInjected(this.program, file, member.decorators)) this.addType(file, member.type, into, member.decorators);
      }
    }
    if (!isStatic) this.#feedParameterProperty(file, classId, name, into);
    if (overridden || !fact.superClass) return;
    this.solver.watch(this.expression(file, fact.superClass), (superId) => {
      const parent = this.tokens.get(superId);
      if (parent.t === "class") this.#delegate(isStatic ? superId : this.tokens.intern({ t: "instance", file: parent.file, id: parent.id }), name, into);
      const inherited = parent.t === "external" && parent.module !== null ? this.#inherited(parent.module, parent.path, `${file}#${classId}`) : undefined;
      if (inherited !== undefined) this.#delegate(inherited, name, into);
    });
    watchMade(this, file, fact.superClass, `${file}#${classId}`, (session) => this.#delegate(session, name, into));
  }

  /** `class PrismaService extends PrismaClient`: an instance is a session; a table's class runs statements itself. */
  #inherited(module: string, path: string, owner: string): TokenId | undefined {
    for (const library of librariesOf(module)) {
      const role = typedRoleOf(library, path);
      // What programs make themselves is a session: what the library hands to a transaction's function is none of the project's own classes.
      const isMade = [...library.opens, ...library.wraps].some((made) => made.path === path);
      if (role) return this.tokens.intern({ t: "typed", library: libraryId(library), role: role === "either" && isMade ? "session" : role, owner });
    }
    return undefined;
  }

  #feedParameterProperty(file: string, classId: number, name: string, into: NodeId): void {
    const constructor = this.constructorOf(file, classId);
    for (const param of constructor === undefined ? [] : this.program.fn(file, constructor).params)
      if (param.property === name) this.solver.flow(this.variable(file, param.variable), into);
  }

  /** The constructors that making an instance of a class runs: its own, or the inherited ones. */
  constructors(file: string, classId: number): NodeId {
    const known = this.#constructors.find(file, classId);
    if (known !== undefined) return known;
    const node = this.#constructors.set(file, classId, this.solver.node());
    const own = this.constructorOf(file, classId);
    const { superClass } = this.program.class(file, classId);
    if (own !== undefined) this.solver.add(node, this.tokens.intern({ t: "function", file, id: own }));
    else if (superClass)
      this.solver.watch(this.expression(file, superClass), (id) => {
        const parent = this.tokens.get(id);
        if (parent.t === "class") this.solver.flow(this.constructors(parent.file, parent.id), node);
      });
    return node;
  }

  constructorOf(file: string, classId: number): FunctionId | undefined {
    return this.program.class(file, classId).members.find((member) => member.kind === "constructor" && member.fn !== undefined)?.fn;
  }
}
