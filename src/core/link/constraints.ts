import { augmentedPlaces, fileEntriesOf, injectedBy, libraryWithId, loadedLibrary } from "../catalogue/index.js";
import { type Library, libraryId } from "../catalogue/library.js";
import type { CallFact, Expr, FileFacts, FunctionFact } from "../facts/types.js";
import { linkBuiltin } from "./builtins.js";
import { injectedByType } from "./container.js";
import { isContainerFilled } from "./inherited-parameters.js";
import { passParameters } from "./framework-calls.js";
import { IntLists } from "./int-lists.js";
import { applyExternal, applyPart, type ArgumentNodes } from "./library-calls.js";
import type { NodeId } from "./solver.js";
import type { TokenId } from "./tokens.js";
import type { Values } from "./values.js";

/** Turns the facts of files into constraints between values, and notes who is called where while they are solved. */
export class Constraints {
  /** The project functions that each call may run, as tokens, by the node of its result. */
  readonly called = new IntLists();
  /** The project classes that each `new` may make an instance of, as tokens, by the node of its result. */
  readonly constructed = new IntLists();

  constructor(readonly values: Values) {}

  addFile(facts: FileFacts): void {
    this.#addAssigns(facts);
    for (const fn of facts.functions) this.#addFunction(facts.file, fn);
    this.#addClasses(facts);
    this.#addAugments(facts);
    this.#addConventions(facts);
    for (const call of facts.calls) this.#addCall(facts.file, call);
  }

