import { libraryOf, libraryWithId, packageName } from "../catalogue/index.js";
import type { CallFact, Expr } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import type { FunctionKey } from "./program.js";
import { calleesOf } from "./sessions.js";
import type { TokenId } from "./tokens.js";
import type { TransactionSite } from "./transactions.js";

/**
 * Packages that make a library carry its transaction along, by the specifiers that programs import. `*`: which library
 * it is for stands elsewhere.
 */
const CARRIERS: readonly { specifier: RegExp; library: string }[] = [
  // https://github.com/Aliheym/typeorm-transactional
  { specifier: /^typeorm-transactional(-cls-hooked)?$/, library: "typeorm" },
  // https://papooch.github.io/nestjs-cls/plugins/available-plugins/transactional
  { specifier: /^@nestjs-cls\/transactional-adapter-prisma$/, library: "@prisma/client" },
  { specifier: /^@nestjs-cls\/transactional-adapter-typeorm$/, library: "typeorm" },
  { specifier: /^@nestjs-cls\/transactional-adapter-knex$/, library: "knex" },
  { specifier: /^@nestjs-cls\/transactional-adapter-kysely$/, library: "kysely" },
  { specifier: /^@nestjs-cls\/transactional-adapter-drizzle-orm$/, library: "drizzle-orm" },
  { specifier: /^@nestjs-cls\/transactional$/, library: "*" },
];

/** https://nodejs.org/api/async_context.html, its forerunner https://github.com/Jeff-Lewis/cls-hooked, and https://papooch.github.io/nestjs-cls/ on top of it. */
const STORAGE = { modules: new Set(["node:async_hooks", "async_hooks", "cls-hooked", "nestjs-cls"]), carry: /\.(run|runWith|runPromise|runAndReturn|enterWith|set|bind)$/, read: /\.getStore$/ };

/** How many functions may stand between a helper and the one that asks. */
const MAX_ASKING = 2;

/**
 * Where a transaction is carried along by itself: a statement on the session that runs inside, wherever it stands, joins
 * it. Who looks for the handle has nothing to look for there.
 */
export class Ambient {
  /** Calls that put something into the asynchronous context, by file. */
  readonly #stored = new Map<string, CallFact[]>();
  readonly #handles = new Set<TokenId>();
  readonly #carried = new Set<string>();
  /** Carried along by a package, or by the library itself: nothing but the function says how long one is open. */
  readonly #byPackage = new Set<string>();
  readonly #seams = new Set<string>();

