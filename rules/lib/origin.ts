import type { CallFact, Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { callersOf } from "../../src/core/link/sessions.js";
import { statementsOf } from "../../src/core/link/statements.js";

const MAX_DEPTH = 32;
/** What a platform hands its settings over in: `env.DATABASE_URL` of a worker is no less the environment than `process.env`. */
const ENVIRONMENT = /^(env|environment|bindings)$/i;

/**
 * Follows values back to where they come from. Given are parameters of functions that nobody in the project calls (a framework's, with data in
 * them), what is looked up or made with those, and rows of a database. Constants, configuration and the environment are the program's own.
 */
export class Origin {
  /** Whether some value lay in a field of an object meanwhile. */
  throughObject = false;
  /** Whether some value is a row's: what databases there are stands in a table. */
  throughRow = false;
  readonly #seen = new Set<string>();
  /** What was found of variables; while one is looked at, nothing else comes in through it. */
  readonly #variables = new Map<string, boolean>();

  constructor(private readonly project: ProjectFacts) {}

  isGiven(file: string, expr: Expr, fn: number, depth = 0): boolean {
    if (depth > MAX_DEPTH) return false;
    switch (expr.k) {
      case "member":
        if (ENVIRONMENT.test(expr.name)) return false;
        if (expr.of.k === "this") return this.#field(file, expr.of.fn, expr.name, depth);
        return this.isGiven(file, expr.of, fn, depth + 1);
      case "typed":
      case "await":
        return this.isGiven(file, expr.of, fn, depth + 1);
      case "template":
        return expr.holes.some((hole) => this.isGiven(file, hole, fn, depth + 1));
      case "either":
        // What stands there when nothing was given does not make it the application's own.
        return this.#areGiven(file, expr.of, fn, depth);
      case "call":
        return this.#call(file, this.project.program.call(file, expr.id), fn, depth);
      case "object":
        // Filled field by field from what was given, or made of it.
        return expr.props.some(({ value }) => !isNothing(value)) && expr.props.every(({ value }) => isNothing(value) || this.isGiven(file, value, fn, depth + 1));
      case "var":
        return this.#variable(file, expr.id, fn, depth);
      default:
        return false;
    }
  }

  /** All of them, but for constants, of which there must be others than those. */
  #areGiven(file: string, values: readonly Expr[], fn: number, depth: number): boolean {
    const others = values.filter((value) => !isNothing(value));
    return others.length > 0 && others.every((one) => this.isGiven(file, one, fn, depth + 1));
  }

  #call(file: string, call: CallFact, fn: number, depth: number): boolean {
    if (statementsOf(this.project.graph, call).some(({ kind }) => kind === "read")) return (this.throughRow = true);
    const args = call.args.filter((arg) => !isNothing(arg));
    // `found.find((one) => …)`, `made.toString()`: what it is called on.
    const from = args.length > 0 ? args : call.callee.k === "member" && call.args.every((arg) => arg.k === "fn") ? [call.callee.of] : [];
    return this.#areGiven(file, from, fn, depth) || this.#result(call, depth);
  }

  /** What functions of the project give back. */
  #result(call: CallFact, depth: number): boolean {
    const { program } = this.project;
    const callees = this.project.writers.calleesOf(call);
    return callees.length > 0 && callees.every((key) => {
      if (this.#seen.has(`${key} result`)) return false;
      this.#seen.add(`${key} result`);
      const { file, fn } = program.fnOf(key);
      return this.#areGiven(file, fn.returns, fn.id, depth);
    });
  }

  #variable(file: string, id: number, fn: number, depth: number): boolean {
    const { program } = this.project;
    const variable = program.variable(file, id);
    if (ENVIRONMENT.test(variable.name)) return false;
    const owner = program.fn(file, variable.fn);
    const index = owner.params.findIndex((param) => param.variable === id);
    if (index !== -1) return this.#parameter(file, owner.id, index, depth);
    if (variable.import !== undefined || owner.kind === "module") return false;
    const known = this.#variables.get(`${id} ${file}`);
    if (known !== undefined) return known;
    this.#variables.set(`${id} ${file}`, true);
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === id);
    const isGiven = this.#areGiven(file, assigns.map(({ value }) => value), fn, depth);
    this.#variables.set(`${id} ${file}`, isGiven);
    return isGiven;
  }

  /** A field that the constructor is given, or a method that opens. */
  #field(file: string, fn: number, name: string, depth: number): boolean {
    const { program, graph } = this.project;
    const owner = program.fn(file, fn).class;
    const constructor = owner === undefined ? undefined : graph.values.constructorOf(file, owner);
    const property = constructor === undefined ? -1 : program.fn(file, constructor).params.findIndex((param) => param.property === name);
    this.throughObject = true;
    if (constructor !== undefined && property !== -1) return this.#parameter(file, constructor, property, depth);
    const assigns = program.file(file).assigns.filter(({ target, value }) => target.k === "member" && target.name === name && target.of.k === "this" && program.fn(file, target.of.fn).class === owner && !isNothing(value));
    return owner !== undefined && assigns.length > 0 && assigns.every((assign) => this.isGiven(file, assign.value, assign.fn, depth + 1));
  }

  #parameter(file: string, fn: number, index: number, depth: number): boolean {
    const { program, graph } = this.project;
    const key = functionKey(file, fn);
    // Through a cycle nothing else comes in.
    if (this.#seen.has(`${key} ${index}`)) return true;
    this.#seen.add(`${key} ${index}`);
    const callers = callersOf(graph, key).filter((caller) => program.role(caller.file) !== "test");
    // A constructor's parameter is as good as a field: kept, and made for whoever makes the object.
    if (callers.length === 0) return program.fn(file, fn).name !== "constructor";
    return callers.every(({ file: from, call }) => {
      const given = call.args[index];
      // `(...args) => handler(...args)`: what a framework hands over is handed on.
      if (call.spread === true) return program.fn(from, call.fn).params.some(({ rest }) => rest);
      return given !== undefined && this.isGiven(from, given, call.fn, depth + 1);
    });
  }
}

/** What says nothing of where a value comes from: constants, and what is made of nothing else. */
function isNothing(value: Expr): boolean {
  if (value.k === "object") return value.props.every((prop) => isNothing(prop.value));
  if (value.k === "array") return value.items.every(isNothing);
  if (value.k === "either") return value.of.every(isNothing);
  return value.k === "literal" || value.k === "fn" || (value.k === "global" && value.name === "undefined");
}
