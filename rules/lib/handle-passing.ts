import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact, Span } from "../../src/core/facts/types.js";
import type { HelperFunction, OuterHelperDetail } from "../../src/core/finding.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import { parameterOf } from "./default-session.js";
import { namesOf, whyFixed } from "./signature.js";
import { startsOf } from "./same-session.js";
import { writtenAs } from "./written.js";

/** How far helpers are followed: nobody reads a rewrite of more. */
const MAX_DEPTH = 4;

/** Why a helper is not given the handle by a codemod, in words for its reader. */
class Unclear extends Error {}

/** What a call on this way touches outside of the transaction; undefined where it touches nothing, or the handle. */
export type StrayFacts = (inside: InsideCall) => readonly StatementFact[] | undefined;

/**
 * The functions that have to take the handle so that a call's statements run on it, or the reason for which only their author
 * can say. `statements` are all that were found to run on the session by way of the call.
 */
export function passingOf(project: ProjectFacts, site: JudgedTransaction, at: CallPlace, statements: readonly CallFact[], factsOf: StrayFacts): Pick<OuterHelperDetail, "library" | "begins" | "functions"> | string {
  const { library: id, call } = site;
  if (site.pattern?.option !== undefined) return "give the helper the handle as a parameter, and pass it in the options of each statement";
  const isTyped = libraryWithId(id)?.passing !== undefined;
  const begins = call.callee.k === "member" ? call.callee.name : "";
  try {
    const passing = new Passing(project, factsOf);
    const [key, more] = passing.targetsOf(at);
    if (key === undefined || more !== undefined) throw new Unclear("which function it runs cannot be told");
    passing.take(key, [at]);
    for (const statement of statements) if (!passing.statements.has(statement)) throw new Unclear("it leads to its statements by ways that cannot be followed");
    const functions = passing.functions;
    if (!isTyped && functions.some(({ file }) => /\.[cm]?tsx?$/.test(file))) throw new Unclear("no type is known that holds for the session and for the handle");
    return { library: id, begins, functions };
  } catch (error) {
    if (!(error instanceof Unclear)) throw error;
    return `give the helper the handle as a parameter, and let it use that: ${error.message}`;
  }
}

class Passing {
  readonly functions: HelperFunction[] = [];
  readonly statements = new Set<CallFact>();
  /** The function's place in `functions`; undefined where it needs no handle. */
  readonly #known = new Map<FunctionKey, number | undefined>();
  readonly #open = new Set<FunctionKey>();

  constructor(
    readonly project: ProjectFacts,
    readonly factsOf: StrayFacts,
  ) {}

  /** The functions that a call runs itself, not those that are written in it. */
  targetsOf({ file, call }: CallPlace): FunctionKey[] {
    return [...new Set([...this.project.inside.calleesOf(file, call)].flatMap(({ to, written }) => (written ? [] : [to])))];
  }

  take(key: FunctionKey, path: readonly CallPlace[]): number | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    // A way that leads back to a function, or too far, is looked at no further: what it leads to is missed then, and that is said.
    if (this.#open.has(key) || path.length > MAX_DEPTH) return undefined;
    this.#open.add(key);
    const statements: { call: CallFact; session: Session }[] = [];
    const calls: HelperFunction["calls"] = [];
    this.#visit(key, key, path, statements, calls);
    this.#open.delete(key);
    const index = statements.length + calls.length === 0 ? undefined : this.#add(key, statements, calls);
    this.#known.set(key, index);
    return index;
  }

  /** What a function does itself, or in functions written in it. */
  #visit(root: FunctionKey, key: FunctionKey, path: readonly CallPlace[], statements: { call: CallFact; session: Session }[], calls: HelperFunction["calls"]): void {
    const { program, inside } = this.project;
    const { file, fn } = program.fnOf(key);
    for (const call of program.callsIn(file, fn.id)) {
      const facts = this.factsOf({ file, call, fn: key, path });
      if (facts !== undefined) {
        statements.push({ call, session: this.#sessionOf(file, call, root, facts) });
        this.statements.add(call);
      }
      for (const { to, written } of inside.calleesOf(file, call)) {
        if (written) this.#visit(root, to, path, statements, calls);
        else {
          const taken = this.take(to, [...path, { file, call }]);
          if (taken === undefined) continue;
          if (this.targetsOf({ file, call }).length > 1) throw new Unclear(`which function \`${program.text(file, call.calleeSpan)}\` runs cannot be told`);
          calls.push({ span: call.span, to: taken });
        }
      }
    }
  }

  #add(key: FunctionKey, statements: readonly { call: CallFact; session: Session }[], calls: HelperFunction["calls"]): number {
    const { program } = this.project;
    const { file, fn } = program.fnOf(key);
    const why = whyFixed(this.project, key);
    if (why !== undefined) throw new Unclear(why);
    const [session, other] = [...new Map(statements.map((each) => [each.session.text, each.session])).values()];
    if (other !== undefined) throw new Unclear(`\`${fn.name}\` uses a session by several names`);
    const known = namesOf(this.project, key);
    const spans: Span[] = statements.map(({ call }) => call.span);
    return (
      this.functions.push({
        file,
        span: fn.span,
        name: fn.name,
        member: known.names.length === 0 || fn.class !== undefined || fn.object !== undefined,
        ...(session === undefined ? {} : { session: session.text }),
        ...(session?.takes === undefined ? {} : { takes: session.takes }),
        statements: spans,
        calls,
        ...known,
      }) - 1
    );
  }

  /** The session as the statement names it, from its root on. */
  #sessionOf(file: string, call: CallFact, root: FunctionKey, facts: readonly StatementFact[]): Session {
    const { values } = this.project.graph;
    let found: Session | undefined;
    for (const part of [call.callee, ...startsOf(this.project, file, call.callee), ...call.args]) {
      const text = writtenAs(this.project, file, part);
      const held = values.solver.values(values.expression(file, part, call.fn));
      if (text === undefined || !facts.some(({ owner, session }) => held.has(owner) || (session !== undefined && held.has(session)))) continue;
      const parameter = part.k === "var" ? parameterOf(this.project, file, part.id, functionKey(file, call.fn)) : undefined;
      found = { text, ...(parameter?.key === root ? { takes: parameter.index } : {}) };
    }
    if (found === undefined) throw new Unclear(`the session has no name in \`${this.project.program.fnOf(root).fn.name}\``);
    return found;
  }
}

interface Session {
  text: string;
  takes?: number;
}
