import { child, endOf, startOf, str, stringOf, type Node } from "./ast.js";
import type { VariableId } from "./types.js";

/** A stretch of the text that no program in production runs. */
export interface Range {
  start: number;
  end: number;
}

/** Longer conditions are generated. */
const MAX_PARTS = 16;

/** Names of the stages that are not production: `NODE_ENV === "development"`. */
const OTHER_STAGE = /^(dev(elopment)?|test(ing)?|local)$/i;

/**
 * Tells which stretches of a file run outside of production alone: what is kept there (`if (process.env.NODE_ENV !== "production") globalThis.db = db`,
 * which spares a development server its connections when modules are loaded anew) is kept nowhere in production.
 */
export class Stages {
  readonly outside: Range[] = [];
  /** The `const`s that hold what a test of the stage says: `const isProd = process.env.NODE_ENV === "production"`. */
  readonly #tests = new Map<VariableId, Node>();

  constructor(private readonly idOf: (node: Node) => VariableId | undefined) {}

  /** Remembers a `const` that is such a test. */
  note(id: Node, init: Node): void {
    const variable = id.type === "Identifier" && mayTest(init) ? this.idOf(id) : undefined;
    if (variable !== undefined) this.#tests.set(variable, init);
  }

  /** Notes a stretch that runs when the test comes out like this. */
  branch(test: Node | undefined, outcome: boolean, start: number, end: number): void {
    if (test && this.isNever(test, outcome)) this.outside.push({ start, end });
  }

  /** Whether the test never comes out like this in production. */
  isNever(test: Node, outcome: boolean, parts = { left: MAX_PARTS }): boolean {
    if (parts.left-- <= 0) return false;
    switch (test.type) {
      case "ParenthesizedExpression":
      case "TSNonNullExpression":
      case "TSAsExpression": {
        const inner = child(test, "expression");
        return inner !== undefined && this.isNever(inner, outcome, parts);
      }
      case "UnaryExpression": {
        const inner = str(test, "operator") === "!" ? child(test, "argument") : undefined;
        return inner !== undefined && this.isNever(inner, !outcome, parts);
      }
      case "LogicalExpression": {
        const sides = [child(test, "left"), child(test, "right")];
        const operator = str(test, "operator");
        if (operator !== "&&" && operator !== "||") return false;
        const decides = (side: Node | undefined) => side !== undefined && this.isNever(side, outcome, parts);
        // `a && b` is true only where both are, and false where either is.
        return (operator === "&&") === outcome ? sides.some(decides) : sides.every(decides);
      }
      case "BinaryExpression":
        return isNeverEqual(test, outcome);
      case "MemberExpression":
        return isStageFlag(test) === outcome;
      case "Identifier": {
        const id = this.idOf(test);
        const init = id === undefined ? undefined : this.#tests.get(id);
        return init !== undefined && this.isNever(init, outcome, parts);
      }
      default:
        return false;
    }
  }

  /** The stretch around a place that runs outside of production alone. */
  around(at: number): Range | undefined {
    return this.outside.find(({ start, end }) => start <= at && at < end);
  }
}

function mayTest({ type }: Node): boolean {
  return type === "BinaryExpression" || type === "UnaryExpression" || type === "LogicalExpression" || type === "MemberExpression";
}

function isNeverEqual(test: Node, outcome: boolean): boolean {
  const operator = str(test, "operator") ?? "";
  const sides = [child(test, "left"), child(test, "right")];
  if (!/^[!=]==?$/.test(operator) || !sides.some((side) => side && isNodeEnv(side))) return false;
  const said = sides.flatMap((side) => (side ? (stringOf(side) ?? []) : []))[0];
  const whenEqual = operator.startsWith("=") ? outcome : !outcome;
  if (said === "production") return !whenEqual;
  return said !== undefined && OTHER_STAGE.test(said) && whenEqual;
}

/** `process.env.NODE_ENV`, `process.env["NODE_ENV"]`, `env.NODE_ENV`. */
function isNodeEnv(node: Node): boolean {
  return nameOf(node) === "NODE_ENV";
}

/** What Vite makes of the stage: the outcome of `import.meta.env.DEV` that production never has. */
function isStageFlag(node: Node): boolean | undefined {
  const of = child(node, "object");
  if (!of || nameOf(of) !== "env" || child(of, "object")?.type !== "MetaProperty") return undefined;
  const name = nameOf(node);
  return name === "DEV" ? true : name === "PROD" ? false : undefined;
}

function nameOf(node: Node): string | undefined {
  if (node.type !== "MemberExpression") return undefined;
  const property = child(node, "property");
  return property && (node["computed"] === true ? stringOf(property) : str(property, "name"));
}

/** The parts of `a && b && c` that have to hold before each of the later ones runs. */
export function eachAnd(stages: Stages, first: Node, steps: readonly { operator: string; node: Node }[]): void {
  const before = [first];
  for (const { operator, node } of steps) {
    if (operator !== "&&") return;
    if (before.some((part) => stages.isNever(part, true))) stages.outside.push({ start: startOf(node), end: endOf(node) });
    before.push(node);
  }
}
