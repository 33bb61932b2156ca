import { libraryOf, libraryWithId } from "../../src/core/catalogue/index.js";
import type { CallFact, Expr, Span } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { constantOf } from "../../src/core/link/constants.js";
import { literalText } from "../../src/core/link/contexts.js";
import { parts } from "../../src/core/link/expressions.js";
import { append, functionKey } from "../../src/core/link/program.js";
import { callersOf } from "../../src/core/link/sessions.js";
import { statementsOf } from "../../src/core/link/statements.js";
import type { TokenId } from "../../src/core/link/tokens.js";

/** A pragma that is set, where, and on which of the program's sessions. None: on one that we could not resolve. */
export interface PragmaSet {
  name: string;
  /** As written; undefined where it is computed. */
  value?: string;
  file: string;
  call?: CallFact;
  span?: Span;
  sessions: readonly TokenId[];
  /** On what it is called, those included of which only the declared type is known. */
  receivers: readonly TokenId[];
}

/** What the program says to its SQLite sessions besides queries. */
export class Settings {
  readonly pragmas: PragmaSet[] = [];
  /** Sessions that run SQL we cannot read: it may set anything. */
  readonly opaque = new Set<TokenId>();
  /** Sessions that were handed to code outside the program. */
  readonly away = new Set<TokenId>();
  /** The literal SQL that a session is given. */
  readonly texts = new Map<TokenId, string[]>();
  readonly writes = new Set<TokenId>();
  /** A pragma whose name is computed may be any. */
  readonly #unreadable: boolean;

  constructor(readonly project: ProjectFacts) {
    for (const { file, calls, assigns, functions } of project.program.files.values()) {
      for (const call of calls) {
        const sessions = this.#receivers(call);
        if (sessions) this.#readCall(file, call, sessions);
        else for (const arg of call.args) this.#readLoose(file, arg);
        this.#follow(file, call);
      }
      for (const { value } of assigns) this.#readLoose(file, value);
      for (const { returns } of functions) for (const value of returns) this.#readLoose(file, value);
    }
    this.#unreadable = this.pragmas.some(({ name }) => name === "");
  }

  /** Whether somebody sets the pragma on this session, or may do so. */
  maySet(session: TokenId, name: string): boolean {
    if (this.#unreadable || this.opaque.has(session) || this.away.has(session)) return true;
    return this.pragmas.some((pragma) => pragma.name === name && (pragma.sessions.length === 0 || pragma.sessions.includes(session)));
  }

  /** Whether the program sets it anywhere: enough for what the file itself keeps. */
  setsAnywhere(name: string): boolean {
    return this.#unreadable || this.pragmas.some((pragma) => pragma.name === name);
  }

  /** The sessions on which a call is made; undefined when it is on none. */
  #receivers(call: CallFact): TokenId[] | undefined {
    const { tokens } = this.project.graph.values;
    let found: Set<TokenId> | undefined;
    for (const id of this.project.graph.external.get(call) ?? []) {
      const session = tokens.sessionOf(id);
      if (session === undefined) continue;
      found ??= new Set();
      found.add(session);
    }
    return found && [...found];
  }

  #readCall(file: string, call: CallFact, receivers: readonly TokenId[]): void {
    const { tokens } = this.project.graph.values;
    // A declared type alone is nobody's in particular: it may be any.
    const sessions = receivers.every((id) => tokens.get(id).t === "session") ? receivers : [];
    const opaque = receivers.filter((id) => tokens.get(id).t === "session");
    const name = call.callee.k === "member" ? call.callee.name : "";
    for (const statement of statementsOf(this.project.graph, call)) if (statement.kind === "write" && statement.session !== undefined) this.writes.add(statement.session);
    const [first] = call.args;
    if (!first) return;
    const text = this.#text(file, first);
    if (name === "configure" && text === "busyTimeout") this.pragmas.push({ name: "busy_timeout", value: numberOf(this.project, file, call.args[1]), file, call, span: call.span, sessions, receivers });
    if (text === undefined) {
      // What a prepared statement is given are values.
      if (this.#isPrepared(call)) return;
      if (/^(exec|executeMultiple|pragma|raw|run|query|unsafe)$/.test(name) && !this.#callersSayIt(file, call, first) && first.k !== "array") for (const id of opaque) this.opaque.add(id);
      return;
    }
    for (const id of sessions) append(this.texts, id, text);
    const hole = holeOf(this.project, file, first);
    for (const pragma of pragmasIn(name === "pragma" ? `PRAGMA ${text}` : text)) this.pragmas.push({ ...pragma, value: pragma.value === "${}" ? hole : pragma.value, file, call, span: call.span, sessions, receivers });
  }

  #isPrepared(call: CallFact): boolean {
    const { tokens } = this.project.graph.values;
    return (this.project.graph.external.get(call) ?? []).some((id) => {
      const owner = tokens.ownerOf(id);
      const held = owner === undefined ? undefined : tokens.get(owner);
      return held?.t === "derived" && held.kind === "statement";
    });
  }

