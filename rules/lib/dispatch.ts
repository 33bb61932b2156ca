import { functionKey, type FunctionKey } from "../../src/core/link/program.js";
import type { InsideCall } from "../../src/core/link/inside.js";
import type { JudgedTransaction, ProjectFacts } from "../../src/core/link/index.js";
import type { TokenId } from "../../src/core/link/tokens.js";

/**
 * Whether a method that a transaction's function calls on what it is given is a sibling class's: `static transaction(work) { return client.$transaction((tx) => work(new this(tx))); }` gives each
 * caller an object of the class that it was called on, and of no other.
 */
export function isOfSibling(project: ProjectFacts, site: JudgedTransaction, { fn, path }: InsideCall): boolean {
  const { lender, call, file } = site;
  if (lender === undefined || call.callee.k !== "member") return false;
  const { graph } = project;
  const base = ownerOf(project, functionKey(lender.file, lender.call.fn));
  const [called, more] = classesAmong(project, graph.values.solver.values(graph.values.expression(file, call.callee.of, call.fn)));
  if (base === undefined || called === undefined || more !== undefined) return false;
  const own = lineage(project, called);
  // Also by a helper that the object is handed to.
  return own.has(base) && path.some((step, index) => {
    const next = path[index + 1];
    const inner = next ? functionKey(next.file, next.call.fn) : fn;
    const methods = [...project.inside.calleesOf(step.file, step.call)].map(({ to }) => to);
    const owner = methods.length > 1 && methods.includes(inner) ? ownerOf(project, inner) : undefined;
    return owner !== undefined && !own.has(owner) && lineage(project, owner).has(base);
  });
}

function classesAmong({ graph }: ProjectFacts, ids: Iterable<TokenId>): TokenId[] {
  return [...ids].filter((id) => graph.values.tokens.get(id).t === "class");
}

/** The class whose method a function is. */
function ownerOf({ program, graph }: ProjectFacts, key: FunctionKey): TokenId | undefined {
  const { file, fn } = program.fnOf(key);
  return fn.class === undefined ? undefined : graph.values.tokens.intern({ t: "class", file, id: fn.class });
}

/** A class, and those that it extends. */
function lineage(project: ProjectFacts, start: TokenId): Set<TokenId> {
  const { graph, program } = project;
  const found = new Set([start]);
  for (const id of found) {
    const token = graph.values.tokens.get(id);
    const made = token.t === "class" ? program.class(token.file, token.id) : undefined;
    if (token.t !== "class" || !made?.superClass) continue;
    for (const parent of classesAmong(project, graph.values.solver.values(graph.values.expression(token.file, made.superClass, made.fn)))) found.add(parent);
  }
  return found;
}
