import { libraryWithId } from "../../src/core/catalogue/index.js";
import type { ClassFact, Span } from "../../src/core/facts/types.js";
import type { SessionPerCallDetail } from "../../src/core/finding.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import type { Made } from "../../src/core/link/injection.js";
import { openPatternOf } from "../../src/core/link/library-calls.js";
import { functionKey } from "../../src/core/link/program.js";
import { isClose, partCalls } from "../../src/core/link/sessions.js";
import { providerDetail } from "./provider.js";

/** `@Injectable({ scope: Scope.REQUEST }) class Prisma extends PrismaClient {}`: no call in the project opens its sessions. */
export function inheritingProviders(project: ProjectFacts, file: string): { made: Made; library: string; said: Span }[] {
  const { injection } = project.contexts;
  const { values } = project.graph;
  return injection.perRequest().flatMap((made) => {
    const cls = made.file === file ? project.program.file(file).classes.find(({ id }) => made.id === `class ${file}#${id}`) : undefined;
    if (!cls?.superClass || isWritten(project, file, values.constructorOf(file, cls.id)) || project.program.role(file) !== "source") return [];
    for (const id of values.solver.values(values.expression(file, cls.superClass, cls.fn))) {
      const token = values.tokens.get(id);
      const open = token.t === "external" ? openPatternOf(token.module, token.path, "new") : undefined;
      if (open) return [{ made, library: open.library, said: decoratorOf(project, file, cls) }];
    }
    return [];
  });
}

/** `Injectable({ scope: Scope.REQUEST })`: a line says more than a class. */
function decoratorOf({ program }: ProjectFacts, file: string, { decorators, span }: ClassFact): Span {
  const [call] = decorators.flatMap((decorator) => (decorator.k === "call" ? [program.call(file, decorator.id)] : []));
  return call?.span ?? span;
}

/** One that the class's fields alone ask for calls nothing. */
function isWritten({ program }: ProjectFacts, file: string, constructor: number | undefined): boolean {
  if (constructor === undefined) return false;
  const { span } = program.fn(file, constructor);
  return span.start !== span.end;
}

export function providerSession(project: ProjectFacts, made: Made, library: string): SessionPerCallDetail {
  return {
    kind: "session-per-call",
    library,
    open: made.span,
    factory: null,
    closes: closesOf(project, made, library),
    uses: [],
    scoped: [],
    openOverAwait: [],
    startups: [],
    provider: providerDetail(project, made, true, libraryWithId(library)?.opens.find(({ shares }) => shares?.forks)?.shares?.forks?.of),
  };
}

/** Calls that close an instance: known by its class, since no call made it. */
export function closesOf(project: ProjectFacts, { id }: Made, library: string): SessionPerCallDetail["closes"] {
  const token = project.graph.values.tokens.intern({ t: "typed", library, role: "session", owner: id.slice("class ".length) });
  return partCalls(project.graph, token)
    .filter(({ path, library: of }) => isClose(library, path) || isClose(of, path))
    .map(({ file, call }) => {
      const contexts = project.contexts.of(functionKey(file, call.fn));
      return { file, span: call.span, once: !contexts.has("per-call") && !contexts.has("unknown") };
    });
}
