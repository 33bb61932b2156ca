import { child, flag, keyName, list, nodes, numberOf, str, unwrap, type Node } from "./ast.js";
import { symbolOf } from "./symbols.js";
import type { Expr, LoopBound } from "./types.js";
import { UNKNOWN, type Walk } from "./walk.js";

/** The bound of a loop that goes over a value. */
export function overBound(node: Node | undefined, over: Expr): LoopBound {
  const inner = node && unwrap(node);
  if (inner?.type === "ArrayExpression") {
    const elements = list(inner, "elements");
    if (elements.every((element) => element?.type !== "SpreadElement")) return { k: "constant", times: elements.length };
  }
  const length = inner && arrayLength(inner);
  const times = numberOf(length);
  if (times !== undefined) return { k: "constant", times };
  return { k: "over", over, symbol: symbolOf(node) };
}

/** `Array(n)`, `new Array(n)`, `{ length: n }`, also behind `[...Array(n)]`, `.fill()` and `.keys()`: the `n`. */
export function arrayLength(node: Node): Node | undefined {
  const inner = unwrap(node);
  if (inner.type === "ObjectExpression") {
    const property = nodes(inner, "properties").find((p) => keyName(child(p, "key"), flag(p, "computed")) === "length");
    return property && child(property, "value");
  }
  if (inner.type === "ArrayExpression") {
    const [only, more] = list(inner, "elements");
    const spread = !more && only?.type === "SpreadElement" ? child(only, "argument") : undefined;
    return spread && arrayLength(spread);
  }
  if (inner.type !== "CallExpression" && inner.type !== "NewExpression") return undefined;
  const callee = child(inner, "callee");
  const args = nodes(inner, "arguments");
  if (callee?.type === "Identifier") return str(callee, "name") === "Array" && args.length === 1 ? args[0] : undefined;
  const receiver = callee?.type === "MemberExpression" ? child(callee, "object") : undefined;
  if (!callee || !receiver) return undefined;
  const name = keyName(child(callee, "property"), flag(callee, "computed"));
  if (name === "from" && str(receiver, "name") === "Array") return args[0] && arrayLength(args[0]);
  return name === "fill" || name === "keys" ? arrayLength(receiver) : undefined;
}

/** What the parts of a counting loop say, each with the value the walk gave it. */
export interface Counting {
  init: Node | undefined;
  test: Node | undefined;
  update: Node | undefined;
  /** The value of an expression of the test or the update, found by its node. */
  valueOf: (node: Node) => Expr;
  /** The number that a constant above the loop stands for. */
  constantOf: (value: Expr) => number | undefined;
}

/** The bound of `for (init; test; update)`; undefined when it does not count. */
export function countingBound({ init, test, update, valueOf, constantOf }: Counting): LoopBound | undefined {
  const counter = counterOf(update ?? (test?.type === "UpdateExpression" ? test : undefined));
  if (!test || !counter) return undefined;
  const limit = limitOf(test, counter.name);
  if (!limit) return undefined;
  const number = (node: Node): number | undefined => numberOf(unwrap(node)) ?? constantOf(valueOf(node));
  const step = counter.step ? number(counter.step) : 1;
  const start = startOf(init, counter.name);
  const down = limit.down;
  // Counting down, the start is what grows with the data.
  const far = down ? start?.node : (limit.node && initialised(init, limit.node)) ?? limit.node;
  if (!far) return undefined;

  const collection = lengthOf(far);
  if (collection) {
    const over = memberBase(valueOf(collection.member));
    const symbol = symbolOf(collection.of);
    if (counter.step && step !== 1) return { k: "stepped", over, step: valueOf(counter.step), symbol };
    return { k: "over", over, symbol };
  }
  const from = down ? limit.number : start && number(start.node);
  const to = number(far) ?? (down ? undefined : smallest(far));
  if (from !== undefined && to !== undefined && step !== undefined && step > 0) {
    const times = Math.ceil((to - from + (limit.inclusive ? 1 : 0)) / step);
    if (Number.isFinite(times)) return { k: "constant", times: Math.max(0, times) };
  }
  const symbol = symbolOf(far);
  if (counter.step && step !== 1) return { k: "stepped", step: valueOf(counter.step), symbol };
  return { k: "count", limit: valueOf(far), symbol };
}

/** `Math.min(n, 10)` turns at most ten times. */
function smallest(node: Node): number | undefined {
  const inner = unwrap(node);
  const callee = inner.type === "CallExpression" ? child(inner, "callee") : undefined;
  if (callee?.type !== "MemberExpression" || str(child(callee, "object"), "name") !== "Math" || str(child(callee, "property"), "name") !== "min") return undefined;
  const numbers = nodes(inner, "arguments").map((arg) => numberOf(arg)).filter((n) => n !== undefined);
  return numbers.length > 0 ? Math.min(...numbers) : undefined;
}

