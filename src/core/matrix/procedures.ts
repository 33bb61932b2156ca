import type { Expr } from "../facts/types.js";
import { parts } from "../link/expressions.js";
import type { Program } from "../link/program.js";
import { type Identity, rootOf } from "./bindings.js";

/** A property of an object literal that something stands in. */
interface Slot {
  file: string;
  name: string;
  object: number;
}

const MAX_NESTING = 8;

/** Where tRPC's procedures and routers stand in their routers: `users.list` for `router({ users: router({ list: … }) })`. */
export class ProcedureNames {
  readonly #slots = new Map<Identity, Slot[]>();
  /** The call that an object literal is given to, by file and object; or the slot that it stands in. */
  readonly #takers = new Map<string, { file: string; call: number } | Slot>();

  constructor(readonly program: Program) {
    for (const facts of program.files.values()) {
      const { file } = facts;
      if (!facts.specifiers.some((specifier) => /trpc|router|procedure/i.test(specifier)) && !facts.calls.some(({ callee }) => callee.k === "member" && /^(query|mutation|subscription)$/.test(callee.name))) continue;
      for (const call of facts.calls)
        for (const arg of call.args) {
          if (arg.k === "object") this.#takers.set(`${file} ${arg.id}`, { file, call: call.id });
          this.#read(file, arg);
        }
      for (const { value } of facts.assigns) this.#read(file, value);
      for (const entry of facts.exports) if (entry.k === "value") this.#read(file, entry.value);
      for (const { returns } of facts.functions) for (const value of returns) this.#read(file, value);
    }
  }

  #read(file: string, expr: Expr): void {
    for (const part of parts(expr))
      if (part.k === "object")
        for (const { name, value } of part.props) {
          const slot: Slot = { file, name, object: part.id };
          if (value.k === "object") this.#takers.set(`${file} ${value.id}`, slot);
          const id = this.#identityOf(file, value);
          const known = id === undefined ? undefined : this.#slots.get(id);
          if (id === undefined || known?.some((other) => other.file === file && other.object === part.id && other.name === name)) continue;
          this.#slots.set(id, [...(known ?? []), slot]);
        }
  }

  /** What a chain of calls ends in: the last call is the value that is named. */
  #identityOf(file: string, value: Expr): Identity | undefined {
    const root = value.k === "call" || value.k === "var" || value.k === "member" || value.k === "await" ? rootOf(this.program, file, value) : undefined;
    const last = root?.links.at(-1);
    return last && `call ${last.file} ${last.call.id}`;
  }

  /** The path of a procedure from the outermost router that is in sight; undefined where it stands in none, or in several. */
  of(file: string, call: number): string | undefined {
    const names: string[] = [];
    let id: Identity = `call ${file} ${call}`;
    for (let depth = 0; depth < MAX_NESTING; depth++) {
      const [slot, more] = this.#slots.get(id) ?? [];
      if (!slot || more) break;
      names.unshift(slot.name);
      let taker = this.#takers.get(`${slot.file} ${slot.object}`);
      while (taker && "object" in taker) {
        names.unshift(taker.name);
        taker = this.#takers.get(`${taker.file} ${taker.object}`);
      }
      if (!taker) break;
      id = `call ${taker.file} ${taker.call}`;
    }
    return names.length === 0 ? undefined : names.join(".");
  }
}
