import type { Expr } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import { callsParameter } from "../../src/core/link/schedule.js";
import type { Factory, SessionUse } from "../../src/core/link/sessions.js";
import { contains } from "./turns.js";

/**
 * Helpers that give back what the function gives that they were handed: `retrying(() => openDb())`, where another one says `retrying(() => openRedis())`. Such a helper is one function for all of its
 * callers, and those that hand it something else get no session; nor does a helper that hands on what it was given itself.
 */
export class Relays {
  readonly #known = new Map<FunctionKey, boolean>();

  constructor(
    private readonly project: ProjectFacts,
    private readonly uses: readonly SessionUse[],
    private readonly factories: readonly Factory[],
  ) {}

  /** Whether a call hands a helper something else, and gets no session by it. */
  getsSomethingElse(use: SessionUse): boolean {
    const given = use.call.args.flatMap((arg) => (arg.k === "fn" ? [arg.id] : []));
    return given.length > 0 && !this.handsOn(use) && this.#isRelay(use.factory) && !given.some((id) => this.#makes(use.file, id));
  }

  /** Whether a call in a helper gets what the helper was given: the calls of the helper stand for it. */
  handsOn(use: SessionUse): boolean {
    if (this.#runsGiven(use)) return this.factories.some((factory) => factory.file === use.file && contains(factory.fn.span, use.call.span) && this.#isRelay(factory));
    const given = use.call.args.filter((arg) => arg.k === "fn" || this.#isGiven(use.file, arg));
    const isOfHelper = given.some((arg) => this.#isGiven(use.file, arg) || (arg.k === "fn" && this.#runsInside(use.file, arg.id)));
    return isOfHelper && this.#isRelay(use.factory) && !given.some((arg) => arg.k === "fn" && this.#makes(use.file, arg.id));
  }

  #isRelay(factory: Factory): boolean {
    const known = this.#known.get(factory.key);
    if (known !== undefined) return known;
    this.#known.set(factory.key, false);
    const within = this.uses.filter((use) => use.file === factory.file && use.factory.key !== factory.key && contains(factory.fn.span, use.call.span));
    const handsOn = (use: SessionUse): boolean => use.call.args.some((arg) => this.#isGiven(use.file, arg) || (arg.k === "fn" && !this.#makes(use.file, arg.id))) && this.#isRelay(use.factory);
    const isOfOwn = (use: SessionUse): boolean => use.factory.file === factory.file && contains(factory.fn.span, use.factory.fn.span);
    const relay = within.some((use) => this.#runsGiven(use) || handsOn(use)) && within.every((use) => this.#runsGiven(use) || isOfOwn(use) || handsOn(use));
    this.#known.set(factory.key, relay);
    return relay;
  }

  /** `timed("run", () => work())` */
  #runsInside(file: string, id: number): boolean {
    const { span } = this.project.program.fn(file, id);
    return this.uses.some((use) => use.file === file && contains(span, use.call.span) && this.#runsGiven(use));
  }

  #runsGiven({ file, call }: SessionUse): boolean {
    return callsParameter(this.project.graph, file, call);
  }

  #isGiven(file: string, arg: Expr): boolean {
    return arg.k === "var" && this.project.program.variable(file, arg.id).kind === "param";
  }

  /** A function that opens a session, or gets one by other means than what was handed over. */
  #makes(file: string, id: number): boolean {
    const { program } = this.project;
    const { span } = program.fn(file, id);
    const own = this.factories.find(({ key }) => key === functionKey(file, id));
    return (own !== undefined && !this.#isRelay(own)) || this.uses.some((use) => use.file === file && contains(span, use.call.span) && !this.#runsGiven(use));
  }
}
