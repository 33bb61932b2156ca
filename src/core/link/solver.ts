import type { TokenId } from "./tokens.js";

export type NodeId = number;

/**
 * More alternatives than this at one place say nothing any more: the place is dropped from the analysis, which then
 * stays silent about it. It also bounds the work.
 */
const SATURATION = 256;

/** Inclusion constraints, solved by a worklist with difference propagation. */
export class Solver {
  readonly #values: Set<TokenId>[] = [];
  readonly #successors: Set<NodeId>[] = [];
  readonly #listeners: ((token: TokenId) => void)[][] = [];
  readonly #queue: [NodeId, TokenId][] = [];
  #draining = false;

  node(): NodeId {
    this.#values.push(new Set());
    this.#successors.push(new Set());
    this.#listeners.push([]);
    return this.#values.length - 1;
  }

  values(node: NodeId): ReadonlySet<TokenId> {
    const values = this.#at(node);
    return values.size >= SATURATION ? EMPTY : values;
  }

  add(node: NodeId, token: TokenId): void {
    const values = this.#at(node);
    if (values.has(token) || values.size >= SATURATION) return;
    values.add(token);
    this.#queue.push([node, token]);
  }

  /** Everything that `from` may be, `to` may be, too. */
  flow(from: NodeId, to: NodeId): void {
    if (from === to) return;
    const successors = this.#successors[from];
    if (!successors || successors.has(to)) return;
    successors.add(to);
    for (const token of this.#at(from)) this.add(to, token);
  }

  /** Calls back once for each value that `node` has or will have. */
  watch(node: NodeId, listener: (token: TokenId) => void): void {
    this.#listeners[node]?.push(listener);
    for (const token of [...this.#at(node)]) listener(token);
  }

  solve(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) {
      const [node, token] = next;
      for (const successor of this.#successors[node] ?? []) this.add(successor, token);
      // A listener may add listeners to the same node; those see this token through `watch` itself.
      for (const listener of (this.#listeners[node] ?? []).slice()) listener(token);
    }
    this.#draining = false;
  }

  #at(node: NodeId): Set<TokenId> {
    const values = this.#values[node];
    if (!values) throw new RangeError(`no node ${node}`);
    return values;
  }
}

const EMPTY: ReadonlySet<TokenId> = new Set();
