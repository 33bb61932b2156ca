import type { Expr } from "../facts/types.js";
import type { Program } from "./program.js";

/** An expression and the file in which it stands. */
export interface PlacedExpr {
  file: string;
  expr: Expr;
}

/** What a name stands for when it has one value for good: a `const` with an initialiser, here or in the file that exports it. */
export function constantOf(program: Program, file: string, expr: Expr, depth = 0): PlacedExpr {
  const unchanged = { file, expr };
  if (depth > 4) return unchanged;
  if (expr.k === "typed") return constantOf(program, file, expr.of, depth + 1);
  if (expr.k !== "var") return unchanged;
  const variable = program.variable(file, expr.id);
  if (variable.import) return exported(program, file, variable.import, depth) ?? unchanged;
  if (variable.kind !== "const") return unchanged;
  const [only, more] = program.valuesOf(file, expr.id);
  return only && !more ? constantOf(program, file, only, depth + 1) : unchanged;
}

function exported(program: Program, file: string, { specifier, name }: { specifier: string; name: string }, depth: number): PlacedExpr | undefined {
  const target = program.host.resolve(file, specifier);
  if (target === undefined || !program.files.has(target)) return undefined;
  const [entry] = program.exportsNamed(target, name);
  if (entry?.k === "value") return constantOf(program, target, entry.value, depth + 1);
  if (depth >= 4) return undefined;
  if (entry) return exported(program, target, { specifier: entry.specifier, name: entry.imported }, depth + 1);
  // `export * from "./client"` passes on all names but `default`.
  if (name === "default") return undefined;
  for (const { specifier } of program.starsOf(target)) {
    const found = exported(program, target, { specifier, name }, depth + 1);
    if (found) return found;
  }
  return undefined;
}
