import type { ProjectFacts } from "../../src/core/link/index.js";
import { functionKey } from "../../src/core/link/program.js";
import { isClose, type OpenSite, partCalls } from "../../src/core/link/sessions.js";
import { contains, Flow } from "./turns.js";

/** Statements that touch no row: they look after a database, make one, or ask for its locks. The text begins with a quote. */
const ADMINISTERS = /^\s*["'`]\s*(PRAGMA\s+(wal_checkpoint|integrity_check|quick_check|optimize|journal_size_limit|incremental_vacuum)|BEGIN|COMMIT|END|ROLLBACK|VACUUM|ANALYZE|(CREATE|DROP|ALTER)\s+(DATABASE|SCHEMA))\b/i;
/** What stops another connection's query. https://www.postgresql.org/docs/current/functions-admin.html */
const CANCELS = /\bpg_(cancel|terminate)_backend\b|^\s*["'`]\s*KILL\s/i;

/**
 * A connection that has to be one of its own, and is closed by the function that opened it: it looks after a database (a checkpoint before the file is copied), asks whether
 * somebody else holds its locks, makes the database that the program's own session then opens. One that cancels another one's query need not be closed there.
 */
export function administers(project: ProjectFacts, open: OpenSite): boolean {
  const calls = partCalls(project.graph, open.token);
  const textOf = ({ file, call }: (typeof calls)[number]): string => (call.argSpans[0] ? project.program.text(file, call.argSpans[0]) : "");
  if (calls.some((each) => CANCELS.test(textOf(each)))) return true;
  const closes = calls.filter(({ path }) => isClose(open.library, path));
  // What a prepared statement is asked for has its text where it was prepared.
  const run = calls.filter((each) => !closes.includes(each) && each.on !== "statement" && !/^(connect|initialize|on|once)$/.test(each.path));
  return run.length > 0 && run.every((each) => ADMINISTERS.test(textOf(each))) && closes.some(({ file, call }) => functionKey(file, call.fn) === open.fn);
}

/** Functions that say by their names that they try a connection. */
const TRIES = /^(try|test|check|verify|probe|validate|ping)\w*(connect|database|db|server|credential)/i;

/** `testConnection(settings)`: tries what it is told, and closes it again; a health check, which is told nothing, looks at the program's own database. */
export function triesWhatItIsTold({ program, graph }: ProjectFacts, open: OpenSite, { file, call }: Pick<OpenSite, "file" | "call">): boolean {
  const { name, params, span } = program.fn(file, call.fn);
  if (!TRIES.test(name) || params.length === 0) return false;
  const told = new Flow(program, file, span, params.map(({ variable }) => variable));
  return call.args.some((arg) => told.reaches(arg)) && partCalls(graph, open.token).some((each) => each.file === file && isClose(open.library, each.path) && contains(span, each.call.span));
}
