import { child, flag, keyName, nodes, str, unwrap, type Node } from "./ast.js";

/** Methods and functions that hand on what they are called on or with: their own name says nothing about the data. */
const PASS_ON = new Set([
  "entries", "keys", "values", "slice", "splice", "filter", "map", "flatMap", "flat", "sort", "toSorted", "reverse", "toReversed",
  "concat", "from", "fromEntries", "fill", "trim", "toArray",
]);
/** Functions that cut a list into pieces: their name alone does not say of what. */
const PIECES = /^(?:(?:to|as|into|in|make|array|list|create|get|split)_?)?(?:chunk|batch|slice|split|every|piece|partition|paginate)/i;
const CONTAINERS = new Set(["Object", "Array", "Set", "Map", "Reflect", "Iterator"]);

/** A short name for what a loop goes over: `result.entries` → `entries`, `Object.keys(groups)` → `groups`, `chunk(rows, 50)` → `chunk(rows)`. */
export function symbolOf(expression: Node | undefined): string {
  let node: Node | undefined = expression;
  while (node) {
    node = unwrap(node);
    switch (node.type) {
      case "Identifier":
        return str(node, "name") ?? "items";
      case "ThisExpression":
        return "this";
      case "MemberExpression": {
        const name = keyName(child(node, "property"), flag(node, "computed"));
        if (name !== "*" && !/^\d+$/.test(name)) return name;
        node = child(node, "object");
        break;
      }
      case "CallExpression":
      case "NewExpression": {
        const callee = child(node, "callee");
        const pieces = piecesOf(node, callee);
        if (pieces !== undefined) return pieces;
        node = callee && throughCall(node, unwrap(callee));
        break;
      }
      case "ArrayExpression":
        node = child(nodes(node, "elements")[0] ?? node, "argument");
        break;
      case "AwaitExpression":
      case "SpreadElement":
        node = child(node, "argument");
        break;
      case "LogicalExpression":
        node = child(node, "left");
        break;
      case "ConditionalExpression":
        node = child(node, "consequent");
        break;
      case "TaggedTemplateExpression":
        node = child(node, "tag");
        break;
      default:
        return "items";
    }
  }
  return "items";
}

/** Where a call's name leads on to: its receiver or argument for calls that only reshape, its callee otherwise. */
function throughCall(call: Node, callee: Node): Node | undefined {
  const first = nodes(call, "arguments")[0];
  if (callee.type === "Identifier") return CONTAINERS.has(str(callee, "name") ?? "") ? first : callee;
  if (callee.type !== "MemberExpression") return callee;
  const receiver = child(callee, "object");
  const name = keyName(child(callee, "property"), flag(callee, "computed"));
  if (!PASS_ON.has(name) || !receiver) return callee;
  const container = unwrap(receiver);
  return container.type === "Identifier" && CONTAINERS.has(str(container, "name") ?? "") ? first : receiver;
}

/** `chunk(rows, SIZE)`, `splitEvery(SIZE, rows)`, `_.chunk(rows, SIZE)`: the function with the list that it cuts. */
function piecesOf(call: Node, callee: Node | undefined): string | undefined {
  const cut = callee && unwrap(callee);
  const name = cut && (str(cut, "name") ?? (cut.type === "MemberExpression" ? keyName(child(cut, "property"), flag(cut, "computed")) : undefined));
  if (name === undefined || !PIECES.test(name) || PASS_ON.has(name)) return undefined;
  const given = nodes(call, "arguments");
  // `rows.chunk(SIZE)` cuts what it is called on.
  const list = given.length < 2 && cut?.type === "MemberExpression" ? child(cut, "object") : given.find(({ type }) => type !== "Literal" && type !== "SpreadElement");
  const what = list && symbolOf(list);
  return what === undefined || what === "items" || what === "this" ? undefined : `${name}(${what})`;
}
