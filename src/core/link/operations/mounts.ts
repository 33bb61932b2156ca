import type { CallFact, Expr } from "../../facts/types.js";
import type { CallGraph } from "../calls.js";
import { literalText } from "../expressions.js";
import { append, functionKey } from "../program.js";
import { callersOf } from "../sessions.js";
import { type Identity, type Root, rootOf } from "./bindings.js";

interface Mount {
  path: string;
  /** What it is mounted on. */
  file: string;
  on: Expr;
}

const MOUNTS = /^(use|route|mount|register)$/;
const MAX_NESTING = 6;

/** Under which paths routers hang: `app.use("/api", router)`, `app.register(plugin, { prefix: "/api" })`, `app.route("/api", sub)`. */
export class Mounts {
  readonly #mounts = new Map<Identity, Mount[]>();

  constructor(readonly graph: CallGraph) {
    for (const { file, calls } of graph.program.files.values())
      for (const call of calls) if (call.kind === "call" && call.callee.k === "member" && MOUNTS.test(call.callee.name)) this.#add(file, call, call.callee.of);
  }

  #add(file: string, call: CallFact, on: Expr): void {
    const { program } = this.graph;
    const path = pathOf(call.args);
    for (const arg of call.args) {
      if (arg.k !== "var" && arg.k !== "call" && arg.k !== "member" && arg.k !== "fn" && arg.k !== "module" && arg.k !== "await") continue;
      const root = rootOf(program, file, arg);
      if (!root) continue;
      append(this.#mounts, root.id, { path, file, on });
      const made = root.id.startsWith("call ") ? this.#madeBy(root) : undefined;
      if (made) append(this.#mounts, made, { path, file, on });
    }
  }

  /** `app.use("/users", usersRouter(db))`: the router that the function makes and gives back. */
  #madeBy({ links }: Root): Identity | undefined {
    const [first] = links;
    const factory = first && rootOf(this.graph.program, first.file, first.call.callee);
    const [, file, id] = /^fn (.+) (\d+)$/.exec(factory?.id ?? "") ?? [];
    if (file === undefined) return undefined;
    const [result, more] = this.graph.program.fn(file, Number(id)).returns;
    return result && !more ? rootOf(this.graph.program, file, result)?.id : undefined;
  }

  /** The path in front of what is registered on an expression; empty when it is the top, or when there are several. */
  prefixOf(file: string, receiver: Expr): string {
    const found = this.#prefixes(file, receiver, 0);
    return found.size === 1 ? ([...found][0] ?? "") : "";
  }

  #prefixes(file: string, receiver: Expr, depth: number): Set<string> {
    const root = rootOf(this.graph.program, file, receiver);
    if (!root || depth > MAX_NESTING) return new Set([""]);
    const own = root.links.map(({ file: at, call }) => ownPath(this.graph, at, call)).reduce(joinPaths, "");
    const mounts = this.#mounts.get(root.id) ?? this.#handedTo(root);
    if (mounts.length === 0) return new Set([own]);
    const found = new Set<string>();
    for (const { path, file: at, on } of mounts) for (const above of this.#prefixes(at, on, depth + 1)) found.add(joinPaths(joinPaths(above, path), own));
    return found;
  }

  /** `registerUsers(app)`: the function's parameter is what its callers give. */
  #handedTo({ id, parameter }: Root): Mount[] {
    const file = /^fn (.+) \d+$/.exec(id)?.[1];
    if (!parameter || file === undefined) return [];
    return callersOf(this.graph, functionKey(file, parameter.fn)).flatMap(({ file: at, call }) => {
      const given = call.args[parameter.index];
      return given ? [{ path: "", file: at, on: given }] : [];
    });
  }
}

function pathOf(args: readonly Expr[]): string {
  const [first] = args;
  const text = first && literalText(first);
  if (text !== undefined) return text.startsWith("/") ? text : "";
  return prefixOption(args) ?? "";
}

/** What a link of a router's chain puts in front of the routes after it: `new Router({ prefix: "/api" })`, `.basePath("/api")`, Express's `.route("/api")`. */
function ownPath({ program }: CallGraph, file: string, { callee, args, kind }: CallFact): string {
  const name = callee.k === "member" ? callee.name : callee.k === "var" ? program.variable(file, callee.id).name : "";
  const alone = /^(basePath|prefix)$/.test(name) || (name === "route" && args.length === 1);
  const text = alone && args[0] ? literalText(args[0]) : undefined;
  if (text !== undefined) return text;
  return kind === "new" || /Router$/.test(name) ? (prefixOption(args) ?? "") : "";
}

function prefixOption(args: readonly Expr[]): string | undefined {
  for (const arg of args) {
    const prefix = arg.k === "object" ? arg.props.find(({ name }) => name === "prefix") : undefined;
    const text = prefix && literalText(prefix.value);
    if (text !== undefined) return text;
  }
  return undefined;
}

export function joinPaths(above: string, below: string): string {
  if (below === "" || below === "/") return above === "" ? below : above;
  return `${above.replace(/\/$/, "")}/${below.replace(/^\//, "")}`;
}
