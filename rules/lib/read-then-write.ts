import type { CallFact } from "../../src/core/facts/types.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import type { StatementFact } from "../../src/core/link/statements.js";
import { touches } from "./handles.js";
import { areSession, isOnGivenReceiver, isOnReceiver } from "./same-session.js";

export interface Upgrade {
  read: CallPlace;
  write: CallPlace;
}

/** A statement in the order in which a transaction runs them. */
interface Event extends CallPlace {
  kind: "read" | "write" | "unknown";
  /** It stands in a branch, or a call that leads to it does: another branch may run instead. */
  conditional: boolean;
}

const MAX_PATH = 6;
const MAX_EVENTS = 400;

/**
 * The first read of a transaction and its first write, when it surely reads before it writes: then it begins as a reader
 * and has to become a writer. What runs in a branch may be what runs instead of the write, so it is no such read.
 */
export function upgradeOf(project: ProjectFacts, site: JudgedTransaction): Upgrade | undefined {
  const [body, other] = site.bodies;
  if (body === undefined || other !== undefined) return undefined;
  // A synchronous driver commits when an async function returns its promise: what follows its first await is outside.
  if (site.sync && !site.extent && project.program.fnOf(body).fn.async) return undefined;
  let read: CallPlace | undefined;
  for (const event of inOrder(project, site, body)) {
    if (event.kind === "write") return read && event.call.handler === undefined ? { read, write: event } : undefined;
    // What cannot be told may write already, and then there is nothing to become.
    if (event.kind === "unknown" && !read) return undefined;
    if (event.kind === "read" && !event.conditional) read ??= event;
  }
  return undefined;
}

function inOrder(project: ProjectFacts, site: JudgedTransaction, body: FunctionKey): Event[] {
  const events: Event[] = [];
  const running = new Set<FunctionKey>();
  const own = new Set<CallFact>([site.call, ...site.commits, ...site.rollbacks]);
  const visit = (key: FunctionKey, path: readonly CallPlace[], conditional: boolean, extent?: { start: number; end: number }): void => {
    if (running.has(key) || path.length > MAX_PATH || events.length > MAX_EVENTS) return;
    running.add(key);
    const { file, fn } = project.program.fnOf(key);
    // Arguments are evaluated before the call that takes them, and end before it does.
    const calls = [...project.program.callsIn(file, fn.id)].sort((a, b) => a.span.end - b.span.end || b.span.start - a.span.start);
    for (const call of calls) {
      if (own.has(call) || (extent && (call.span.start < extent.start || extent.end < call.span.end))) continue;
      const may = conditional || call.conditional;
      const kind = kindOf(project, site, file, call, path);
      if (kind) events.push({ file, call, kind, conditional: may });
      for (const { to, written } of project.inside.calleesOf(file, call)) visit(to, written ? path : [...path, { file, call }], may, undefined);
    }
    running.delete(key);
  };
  visit(body, [], false, site.extent);
  return events;
}

function kindOf(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact, path: readonly CallPlace[]): Event["kind"] | undefined {
  const facts = touches(project, call).filter(({ kind }) => kind === "read" || kind === "write" || kind === "ddl" || kind === "unknown");
  const [first] = facts;
  if (!first) return undefined;
  if (!facts.every((fact) => isOnTransaction(project, site, file, call, fact, path))) return facts.some(({ kind }) => kind !== "read") ? "unknown" : undefined;
  if (facts.every((fact) => isRead(project, fact))) return "read";
  return facts.every(({ kind }) => kind === "write" || kind === "ddl") ? "write" : "unknown";
}

/** Reads a table for sure. SQL that is made up elsewhere may be `INSERT … RETURNING`, whatever method runs it. */
function isRead(project: ProjectFacts, { kind, sql, owner }: StatementFact): boolean {
  if (kind !== "read") return false;
  const made = project.graph.values.tokens.get(owner);
  return sql === undefined ? !(made.t === "derived" && made.kind === "statement") : /\bFROM\b/i.test(sql);
}

function isOnTransaction(project: ProjectFacts, site: JudgedTransaction, file: string, call: CallFact, { owner, session }: StatementFact, path: readonly CallPlace[]): boolean {
  const { tokens } = project.graph.values;
  const handle = tokens.handleOf(owner);
  if (handle !== undefined) return site.handles.includes(handle);
  if (areSession(project, site, [session])) return site.sync || site.pattern?.handle === undefined;
  const token = tokens.get(owner);
  const made = token.t === "derived" && token.kind === "statement" ? { file: token.file, call: project.program.call(token.file, token.call), owner: token.of } : { file, call, owner };
  if (isOnReceiver(project, site, made.file, made.call, [made.owner])) return true;
  return path.length > 0 && made.file === file && isOnGivenReceiver(project, site, { file, call: made.call, fn: functionKey(file, made.call.fn), path }, [made.owner]);
}