  #text(file: string, expr: Expr): string | undefined {
    const { file: from, expr: value } = constantOf(this.project.program, file, expr);
    if (value.k === "call") {
      const made = this.project.program.call(from, value.id);
      const [template] = made.args;
      return made.kind === "tag" && template ? literalText(template) : undefined;
    }
    if (value.k === "object") {
      const sql = value.props.find(({ name }) => name === "sql" || name === "text");
      return sql && this.#text(from, sql.value);
    }
    return literalText(value);
  }

  /** `exec(sql) { this.db.exec(sql) }`: whoever calls it says what runs, and is read there. */
  #callersSayIt(file: string, call: CallFact, expr: Expr): boolean {
    const { program, graph } = this.project;
    if (expr.k !== "var" || program.variable(file, expr.id).kind !== "param") return false;
    const index = program.fn(file, call.fn).params.findIndex((param) => param.variable === expr.id);
    const callers = index === -1 ? [] : callersOf(graph, functionKey(file, call.fn));
    return callers.length > 0 && callers.every(({ file: from, call: caller }) => {
      const arg = caller.args[index];
      return arg !== undefined && this.#text(from, arg) !== undefined;
    });
  }

  /** Text that no session of ours is seen to get may still reach one: a list of pragmas, a wrapper's `pragma("…")`. */
  #readLoose(file: string, expr: Expr): void {
    for (const part of parts(expr)) {
      const text = literalText(part);
      if (text === undefined) continue;
      for (const name of text.match(/\b(busy_timeout|journal_mode|foreign_keys|synchronous)\b/gi) ?? []) this.pragmas.push({ name: name.toLowerCase(), file, sessions: [], receivers: [] });
    }
  }

  /** Who gets a session that is not the program's own code, nor a library of the catalogue, may do anything to it. */
  #follow(file: string, call: CallFact): void {
    const { graph, program } = this.project;
    const { solver, tokens } = graph.values;
    if (call.args.length === 0 || isHarmless(call)) return;
    const given = call.args.flatMap((arg) => sessionsIn(arg));
    if (given.length === 0 || this.#known(call)) return;
    for (const expr of given)
      for (const id of solver.values(graph.values.expression(file, expr, call.fn))) {
        const token = tokens.get(id);
        const session = token.t === "part" || (token.t === "derived" && token.kind !== "orm") ? undefined : tokens.sessionOf(id);
        if (session !== undefined && tokens.get(session).t === "session" && program.role(file) !== "test") this.away.add(session);
      }
  }

  #known(call: CallFact): boolean {
    const { graph } = this.project;
    if (this.#edges().has(call)) return true;
    const callees = graph.external.get(call) ?? [];
    return (
      callees.length > 0 &&
      callees.every((id) => {
        const token = graph.values.tokens.get(id);
        if (token.t !== "external") return true;
        return token.module === null || libraryOf(token.module) !== undefined || /^(drizzle-orm|kysely|knex|vitest|node:assert)/.test(token.module);
      })
    );
  }

  #edgeCalls?: Set<CallFact>;
  #edges(): Set<CallFact> {
    return (this.#edgeCalls ??= new Set(this.project.graph.edges.map(({ call }) => call)));
  }
}

/** Keeping a session in a collection, or settling a promise with it, gives it to nobody. */
function isHarmless({ callee }: CallFact): boolean {
  return (callee.k === "member" && /^(set|push|add|unshift|resolve|log|debug)$/.test(callee.name)) || (callee.k === "global" && !/^(require|eval)$/.test(callee.name));
}

function sessionsIn(expr: Expr): Expr[] {
  switch (expr.k) {
    case "var":
    case "member":
    case "call":
      return [expr];
    case "await":
    case "typed":
      return sessionsIn(expr.of);
    case "object":
      return expr.props.flatMap(({ value }) => sessionsIn(value));
    case "either":
      return expr.of.flatMap((alternative) => sessionsIn(alternative));
    default:
      return [];
  }
}

/** The pragmas that a text sets. One that only asks sets nothing; a computed name has the name "". */
export function pragmasIn(text: string): { name: string; value?: string }[] {
  return [...text.matchAll(/\bPRAGMA\s+(?:\w+\.)?(\w+|\$\{\})\s*(?:[=(]\s*['"]?([\w.-]+|\$\{\})|(?=\$\{\}))?/gi)].flatMap(([, name = "", value]) =>
    name === "${}" ? [{ name: "" }] : value === undefined ? [] : [{ name: name.toLowerCase(), value }],
  );
}

/** The constant in a template's only hole. */
function holeOf(project: ProjectFacts, file: string, expr: Expr): string | undefined {
  const { file: from, expr: value } = constantOf(project.program, file, expr);
  const hole = value.k === "template" && value.holes.length === 1 ? value.holes[0] : undefined;
  return numberOf(project, from, hole);
}

/** The text of a number that is written out, here or in a constant. */
export function numberOf(project: ProjectFacts, file: string, expr: Expr | undefined): string | undefined {
  const value = expr && constantOf(project.program, file, expr).expr;
  return value?.k === "literal" && typeof value.value === "number" ? String(value.value) : undefined;
}

const known = new WeakMap<ProjectFacts, Settings>();

export function settingsOf(project: ProjectFacts): Settings {
  let settings = known.get(project);
  if (!settings) known.set(project, (settings = new Settings(project)));
  return settings;
}

/** How long the driver lets a statement wait by itself, in milliseconds; undefined where we do not know. */
export function defaultBusyTimeout(library: string): number | undefined {
  return libraryWithId(library)?.busyTimeout?.default;
}
