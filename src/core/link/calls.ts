import type { CallFact, FileFacts } from "../facts/types.js";
import { linkBuiltin } from "./builtins.js";
import { applyExternal, applyPart, type ArgumentNodes } from "./library-calls.js";
import { functionKey, type FunctionKey, type Program } from "./program.js";
import type { NodeId } from "./solver.js";
import type { TokenId } from "./tokens.js";
import { Values } from "./values.js";

/** A call and a project function that it may run. */
export interface CallEdge {
  file: string;
  call: CallFact;
  from: FunctionKey;
  to: FunctionKey;
}

/** A function handed to code outside the project, in an argument or in a property of an object argument. */
export interface Handover {
  file: string;
  call: CallFact;
  to: FunctionKey;
  /** Who receives it: an external value or part of a session. */
  callee: TokenId | null;
  argument: number;
  property?: string;
}

/** The solved program: who may call whom, and which outside values are called where. */
export class CallGraph {
  readonly values: Values;
  readonly edges = new Map<string, CallEdge>();
  readonly handovers = new Map<string, Handover>();
  /** Calls of values of other packages: call → the values called. */
  readonly external = new Map<CallFact, Set<TokenId>>();
  /** Sessions on a file of their own (in memory, temporary, a copy): nobody waits for their locks. Filled by `findOpens`. */
  readonly privateSessions = new Set<TokenId>();
  /** `new C()` sites by class. */
  readonly instantiations = new Map<string, { file: string; call: CallFact }[]>();

  constructor(readonly program: Program) {
    this.values = new Values(program);
    for (const facts of program.files.values()) this.#constrain(facts);
    this.values.solver.solve();
  }

