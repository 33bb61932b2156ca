import { PairMap } from "./pair-map.js";
import type { NodeId } from "./solver.js";

/** Nodes by file and by a number in it, where numbers are given out from 0 up. A node is never 0. */
export class FileNodes {
  readonly #rows = new Map<string, NodeId[]>();

  find(file: string, id: number): NodeId | undefined {
    return this.#rows.get(file)?.[id] || undefined;
  }

  set(file: string, id: number, node: NodeId): NodeId {
    let row = this.#rows.get(file);
    if (!row) this.#rows.set(file, (row = []));
    // Holes would turn the list into a slower kind.
    while (row.length < id) row.push(0);
    row[id] = node;
    return node;
  }
}

/** Nodes by a number and a name. */
export class NamedNodes {
  readonly #nodes = new PairMap();

  constructor(private readonly names: Names) {}

  find(outer: number, name: string): NodeId | undefined {
    return this.#nodes.get(outer, this.names.idOf(name)) || undefined;
  }

  set(outer: number, name: string, node: NodeId): NodeId {
    this.#nodes.set(outer, this.names.idOf(name), node);
    return node;
  }
}

/** A number for each name, from 0 up. */
export class Names {
  readonly #ids = new Map<string, number>();

  idOf(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) this.#ids.set(name, (id = this.#ids.size));
    return id;
  }
}
