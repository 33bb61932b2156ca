import type { FunctionId } from "../facts/types.js";
import { append } from "./program.js";
import type { NodeId } from "./solver.js";

/** A function that reads a member. */
export interface Reader {
  file: string;
  fn: FunctionId;
}

/** A function that runs when a member is read. */
export type Getter = Reader;

export interface GetterRead {
  file: string;
  fn: FunctionId;
  targetFile: string;
  target: FunctionId;
}

/** Which function reads which getter, by the member nodes that both know. Filled while solving. */
export class Getters {
  readonly #readers = new Map<NodeId, Reader[]>();
  readonly #getters = new Map<NodeId, Getter[]>();
  readonly #delegates = new Map<NodeId, Set<NodeId>>();

  addReader(member: NodeId, reader: Reader): void {
    append(this.#readers, member, reader);
  }

  addGetter(member: NodeId, getter: Getter): void {
    append(this.#getters, member, getter);
  }

  /** Who reads `member` reads `of`, too. */
  delegate(member: NodeId, of: NodeId): void {
    let delegates = this.#delegates.get(member);
    if (!delegates) this.#delegates.set(member, (delegates = new Set()));
    delegates.add(of);
  }

  /** Every reader with every getter that it runs. */
  reads(): GetterRead[] {
    const found = new Map<string, GetterRead>();
    for (const [start, readers] of this.#readers) {
      const members = new Set([start]);
      // A Set's iteration also visits what is added meanwhile.
      for (const member of members) {
        for (const delegate of this.#delegates.get(member) ?? []) members.add(delegate);
        for (const getter of this.#getters.get(member) ?? [])
          for (const reader of readers) found.set(`${reader.file} ${reader.fn} ${getter.file} ${getter.fn}`, { ...reader, targetFile: getter.file, target: getter.fn });
      }
    }
    return [...found.values()];
  }
}
