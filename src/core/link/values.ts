import { frameworkOf, libraryOf } from "../catalogue/index.js";
import type { ExportFact, Expr, FunctionId, TypeRef } from "../facts/types.js";
import type { Program } from "./program.js";
import { Solver, type NodeId } from "./solver.js";
import { TokenTable, type TokenId } from "./tokens.js";

/** A function, as one that reads a member or that runs when it is read. */
interface Reader {
  file: string;
  fn: FunctionId;
}

/**
 * The nodes of the constraint graph: one for each variable, field, parameter, call result and return, made on demand,
 * and what reading a member of a value means.
 */
export class Values {
  readonly tokens = new TokenTable();
  readonly solver = new Solver();
  readonly #nodes = new Map<string, NodeId>();
  readonly #expressions = new WeakMap<Expr, NodeId>();
  readonly #readers = new Map<NodeId, readonly Reader[]>();
  readonly #getters = new Map<NodeId, readonly Reader[]>();
  readonly #aliasesOpen = new Set<string>();
  /** Getters read somewhere: which function reads which getter. Filled while solving. */
  readonly getterReads = new Map<string, { file: string; fn: FunctionId; targetFile: string; target: FunctionId }>();

  constructor(readonly program: Program) {}

  named(kind: string, file: string, id: number | string): NodeId {
    return this.#named(`${kind} ${file} ${id}`);
  }

