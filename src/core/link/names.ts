import type { CallFact, FunctionFact } from "../facts/types.js";
import type { CallGraph } from "./calls.js";
import { type Program, type FunctionKey, functionKey } from "./program.js";

/** What names are read from. With the graph, a function that a wrapper was given goes by the name of what the wrapper gave back. */
interface Named {
  program: Program;
  graph?: CallGraph;
}

/** A function's name as people say it: `CatalogRepository.getById`, `createDb`, `the function at routes.ts:12`. */
export function functionName(project: Named, key: FunctionKey): string {
  const { program } = project;
  const { file, fn } = program.fnOf(key);
  if (fn.kind === "module") return `the top level of ${file}`;
  const owner = fn.class === undefined ? "" : program.class(file, fn.class).name;
  if (fn.kind === "constructor") return `new ${owner || "class"}()`;
  if (!fn.name) return wrappedName(project, file, fn) ?? `the function at ${file}:${fn.span.line}`;
  return owner ? `${owner}.${fn.name}` : fn.name;
}

/** Wrappers around wrappers, as far as anybody writes them. */
const MAX_WRAPPERS = 4;

/** `const save = retried((row) => …)`, `{ save: retried((row) => …) }`: the name under which what a wrapper gave back is kept, where that is a function. */
function wrappedName({ program, graph }: Named, file: string, fn: FunctionFact): string | undefined {
  const calls = program.callsIn(file, fn.parent);
  const taking = (k: "fn" | "call", id: number) => calls.find(({ kind, args }) => kind === "call" && args.some((arg) => arg.k === k && arg.id === id));
  let call = taking("fn", fn.id);
  for (let left = MAX_WRAPPERS, outer = call; outer !== undefined && left > 0; left--) outer = taking("call", (call = outer).id);
  if (call === undefined || call.awaited || graph === undefined) return undefined;
  const { id } = call;
  const { solver, tokens } = graph.values;
  if (![...solver.values(graph.values.expression(file, { k: "call", id }, call.fn))].some((token) => tokens.get(token).t === "function")) return undefined;
  for (const { target, value } of program.file(file).assigns) {
    if (value.k === "call" && value.id === id) return target.k === "var" ? program.variable(file, target.id).name : target.k === "member" ? target.name : undefined;
    const kept = value.k === "object" ? value.props.find((prop) => prop.value.k === "call" && prop.value.id === id) : undefined;
    if (kept) return kept.name;
  }
  return undefined;
}

/** How long a callee may be to be shown as it is written. */
const MAX_LENGTH = 80;

/** What a call calls, on one line: as it is written, or by place where a whole function stands there. */
export function calleeName(project: Named, file: string, call: CallFact): string {
  if (call.callee.k === "fn") return functionName(project, functionKey(file, call.callee.id));
  const text = project.program.text(file, call.calleeSpan).replace(/\s*\n\s*/g, "");
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
