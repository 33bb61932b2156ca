import type { Expr } from "../facts/types.js";
import type { Program } from "./program.js";
import type { Token } from "./tokens.js";

/** Calls, from which on a program is very large: some 4,000 files of the usual size. */
const VERY_LARGE = 250_000;
/** Aliases of aliases are looked through this far. */
const DEEPEST = 3;
/** What leads to code: itself callable, or with methods that are. */
const LEADS_TO_CODE: ReadonlySet<Token["t"]> = new Set(["function", "class", "instance", "namespace", "session", "typed", "derived", "part"]);

/** Of the room that a place has for alternatives, what code takes, and what data takes. */
const CODE = 1;
const DATA = 8;

/**
 * Whether the alternatives of a program are weighed. Where they are not, a place holds as much data as code, until that takes too much work
 * (see the solver's effort). In a very large program it always does, and what is given up in the middle of the work is luck.
 */
export function isVeryLarge(program: Program): boolean {
  let calls = 0;
  for (const facts of program.files.values()) calls += facts.calls.length;
  return calls > VERY_LARGE;
}

/**
 * How much of a place's room an alternative takes. A helper that is given a hundred functions is a registry or a
 * wrapper, and each of them matters; a place with a tenth as many rows, lists and parsed documents is a helper for
 * data, which everything passes through, and what is found behind it is found by luck.
 */
export function weightOf(token: Token, isCodeObject: boolean): number {
  return isCodeObject || LEADS_TO_CODE.has(token.t) ? CODE : DATA;
}

/** Whether an object is written with functions, classes or other modules' things in it: a table of handlers, a service. */
export function holdsCode(program: Program, file: string, expr: Expr, depth = 0): boolean {
  switch (expr.k) {
    case "fn":
    case "class":
    case "module":
      return true;
    case "object":
      return expr.props.some(({ value }) => holdsCode(program, file, value, depth));
    case "array":
      return expr.items.some((item) => holdsCode(program, file, item, depth));
    case "either":
      return expr.of.some((alternative) => holdsCode(program, file, alternative, depth));
    case "await":
    case "typed":
      return holdsCode(program, file, expr.of, depth);
    case "member":
      return expr.of.k === "this" ? isMethod(program, file, expr.of.fn, expr.name) : expr.of.k === "var" && isDeclared(program, file, expr.of.id);
    case "call":
      return program.call(file, expr.id).args.some((arg) => arg.k === "fn" || arg.k === "class");
    case "var": {
      if (isDeclared(program, file, expr.id)) return true;
      if (depth >= DEEPEST || program.variable(file, expr.id).kind !== "const") return false;
      return program.valuesOf(file, expr.id).some((value) => holdsCode(program, file, value, depth + 1));
    }
    default:
      return false;
  }
}

/** A function, a class, or what another module exports. */
function isDeclared(program: Program, file: string, variable: number): boolean {
  const { kind } = program.variable(file, variable);
  return kind === "function" || kind === "class" || kind === "import";
}

function isMethod(program: Program, file: string, fn: number, name: string): boolean {
  const owner = program.fn(file, fn).class;
  return owner !== undefined && program.class(file, owner).members.some((member) => member.kind === "method" && member.name === name);
}
