import type { Expr } from "../../facts/types.js";
import { append, type Program } from "../program.js";
import { exported, type Identity, type Root, rootOf } from "./bindings.js";

/** A property of an object literal that something stands in. */
interface Slot {
  file: string;
  name: string;
  object: number;
}

const MAX_NESTING = 8;

/** What makes a router of an object: `router({ … })`, `t.router({ … })`, `createTRPCRouter({ … })`. */
const MAKES_ROUTER = /router$/i;

/** Where tRPC's procedures and routers stand in their routers: `users.list` for `router({ users: router({ list: … }) })`. */
export class ProcedureNames {
  readonly #slots = new Map<Identity, Slot[]>();
  /** The call that an object literal is given to, by file and object; or the slot that it stands in. */
  readonly #takers = new Map<string, { file: string; call: number } | Slot>();

  constructor(readonly program: Program) {
    for (const { file, calls } of program.files.values())
      for (const call of program.role(file) === "test" ? [] : calls) {
        const { callee } = call;
        const name = callee.k === "member" ? callee.name : callee.k === "var" ? program.variable(file, callee.id).name : "";
        if (!MAKES_ROUTER.test(name)) continue;
        for (const arg of call.args) {
          if (arg.k !== "object") continue;
          this.#takers.set(`${file} ${arg.id}`, { file, call: call.id });
          this.#read(file, arg);
        }
      }
  }

  #read(file: string, { id: object, props }: Extract<Expr, { k: "object" }>): void {
    for (const { name, value } of props) {
      const slot: Slot = { file, name, object };
      if (value.k === "object") {
        this.#takers.set(`${file} ${value.id}`, slot);
        this.#read(file, value);
        continue;
      }
      const id = this.#identityOf(file, value);
      if (id !== undefined) append(this.#slots, id, slot);
    }
  }

  /** What a chain of calls ends in: the last call is the value that is named. */
  #identityOf(file: string, value: Expr): Identity | undefined {
    const root = this.#lazyRoot(file, value) ?? rootOf(this.program, file, value);
    const last = root?.links.at(-1);
    return last && `call ${last.file} ${last.call.id}`;
  }

  /** `lazy(() => import("./users").then((module) => module.usersRouter))` */
  #lazyRoot(file: string, value: Expr): Root | undefined {
    const { program } = this;
    const lazy = value.k === "call" ? program.call(file, value.id) : undefined;
    const [load] = lazy?.args ?? [];
    const result = load?.k === "fn" ? program.fn(file, load.id).returns[0] : undefined;
    if (result?.k !== "call") return undefined;
    const { callee, args: [choose] } = program.call(file, result.id);
    const chosen = choose?.k === "fn" ? program.fn(file, choose.id).returns[0] : undefined;
    return callee.k === "member" && callee.of.k === "module" && chosen?.k === "member" ? exported(program, file, callee.of.specifier, chosen.name) : undefined;
  }

  /** The path of a procedure from the outermost router in sight. Of several the one that most routers agree on, then the shortest. */
  of(file: string, call: number): string | undefined {
    const counts = new Map<string, number>();
    for (const path of this.#paths(`call ${file} ${call}`, 0)) if (path !== "") counts.set(path, (counts.get(path) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || a[0].length - b[0].length)[0]?.[0];
  }

  #paths(id: Identity, depth: number): string[] {
    const slots = this.#slots.get(id) ?? [];
    if (slots.length === 0 || depth > MAX_NESTING) return [""];
    return slots.flatMap((slot) => {
      const names = [slot.name];
      let taker = this.#takers.get(`${slot.file} ${slot.object}`);
      while (taker && "object" in taker) {
        names.unshift(taker.name);
        taker = this.#takers.get(`${taker.file} ${taker.object}`);
      }
      const above = taker ? this.#paths(`call ${taker.file} ${taker.call}`, depth + 1) : [""];
      return above.map((path) => [...(path === "" ? [] : [path]), ...names].join("."));
    });
  }
}
