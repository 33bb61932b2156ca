import type { ProjectFacts } from "../../src/core/link/index.js";
import { fileKeysOf } from "../../src/core/link/keys.js";
import type { OpenSite } from "../../src/core/link/sessions.js";

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
function whatIsSaid({ program, graph }: ProjectFacts, { file, call, library, key, keyText, optionsText }: OpenSite): string | undefined {
  if (program.role(file) !== "source") return undefined;
  const [only, more] = call.args;
  if (!only) return library;
  if (only.k === "var" && more === undefined) {
    // One module's constant, by its import.
    const from = program.variable(file, only.id).import;
    if (from) return `${library} ${program.host.resolve(file, from.specifier) ?? from.specifier} ${from.name}`;
  }
  const [named, other] = key ? fileKeysOf(graph, file, key) : [];
  if (!named?.sure || other || named.at.length > 0 || (only.k === "var" && isOnlyAName(named.id))) return undefined;
  return `${library} "${named.id}" ${(optionsText ?? "").replace(keyText ?? "", "").replace(/\s+/g, "")}`;
}

/** What a variable is called, since nothing is known of what it holds. */
function isOnlyAName(id: string): boolean {
  return id.includes("#");
}
