import type { ProjectFacts } from "../../src/core/link/index.js";
import { fileKeysOf } from "../../src/core/link/keys.js";
import { functionKey } from "../../src/core/link/program.js";
import { statementOf } from "../../src/core/link/run-statements.js";
import { calleesOf, type OpenSite, partCalls } from "../../src/core/link/sessions.js";

const found = new WeakMap<ProjectFacts, Map<string, OpenSite[]>>();

/** The opens of the program that say the same of what they connect to, this one among them: one factory, written out where it would be called. */
export function alike(project: ProjectFacts, open: OpenSite): readonly OpenSite[] {
  let groups = found.get(project);
  if (!groups) {
    groups = new Map();
    for (const each of project.opens) {
      const said = whatIsSaid(project, each);
      if (said !== undefined) groups.set(said, [...(groups.get(said) ?? []), each]);
    }
    found.set(project, groups);
  }
  const said = whatIsSaid(project, open);
  return (said === undefined ? undefined : groups.get(said)) ?? [open];
}

/** Undefined where two opens that are written alike may mean different databases: their arguments are variables, of which no file is known. */
function whatIsSaid(project: ProjectFacts, open: OpenSite): string | undefined {
  const { program, graph } = project;
  const { file, call, library, key, keyText, optionsText } = open;
  if (program.role(file) !== "source") return undefined;
  const [only, more] = call.args;
  if (!only) return library;
  if (only.k === "var" && more === undefined) {
    // One module's constant, by its import.
    const from = program.variable(file, only.id).import;
    if (from) return `${library} ${program.host.resolve(file, from.specifier) ?? from.specifier} ${from.name}`;
  }
  const [named, other] = key ? fileKeysOf(graph, file, key) : [];
  if (!named?.sure || other || named.at.length > 0 || (only.k === "var" && isOnlyAName(named.id))) return placeSaidBy(project, open);
  return `${library} "${named.id}" ${(optionsText ?? "").replace(keyText ?? "", "").replace(/\s+/g, "")}`;
}

/**
 * `new Database(pathOf(id))`: one function says where all databases of a kind are, so whoever opens by it opens one of the program's own. Not so who makes their tables there: that one
 * may be new.
 */
function placeSaidBy({ program, graph }: ProjectFacts, { file, fn, library, key, token }: OpenSite): string | undefined {
  if (!key) return undefined;
  const [path, other] = key.k === "var" ? program.valuesOf(file, key.id) : [key];
  if (path?.k !== "call" || other) return undefined;
  const [place, another] = calleesOf(graph, program.call(file, path.id));
  if (place === undefined || another !== undefined) return undefined;
  const makesTables = partCalls(graph, token).some((each) => functionKey(each.file, each.call.fn) === fn && statementOf(graph, each.call)?.kind === "ddl");
  return makesTables ? undefined : `${library} at ${place}`;
}

/** What a variable is called, since nothing is known of what it holds. */
function isOnlyAName(id: string): boolean {
  return id.includes("#");
}
