import type { CallFact, Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { callersOf } from "../../src/core/link/sessions.js";
import { statementsOf } from "../../src/core/link/statements.js";
import { HOLDER, SERVER } from "./server-options.js";

const MAX_DEPTH = 32;
/** What a platform hands its settings over in: `env.DATABASE_URL` of a worker is no less the environment than `process.env`. */
const ENVIRONMENT = /^(env|environment|bindings)$/i;

/** What makes another text of one: `url.replace(user, "")` is still that URL. */
const OF_TEXT = /^(replace|replaceAll|substring|substr|slice|trim|concat|toLowerCase|toString)$/;

/** Data that came in, the program's own, or nothing that can be told. */
type From = "given" | "own" | "unknown";

/**
 * Follows values back to where they come from. Given are parameters of functions that nobody in the project calls (a framework's, with data in
 * them), what is looked up or made with those, and rows of a database. Constants, configuration and the environment are the program's own.
 */
export class Origin {
  /** Whether some value lay in a field of an object meanwhile. */
  throughObject = false;
  /** Whether some value is a row's: what databases there are stands in a table. */
  throughRow = false;
  /** Whether some value is handed in by whoever calls from outside, as a request is. */
  throughCaller = false;
  /** Whether something was put together on the way: a path out of a folder and a name. */
  throughParts = false;
  /** What was found of parameters, variables and results. */
  readonly #known = new Map<string, From>();

  /** `ofServer`: what is followed names a server. A file that the start-up names is the program's own, whoever else names it. */
  constructor(
    private readonly project: ProjectFacts,
    private readonly ofServer = false,
  ) {}

  isGiven(file: string, expr: Expr, fn: number): boolean {
    return this.#of(file, expr, fn, 0) === "given";
  }

  #of(file: string, expr: Expr, fn: number, depth: number): From {
    if (depth > MAX_DEPTH) return "unknown";
    switch (expr.k) {
      case "literal":
      case "global":
        return "own";
      case "member":
        if (ENVIRONMENT.test(expr.name)) return "own";
        if (expr.of.k === "this") return this.#field(file, expr.of.fn, expr.name, depth);
        return expr.of.k === "var" ? this.#variable(file, expr.of.id, fn, depth + 1, expr.name) : this.#of(file, expr.of, fn, depth + 1);
      case "typed":
      case "await":
        return this.#of(file, expr.of, fn, depth + 1);
      case "template":
        if (expr.holes.length > 0) this.throughParts = true;
        return expr.holes.length === 0 ? "own" : this.#all(file, expr.holes, fn, depth);
      case "either":
        // What stands there when nothing was given does not make it the application's own.
        return this.#all(file, expr.of, fn, depth);
      case "call":
        return this.#call(file, this.project.program.call(file, expr.id), fn, depth);
      case "object":
        // Filled field by field from what was given, or made of it.
        return this.#all(file, tellingOf(expr).map(({ value }) => value), fn, depth);
      case "var":
        return this.#variable(file, expr.id, fn, depth);
      default:
        return "unknown";
    }
  }

  /** Given when some is and none is the program's own; constants among others say nothing. */
  #all(file: string, values: readonly Expr[], fn: number, depth: number): From {
    const others = values.filter((value) => !isNothing(value));
    if (others.length === 0) return values.length > 0 ? "own" : "unknown";
    return together(others.map((one) => this.#of(file, one, fn, depth + 1)));
  }

  #call(file: string, call: CallFact, fn: number, depth: number): From {
    if (statementsOf(this.project.graph, call).some(({ kind }) => kind === "read")) {
      this.throughRow = true;
      return "given";
    }
    const args = call.args.filter((arg) => !isNothing(arg));
    if (this.#putsTogether(call)) this.throughParts = true;
    // `found.find((one) => …)`, `made.toString()`: what it is called on.
    const asked = call.callee.k === "member" && (OF_TEXT.test(call.callee.name) || (args.length === 0 && call.args.every((arg) => arg.k === "fn"))) ? [...args, call.callee.of] : args;
    const from = asked.map((one) => this.#of(file, one, fn, depth + 1));
    // Looked up or made with something given, whatever else it takes: a key, a default.
    if (from.includes("given")) return "given";
    return together([...from, this.#result(call, depth)]);
  }

  /** `path.join(folder, name)`, or a function of the project: it may as well. */
  #putsTogether(call: CallFact): boolean {
    return (call.args.length > 1 && call.callee.k === "member" && /^(join|resolve|format|concat)$/.test(call.callee.name)) || this.project.writers.calleesOf(call).length > 0;
  }

  /** What functions of the project give back. */
  #result(call: CallFact, depth: number): From {
    const { program } = this.project;
    return together(this.project.writers.calleesOf(call).map((key) => {
      const { file, fn } = program.fnOf(key);
      return this.#once(`result ${key}`, () => this.#all(file, fn.returns, fn.id, depth));
    }));
  }

  /** `part`: the property of it that is asked for. */
  #variable(file: string, id: number, fn: number, depth: number, part?: string): From {
    const { program } = this.project;
    const variable = program.variable(file, id);
    if (ENVIRONMENT.test(variable.name)) return "own";
    const owner = program.fn(file, variable.fn);
    const index = owner.params.findIndex((param) => param.variable === id);
    if (index !== -1) return this.#parameter(file, owner.id, index, depth, part);
    if (variable.import !== undefined || owner.kind === "module") return "own";
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === id);
    return this.#once(`variable ${id} ${file}`, () => this.#all(file, assigns.map(({ value }) => value), fn, depth));
  }

  /** What was found of it; while it is looked at, nothing else comes in through it. */
  #once(key: string, find: () => From): From {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, "unknown");
    const found = find();
    this.#known.set(key, found);
    return found;
  }

  /** A field that the constructor is given, or a method that opens; one of the class that its class extends as well. */
  #field(file: string, fn: number, name: string, depth: number): From {
    const owner = this.project.program.fn(file, fn).class;
    this.throughObject = true;
    return owner === undefined ? "unknown" : this.#fieldOf(file, owner, name, depth);
  }

  #fieldOf(file: string, owner: number, name: string, depth: number): From {
    if (depth > MAX_DEPTH) return "unknown";
    const { program, graph } = this.project;
    const constructor = graph.values.constructorOf(file, owner);
    const property = constructor === undefined ? -1 : program.fn(file, constructor).params.findIndex((param) => param.property === name);
    if (constructor !== undefined && property !== -1) return this.#parameter(file, constructor, property, depth);
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "member" && target.name === name && target.of.k === "this" && program.fn(file, target.of.fn).class === owner);
    const filled = assigns.filter(({ value }) => !isNothing(value));
    if (assigns.length > 0) return filled.length === 0 ? "own" : together(filled.map((assign) => this.#of(file, assign.value, assign.fn, depth + 1)));
    const { superClass } = program.class(file, owner);
    const base = superClass && constantOf(program, file, superClass);
    const made = base?.expr.k === "var" ? program.valuesOf(base.file, base.expr.id)[0] : base?.expr;
    return base !== undefined && made?.k === "class" ? this.#fieldOf(base.file, made.id, name, depth + 1) : "unknown";
  }

  #parameter(file: string, fn: number, index: number, depth: number, part?: string): From {
    const { program, graph } = this.project;
    const key = functionKey(file, fn);
    const all = callersOf(graph, key).filter((caller) => program.role(caller.file) !== "test");
    // The path that a script spells out says nothing of the service's; the configuration that both read does.
    const callers = all.filter(({ file: from, call }) => program.role(from) === "source" || !this.#isSpelledOut(from, call.args[index]));
    if (callers.length === 0 && all.length > 0) return "unknown";
    // A constructor's parameter is as good as a field: kept, and made for whoever makes the object.
    if (callers.length === 0) {
      if (program.fn(file, fn).name === "constructor") return "unknown";
      this.throughCaller ||= this.project.contexts.of(key).has("per-call");
      return "given";
    }
    return this.#once(`parameter ${index} ${part ?? ""} ${key}`, () => {
      const often = this.#often(callers);
      const said = often.length === 0 ? undefined : this.#handedBy(often, index, depth, part);
      return said === "given" ? said : this.#handedBy(callers, index, depth, part);
    });
  }

  #handedBy(callers: ReturnType<typeof callersOf>, index: number, depth: number, part: string | undefined): From {
    return together(callers.map(({ file, call }) => {
      const given = call.args[index];
      // `(...args) => handler(...args)`: what a framework hands over is handed on.
      if (call.spread === true) return this.project.program.fn(file, call.fn).params.some(({ rest }) => rest) ? "given" : "unknown";
      return given === undefined ? "own" : this.#of(file, partOf(given, part), call.fn, depth + 1);
    }));
  }

  /** The server that the start-up hands over once says nothing of those that requests name. */
  #often(callers: ReturnType<typeof callersOf>): ReturnType<typeof callersOf> {
    if (!this.ofServer) return [];
    const often = callers.filter(({ file, call }) => {
      const contexts = this.project.contexts.ofCall(file, call);
      return contexts.has("per-call") || contexts.has("repeated");
    });
    return often.length < callers.length ? often : [];
  }

  /** `"profile.db"`, `join(import.meta.dirname, "profile.db")`. */
  #isSpelledOut(file: string, expr: Expr | undefined): boolean {
    if (expr === undefined) return false;
    if (expr.k === "call") return this.project.program.call(file, expr.id).args.some((arg) => arg.k === "literal");
    return expr.k === "literal" || expr.k === "template";
  }
}

/** The property of an object that is written out where it is handed over: `join({ file, name })`. */
function partOf(given: Expr, part: string | undefined): Expr {
  return (part !== undefined && given.k === "object" ? given.props.findLast(({ name }) => name === part || name === "...") : undefined)?.value ?? given;
}

/** `{ ...connection, engine: Engine.MySQL }`: which server is meant, the options say that name it, and those that are taken over whole. */
function tellingOf({ props }: Extract<Expr, { k: "object" }>): typeof props {
  const telling = props.filter(({ name }) => name === "..." || SERVER.test(name) || HOLDER.test(name));
  return telling.length > 0 ? telling : props;
}

function together(found: readonly From[]): From {
  if (found.includes("own")) return "own";
  return found.includes("given") ? "given" : "unknown";
}

/** What says nothing of where a value comes from: constants, and what is made of nothing else. */
function isNothing(value: Expr): boolean {
  if (value.k === "object") return value.props.every((prop) => isNothing(prop.value));
  if (value.k === "array") return value.items.every(isNothing);
  if (value.k === "either") return value.of.every(isNothing);
  return value.k === "literal" || value.k === "fn" || (value.k === "global" && value.name === "undefined");
}
