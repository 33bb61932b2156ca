import { IntSet } from "./int-set.js";
import type { TokenId } from "./tokens.js";

export type NodeId = number;

/** The values of a node. */
export interface TokenSet extends Iterable<TokenId> {
  readonly size: number;
  has(token: TokenId): boolean;
}

/**
 * More alternatives than this at one place say nothing any more: the place is dropped from the analysis, which then
 * stays silent about it. It also bounds the work.
 */
const SATURATION = 256;
/** Where everything may be everything (minified bundles), ever fewer alternatives are worth the work, down to these. */
const TIGHTEST = 16;
/** Values added in all, and for each node, before fewer alternatives have to do. Written code needs about three a node. */
const EFFORT = { least: 1_000_000, perNode: 12 };

/** A node that nothing ever flows into or out of: literals and what we do not know. */
export const NOTHING: NodeId = 0;

type Listener = (token: TokenId) => void;

/**
 * Inclusion constraints, solved by a worklist with difference propagation. Nothing happens before `solve`: no call of
 * this class calls back, so that no chain of constraints, however long, nests on the stack.
 */
export class Solver {
  readonly #values: (IntSet | undefined)[] = [undefined];
  readonly #successors: (IntSet | undefined)[] = [undefined];
  readonly #listeners: (Listener[] | undefined)[] = [undefined];
  /** How many of a node's values its successors and listeners have been told of. */
  readonly #told: number[] = [0];
  readonly #waiting: boolean[] = [false];
  #nodes: NodeId[] = [];
  #tasks: (() => void)[] = [];
  #solving = false;
  #limit = SATURATION;
  #effort = 0;
  #budget = EFFORT.least;

  node(): NodeId {
    this.#successors.push(undefined);
    this.#listeners.push(undefined);
    this.#told.push(0);
    this.#waiting.push(false);
    return this.#values.push(undefined) - 1;
  }

  values(node: NodeId): TokenSet {
    const values = this.#values[node];
    return values === undefined || values.size >= this.#limit ? EMPTY : values;
  }

  /** Whether the node was given up for too many alternatives: it may be anything. */
  isSaturated(node: NodeId): boolean {
    return (this.#values[node]?.size ?? 0) >= this.#limit;
  }

  add(node: NodeId, token: TokenId): void {
    if (node === NOTHING) return;
    const values = (this.#values[node] ??= new IntSet());
    if (++this.#effort > this.#budget) this.#tighten();
    if (values.size >= this.#limit || !values.add(token) || this.#waiting[node]) return;
    this.#waiting[node] = true;
    this.#nodes.push(node);
  }

  /** Everything that `from` may be, `to` may be, too. */
  flow(from: NodeId, to: NodeId): void {
    if (from === to || from === NOTHING || to === NOTHING) return;
    if (!(this.#successors[from] ??= new IntSet()).add(to)) return;
    const values = this.#values[from];
    const told = this.#told[from] ?? 0;
    for (let at = 0; values && at < told; at++) this.add(to, values.at(at));
  }

  /** Calls back once for each value that `node` has or will have, from inside `solve`. */
  watch(node: NodeId, listener: Listener): void {
    if (node === NOTHING) return;
    (this.#listeners[node] ??= []).push(listener);
    const values = this.#values[node];
    const told = this.#told[node] ?? 0;
    if (values && told > 0)
      this.defer(() => {
        for (let at = 0; at < told; at++) listener(values.at(at));
      });
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
    const fair = EFFORT.least + EFFORT.perNode * this.#values.length;
    if (this.#budget < fair) this.#budget = fair;
    else {
      this.#limit = Math.max(this.#limit / 4, TIGHTEST);
      this.#budget = this.#limit === TIGHTEST ? Infinity : this.#effort + fair;
    }
  }

  /** Successors and listeners that come while this runs were told of the new values when they came. */
  #tell(node: NodeId): void {
    const values = this.#values[node];
    if (!values) return;
    this.#waiting[node] = false;
    const from = this.#told[node] ?? 0;
    const to = values.size;
    this.#told[node] = to;
    const successors = this.#successors[node];
    for (let index = 0, count = successors?.size ?? 0; successors && index < count; index++) {
      const successor = successors.at(index);
      for (let at = from; at < to; at++) this.add(successor, values.at(at));
    }
    const listeners = this.#listeners[node];
    for (let index = 0, count = listeners?.length ?? 0; index < count; index++) {
      const listener = listeners?.[index];
      for (let at = from; listener && at < to; at++) listener(values.at(at));
    }
  }
}

const EMPTY: TokenSet = new Set<TokenId>();
