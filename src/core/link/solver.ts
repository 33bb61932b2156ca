import { type Cursor, IntLists, NO_CURSOR } from "./int-lists.js";
import type { TokenId } from "./tokens.js";

export type NodeId = number;

/** The values of a node. */
export interface TokenSet extends Iterable<TokenId> {
  readonly size: number;
  has(token: TokenId): boolean;
}

/**
 * Alternatives that weigh more than this at one place say nothing any more: the place is dropped from the analysis,
 * which then stays silent about it. It also bounds the work.
 */
const SATURATION = 256;
/** Where everything may be everything (minified bundles), ever fewer alternatives are worth the work, down to these. */
const TIGHTEST = 16;
/** Values added in all, and for each node, before fewer alternatives have to do. Written code needs about three a node. */
const EFFORT = { least: 1_000_000, perNode: 8 };

/** A node that nothing ever flows into or out of: literals and what we do not know. */
export const NOTHING: NodeId = 0;

type Listener = (token: TokenId) => void;

/**
 * Inclusion constraints, solved by a worklist with difference propagation. Nothing happens before `solve`: no call of
 * this class calls back, so that no chain of constraints, however long, nests on the stack.
 */
export class Solver {
  readonly #values = new IntLists();
  readonly #successors = new IntLists();
  /** Most nodes have no listener or one. */
  readonly #listeners: (Listener | Listener[] | undefined)[] = [undefined];
  /** The last of a node's values that its successors and listeners have been told of. */
  readonly #told: Cursor[] = [NO_CURSOR];
  readonly #waiting: boolean[] = [false];
  /** What the values of each node weigh. */
  #weights = new Uint16Array(1024);
  #nodes: NodeId[] = [];
  #tasks: (() => void)[] = [];
  #solving = false;
  #limit = SATURATION;
  #effort = 0;
  #budget = EFFORT.least;

  /** `weigh`: what an alternative weighs, a whole number above 0 and the same each time. By default 1. */
  constructor(private readonly weigh: (token: TokenId) => number = () => 1) {}

  node(): NodeId {
    this.#listeners.push(undefined);
    this.#told.push(NO_CURSOR);
    const node = this.#waiting.push(false) - 1;
    if (node >= this.#weights.length) {
      const longer = new Uint16Array(this.#weights.length * 2);
      longer.set(this.#weights);
      this.#weights = longer;
    }
    return node;
  }

  values(node: NodeId): TokenSet {
    return this.#values.size(node) === 0 || this.isSaturated(node) ? EMPTY : new ValuesOf(this.#values, node);
  }

  /** Whether the node was given up for too many alternatives: it may be anything. */
  isSaturated(node: NodeId): boolean {
    return (this.#weights[node] ?? 0) >= this.#limit;
  }

  add(node: NodeId, token: TokenId): void {
    if (node === NOTHING) return;
    if (++this.#effort > this.#budget) this.#tighten();
    const weight = this.#weights[node] ?? 0;
    if (weight >= this.#limit || !this.#values.add(node, token)) return;
    this.#weights[node] = weight + this.weigh(token);
    if (this.#waiting[node]) return;
    this.#waiting[node] = true;
    this.#nodes.push(node);
  }

  /** Everything that `from` may be, `to` may be, too. */
  flow(from: NodeId, to: NodeId): void {
    if (from === to || from === NOTHING || to === NOTHING || !this.#successors.add(from, to)) return;
    const told = this.#told[from] ?? NO_CURSOR;
    if (told !== NO_CURSOR) this.#pass(from, NO_CURSOR, told, to);
  }

  /** Calls back once for each value that `node` has or will have, from inside `solve`. */
  watch(node: NodeId, listener: Listener): void {
    if (node === NOTHING) return;
    const known = this.#listeners[node];
    if (known === undefined) this.#listeners[node] = listener;
    else if (typeof known === "function") this.#listeners[node] = [known, listener];
    else known.push(listener);
    const told = this.#told[node] ?? NO_CURSOR;
    if (told !== NO_CURSOR) this.defer(() => this.#inform(node, NO_CURSOR, told, listener));
  }

  /** Puts work off until `solve`, for what would nest too deeply where it comes up. */
  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  /** Until nothing changes. Inside a task or a listener it does nothing: the outer run goes on anyway. */
  solve(): void {
    if (this.#solving) return;
    this.#solving = true;
    while (this.#tasks.length > 0 || this.#nodes.length > 0) {
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) task();
      const nodes = this.#nodes;
      this.#nodes = [];
      for (const node of nodes) this.#tell(node);
    }
    this.#solving = false;
  }

  /** Keeps the work near linear in the size of the program. */
  #tighten(): void {
    const fair = EFFORT.least + EFFORT.perNode * this.#waiting.length;
    if (this.#budget < fair) this.#budget = fair;
    else {
      this.#limit = Math.max(this.#limit / 4, TIGHTEST);
      this.#budget = this.#limit === TIGHTEST ? Infinity : this.#effort + fair;
    }
  }

  /** Successors and listeners that come while this runs were told of the new values when they came. */
  #tell(node: NodeId): void {
    this.#waiting[node] = false;
    const from = this.#told[node] ?? NO_CURSOR;
    const to = this.#values.last(node);
    if (from === to) return;
    this.#told[node] = to;
    const successors = this.#successors;
    const last = successors.last(node);
    for (let at = NO_CURSOR; at !== last; ) {
      at = successors.after(node, at);
      this.#pass(node, from, to, successors.at(at));
    }
    const listeners = this.#listeners[node];
    if (typeof listeners === "function") this.#inform(node, from, to, listeners);
    else
      for (let index = 0, count = listeners?.length ?? 0; index < count; index++) {
        const listener = listeners?.[index];
        if (listener) this.#inform(node, from, to, listener);
      }
  }

  /** Gives a node's values after one cursor, up to another, to a successor. */
  #pass(node: NodeId, from: Cursor, to: Cursor, successor: NodeId): void {
    const values = this.#values;
    for (let at = from; at !== to; ) {
      at = values.after(node, at);
      this.add(successor, values.at(at));
    }
  }

  /** The same to a listener. */
  #inform(node: NodeId, from: Cursor, to: Cursor, listener: Listener): void {
    const values = this.#values;
    for (let at = from; at !== to; ) {
      at = values.after(node, at);
      listener(values.at(at));
    }
  }
}

class ValuesOf implements TokenSet {
  constructor(
    private readonly values: IntLists,
    private readonly node: NodeId,
  ) {}

  get size(): number {
    return this.values.size(this.node);
  }

  has(token: TokenId): boolean {
    return this.values.has(this.node, token);
  }

  [Symbol.iterator](): IterableIterator<TokenId> {
    return this.values.items(this.node).values();
  }
}

const EMPTY: TokenSet = new Set<TokenId>();
