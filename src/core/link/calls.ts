import type { CallFact } from "../facts/types.js";
import { Constraints } from "./constraints.js";
import { append, functionKey, type FunctionKey, type Program } from "./program.js";
import type { OpenSite } from "./sessions.js";
import { ownOf } from "./wrapped.js";
import type { TokenId } from "./tokens.js";
import { Values } from "./values.js";

/** A call and a project function that it may run. */
export interface CallEdge {
  file: string;
  call: CallFact;
  from: FunctionKey;
  to: FunctionKey;
}

/** A function handed to code outside the project, in an argument or in a property of an object argument. */
export interface Handover {
  file: string;
  call: CallFact;
  to: FunctionKey;
  /** Who receives it: an external value or part of a session. Null: any callee, known or not. */
  callee: TokenId | null;
  argument: number;
  property?: string;
}

/** A call and where it stands. */
export interface CallPlace {
  file: string;
  call: CallFact;
}

/**
 * The solved program: who may call whom, and which outside values are called where. Everything is in the order of the
 * files and of their calls, so that results do not depend on the order in which constraints were solved.
 */
export class CallGraph {
  readonly values: Values;
  readonly edges: readonly CallEdge[];
  readonly handovers: readonly Handover[];
  /** Calls of values of other packages: call → the values called. */
  readonly external: ReadonlyMap<CallFact, readonly TokenId[]>;
  /** Sessions on a file of their own (in memory, temporary, a copy): nobody waits for their locks. Filled by `findOpens`. */
  readonly privateSessions = new Set<TokenId>();
  /** Opens that say that they only read. Filled by `findOpens`. */
  readonly readOnlyOpens: OpenSite[] = [];
  /** `new C()` sites by class. */
  readonly instantiations: ReadonlyMap<string, readonly CallPlace[]>;

  constructor(readonly program: Program) {
    const values = (this.values = new Values(program));
    const constraints = new Constraints(values);
    for (const facts of program.files.values()) constraints.addFile(facts);
    values.solver.solve();

    const edges: CallEdge[] = [];
    const handovers: Handover[] = [];
    const external = new Map<CallFact, readonly TokenId[]>();
    const instantiations = new Map<string, CallPlace[]>();
    for (const { file, calls } of program.files.values())
      for (const call of calls) {
        const site = values.callResult(file, call.id);
        const given = values.solver.isSaturated(values.expression(file, call.callee, call.fn)) ? undefined : constraints.called.items(site);
        for (const to of this.#functions(ownOf(values, constraints, file, call, given))) edges.push({ file, call, from: functionKey(file, call.fn), to });
        for (const id of constraints.constructed.items(site)) {
          const cls = values.tokens.get(id);
          if (cls.t === "class") append(instantiations, functionKey(cls.file, cls.id), { file, call });
        }
        const callees = this.#externalCallees(file, call);
        if (callees.length > 0) external.set(call, callees);
        this.#addHandovers(file, call, callees, handovers);
      }
    this.edges = edges;
    this.handovers = handovers;
    this.external = external;
    this.instantiations = instantiations;
  }

  #functions(tokens: Iterable<TokenId> | undefined): FunctionKey[] {
    const found: { file: string; id: number }[] = [];
    for (const id of tokens ?? []) {
      const token = this.values.tokens.get(id);
      if (token.t === "function") found.push(token);
    }
    if (found.length > 1) found.sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.id - b.id));
    return found.map(({ file, id }) => functionKey(file, id));
  }

  #externalCallees(file: string, call: CallFact): readonly TokenId[] {
    const { tokens, solver } = this.values;
    const found: TokenId[] = [];
    for (const id of solver.values(this.values.expression(file, call.callee, call.fn))) {
      const { t } = tokens.get(id);
      if (t === "external" || t === "part" || t === "derived" || t === "session" || t === "typed") found.push(id);
    }
    return found.length > 1 ? tokens.sorted(found) : found;
  }

  /** An unknown callee still receives functions: they may run, in the same circumstances as the call. */
  #addHandovers(file: string, call: CallFact, callees: readonly TokenId[], into: Handover[]): void {
    if (call.args.length === 0) return;
    const passed: Omit<Handover, "callee">[] = [];
    // Most calls pass no function.
    let known: Set<string> | undefined;
    const pass = (to: FunctionKey, argument: number, property?: string): void => {
      const key = property === undefined ? to : `${to} ${property}`;
      known ??= new Set();
      if (known.has(key)) return;
      known.add(key);
      passed.push(property === undefined ? { file, call, to, argument } : { file, call, to, argument, property });
    };
    const { values } = this;
    call.args.forEach((arg, argument) => {
      const tokens = values.solver.values(values.expression(file, arg, call.fn));
      if (tokens.size === 0) return;
      for (const to of this.#functions(tokens)) pass(to, argument);
      for (const id of tokens)
        for (const property of values.propertiesOf(id)) for (const to of this.#functions(values.solver.values(values.field(id, property)))) pass(to, argument, property);
    });
    if (passed.length === 0) return;
    for (const callee of [...callees, null]) for (const { file: from, call: at, ...rest } of passed) into.push({ file: from, call: at, callee, ...rest });
  }
}