  #constrain(facts: FileFacts): void {
    const { values } = this;
    const { solver } = values;
    for (const assign of facts.assigns) {
      const value = values.expression(facts.file, assign.value, assign.fn);
      if (assign.target.k === "var") solver.flow(value, values.variable(facts.file, assign.target.id));
      else if (assign.target.k === "member") {
        const { name } = assign.target;
        solver.watch(values.expression(facts.file, assign.target.of, assign.fn), (id) => {
          const token = values.tokens.get(id);
          if (token.t !== "external" && token.t !== "part" && token.t !== "namespace") solver.flow(value, values.field(id, name));
          // `globalThis.db = …` is kept under the name, for `globalThis.db` elsewhere.
          else if (token.t === "external" && token.module === null) solver.flow(value, values.named("global", "", `${token.path}.${name}`));
        });
      }
    }
    for (const fn of facts.functions) {
      const returns = values.returns(facts.file, fn.id);
      for (const expr of fn.returns) solver.flow(values.expression(facts.file, expr, fn.id), returns);
      if (fn.returnType && fn.returns.length === 0) values.addType(facts.file, fn.returnType, returns);
      for (const param of fn.params) if (param.type) values.addType(facts.file, param.type, values.variable(facts.file, param.variable));
      if (fn.class !== undefined && !fn.static && fn.kind !== "arrow")
        solver.add(values.self(facts.file, fn.id), values.tokens.intern({ t: "instance", file: facts.file, id: fn.class }));
      if (fn.class !== undefined && fn.static && fn.kind !== "arrow")
        solver.add(values.self(facts.file, fn.id), values.tokens.intern({ t: "class", file: facts.file, id: fn.class }));
      if (fn.object !== undefined) solver.add(values.self(facts.file, fn.id), values.tokens.intern({ t: "object", file: facts.file, id: fn.object }));
    }
    for (const cls of facts.classes) {
      const node = values.tokens.intern({ t: "class", file: facts.file, id: cls.id });
      for (const variable of facts.variables)
        if (variable.kind === "class" && variable.name === cls.name && variable.fn === cls.fn && cls.name !== "") solver.add(values.variable(facts.file, variable.id), node);
    }
    for (const call of facts.calls) this.#constrainCall(facts.file, call);
  }

  #constrainCall(file: string, call: CallFact): void {
    const { values } = this;
    const args: ArgumentNodes = call.args.map((arg) => values.expression(file, arg, call.fn));
    const result = values.callResult(file, call.id);
    const callee = call.callee;
    const receiver = callee.k === "member" ? values.expression(file, callee.of, call.fn) : undefined;
    if (callee.k === "member" && receiver !== undefined)
      linkBuiltin(values, { name: callee.name, receiver, args, result, invoke: (fn, actual) => this.#invoke(file, call, fn, actual, result, undefined, false) });
    values.solver.watch(values.expression(file, callee, call.fn), (id) => {
      const token = values.tokens.get(id);
      switch (token.t) {
        case "function":
          this.#invoke(file, call, id, args, result, receiver, true);
          break;
        case "class":
          this.#construct(file, call, token.file, token.id, args, result);
          break;
        case "external":
          this.#noteExternal(call, id);
          applyExternal(values, { file, call, callee: id, args, result, invoke: (fn, actual) => this.#invoke(file, call, fn, actual, result, undefined, true) });
          this.#handOver(file, call, id, args);
          break;
        case "part":
        case "derived":
          this.#noteExternal(call, id);
          applyPart(values, { file, call, callee: id, args, result, invoke: (fn, actual) => this.#invoke(file, call, fn, actual, result, undefined, true) });
          this.#handOver(file, call, id, args);
          break;
        default:
          break;
      }
    });
    // An unknown callee still receives functions: they may run, in the same circumstances as the call.
    this.#handOver(file, call, null, args);
  }

  #noteExternal(call: CallFact, id: TokenId): void {
    let known = this.external.get(call);
    if (!known) this.external.set(call, (known = new Set()));
    known.add(id);
  }

  #invoke(file: string, call: CallFact, id: TokenId, args: ArgumentNodes, result: NodeId, receiver: NodeId | undefined, returns: boolean): void {
    const { values } = this;
    const token = values.tokens.get(id);
    if (token.t !== "function") return;
    const target = this.program.fn(token.file, token.id);
    const edge: CallEdge = { file, call, from: functionKey(file, call.fn), to: functionKey(token.file, token.id) };
    this.edges.set(`${file} ${call.id} ${edge.to}`, edge);
    target.params.forEach((param, index) => {
      const parameter = values.variable(token.file, param.variable);
      for (const arg of param.rest ? args.slice(index) : args.slice(index, index + 1)) if (arg !== undefined) values.solver.flow(arg, parameter);
    });
    if (returns) values.solver.flow(values.returns(token.file, token.id), result);
    if (receiver !== undefined && target.kind !== "arrow") this.#flowReceiver(receiver, values.self(token.file, token.id));
  }

  #flowReceiver(receiver: NodeId, self: NodeId): void {
    this.values.solver.watch(receiver, (id) => {
      const { t } = this.values.tokens.get(id);
      if (t === "instance" || t === "object" || t === "class") this.values.solver.add(self, id);
    });
  }

  #construct(file: string, call: CallFact, classFile: string, classId: number, args: ArgumentNodes, result: NodeId): void {
    const { values } = this;
    const isSuper = call.callee.k === "super";
    const key = `${classFile}#${classId}`;
    if (!isSuper && call.kind === "new") {
      values.solver.add(result, values.tokens.intern({ t: "instance", file: classFile, id: classId }));
      const sites = this.instantiations.get(key) ?? [];
      if (!sites.some((site) => site.call === call)) sites.push({ file, call });
      this.instantiations.set(key, sites);
    }
    const constructor = values.constructorOf(classFile, classId);
    if (constructor !== undefined) {
      const token = values.tokens.intern({ t: "function", file: classFile, id: constructor });
      this.#invoke(file, call, token, args, result, undefined, false);
      return;
    }
    const parent = this.program.class(classFile, classId).superClass;
    if (!parent) return;
    values.solver.watch(values.expression(classFile, parent), (id) => {
      const token = values.tokens.get(id);
      if (token.t === "class" && !(token.file === classFile && token.id === classId)) this.#construct(file, { ...call, callee: { k: "super", fn: 0 } }, token.file, token.id, args, result);
    });
  }

  #handOver(file: string, call: CallFact, callee: TokenId | null, args: ArgumentNodes): void {
    const { values } = this;
    args.forEach((arg, argument) =>
      values.solver.watch(arg, (id) => {
        const token = values.tokens.get(id);
        if (token.t === "function") this.#noteHandover({ file, call, to: functionKey(token.file, token.id), callee, argument });
        if (token.t !== "object") return;
        const object = this.program.file(token.file);
        for (const property of propertiesOf(object, token.id))
          values.solver.watch(values.field(id, property), (inner) => {
            const fn = values.tokens.get(inner);
            if (fn.t === "function") this.#noteHandover({ file, call, to: functionKey(fn.file, fn.id), callee, argument, property });
          });
      }),
    );
  }

  #noteHandover(handover: Handover): void {
    this.handovers.set(`${handover.file} ${handover.call.id} ${handover.callee} ${handover.to} ${handover.property ?? ""}`, handover);
  }
}

const objectProperties = new WeakMap<FileFacts, Map<number, string[]>>();

/** The property names of an object literal. */
function propertiesOf(facts: FileFacts, id: number): string[] {
  let known = objectProperties.get(facts);
  if (!known) {
    known = new Map();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) value.forEach(visit);
      else if (value && typeof value === "object") {
        const expr = value as { k?: unknown; id?: unknown; props?: { name: string }[] };
        if (expr.k === "object" && typeof expr.id === "number" && expr.props) known?.set(expr.id, expr.props.map((prop) => prop.name));
        Object.values(value).forEach(visit);
      }
    };
    visit([facts.calls, facts.assigns, facts.functions, facts.exports, facts.classes]);
    objectProperties.set(facts, known);
  }
  return known.get(id) ?? [];
}