  #addAssigns({ file, assigns }: FileFacts): void {
    const { values } = this;
    const { solver, tokens, program } = values;
    const isTest = program.role(file) === "test";
    for (const { target, value: expr, fn } of assigns) {
      const value = values.expression(file, expr, fn);
      if (target.k === "var") solver.flow(value, values.variable(file, target.id));
      if (target.k !== "member") continue;
      const { name } = target;
      solver.watch(values.expression(file, target.of, fn), (id) => {
        const token = tokens.get(id);
        if (token.t !== "external" && token.t !== "part" && token.t !== "namespace") solver.flow(value, values.field(id, name));
        // `globalThis.db = …` is kept under the name, for `globalThis.db` elsewhere. What a test puts in the place of something, `console.warn = note`, is the test's alone.
        else if (token.t === "external" && !isTest) {
          const place = token.module === null ? values.global(`${token.path}.${name}`) : values.held.member(token, name);
          if (place !== undefined) solver.flow(value, place);
        }
      });
    }
  }

  #addFunction(file: string, fn: FunctionFact): void {
    const { values } = this;
    const { solver, tokens } = values;
    const returns = values.returns(file, fn.id);
    for (const expr of fn.returns) solver.flow(values.expression(file, expr, fn.id), returns);
    if (fn.returnType && fn.returns.length === 0) values.addType(file, fn.returnType, returns);
    for (const param of fn.params) {
      const library = injectedByType(values.program, file, fn, param);
      if (library) solver.add(values.variable(file, param.variable), this.#containerSession(library));
      else if (param.type && !isContainerFilled(values.program, file, fn, param)) values.addType(file, param.type, values.variable(file, param.variable), param.decorators);
    }
    this.#addLoaded(file, fn);
    for (const param of fn.params) this.#addInjected(file, param.decorators, values.variable(file, param.variable));
    const self = values.self(file, fn.id);
    if (fn.class !== undefined && fn.kind !== "arrow") solver.add(self, tokens.intern({ t: fn.static ? "class" : "instance", file, id: fn.class }));
    if (fn.object !== undefined) solver.add(self, values.codeObject(file, fn.object));
  }

  /** `module.exports = (sequelize, DataTypes) => …`: what a library's loader hands to such a function. */
  #addLoaded(file: string, { params: [first, second] }: FunctionFact): void {
    if (!first || !second || first.type) return;
    const { program, tokens, solver } = this.values;
    const library = loadedLibrary(program.variable(file, first.variable).name, program.variable(file, second.variable).name);
    if (library) solver.add(this.values.variable(file, first.variable), tokens.intern({ t: "typed", library: libraryId(library), role: "session" }));
  }

  /** `require(path)(sequelize, DataTypes)`: what such a function gives, whichever it is. */
  #addLoad(file: string, call: CallFact, [session]: ArgumentNodes, result: NodeId): void {
    const [, beside, more] = call.args;
    const name = beside?.k === "member" ? beside.name : beside?.k === "var" ? this.values.program.variable(file, beside.id).name : undefined;
    if (session === undefined || more || name === undefined || !loadedLibrary(undefined, name)) return;
    const { tokens, solver } = this.values;
    solver.watch(session, (id) => {
      const token = tokens.get(id);
      const library = token.t === "session" || (token.t === "typed" && token.role === "session") ? libraryWithId(token.library) : undefined;
      if (library?.loaded?.params[1] === name) solver.add(result, tokens.intern({ t: "part", of: id, path: library.loaded.gives }));
    });
  }

  /** `@InjectDataSource() dataSource`: what a container puts there. */
  #addInjected(file: string, decorators: readonly Expr[] | undefined, into: NodeId): void {
    const { solver, tokens } = this.values;
    for (const decorator of decorators ?? [])
      solver.watch(this.values.expression(file, decorator), (id) => {
        const token = tokens.get(id);
        const found = token.t === "external" && token.module !== null ? injectedBy(token.module, token.path) : undefined;
        if (!found) return;
        const { as, session: which } = found.pattern;
        const named = which === undefined || decorator.k !== "call" || this.values.program.call(file, decorator.id).args[which] !== undefined;
        const session = named ? tokens.intern({ t: "typed", library: libraryId(found.library), role: "session" }) : this.#containerSession(found.library);
        solver.add(into, as === undefined ? session : tokens.intern({ t: "part", of: session, path: as }));
      });
  }

  /** The one that all of a container's classes get, where none asks for another by name. */
  #containerSession(library: Library): TokenId {
    return this.values.tokens.intern({ t: "typed", library: libraryId(library), role: "session", owner: "container" });
  }

  #addClasses({ file, classes, variables }: FileFacts): void {
    if (classes.length === 0) return;
    const { values } = this;
    for (const { id, members } of classes)
      for (const { name, decorators } of members) if (decorators) this.#addInjected(file, decorators, values.field(values.tokens.intern({ t: "instance", file, id }), name));
    const names = new Map<string, number[]>();
    for (const { kind, fn, name, id } of variables) {
      if (kind !== "class" || name === "") continue;
      const key = `${fn} ${name}`;
      names.set(key, [...(names.get(key) ?? []), id]);
    }
    for (const cls of classes) {
      const token = values.tokens.intern({ t: "class", file, id: cls.id });
      for (const variable of names.get(`${cls.fn} ${cls.name}`) ?? []) values.solver.add(values.variable(file, variable), token);
    }
  }

  /** `declare module "fastify" { interface FastifyInstance { db: Database } }` */
  #addAugments({ file, types }: FileFacts): void {
    const { held } = this.values;
    for (const { augments, type, variable, extends: parents } of types)
      for (const { framework, place } of augments ? augmentedPlaces(augments) : []) {
        if (type.k === "object") for (const prop of type.props) this.values.addType(file, prop.type, held.at(framework.name, `${place}.${prop.name}`));
        // What the place itself holds, for who asks for its members by name.
        if (parents.length > 0) this.values.addType(file, { k: "ref", head: variable, path: [], args: [] }, held.at(framework.name, place));
      }
  }

  /** What the functions that a framework calls by file convention are given. */
  #addConventions(facts: FileFacts): void {
    const { values } = this;
    for (const { framework, entry } of fileEntriesOf(facts)) {
      const { params } = entry;
      if (!params) continue;
      for (const exported of facts.exports) {
        if (exported.k === "star") continue;
        const { name } = exported;
        values.solver.watch(values.export(facts.file, name), (id) => {
          if (entry.entry(name) !== undefined) passParameters(values, framework, id, params);
          for (const property of values.propertiesOf(id))
            if (entry.entry(`${name}.${property}`) !== undefined) values.solver.watch(values.field(id, property), (fn) => passParameters(values, framework, fn, params));
        });
      }
    }
  }

  #addCall(file: string, call: CallFact): void {
    const { values } = this;
    const { callee } = call;
    const args: ArgumentNodes = call.args.map((arg) => values.expression(file, arg, call.fn));
    const result = values.callResult(file, call.id);
    this.#addLoad(file, call, args, result);
    const receiver = callee.k === "member" ? values.expression(file, callee.of, call.fn) : undefined;
    if (callee.k === "member" && receiver !== undefined)
      linkBuiltin(values, { name: callee.name, receiver, args, result, invoke: (fn, actual) => this.#invoke(result, fn, actual) });
    const invoke = (fn: TokenId, actual: ArgumentNodes) => this.#invoke(result, fn, actual, result);
    values.solver.watch(values.expression(file, callee, call.fn), (id) => {
      const token = values.tokens.get(id);
      switch (token.t) {
        case "function":
          this.#invoke(result, id, args, result);
          if (callee.k === "member" && callee.of.k === "super") this.#flowCaller(values.self(file, callee.of.fn), id);
          else if (callee.k === "member" && receiver !== undefined) this.#flowReceiver(receiver, callee.name, id);
          break;
        case "class":
          this.#construct(file, call, id, args, result);
          break;
        case "external":
          applyExternal(values, { file, call, callee: id, args, result, invoke });
          break;
        case "part":
        case "derived":
        case "session":
        case "typed":
          applyPart(values, { file, call, callee: id, args, result, invoke });
          break;
        default:
          break;
      }
    });
  }

  /** `site` is the node of the call's result; `result` takes what the function returns; `made` is what a constructor makes. */
  #invoke(site: NodeId, id: TokenId, args: ArgumentNodes, result?: NodeId, made?: NodeId): void {
    const { values } = this;
    const token = values.tokens.get(id);
    if (token.t !== "function") return;
    this.called.add(site, id);
    const target = values.program.fn(token.file, token.id);
    target.params.forEach((param, index) => {
      const parameter = values.variable(token.file, param.variable);
      for (const arg of param.rest ? args.slice(index) : args.slice(index, index + 1)) values.solver.flow(arg, parameter);
    });
    if (result !== undefined) values.solver.flow(values.returns(token.file, token.id), result);
    if (made !== undefined && target.kind !== "arrow") this.#flowMade(made, values.self(token.file, token.id));
  }

  #flowMade(made: NodeId, self: NodeId): void {
    const { solver, tokens } = this.values;
    solver.watch(made, (id) => {
      const { t } = tokens.get(id);
      if (t === "instance" || t === "object" || t === "class") solver.add(self, id);
    });
  }

  /** `super.save()`: the base class's method runs on the object that the caller runs on. */
  #flowCaller(caller: NodeId, method: TokenId): void {
    const token = this.values.tokens.get(method);
    if (token.t === "function" && this.values.program.fn(token.file, token.id).kind !== "arrow") this.#flowMade(caller, this.values.self(token.file, token.id));
  }

  /** Which of the receivers are a method's `this`. Where they are of several classes, each class's method runs on its own alone. */
  #flowReceiver(receiver: NodeId, name: string, method: TokenId): void {
    const { solver, tokens, program } = this.values;
    const token = tokens.get(method);
    if (token.t !== "function") return;
    const target = program.fn(token.file, token.id);
    if (target.kind === "arrow") return;
    const self = this.values.self(token.file, token.id);
    solver.watch(receiver, (id) => {
      const { t } = tokens.get(id);
      if (t === "instance" && target.class !== undefined) solver.watch(this.values.member(id, name), (own) => own === method && solver.add(self, id));
      else if (t === "instance" || t === "object" || t === "class") solver.add(self, id);
    });
  }

  /** `new C(…)` and `super(…)`: the constructor that runs may be an inherited one; `this` is what is being made. */
  #construct(file: string, call: CallFact, id: TokenId, args: ArgumentNodes, result: NodeId): void {
    const { values } = this;
    const token = values.tokens.get(id);
    if (token.t !== "class") return;
    if (call.kind === "new") {
      values.solver.add(result, values.tokens.intern({ t: "instance", file: token.file, id: token.id }));
      this.constructed.add(result, id);
    }
    const receiver = call.callee.k === "super" ? values.self(file, call.callee.fn) : result;
    values.solver.watch(values.constructors(token.file, token.id), (constructor) => this.#invoke(result, constructor, args, undefined, receiver));
  }
}
