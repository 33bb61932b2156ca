import { engineOf } from "../../src/core/link/engines.js";
import type { Expr } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { callersOf, isClose, type OpenSite, partCalls } from "../../src/core/link/sessions.js";
import { callUses } from "./uses.js";

/** What names a server, in the options of any client: one of them is enough to say which one is meant. */
const SERVER = /^(host|hostname|server|address|connectionString|uri|url|socketPath|endpoint|databaseUrl|datasourceUrl)$/i;
/** Options that lead to those: `{ connection: { host } }`, `{ datasources: { db: { url } } }`. */
const HOLDER = /^(connection|config|options|datasources|db|primary)$/i;
const MAX_DEPTH = 32;

/**
 * Whether a client connects to a database server that is data of the call, and is closed again by whoever got it: a server that a user has
 * entered, checked or queried by each call on its own. The application's own database is named by a constant, its configuration or the environment.
 */
export function connectsToGivenServer(project: ProjectFacts, open: OpenSite): boolean {
  const kept = isKeptConnection(project, open);
  if (!kept && (engineOf(project.graph, open.token) !== "server" || !isClosedByUsers(project, open))) return false;
  const [first] = open.call.args;
  if (first === undefined) return false;
  const named = serversIn(project, open.file, first, 0);
  return named.length > 0 && named.every(({ file, expr }) => new Origin(project).isGiven(file, expr, open.call.fn, 0));
}

/**
 * An object that is one connection: a method puts it into a field, another one closes it. Then it is as long-lived as the object, whatever
 * engine it is: the file is given, too.
 */
function isKeptConnection({ program, graph }: ProjectFacts, open: OpenSite): boolean {
  const owner = classAround(program, open.file, open.call.fn);
  if (!open.stored || owner === undefined) return false;
  return partCalls(graph, open.token).some(({ file, call, path, on }) => file === open.file && (on === "session" || on === "orm") && isClose(open.library, path) && classAround(program, file, call.fn) === owner && call.fn !== open.call.fn);
}

function classAround(program: ProjectFacts["program"], file: string, fn: number): number | undefined {
  for (let at = program.fn(file, fn); ; at = program.fn(file, at.parent)) {
    if (at.class !== undefined) return at.class;
    if (at.id === 0) return undefined;
  }
}

/** A client that nobody closes is one more each time, whatever it connects to. */
function isClosedByUsers(project: ProjectFacts, open: OpenSite): boolean {
  const closes = partCalls(project.graph, open.token).filter(({ path, on }) => (on === "session" || on === "orm") && isClose(open.library, path));
  const uses = callUses(project, open, project.factoriesOf(open)).filter(({ file }) => project.program.role(file) !== "test");
  return uses.length > 0 && uses.every(({ file, call }) => {
    const { span } = project.program.fn(file, call.fn);
    return closes.some((close) => close.file === file && span.start <= close.call.span.start && close.call.span.end <= span.end);
  });
}

/** What of the options names the server; the options themselves where they are handed on whole. */
function serversIn(project: ProjectFacts, file: string, expr: Expr, depth: number): { file: string; expr: Expr }[] {
  const { file: from, expr: value } = constantOf(project.program, file, expr);
  if (value.k !== "object") return [{ file: from, expr: value }];
  if (depth > 3) return [];
  const servers = value.props.filter(({ name }) => SERVER.test(name)).map((prop) => ({ file: from, expr: prop.value }));
  if (servers.length > 0) return servers;
  return value.props.filter(({ name }) => HOLDER.test(name)).flatMap((prop) => serversIn(project, from, prop.value, depth + 1));
}

/** Follows values back to parameters of functions that nobody in the project calls: a framework's, with data in them. */
class Origin {
  readonly #seen = new Set<string>();
  /** What was found of variables; while one is looked at, nothing else comes in through it. */
  readonly #variables = new Map<string, boolean>();

  constructor(private readonly project: ProjectFacts) {}

  isGiven(file: string, expr: Expr, fn: number, depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    const { program } = this.project;
    switch (expr.k) {
      case "member":
        if (expr.of.k === "this") return this.#field(file, expr.of.fn, expr.name, depth);
        return this.isGiven(file, expr.of, fn, depth + 1);
      case "typed":
      case "await":
        return this.isGiven(file, expr.of, fn, depth + 1);
      case "template":
        return expr.holes.some((hole) => this.isGiven(file, hole, fn, depth + 1));
      case "either": {
        // What stands there when nothing was given does not make it the application's own.
        const others = expr.of.filter((one) => one.k !== "literal");
        return others.length > 0 && others.every((one) => this.isGiven(file, one, fn, depth + 1));
      }
      case "call": {
        const call = program.call(file, expr.id);
        const from = call.args.length > 0 ? call.args : call.callee.k === "member" ? [call.callee.of] : [];
        return from.length > 0 && from.every((one) => one.k === "literal" || this.isGiven(file, one, fn, depth + 1)) && from.some((one) => one.k !== "literal");
      }
      case "object":
        // Filled field by field from what was given, or made of it.
        return expr.props.every(({ name, value }) => name === "..." ? this.isGiven(file, value, fn, depth + 1) : value.k === "literal" || this.isGiven(file, value, fn, depth + 1));
      case "var":
        return this.#variable(file, expr.id, fn, depth);
      default:
        return false;
    }
  }

  #variable(file: string, id: number, fn: number, depth: number): boolean {
    const { program } = this.project;
    const variable = program.variable(file, id);
    const owner = program.fn(file, variable.fn);
    const index = owner.params.findIndex((param) => param.variable === id);
    if (index !== -1) return this.#parameter(file, owner.id, index, depth);
    if (variable.import !== undefined || owner.kind === "module") return false;
    const known = this.#variables.get(`${id} ${file}`);
    if (known !== undefined) return known;
    this.#variables.set(`${id} ${file}`, true);
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "var" && target.id === id);
    const isGiven = assigns.length > 0 && assigns.every(({ value }) => this.isGiven(file, value, fn, depth + 1));
    this.#variables.set(`${id} ${file}`, isGiven);
    return isGiven;
  }

  /** A field that the constructor is given. */
  #field(file: string, fn: number, name: string, depth: number): boolean {
    const { program, graph } = this.project;
    const owner = program.fn(file, fn).class;
    const constructor = owner === undefined ? undefined : graph.values.constructorOf(file, owner);
    if (constructor === undefined) return false;
    const property = program.fn(file, constructor).params.findIndex((param) => param.property === name);
    if (property !== -1) return this.#parameter(file, constructor, property, depth);
    const assigns = program.file(file).assigns.filter(({ target }) => target.k === "member" && target.name === name && target.of.k === "this" && program.fn(file, target.of.fn).class === owner);
    return assigns.length > 0 && assigns.every((assign) => assign.fn === constructor && this.isGiven(file, assign.value, constructor, depth + 1));
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