  constructor(
    readonly graph: CallGraph,
    sites: () => readonly TransactionSite[],
  ) {
    for (const facts of graph.program.files.values()) {
      for (const specifier of facts.specifiers)
        for (const carrier of CARRIERS) if (carrier.specifier.test(specifier)) this.#byPackage.add(carrier.library);
      for (const call of facts.calls) this.#addCall(facts.file, call);
      this.#addKept(facts.file);
    }
    if (this.#stored.size > 0)
      for (const site of sites())
        if (this.#stored.has(site.file)) {
          this.#seams.add(`${site.file} ${site.call.id}`);
          this.#carried.add(packageName(site.library));
        }
  }

  /** Whether statements on the session join this transaction while it is open. */
  isAmbient(site: TransactionSite): boolean {
    if (site.pattern?.ambient || this.carries(site.library) || this.#seams.has(`${site.file} ${site.call.id}`)) return true;
    return site.handles.some((handle) => this.#handles.has(handle));
  }

  /**
   * Whether the program makes a library carry its transactions along, or keeps a handle of one in the asynchronous context.
   *
   * @param library the library's id or its package's name
   */
  carries(library: string): boolean {
    const known = libraryWithId(library);
    if (known && known.transactions.length > 0 && known.transactions.every(({ ambient }) => ambient)) return true;
    return this.#carried.has(packageName(library)) || this.#isByPackage(library);
  }

  /**
   * Whether a transaction is ambient in a way of the program's own: it may put off what is asked inside until after the commit, or run it elsewhere. Where a
   * package carries it along, it is open for as long as its function runs.
   */
  isOfOwnMaking(site: TransactionSite): boolean {
    return this.isAmbient(site) && site.pattern?.ambient !== true && !this.#isByPackage(site.library);
  }

  /** Whether a function, or one that it calls, asks the asynchronous context: what it runs statements on may be what somebody put there. */
  asksContext(key: FunctionKey, depth = 0): boolean {
    const { file, fn } = this.graph.program.fnOf(key);
    return this.graph.program
      .callsIn(file, fn.id)
      .some((call) => (this.graph.external.get(call) ?? []).some((id) => this.#isRead(id)) || (depth < MAX_ASKING && calleesOf(this.graph, call).some((callee) => this.asksContext(callee, depth + 1))));
  }

  #isByPackage(library: string): boolean {
    return this.#byPackage.has("*") || this.#byPackage.has(packageName(library));
  }

  #addCall(file: string, call: CallFact): void {
    const { tokens, solver } = this.graph.values;
    for (const id of this.graph.external.get(call) ?? []) {
      const token = tokens.get(id);
      const name = token.t === "external" || token.t === "part" ? token.path.split(".").at(-1) : undefined;
      // https://sequelize.org/docs/v6/other-topics/transactions/#automatically-pass-transactions-to-all-queries
      if (name === "useCLS" && (token.t === "external" ? libraryOf(token.module ?? "")?.name : tokens.libraryOf(id)) === "sequelize") this.#byPackage.add("sequelize");
      if (token.t !== "external" || token.module === null || !STORAGE.modules.has(token.module) || !STORAGE.carry.test(token.path)) continue;
      // What is put into a store that is there may be anything: who asks, which language.
      if (!token.path.endsWith(".set")) this.#stored.set(file, [...(this.#stored.get(file) ?? []), call]);
      for (const arg of call.args) for (const value of solver.values(this.graph.values.expression(file, arg, call.fn))) this.#keep(value);
    }
  }

  /** `storage.getStore().tx = tx` */
  #addKept(file: string): void {
    const { values, program } = this.graph;
    const readsStore = (expr: Expr): boolean => {
      if (expr.k === "member" || expr.k === "await" || expr.k === "typed") return readsStore(expr.of);
      if (expr.k === "call") return (this.graph.external.get(program.call(file, expr.id)) ?? []).some((id) => this.#isRead(id));
      return expr.k === "var" && program.file(file).assigns.some(({ target, value }) => target.k === "var" && target.id === expr.id && value.k === "call" && readsStore(value));
    };
    for (const { target, value, fn } of program.file(file).assigns)
      if (target.k === "member" && (target.of.k === "var" || target.of.k === "call") && readsStore(target.of))
        for (const id of values.solver.values(values.expression(file, value, fn))) this.#keep(id);
  }

  #isRead(id: TokenId): boolean {
    const token = this.graph.values.tokens.get(id);
    return token.t === "external" && token.module !== null && STORAGE.modules.has(token.module) && STORAGE.read.test(token.path);
  }

  /** A handle, or an object of the project that holds one. */
  #keep(id: TokenId, depth = 0): void {
    const { tokens, solver } = this.graph.values;
    const token = tokens.get(id);
    const handle = tokens.handleOf(id);
    const library = tokens.libraryOf(id);
    if (handle !== undefined && library !== undefined) {
      this.#handles.add(handle);
      this.#carried.add(packageName(library));
    }
    if (depth > 2) return;
    if (token.t === "object") for (const name of this.graph.values.propertiesOf(id)) for (const inner of solver.values(this.graph.values.field(id, name))) this.#keep(inner, depth + 1);
    if (token.t === "allocation") for (const inner of solver.values(this.graph.values.field(id, "*"))) this.#keep(inner, depth + 1);
    if (token.t === "instance")
      for (const { name } of this.graph.program.class(token.file, token.id).members) for (const inner of solver.values(this.graph.values.field(id, name))) this.#keep(inner, depth + 1);
  }
}
