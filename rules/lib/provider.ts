import type { ProviderDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { classKey } from "../../src/core/link/injected.js";
import type { Made } from "../../src/core/link/injection.js";
import type { OpenSite } from "../../src/core/link/sessions.js";
import { changingField } from "./instance-state.js";

/** What a container makes for each request, where making it is what opens the session. */
export function providerOf(project: ProjectFacts, { file, fn: key }: Pick<OpenSite, "file" | "fn">): Made | undefined {
  const { fn } = project.program.fnOf(key);
  const { injection } = project.contexts;
  return fn.kind === "constructor" && fn.class !== undefined ? injection.scoped(classKey(file, fn.class)) : injection.scoped(key);
}

export function providerDetail(project: ProjectFacts, made: Made, isSession: boolean, forks: string | undefined): ProviderDetail {
  const along = madeAlong(project, made);
  return {
    name: made.name,
    file: made.file,
    span: made.span,
    isSession,
    obstacles: [...ofItself(project, made), ...(forks === undefined ? [] : [{ what: `what is read and written through one \`${forks}\` would be everybody's` }]), ...ofInstances(project, made, along)],
    along: along.map(({ name }) => name).sort(),
  };
}

function ofItself(project: ProjectFacts, made: Made): ProviderDetail["obstacles"] {
  const because = project.contexts.injection.because(made);
  if (because !== undefined) return [{ what: `\`${made.name}\` has \`${because.name}\` injected, which exists for one request` }];
  const unread = made.injects.find((one) => one.unread);
  return unread === undefined ? [] : [{ what: `whether \`${unread.name}\`, which \`${made.name}\` has injected, exists for one request cannot be told` }];
}

/** What is made for each request only because it has this injected, at first or second hand: it is made once with it. */
function madeAlong(project: ProjectFacts, made: Made): Made[] {
  const { injection } = project.contexts;
  const along = new Map<string, Made>([[made.id, made]]);
  // A Map's iteration also visits what is added meanwhile.
  for (const id of along.keys()) for (const dependent of injection.dependents(id)) if (!dependent.own && !along.has(dependent.id)) along.set(dependent.id, dependent);
  for (let before = -1; before !== along.size; ) {
    before = along.size;
    for (const [id, one] of along) if (id !== made.id && injection.because(one, new Set(along.keys())) !== undefined) along.delete(id);
  }
  along.delete(made.id);
  return [...along.values()];
}

/** What an instance keeps for its request would be everybody's. */
function ofInstances(project: ProjectFacts, made: Made, along: readonly Made[]): ProviderDetail["obstacles"] {
  return [made, ...along].flatMap(({ id, name }) => {
    if (!id.startsWith("class ")) return [];
    const hash = id.lastIndexOf("#");
    const file = id.slice("class ".length, hash);
    const kept = changingField(project, file, project.program.class(file, Number(id.slice(hash + 1))));
    return kept === undefined ? [] : [{ what: `\`${name}\` keeps something that its methods change, and one instance would have it for all requests (\`${kept.field}\`)`, file: kept.file, span: kept.span }];
  });
}
