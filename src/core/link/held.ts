import { canonicalPath, frameworkOf } from "../catalogue/index.js";
import type { NodeId, Solver } from "./solver.js";
import { joinPath, type Token } from "./tokens.js";

type External = Extract<Token, { t: "external" }>;

/**
 * What programs keep on the objects of frameworks: `request.db`, `fastify.db`, the `ctx` of tRPC's procedures. A place
 * is a path of the framework, in one context (`origin`) or in all of them.
 */
export class Held {
  readonly #nodes = new Map<string, NodeId>();

  constructor(readonly solver: Solver) {}

  at(framework: string, place: string, origin?: string): NodeId {
    const key = origin === undefined ? `${framework} ${place}` : `${framework} ${place} ${origin}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const node = this.solver.node();
    this.#nodes.set(key, node);
    if (origin !== undefined) this.solver.flow(this.at(framework, place), node);
    return node;
  }

  /** What a member of a framework's object was given; undefined for values of other packages. */
  member({ module, path, origin }: External, name: string): NodeId | undefined {
    const framework = module === null ? undefined : frameworkOf(module);
    return framework && this.at(framework.name, canonicalPath(framework, joinPath(path, name)), origin);
  }
}
