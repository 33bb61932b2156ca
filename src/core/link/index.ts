import type { Cost } from "../cost.js";
import { constant, ZERO } from "../cost.js";
import type { CallFact, FileFacts } from "../facts/types.js";
import { frameworkOf } from "../catalogue/index.js";
import { Ambient } from "./ambient.js";
import { CallGraph } from "./calls.js";
import { Contexts } from "./contexts.js";
import { Inside } from "./inside.js";
import { Labels } from "./operations/labels.js";
import { type LentTransaction, lentTransactions } from "./loans.js";
import { type LinkHost, Program } from "./program.js";
import { Schedule } from "./schedule.js";
import { factoriesOf, findOpens, usesOf, type Factory, type OpenSite, type SessionUse } from "./sessions.js";
import { statementOf } from "./run-statements.js";
import { Summaries, type Times, type Unit } from "./summaries.js";
import { findTransactions, type TransactionSite, Writers } from "./transactions.js";

export type { LinkHost } from "./program.js";

/** A transaction as rules judge it: one of the program's own, or one that a helper runs for a caller. */
export type JudgedTransaction = TransactionSite & { lender?: LentTransaction["lender"] };

interface Startup {
  file: string;
  call: CallFact;
  framework: string;
}

/** The joined facts of many files: what the rules are functions of. Everything beyond the call graph is made on first use. */
export class ProjectFacts {
  readonly program: Program;
  readonly graph: CallGraph;
  readonly contexts: Contexts;
  /** What the application's operations are called. */
  readonly labels: Labels;
  #opens?: OpenSite[];
  #transactions?: TransactionSite[];
  #judged?: JudgedTransaction[];
  #inside?: Inside;
  #ambient?: Ambient;
  #writers?: Writers;
  #schedule?: Schedule;
  #sessions?: Summaries;
  #statements?: Summaries;
  #startups?: Startup[];

  constructor(facts: Iterable<FileFacts>, host: LinkHost) {
    this.program = new Program(facts, host);
    this.graph = new CallGraph(this.program);
    this.contexts = new Contexts(this.graph);
    this.labels = new Labels(this.graph);
  }

  get opens(): readonly OpenSite[] {
    return (this.#opens ??= findOpens(this.graph));
  }

  get transactions(): readonly TransactionSite[] {
    return (this.#transactions ??= findTransactions(this.graph));
  }

  /**
   * The transactions by who decides what runs in them: a helper's transaction over a function that it was given counts
   * once for each caller that passes one, and for itself only when its own code does more than that.
   */
  get judgedTransactions(): readonly JudgedTransaction[] {
    return (this.#judged ??= this.transactions.flatMap((site): JudgedTransaction[] => {
      const lent = lentTransactions(this.graph, site);
      return site.fromParameter ? lent : [site, ...lent];
    }));
  }

  /** What runs while a transaction is open. */
  get inside(): Inside {
    return (this.#inside ??= new Inside(this.graph, this.schedule));
  }

  get schedule(): Schedule {
    return (this.#schedule ??= new Schedule(this.graph, (handover) => this.contexts.runsInPlace(handover)));
  }

  /** Which transactions are carried along by themselves. */
  get ambient(): Ambient {
    return (this.#ambient ??= new Ambient(this.graph, () => this.transactions));
  }

  /** Opens that say that they only read: those are no opens to the other rules. */
  get readOnlyOpens(): readonly OpenSite[] {
    this.#opens ??= findOpens(this.graph);
    return this.graph.readOnlyOpens;
  }

  /** Whether a transaction is on a file that nobody else has open: then nobody waits for it. */
  isPrivate(site: TransactionSite): boolean {
    const opened = site.sessions.filter((id) => this.graph.values.tokens.get(id).t === "session");
    this.#opens ??= findOpens(this.graph);
    return opened.length > 0 && opened.every((id) => this.graph.privateSessions.has(id));
  }

  get writers(): Writers {
    return (this.#writers ??= new Writers(this.graph, (handover) => this.contexts.runsInPlace(handover)));
  }

  /** Sessions opened by running a function once. */
  get sessionCosts(): Summaries {
    const opens = new Set<CallFact>(this.opens.map((open) => open.call));
    return (this.#sessions ??= this.summarize((_file, call): Cost => (opens.has(call) && !call.memo ? constant(1) : ZERO)));
  }

  /** Statements run by running a function once. */
  get statementCosts(): Summaries {
    return (this.#statements ??= this.summarize((_file, call): Cost => {
      const { kind, through } = statementOf(this.graph, call) ?? {};
      // Counted where the function that runs it does so.
      return kind === undefined || through || kind === "pragma" || kind === "begin" || kind === "commit" || kind === "rollback" ? ZERO : constant(1);
    }));
  }

  /** What running each function once costs, in units that calls have by themselves. */
  summarize(unit: Unit, times?: Times): Summaries {
    return new Summaries(this.schedule, unit, times);
  }

  /** The functions that hand a fresh session of this open to their callers, innermost first. */
  factoriesOf(open: OpenSite): Factory[] {
    return factoriesOf(this.graph, open);
  }

  usesOf(factory: Factory): SessionUse[] {
    return usesOf(this.graph, factory);
  }

  /** Where the program starts to serve: `app.listen(…)`. */
  startups(): readonly Startup[] {
    return (this.#startups ??= this.#findStartups());
  }

  #findStartups(): Startup[] {
    const found: Startup[] = [];
    for (const facts of this.program.files.values())
      for (const call of facts.calls)
        for (const id of this.graph.external.get(call) ?? []) {
          const token = this.graph.values.tokens.get(id);
          const framework = token.t === "external" && token.module !== null ? frameworkOf(token.module) : undefined;
          if (token.t === "external" && framework?.startups.some((path) => path.test(token.path))) {
            found.push({ file: facts.file, call, framework: framework.name });
            break;
          }
        }
    return found;
  }
}

/** Joins the facts of a project's files. A single file is a project of one. */
export function linkProject(facts: Iterable<FileFacts>, host: LinkHost): ProjectFacts {
  return new ProjectFacts(facts, host);
}