/** The variable that an update moves, and by how much when it is more than one. */
function counterOf(update: Node | undefined): { name: string; step?: Node } | undefined {
  if (update?.type === "UpdateExpression") {
    const name = str(child(update, "argument"), "name");
    return name === undefined ? undefined : { name };
  }
  if (update?.type === "SequenceExpression") return counterOf(nodes(update, "expressions")[0]);
  if (update?.type !== "AssignmentExpression") return undefined;
  const name = str(child(update, "left"), "name");
  const right = child(update, "right");
  const operator = str(update, "operator");
  if (name === undefined || !right) return undefined;
  if (operator === "+=" || operator === "-=") return { name, step: right };
  // i = i + step
  const sum = operator === "=" && right.type === "BinaryExpression" && str(child(right, "left"), "name") === name;
  const step = sum ? child(right, "right") : undefined;
  return step && { name, step };
}

interface Limit {
  node?: Node;
  number?: number;
  inclusive: boolean;
  down: boolean;
}

function limitOf(test: Node, counter: string): Limit | undefined {
  if (test.type === "LogicalExpression" && str(test, "operator") === "&&") {
    const left = child(test, "left");
    const right = child(test, "right");
    return (left && limitOf(left, counter)) ?? (right && limitOf(right, counter));
  }
  // `for (let i = n; i--;)`
  if (test.type === "UpdateExpression" && str(child(test, "argument"), "name") === counter) return { number: 0, inclusive: false, down: true };
  if (test.type !== "BinaryExpression") return undefined;
  const left = child(test, "left");
  const right = child(test, "right");
  const operator = str(test, "operator") ?? "";
  if (!left || !right) return undefined;
  const onLeft = str(left, "name") === counter;
  if (!onLeft && str(right, "name") !== counter) return undefined;
  const node = onLeft ? right : left;
  const compare = onLeft ? operator : (MIRRORED[operator] ?? operator);
  if (compare === "<" || compare === "<=" || compare === "!=" || compare === "!==") return { node, inclusive: compare === "<=", down: false };
  if (compare === ">" || compare === ">=") return { node, number: numberOf(node), inclusive: compare === ">=", down: true };
  return undefined;
}

const MIRRORED: Record<string, string> = { "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

function declarators(init: Node | undefined): Node[] {
  return init?.type === "VariableDeclaration" ? nodes(init, "declarations") : [];
}

function startOf(init: Node | undefined, counter: string): { node: Node } | undefined {
  const declared = declarators(init).find((d) => str(child(d, "id"), "name") === counter);
  const assigned = init?.type === "AssignmentExpression" && str(child(init, "left"), "name") === counter ? child(init, "right") : undefined;
  const node = declared ? child(declared, "init") : assigned;
  return node && { node };
}

/** `for (let i = 0, n = xs.length; i < n; …)`: what `n` stands for. */
function initialised(init: Node | undefined, node: Node): Node | undefined {
  const name = str(node, "name");
  const found = name === undefined ? undefined : declarators(init).find((d) => str(child(d, "id"), "name") === name);
  return found && child(found, "init");
}

/** `xs.length`, `xs.size`, `xs.length - 1`: the collection and the member expression. */
function lengthOf(node: Node): { of: Node; member: Node } | undefined {
  let inner = unwrap(node);
  if (inner.type === "BinaryExpression" && str(inner, "operator") === "-") inner = child(inner, "left") ?? inner;
  if (inner.type !== "MemberExpression") return undefined;
  const name = keyName(child(inner, "property"), flag(inner, "computed"));
  const of = child(inner, "object");
  return of && (name === "length" || name === "size") ? { of, member: inner } : undefined;
}

function memberBase(value: Expr): Expr {
  return value.k === "member" ? value.of : UNKNOWN;
}

const CHANGES_LENGTH = new Set(["push", "unshift", "splice", "pop", "shift"]);

/** A loop over a `const` list whose items are all written out, and that nothing in the file makes longer, is constant. */
export function settleTuples(walk: Walk): void {
  const { facts } = walk;
  const loops = facts.loops.filter(({ bound }) => bound.k === "over" && listOf(bound.over) !== undefined);
  if (loops.length === 0) return;
  const changed = new Set<number>();
  for (const { callee } of facts.calls) {
    if (callee.k === "member" && callee.of.k === "var" && CHANGES_LENGTH.has(callee.name)) changed.add(callee.of.id);
  }
  const lengths = new Map<number, number>();
  for (const { target, value } of facts.assigns) {
    if (target.k === "member" && target.of.k === "var") changed.add(target.of.id);
    const list = value.k === "typed" ? value.of : value;
    if (target.k !== "var" || facts.variables[target.id]?.kind !== "const") continue;
    if (list.k === "array" && !list.spread && list.items.length > 0) lengths.set(target.id, list.items.length);
  }
  for (const loop of loops) {
    const id = loop.bound.k === "over" ? listOf(loop.bound.over) : undefined;
    const times = id === undefined || changed.has(id) ? undefined : lengths.get(id);
    if (times !== undefined) loop.bound = { k: "constant", times };
  }
}

function listOf(over: Expr): number | undefined {
  return over.k === "var" ? over.id : undefined;
}
