import { add, constant, type Cost, multiply, variable, weightOf } from "../cost.js";
import type { CallFact } from "../facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../link/index.js";
import { parametersRun } from "../link/loans.js";
import { append, functionKey, type FunctionKey } from "../link/program.js";
import { callersOf } from "../link/sessions.js";
import { canWait, type Outgoing, OUTSIDE_WAITS, outgoingCalls, waitsIn } from "../link/outgoing.js";
import { loopTimes } from "../link/summaries.js";
import type { HeldLoop } from "../link/transactions.js";
import type { Costs } from "./costs.js";
import type { InsideIo } from "./types.js";

/** What happens while a transaction is open. */
export interface Held {
  site: JudgedTransaction;
  /** At most so many statements. */
  statements: Cost;
  loops: readonly HeldLoop[];
  io: InsideIo[];
  label?: string;
}

/** The transactions of the program by the function that runs them, each looked into once. */
export class HeldTransactions {
  readonly #byRunner = new Map<FunctionKey, JudgedTransaction[]>();
  readonly #held = new Map<JudgedTransaction, Held>();
  readonly #outgoing: ReadonlyMap<CallFact, Outgoing>;

  constructor(
    readonly project: ProjectFacts,
    readonly costs: Costs,
  ) {
    this.#outgoing = outgoingCalls(project);
    for (const site of [...project.judgedTransactions.map((each) => asList(project, each)), ...givenLists(project)])
      if (!project.isPrivate(site)) for (const runner of runnersOf(site)) append(this.#byRunner, runner, site);
  }

  /** The transactions that a function runs itself. */
  runBy(key: FunctionKey): readonly Held[] {
    return (this.#byRunner.get(key) ?? []).map((site) => this.#heldBy(site));
  }

  #heldBy(site: JudgedTransaction): Held {
    let held = this.#held.get(site);
    if (!held) {
      const { project } = this;
      const label = labelOf(site);
      held = { site, statements: this.#statements(site), loops: project.writers.heldLoops(site), io: canWait(project, site) ? [...this.#waits(site)] : [], ...(label === undefined ? {} : { label }) };
      this.#held.set(site, held);
    }
    return held;
  }

  #statements(site: JudgedTransaction): Cost {
    const { project, costs } = this;
    if (site.style === "array") return listed(project, site);
    const { extent } = site;
    const bodies = site.bodies.map((body) => {
      const { file, fn } = project.program.fnOf(body);
      return costs.statements.ofCalls(file, fn, (call) => !extent || (extent.start <= call.span.start && call.span.end <= extent.end));
    });
    const dearest = bodies.reduce((best, cost) => (weightOf(cost) > weightOf(best) ? cost : best), constant(0));
    const batches = costs.batches.get(site.call);
    return batches ? multiply(dearest, batches.size) : dearest;
  }

  *#waits(site: JudgedTransaction): Generator<InsideIo> {
    const { program } = this.project;
    for (const { file, call, kind } of waitsIn(this.project, site, this.#outgoing))
      yield { file, line: call.span.line, kind, text: `${program.text(file, call.calleeSpan).replace(/\s+/g, "")} ${OUTSIDE_WAITS[kind]}` };
  }
}

/** The functions in which it begins. */
function runnersOf(site: JudgedTransaction): Set<FunctionKey> {
  const calls = site.style === "wrapper" && site.invocations.length > 0 ? site.invocations : [site];
  return new Set(calls.map(({ file, call }) => functionKey(file, call.fn)));
}

/** The transactions of helpers that are given a list, or something that cannot be followed: `transaction([prisma.user.create(…), …])`. */
function givenLists(project: ProjectFacts): JudgedTransaction[] {
  const lent = new Set<CallFact>(project.judgedTransactions.flatMap(({ lender, call }) => (lender ? [call] : [])));
  return project.transactions
    .filter(({ fromParameter }) => fromParameter)
    .flatMap((site) =>
      parametersRun(project.graph, site).flatMap(({ fn, index }) => {
        const calls = index === 0 ? callersOf(project.graph, functionKey(site.file, fn)).filter(({ call }) => !lent.has(call)) : [];
        return calls.map(({ file, call }): JudgedTransaction => ({ ...site, style: "array", extent: undefined, lender: site, file, call, bodies: [], invocations: [], fromParameter: false }));
      }),
    );
}

/** `transaction(items.map((item) => …))` gives what the loop makes, not the loop's function. */
function asList({ program }: ProjectFacts, site: JudgedTransaction): JudgedTransaction {
  const [given] = site.call.args;
  const isList = site.lender !== undefined && given?.k === "call" && program.callbackLoop(site.file, given.id) !== undefined;
  return isList ? { ...site, style: "array", bodies: [] } : site;
}

/** A list that is run whole: what is written in it, and what loops put into it. */
function listed(project: ProjectFacts, site: JudgedTransaction): Cost {
  const loops = project.writers.heldLoops(site).map(({ loop, writes }) => multiply(constant(writes.length), loopTimes(loop)));
  const [list] = site.call.args;
  const written = list?.k === "array" ? list.items.filter((item) => item.k !== "unknown").length : 0;
  if (loops.length === 0 && written === 0) return variable("operations");
  return add(...loops, constant(written));
}

/** The name that a transaction is given, when it is a literal: `transaction(db, work, { label: "import" })`. */
function labelOf({ call }: JudgedTransaction): string | undefined {
  for (const arg of call.args)
    for (const { name, value } of arg.k === "object" ? arg.props : []) if (name === "label" && value.k === "literal" && typeof value.value === "string") return value.value;
  return undefined;
}
