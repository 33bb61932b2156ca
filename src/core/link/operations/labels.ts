import type { CallFact, Expr } from "../../facts/types.js";
import type { CallGraph } from "../calls.js";
import type { Step } from "../contexts.js";
import { literalText } from "../expressions.js";
import type { FunctionKey } from "../program.js";
import { conventionLabel } from "./conventions.js";
import { joinPaths, Mounts } from "./mounts.js";
import { ProcedureNames } from "./procedures.js";

const VERB = /^(GET|POST|PUT|PATCH|DELETE|DEL|HEAD|OPTIONS|ALL|SEARCH|SSE|ROUTE|middleware)( |$)/;

/** Labels that say nothing of which one it is: the function's name does. */
const ANONYMOUS = /^(a job|a message|setInterval|cron|GraphQL resolver|MCP tool|MCP request|HTTP request)$/;

/** What operations are called: a registration's own label, with what stands around it. */
export class Labels {
  #mounts?: Mounts;
  #procedures?: ProcedureNames;

  constructor(readonly graph: CallGraph) {}

  /** The name of what a function does for the outside: its label alone, made whole by the routers, controllers and folders around it. What is put together at run time is left open. */
  of(key: FunctionKey, label: string, step: Step): string {
    return this.#whole(key, label, step).replaceAll("${}", "…");
  }

  #whole(key: FunctionKey, label: string, step: Step): string {
    const { file, fn } = this.graph.program.fnOf(key);
    if (label === "GraphQL resolver" && fn.name !== "") return `${label} ${fn.name}`;
    if (!step.call) return fn.class === undefined ? conventionLabel(label, fn.name) : this.#decorated(label, file, fn.class, fn.name);
    if (/^tRPC (query|mutation|subscription)$/.test(label)) {
      const { program } = this.graph;
      const name = (this.#procedures ??= new ProcedureNames(program)).of(step.file, program.chainEnd(step.file, step.call).id);
      return name === undefined ? label : `${label} ${name}`;
    }
    if (label === "a command") return this.#command(step.file, step.call) ?? label;
    if (ANONYMOUS.test(label)) return [withoutArticle(label), fn.name].join(" ").trim();
    if (label.endsWith(" …") || label === "route") return this.#fromOptions(step.file, step.call, label);
    return VERB.test(label) ? this.#mounted(step.file, step.call, label) : label;
  }

  #mounted(file: string, call: CallFact, label: string): string {
    const receiver = call.callee.k === "member" ? call.callee.of : undefined;
    if (!receiver) return label;
    const space = label.indexOf(" ");
    const method = space === -1 ? label : label.slice(0, space);
    const own = space === -1 ? "" : label.slice(space + 1);
    if (own !== "" && !/^[/*]/.test(own)) return label;
    const path = joinPaths(this.#prefixOf(file, receiver), own);
    return path === "" ? label : `${method} ${path}`;
  }

  #prefixOf(file: string, receiver: Expr): string {
    return (this.#mounts ??= new Mounts(this.graph)).prefixOf(file, receiver);
  }

  /** A path that is no literal, or a route that is an object: `route({ method: "GET", url: "/things" })`, `openapi(createRoute({ … }), …)`. */
  #fromOptions(file: string, call: CallFact, label: string): string {
    const options = call.args.flatMap((arg) => this.#optionsOf(file, arg)).find((props) => props.some(({ name }) => name === "url" || name === "path"));
    const text = (name: string): string | undefined => {
      const value = options?.find((prop) => prop.name === name)?.value;
      return value?.k === "array" ? value.items.map((item) => literalText(item) ?? "…").join("|") : value && literalText(value);
    };
    const method = text("method")?.toUpperCase() ?? label.replace(/ …$/, "").toUpperCase();
    const path = text("url") ?? text("path");
    if (path !== undefined) return this.#mounted(file, call, `${method} ${path}`);
    // Express's `router.route("/things").get(…)`: the path stands before.
    const receiver = call.callee.k === "member" ? call.callee.of : undefined;
    const above = receiver && label !== "route" && receiver.k === "call" ? this.#prefixOf(file, receiver) : "";
    return above === "" ? label : `${label.replace(/ …$/, "")} ${above}`;
  }

  /** The properties of an object, of the constant that it is, or of the call that takes it. */
  #optionsOf(file: string, arg: Expr): { name: string; value: Expr }[][] {
    const { program } = this.graph;
    if (arg.k === "object") return [arg.props];
    if (arg.k === "call") return program.call(file, arg.id).args.flatMap((inner) => (inner.k === "object" ? [inner.props] : []));
    if (arg.k !== "var") return [];
    return program.valuesOf(file, arg.id).flatMap((value) => (value.k === "var" ? [] : this.#optionsOf(file, value)));
  }

  /** `program.command("import <file>").action(…)` */
  #command(file: string, call: CallFact): string | undefined {
    for (let at: CallFact | undefined = call; at; at = this.#before(file, at)) {
      const text: string | undefined = at.callee.k === "member" && at.callee.name === "command" && at.args[0] ? literalText(at.args[0]) : undefined;
      if (text !== undefined) return `command ${text}`;
    }
    return undefined;
  }

  /** The call that a link of a chain is called on, through a variable as well. */
  #before(file: string, { callee }: CallFact): CallFact | undefined {
    const { program } = this.graph;
    if (callee.k !== "member") return undefined;
    const made = callee.of.k === "var" ? program.valuesOf(file, callee.of.id)[0] : callee.of;
    return made?.k === "call" ? program.call(file, made.id) : undefined;
  }

  /** NestJS: a method's route below its controller's, a resolver's or job's method by its name. */
  #decorated(label: string, file: string, cls: number, method: string): string {
    const { program } = this.graph;
    const facts = program.class(file, cls);
    if (/^GraphQL \w+$/.test(label)) return `${label} ${method}`;
    if (!VERB.test(label) || label === "middleware") return /^(Cron|Interval|an? )/.test(label) || label === "authentication" ? `${withoutArticle(label)} ${facts.name}.${method}` : label;
    const controller = facts.decorators.map((expr) => (expr.k === "call" ? program.call(file, expr.id) : undefined)).find((call) => call?.callee.k === "var" && program.variable(file, call.callee.id).name === "Controller");
    const [given] = controller?.args ?? [];
    const path = given && (literalText(given) ?? literalText((given.k === "object" ? given.props.find(({ name }) => name === "path")?.value : undefined) ?? { k: "unknown" }));
    const [verb = "", own = ""] = label.split(" ");
    return `${verb} ${joinPaths(joinPaths("/", path ?? ""), own)}`;
  }
}

/** `a job` → `job` */
function withoutArticle(label: string): string {
  return label.replace(/^an? /, "");
}
