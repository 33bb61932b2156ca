import type { Program, FunctionKey } from "./program.js";

/** A function's name as people say it: `CatalogRepository.getById`, `createDb`, `the function at routes.ts:12`. */
export function functionName({ program }: { program: Program }, key: FunctionKey): string {
  const { file, fn } = program.fnOf(key);
  if (fn.kind === "module") return `the top level of ${file}`;
  const owner = fn.class === undefined ? "" : program.class(file, fn.class).name;
  if (fn.kind === "constructor") return `new ${owner || "class"}()`;
  if (!fn.name) return `the function at ${file}:${fn.span.line}`;
  return owner ? `${owner}.${fn.name}` : fn.name;
}
