import type { PlacedExpr } from "./constants.js";
import type { Program } from "./program.js";

/** https://github.com/typestack/class-validator#validation-decorators */
export const CLASS_VALIDATOR = "class-validator";

/** The checks that stand before a field of a class: `@ArrayMaxSize(25) names: string[]`. One of them is enough to bound it. */
export function checksOfField(program: Program, file: string, variable: number, name: string): PlacedExpr[] {
  const { classes, assigns } = program.file(file);
  const made = assigns.find(({ target, value }) => target.k === "var" && target.id === variable && value.k === "class")?.value;
  const owner = classes.find(({ id }) => made?.k === "class" && made.id === id);
  const checks = owner?.members.find((member) => member.kind === "field" && !member.static && member.name === name)?.decorators ?? [];
  const sized = checks.find((check) => check.k === "call" && isSizeCheck(program, file, check.id));
  return sized === undefined ? [] : [{ file, expr: sized }];
}

function isSizeCheck(program: Program, file: string, id: number): boolean {
  const { callee } = program.call(file, id);
  const from = callee.k === "var" ? program.variable(file, callee.id).import : undefined;
  return from?.specifier === CLASS_VALIDATOR && from.name === "ArrayMaxSize";
}
