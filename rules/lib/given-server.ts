import { engineOf } from "../../src/core/link/engines.js";
import type { Expr, Span } from "../../src/core/facts/types.js";
import { constantOf } from "../../src/core/link/constants.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { calleesOf, isClose, type OpenSite, partCalls } from "../../src/core/link/sessions.js";
import { Origin } from "./origin.js";
import { HOLDER, SERVER } from "./server-options.js";
import { callUses } from "./uses.js";

/** Whose database a client connects to: one that the call is told and that is closed again, or by some of its users only, one that some calls are told, one that an object was told, or the application's own for all that is known. */
export type Server = "of the call" | "of the call, left open" | "of some calls" | "of an object" | "own";

/**
 * Whether a client connects to a database that is data of the call, and is closed again by whoever got it: a server that a user has entered or that
 * stands in stored settings, checked or queried by each call on its own. The application's own database is named by a constant, its configuration or the environment.
 * What an object was told in its constructor, and opens whenever it needs it, is not the application's own either, but may be opened too often.
 */
export function serverOf(project: ProjectFacts, open: OpenSite): Server {
  const kept = isKeptConnection(project, open);
  const [first] = open.call.args;
  if (first === undefined) return "own";
  const named = serversIn(project, open.file, first, 0);
  if (named.length === 0) return "own";
  const origin = new Origin(project, engineOf(project.graph, open.token) === "server");
  // A gateway to any server: requests name one, and other ways lead to those of its configuration.
  if (!named.every(({ file, expr }) => origin.isGiven(file, expr, open.call.fn)))
    return origin.throughCaller && !kept && engineOf(project.graph, open.token) === "server" && closedByUsers(project, open) === "all" ? "of some calls" : "own";
  const isServer = origin.throughRow || engineOf(project.graph, open.token) === "server" || asksForPassword(project, open) || isFileOfTheCall(project, open, origin);
  const closed = isServer && !kept ? closedByUsers(project, open) : undefined;
  if (kept || closed === "all") return "of the call";
  if (closed === "some") return "of the call, left open";
  return origin.throughObject ? "of an object" : "own";
}

/** The file that a window, a tool or a request names as a whole. A path that is made of what was given is the program's own place for it. */
function isFileOfTheCall(project: ProjectFacts, open: OpenSite, { throughParts, throughObject }: Origin): boolean {
  return !throughParts && !throughObject && callUses(project, open, project.factoriesOf(open)).some(({ contexts }) => contexts.has("per-call"));
}

/** A file has none: `new Sequelize(name, username, password)`, `new Sequelize(connectionString)`. */
function asksForPassword({ program }: ProjectFacts, { file, call }: OpenSite): boolean {
  return call.args.some((arg) => arg.k === "var" && /^(pass(word)?|pwd|(db|database)?connection_?(string|ur[il]))$|connection_?string$/i.test(program.variable(file, arg.id).name));
}

/**
 * An object that is one connection: a method puts it into a field, another one closes it. Then it is as long-lived as the object, whatever
 * engine it is: the file is given, too.
 */
function isKeptConnection({ program, graph }: ProjectFacts, open: OpenSite): boolean {
  const owner = classAround(program, open.file, open.call.fn);
  if (!open.stored || owner === undefined) return false;
  return partCalls(graph, open.token).some(({ file, call, path, on }) => file === open.file && (on === "session" || on === "orm") && isClose(open.library, path) && classAround(program, file, call.fn) === owner && call.fn !== open.call.fn);
}

function classAround(program: ProjectFacts["program"], file: string, fn: number): number | undefined {
  for (let at = program.fn(file, fn); ; at = program.fn(file, at.parent)) {
    if (at.class !== undefined) return at.class;
    if (at.id === 0) return undefined;
  }
}

/** A client that nobody closes is one more each time, whatever it connects to. Where some do, each has its own on purpose. */
function closedByUsers(project: ProjectFacts, open: OpenSite): "all" | "some" | undefined {
  const closes = partCalls(project.graph, open.token).filter(({ path, on }) => (on === "session" || on === "orm") && isClose(open.library, path));
  const factories = project.factoriesOf(open);
  // Who hands it on closes nothing: its own callers do.
  const handers = new Set(factories.filter(({ level }) => level > 0).map(({ key }) => key));
  const uses = callUses(project, open, factories).filter(({ file, call }) => project.program.role(file) !== "test" && !handers.has(functionKey(file, call.fn)));
  const within = ({ span }: { span: Span }, around: Span): boolean => around.start <= span.start && span.end <= around.end;
  // `await disconnect(client)`: by a helper that is given it.
  const closers = new Set(closes.map((close) => functionKey(close.file, close.call.fn)));
  const closing = uses.filter(({ file, call }) => {
    const { span } = project.program.fn(file, call.fn);
    if (closes.some((close) => close.file === file && within(close.call, span))) return true;
    return project.program.file(file).calls.some((other) => other !== call && other.args.length > 0 && within(other, span) && calleesOf(project.graph, other).some((key) => closers.has(key)));
  });
  return closing.length === 0 ? undefined : closing.length === uses.length ? "all" : "some";
}

/** What of the options names the server; the options themselves where they are handed on whole, also as a part of others. */
function serversIn(project: ProjectFacts, file: string, expr: Expr, depth: number): { file: string; expr: Expr }[] {
  const { file: from, expr: value } = constantOf(project.program, file, expr);
  if (value.k !== "object") return [{ file: from, expr: value }];
  if (depth > 3) return [];
  const servers = value.props.filter(({ name }) => SERVER.test(name)).map((prop) => ({ file: from, expr: prop.value }));
  if (servers.length > 0) return servers;
  const held = value.props.filter(({ name }) => HOLDER.test(name)).flatMap((prop) => serversIn(project, from, prop.value, depth + 1));
  return held.length > 0 ? held : value.props.filter(({ name }) => name === "...").flatMap((prop) => serversIn(project, from, prop.value, depth + 1));
}
