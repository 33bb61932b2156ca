import { libraryWithId } from "../../../../src/core/catalogue/index.js";
import type { Library } from "../../../../src/core/catalogue/library.js";
import type { CallFact } from "../../../../src/core/facts/types.js";
import type { ProjectFacts } from "../../../../src/core/link/index.js";
import { acquirePatternOf, openPatternOf } from "../../../../src/core/link/library-calls.js";
import { statementsOf } from "../../../../src/core/link/statements.js";
import type { TokenId } from "../../../../src/core/link/tokens.js";
import { link } from "../link.js";

/**
 * A fixture is a program in a library's own idiom. A line that ends in `//: a, b` states the facts of its calls in source
 * order; a call stands on the line where its callee's name ends. Lines without a mark have no facts. The facts:
 *
 *   open                                  a session is made
 *   tx callback|wrapper|array [mode]      a transaction over a function or a list
 *   tx sql|handle [mode]                  the call that begins one which the same function commits
 *   read, write, ddl, pragma, unknown     a statement
 *   begin, commit, rollback               a bound of a transaction; a begin that is no `tx` has no commit in its function
 *   client, handle                        a connection out of a pool; the handle of a transaction, begun in no `tx`
 *   prepare                               a statement is prepared
 *   close                                 a session is closed, a client released
 *
 * Each may be followed by `on handle`, `on client` or `on either`: what it is called on, where that is not the session.
 */
export function statedFacts(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const stated = /\/\/: (.+)$/.exec(line)?.[1];
    return stated === undefined ? [] : [`${index + 1}: ${stated.trim()}`];
  });
}

/** What the analysis finds in a fixture, in the same words. */
export function foundFacts(file: string, text: string): string[] {
  const project = link({ [file]: text });
  const lines = new Map<number, string[]>();
  for (const call of [...project.program.file(file).calls].sort((a, b) => a.calleeSpan.end - b.calleeSpan.end)) {
    const facts = factsOf(project, file, call);
    if (facts.length > 0) lines.set(call.calleeSpan.endLine, [...(lines.get(call.calleeSpan.endLine) ?? []), ...facts]);
  }
  return [...lines].sort(([a], [b]) => a - b).map(([line, facts]) => `${line}: ${facts.join(", ")}`);
}

function factsOf(project: ProjectFacts, file: string, call: CallFact): string[] {
  const { graph } = project;
  const { tokens, solver } = graph.values;
  const facts = new Set<string>();
  const results = solver.values(graph.values.callResult(file, call.id));
  for (const id of graph.external.get(call) ?? []) {
    const token = tokens.get(id);
    const open = token.t === "external" ? openPatternOf(token.module, token.path, call.kind) : undefined;
    if (open && results.has(tokens.intern({ t: "session", file, call: call.id, library: open.library }))) facts.add("open");
  }
  const sites = project.transactions.filter((site) => site.call === call);
  for (const { style, mode } of sites)
    for (const receiver of receivers(project, call)) facts.add(`tx ${style}${mode === "default" || mode === "deferred" ? "" : ` ${mode}`}${receiver}`);
  const begins = sites.some(({ style }) => style === "sql" || style === "handle");
  for (const { kind, owner } of statementsOf(graph, call)) if (!(begins && kind === "begin")) facts.add(kind + on(project, owner));
  for (const id of facts.size > 0 ? [] : (graph.external.get(call) ?? [])) {
    const owner = tokens.ownerOf(id);
    const library = libraryWithId(tokens.libraryOf(id));
    const token = tokens.get(id);
    if (owner === undefined || !library || token.t !== "part" || isStatement(project, owner)) continue;
    const acquire = acquirePatternOf(library, token.path, call);
    const word = acquire ? (acquire.kind === "client" ? "client" : "handle") : library.prepares.includes(token.path) ? "prepare" : gives(project, library, owner, token.path) ? "close" : undefined;
    if (word) facts.add(word + on(project, owner));
  }
  return [...facts];
}

function gives(project: ProjectFacts, library: Library, owner: TokenId, path: string): boolean {
  const role = roleOf(project, owner);
  if (role === "client" || role === "handle")
    if (library.acquires.some(({ kind, releases }) => (kind === "client") === (role === "client") && releases.test(path))) return true;
  return library.closes.includes(path);
}

/** On what a transaction is made: each that its receiver may be. */
function receivers(project: ProjectFacts, call: CallFact): string[] {
  const owners = (project.graph.external.get(call) ?? []).flatMap((id) => project.graph.values.tokens.ownerOf(id) ?? []);
  return owners.length === 0 ? [""] : [...new Set(owners.map((owner) => on(project, owner)))];
}

function on(project: ProjectFacts, owner: TokenId): string {
  const role = roleOf(project, owner);
  return role === undefined ? "" : ` on ${role}`;
}

/** What is not the session itself: a handle, a client, or what may be a session or a handle. */
function roleOf(project: ProjectFacts, owner: TokenId): string | undefined {
  const token = project.graph.values.tokens.get(owner);
  if (token.t === "typed") return token.role === "session" || token.role === "model" ? undefined : token.role;
  if (token.t !== "derived") return undefined;
  return token.kind === "handle" || token.kind === "client" ? token.kind : roleOf(project, token.of);
}

function isStatement(project: ProjectFacts, owner: TokenId): boolean {
  const token = project.graph.values.tokens.get(owner);
  return token.t === "derived" && token.kind === "statement";
}
