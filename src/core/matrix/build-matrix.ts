import { packageName } from "../catalogue/index.js";
import { add, isZero, weightOf, ZERO } from "../cost.js";
import type { CallFact } from "../facts/types.js";
import type { ProjectFacts } from "../link/index.js";
import type { FunctionKey } from "../link/program.js";
import type { OpenSite } from "../link/sessions.js";
import { statementOf } from "../link/run-statements.js";
import { callsThatBegin, type Costs, costsOf, kindOf } from "./costs.js";
import { type Held, HeldTransactions } from "./held.js";
import { findOperations, type Operation } from "./operations.js";
import { byContention } from "./order.js";
import { Reach, type Reached, type Way } from "./reach.js";
import type { InsideIo, Lock, Matrix, MatrixRow, Why } from "./types.js";
import { whyOf } from "./why.js";

/** What one operation runs, as far as it concerns a database. */
export interface OperationFacts {
  reached: ReadonlyMap<FunctionKey, Reached>;
  opens: readonly OpenSite[];
  held: readonly Held[];
  /** The ways to a function, at most so many. */
  waysTo: (target: FunctionKey, most: number) => Way[];
}

/** The matrix of a project: which operations there are, and what calling each once takes of its databases. */
export class ProjectMatrix {
  readonly matrix: Matrix;
  readonly #costs: Costs;
  readonly #held: HeldTransactions;
  readonly #reach: Reach;
  readonly #opens = new Map<FunctionKey, OpenSite[]>();
  readonly #operations = new Map<MatrixRow, Operation>();

  constructor(readonly project: ProjectFacts) {
    this.#costs = costsOf(project);
    this.#held = new HeldTransactions(project, this.#costs);
    for (const open of project.opens) if (!open.call.memo) this.#opens.set(open.fn, [...(this.#opens.get(open.fn) ?? []), open]);
    const matters = new Set<CallFact>([...project.opens.map(({ call }) => call), ...project.transactions.flatMap(callsThatBegin), ...project.judgedTransactions.map(({ call }) => call)]);
    this.#reach = new Reach(project, (call) => matters.has(call) || kindOf(project, call) !== undefined);
    let withoutDatabase = 0;
    for (const operation of findOperations(project)) {
      const row = this.#rowOf(operation);
      if (row) this.#operations.set(row, operation);
      else if (operation.kind !== "script") withoutDatabase++;
    }
    this.matrix = { rows: [...this.#operations.keys()].sort(byContention), withoutDatabase };
  }

  /** How a row of this matrix comes to its figures. */
  why(row: MatrixRow): Why {
    const operation = this.#operations.get(row);
    if (!operation) throw new RangeError(`${row.operation} is no row of this matrix`);
    return whyOf(this.project, row, operation, this.#factsOf(operation));
  }

  #factsOf({ keys }: Operation): OperationFacts {
    const reached = this.#reach.from(keys);
    const all = [...reached.keys()];
    return { reached, opens: all.flatMap((key) => this.#opens.get(key) ?? []), held: [...new Set(all.flatMap((key) => this.#held.runBy(key)))], waysTo: (target, most) => this.#reach.ways(keys, target, most) };
  }

  #rowOf(operation: Operation): MatrixRow | undefined {
    const { operation: name, kind, file, line, keys } = operation;
    const { reached, opens, held } = this.#factsOf(operation);
    if (reached.size === 0) return undefined;
    const costs = this.#costs;
    const { lock, libraries } = this.#statementsOf(reached);
    const longest = held.reduce<Held | undefined>((best, each) => (best && weightOf(best.statements) >= weightOf(each.statements) ? best : each), undefined);
    const sum = (of: "sessions" | "transactions" | "statements") => add(...keys.map((key) => costs[of].ofFunction(key)));
    const row: MatrixRow = {
      operation: name,
      kind,
      file,
      line,
      libraries: [...new Set([...libraries, ...opens.map(({ library }) => packageName(library)), ...held.map(({ site }) => packageName(site.library))])].sort(),
      sessions: sum("sessions"),
      lock: held.some(({ site }) => site.mode === "immediate" || site.mode === "exclusive") ? "write" : lock,
      transactions: sum("transactions"),
      statements: sum("statements"),
      longest: longest?.statements ?? ZERO,
      ...(longest ? { mode: longest.site.mode } : {}),
      io: distinct(held.flatMap(({ io }) => io)),
      labels: [...new Set(held.flatMap(({ label }) => label ?? []))].sort(),
    };
    const isIdle = row.lock === "none" && isZero(row.sessions) && isZero(row.transactions) && isZero(row.statements);
    return isIdle ? undefined : row;
  }

  #statementsOf(reached: ReadonlyMap<FunctionKey, Reached>): { lock: Lock; libraries: Set<string> } {
    const { project } = this;
    const kinds = new Set<string>();
    const libraries = new Set<string>();
    for (const key of reached.keys()) {
      const { file, fn } = project.program.fnOf(key);
      for (const call of project.program.callsIn(file, fn.id)) {
        const kind = call.memo ? undefined : kindOf(project, call);
        if (kind === undefined) continue;
        kinds.add(kind);
        const statement = statementOf(project.graph, call);
        if (statement) libraries.add(packageName(statement.library));
      }
    }
    return { lock: (["write", "unknown", "read"] as const).find((kind) => kinds.has(kind)) ?? "none", libraries };
  }
}

function distinct(io: readonly InsideIo[]): InsideIo[] {
  return [...new Map(io.map((each) => [`${each.file}:${each.line} ${each.text}`, each])).values()];
}

