import type { ProjectFacts } from "../../src/core/link/index.js";
import type { TokenId } from "../../src/core/link/tokens.js";

/** How many steps from an export to a session are followed: a class, its field, a function's result. */
const DEPTH = 3;

/**
 * Whether a session is within reach of an export of a file that nothing in the program imports: then somebody we cannot
 * see may use it. In an editor that sees one file at a time, that is every exported session.
 */
export function isExposed(project: ProjectFacts, session: TokenId): boolean {
  let exposed = memo.get(project);
  if (!exposed) memo.set(project, (exposed = exposedSessions(project)));
  return exposed.has(session);
}

const memo = new WeakMap<ProjectFacts, Set<TokenId>>();

function exposedSessions(project: ProjectFacts): Set<TokenId> {
  const { program, graph } = project;
  const { values } = graph;
  const imported = new Set<string>();
  for (const { file, specifiers } of program.files.values())
    for (const specifier of specifiers) {
      const target = program.host.resolve(file, specifier);
      if (target !== undefined && target !== file) imported.add(target);
    }
  const found = new Set<TokenId>();
  const seen = new Set<TokenId>();
  let level: TokenId[] = [];
  for (const { file, exports } of program.files.values()) {
    if (imported.has(file)) continue;
    for (const entry of exports) if (entry.k === "value") level.push(...values.solver.values(values.expression(file, entry.value)));
  }
  for (let depth = 0; depth <= DEPTH; depth++) {
    const next: TokenId[] = [];
    for (const id of level) {
      if (seen.has(id)) continue;
      seen.add(id);
      const token = values.tokens.get(id);
      if (token.t === "session") found.add(id);
      else if (token.t === "derived") {
        const session = token.kind === "orm" ? values.tokens.sessionOf(id) : undefined;
        if (session !== undefined) found.add(session);
      } else if (token.t === "function") next.push(...values.solver.values(values.returns(token.file, token.id)));
      else if (token.t === "object") for (const name of values.propertiesOf(id)) next.push(...values.solver.values(values.field(id, name)));
      else if (token.t === "class" || token.t === "instance") {
        const instance = values.tokens.intern({ t: "instance", file: token.file, id: token.id });
        for (const name of fieldsOf(project, token.file, token.id)) next.push(...values.solver.values(values.field(instance, name)));
        for (const { kind, fn } of program.class(token.file, token.id).members) if (kind === "method" && fn !== undefined) next.push(values.tokens.intern({ t: "function", file: token.file, id: fn }));
      }
    }
    level = next;
  }
  return found;
}

/** The public fields that a class declares or sets on `this`. */
function fieldsOf(project: ProjectFacts, file: string, id: number): Set<string> {
  const { program } = project;
  const names = new Set<string>();
  for (const member of program.class(file, id).members) if (member.kind === "field" && !member.name.startsWith("#")) names.add(member.name);
  for (const { target } of program.file(file).assigns)
    if (target.k === "member" && target.of.k === "this" && !target.name.startsWith("#") && program.fn(file, target.of.fn).class === id) names.add(target.name);
  return names;
}