  #named(key: string, onCreate?: (node: NodeId) => void): NodeId {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = this.solver.node();
      this.#nodes.set(key, node);
      onCreate?.(node);
    }
    return node;
  }

  callResult(file: string, call: number): NodeId {
    return this.named("call", file, call);
  }

  returns(file: string, fn: FunctionId): NodeId {
    return this.named("return", file, fn);
  }

  self(file: string, fn: FunctionId): NodeId {
    return this.named("this", file, fn);
  }

  field(token: TokenId, name: string): NodeId {
    return this.#named(`field ${token} ${name}`);
  }

  variable(file: string, id: number): NodeId {
    return this.#named(`variable ${file} ${id}`, (node) => {
      const fact = this.program.variable(file, id);
      if (fact.import) this.#flowImport(file, fact.import.specifier, fact.import.name, node);
      if (fact.type) this.addType(file, fact.type, node);
      if (fact.kind === "type") this.solver.add(node, this.tokens.intern({ t: "shape", file, variable: id }));
    });
  }

  /** What `specifier` exports under `name`, seen from `file`; outside the project an external value. */
  #flowImport(file: string, specifier: string, name: string, into: NodeId): void {
    const target = this.program.host.resolve(file, specifier);
    if (target !== undefined && this.program.files.has(target)) {
      if (name === "*") this.solver.add(into, this.tokens.intern({ t: "namespace", file: target }));
      else this.solver.flow(this.export(target, name), into);
    } else if (target === undefined) {
      this.solver.add(into, this.tokens.intern({ t: "external", module: specifier, path: name === "*" ? "" : name }));
    }
  }

  export(file: string, name: string): NodeId {
    return this.#named(`export ${file} ${name}`, (node) => {
      const { exports } = this.program.file(file);
      const named = exports.filter((entry) => entry.k !== "star" && entry.name === name);
      for (const entry of named) this.#flowExport(file, entry, node);
      if (named.length > 0) return;
      for (const entry of exports) {
        if (entry.k === "star" && name !== "default") this.#flowImport(file, entry.specifier, name, node);
        // A CommonJS module's `module.exports = value`: the default import, and its properties the named ones.
        if (entry.k === "value" && entry.name === "=") {
          if (name === "default") this.solver.flow(this.expression(file, entry.value), node);
          else this.#loadFrom(this.expression(file, entry.value), name, node, file, 0);
        }
      }
    });
  }

  #flowExport(file: string, entry: ExportFact, into: NodeId): void {
    if (entry.k === "value") this.solver.flow(this.expression(file, entry.value), into);
    else if (entry.k === "from") this.#flowImport(file, entry.specifier, entry.imported, into);
  }

  /** The node of an expression. `fn` is the function that evaluates it (for getters, which run when read). */
  expression(file: string, expr: Expr, fn: FunctionId = 0): NodeId {
    let node = this.#expressions.get(expr);
    if (node === undefined) {
      node = this.#build(file, expr, fn);
      this.#expressions.set(expr, node);
    }
    return node;
  }

  #build(file: string, expr: Expr, fn: FunctionId): NodeId {
    switch (expr.k) {
      case "var":
        return this.variable(file, expr.id);
      case "call":
        return this.callResult(file, expr.id);
      case "this":
        return this.self(file, expr.fn);
      case "await":
        return this.expression(file, expr.of, fn);
      default:
        break;
    }
    const node = this.solver.node();
    switch (expr.k) {
      case "global":
        this.solver.add(node, this.tokens.intern({ t: "external", module: null, path: expr.name }));
        break;
      case "fn":
        this.solver.add(node, this.tokens.intern({ t: "function", file, id: expr.id }));
        break;
      case "class":
        this.solver.add(node, this.tokens.intern({ t: "class", file, id: expr.id }));
        break;
      case "object": {
        const token = this.tokens.intern({ t: "object", file, id: expr.id });
        this.solver.add(node, token);
        for (const { name, value } of expr.props) this.solver.flow(this.expression(file, value, fn), this.field(token, name));
        break;
      }
      case "array":
        // An array stands for its elements: reading any index of it gives the same values.
        for (const item of expr.items) this.solver.flow(this.expression(file, item, fn), node);
        break;
      case "either":
        for (const alternative of expr.of) this.solver.flow(this.expression(file, alternative, fn), node);
        break;
      case "typed":
        this.solver.flow(this.expression(file, expr.of, fn), node);
        this.addType(file, expr.type, node);
        break;
      case "member":
        this.#loadFrom(this.expression(file, expr.of, fn), expr.name, node, file, fn);
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
    });
  }

  #loadFrom(base: NodeId, name: string, into: NodeId, file: string, fn: FunctionId): void {
    this.solver.watch(base, (id) => this.load(id, name, into, { file, fn }));
  }

  /** What `value.name` may be, for a function that reads it. */
  load(id: TokenId, name: string, into: NodeId, reader: Reader): void {
    const member = this.#named(`member ${id} ${name}`, (node) => this.#loadOnce(id, name, node));
    this.solver.flow(member, into);
    const known = this.#readers.get(member) ?? [];
    if (known.some((other) => other.file === reader.file && other.fn === reader.fn)) return;
    this.#readers.set(member, [...known, reader]);
    for (const getter of this.#getters.get(member) ?? []) this.#noteGetterRead(reader, getter);
  }

  #noteGetter(member: NodeId, getter: Reader): void {
    this.#getters.set(member, [...(this.#getters.get(member) ?? []), getter]);
    for (const reader of this.#readers.get(member) ?? []) this.#noteGetterRead(reader, getter);
  }

  #noteGetterRead(reader: Reader, getter: Reader): void {
    this.getterReads.set(`${reader.file} ${reader.fn} ${getter.file} ${getter.fn}`, { ...reader, targetFile: getter.file, target: getter.fn });
  }

  #loadOnce(id: TokenId, name: string, into: NodeId): void {
    const token = this.tokens.get(id);
    switch (token.t) {
      case "instance":
        this.#loadMember(id, token.file, token.id, name, false, into, 0);
        break;
      case "class":
        this.#loadMember(id, token.file, token.id, name, true, into, 0);
        break;
      case "object":
      case "allocation":
      case "function":
        this.solver.flow(this.field(id, name), into);
        if (name !== "*") this.solver.flow(this.field(id, "*"), into);
        this.#loadFrom(this.field(id, "..."), name, into, token.file, 0);
        break;
      case "namespace":
        if (name !== "*") this.solver.flow(this.export(token.file, name), into);
        break;
      case "shape":
        this.#loadShape(token.file, token.variable, name, into, 0);
        break;
      default: {
        // Elements of arrays are the array's own values.
        if (name === "*" || /^\d+$/.test(name)) this.solver.add(into, id);
        const extended = this.tokens.extend(id, name);
        if (extended !== undefined) this.solver.add(into, extended);
      }
    }
    if ((name === "*" || /^\d+$/.test(name)) && token.t !== "namespace") this.solver.add(into, id);
  }

  #loadMember(id: TokenId, file: string, classId: number, name: string, isStatic: boolean, into: NodeId, depth: number): void {
    const fact = this.program.class(file, classId);
    this.solver.flow(this.field(id, name), into);
    let overridden = false;
    for (const member of fact.members) {
      if (member.name !== name || member.static !== isStatic) continue;
      if (member.kind === "getter" && member.fn !== undefined) {
        this.solver.flow(this.returns(file, member.fn), into);
        this.#noteGetter(into, { file, fn: member.fn });
        overridden = true;
      } else if (member.kind === "method" && member.fn !== undefined) {
        this.solver.add(into, this.tokens.intern({ t: "function", file, id: member.fn }));
        overridden = true;
      } else if (member.kind === "field") {
        if (member.value) this.solver.flow(this.expression(file, member.value), into);
        if (member.type) this.addType(file, member.type, into);
      }
    }
    if (!isStatic) this.#loadParameterProperty(file, classId, name, into);
    if (overridden || !fact.superClass || depth > 20) return;
    this.solver.watch(this.expression(file, fact.superClass), (superId) => {
      const parent = this.tokens.get(superId);
      if (parent.t !== "class") return;
      const inherited = isStatic ? superId : this.tokens.intern({ t: "instance", file: parent.file, id: parent.id });
      this.#loadMember(inherited, parent.file, parent.id, name, isStatic, into, depth + 1);
    });
  }

  #loadParameterProperty(file: string, classId: number, name: string, into: NodeId): void {
    const constructor = this.constructorOf(file, classId);
    for (const param of constructor === undefined ? [] : this.program.fn(file, constructor).params)
      if (param.property === name) this.solver.flow(this.variable(file, param.variable), into);
  }

  constructorOf(file: string, classId: number): FunctionId | undefined {
    return this.program.class(file, classId).members.find((member) => member.kind === "constructor" && member.fn !== undefined)?.fn;
  }

  #loadShape(file: string, variable: number, name: string, into: NodeId, depth: number): void {
    const fact = this.program.file(file).types.find((type) => type.variable === variable);
    if (!fact || depth > 8) return;
    const visit = (type: TypeRef): void => {
      if (type.k === "object") for (const prop of type.props) if (prop.name === name) this.addType(file, prop.type, into);
      if (type.k === "union") type.of.forEach(visit);
      if (type.k === "ref")
        this.solver.watch(this.#typeNode(file, type), (id) => {
          const token = this.tokens.get(id);
          if (token.t === "shape") this.#loadShape(token.file, token.variable, name, into, depth + 1);
          else this.load(id, name, into, { file, fn: 0 });
        });
    };
    visit(fact.type);
    fact.extends.forEach(visit);
  }

  #typeNode(file: string, type: TypeRef): NodeId {
    const node = this.solver.node();
    this.addType(file, type, node);
    return node;
  }

  /** Values of a declared type: a session of a library, a framework's object, an instance of a project class. */
  addType(file: string, type: TypeRef, into: NodeId): void {
    switch (type.k) {
      case "union":
        for (const alternative of type.of) this.addType(file, alternative, into);
        return;
      case "array":
        this.addType(file, type.of, into);
        return;
      case "typeof":
        this.#flowTyped(this.expression(file, type.of), into);
        return;
      case "ref":
        break;
      default:
        return;
    }
    if (type.head === "Promise" || type.head === "Readonly" || type.head === "Array" || type.head === "NonNullable") {
      for (const argument of type.args) this.addType(file, argument, into);
      return;
    }
    if (type.head === "ReturnType" || type.head === "Awaited" || type.head === "InstanceType") {
      for (const argument of type.args) {
        if (argument.k === "typeof") this.#flowReturned(this.expression(file, argument.of), into);
        else this.addType(file, argument, into);
      }
      return;
    }
    if (typeof type.head !== "number") return;
    const head = this.program.variable(file, type.head);
    if (head.kind === "import") {
      // An enclosing value node would follow the value; a type follows the same import to what it names.
      this.#watchTypeName(this.variable(file, type.head), type.path, into);
    } else if (head.kind === "class") {
      this.#watchTypeName(this.variable(file, type.head), type.path, into);
    } else if (this.program.file(file).types.some((fact) => fact.variable === head.id)) {
      this.#addAlias(file, head.id, into);
    } else {
      this.#watchTypeName(this.variable(file, type.head), type.path, into);
    }
  }

  /** A type says what a value is, not which one: a session behind it is some session of that library. */
  #flowTyped(from: NodeId, into: NodeId): void {
    this.solver.watch(from, (id) => {
      const library = this.tokens.libraryOf(id);
      const token = this.tokens.get(id);
      if (library !== undefined && token.t !== "part") this.solver.add(into, this.tokens.intern({ t: "typed", library }));
      else if (library === undefined) this.solver.add(into, id);
    });
  }

  #flowReturned(from: NodeId, into: NodeId): void {
    this.solver.watch(from, (id) => {
      const token = this.tokens.get(id);
      if (token.t === "function") this.#flowTyped(this.returns(token.file, token.id), into);
      if (token.t === "class") this.solver.add(into, this.tokens.intern({ t: "instance", file: token.file, id: token.id }));
    });
  }

  #addAlias(file: string, variable: number, into: NodeId): void {
    const key = `alias ${file} ${variable}`;
    if (this.#aliasesOpen.has(key)) return;
    const fact = this.program.file(file).types.find((type) => type.variable === variable);
    if (!fact) return;
    this.solver.add(into, this.tokens.intern({ t: "shape", file, variable }));
    this.#aliasesOpen.add(key);
    if (fact.type.k !== "object") this.addType(file, fact.type, into);
    for (const parent of fact.extends) this.addType(file, parent, into);
    this.#aliasesOpen.delete(key);
  }

  #watchTypeName(node: NodeId, path: readonly string[], into: NodeId): void {
    this.solver.watch(node, (id) => {
      const token = this.tokens.get(id);
      if (token.t === "class" && path.length === 0) this.solver.add(into, this.tokens.intern({ t: "instance", file: token.file, id: token.id }));
      else if (token.t === "shape") this.#addAlias(token.file, token.variable, into);
      else if (token.t === "namespace" && path.length > 0) this.#watchTypeName(this.export(token.file, path[0] ?? ""), path.slice(1), into);
      else if (token.t === "external" && token.module !== null) {
        const full = [token.path, ...path].filter(Boolean).join(".");
        this.#addExternalType(token.module, full, into);
      }
    });
  }

  #addExternalType(module: string, path: string, into: NodeId): void {
    const library = libraryOf(module);
    if (library?.sessionTypes.some((type) => type === path || type === `default.${path}` || `default.${type}` === path))
      this.solver.add(into, this.tokens.intern({ t: "typed", library: library.name }));
    const typed = frameworkOf(module)?.types.find((entry) => entry.type === path);
    if (typed) this.solver.add(into, this.tokens.intern({ t: "external", module, path: typed.as }));
  }
}
