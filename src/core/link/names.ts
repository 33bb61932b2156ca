import type { CallFact } from "../facts/types.js";
import { type Program, type FunctionKey, functionKey } from "./program.js";

/** A function's name as people say it: `CatalogRepository.getById`, `createDb`, `the function at routes.ts:12`. */
export function functionName({ program }: { program: Program }, key: FunctionKey): string {
  const { file, fn } = program.fnOf(key);
  if (fn.kind === "module") return `the top level of ${file}`;
  const owner = fn.class === undefined ? "" : program.class(file, fn.class).name;
  if (fn.kind === "constructor") return `new ${owner || "class"}()`;
  if (!fn.name) return `the function at ${file}:${fn.span.line}`;
  return owner ? `${owner}.${fn.name}` : fn.name;
}

/** How long a callee may be to be shown as it is written. */
const MAX_LENGTH = 80;

/** What a call calls, on one line: as it is written, or by place where a whole function stands there. */
export function calleeName(project: { program: Program }, file: string, call: CallFact): string {
  if (call.callee.k === "fn") return functionName(project, functionKey(file, call.callee.id));
  const text = project.program.text(file, call.calleeSpan).replace(/\s*\n\s*/g, "");
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}
