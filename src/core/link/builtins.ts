import type { NodeId } from "./solver.js";
import type { TokenId } from "./tokens.js";
import type { Values } from "./values.js";

/** Array methods that run a callback once an element. */
const EACH = new Set(["forEach", "map", "flatMap", "filter", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "sort", "toSorted"]);
const REDUCE = new Set(["reduce", "reduceRight"]);

const COLLECTION = new Set(["get", "set", "has", "delete", "add", "clear", "size", "keys", "values", "entries", "forEach"]);

/** What a Map or a Set has by itself: none of the values that are kept in it. */
export function isCollectionMember(name: string): boolean {
  return COLLECTION.has(name);
}

export function isArrayMethod(name: string): boolean {
  return EACH.has(name) || REDUCE.has(name);
}

export interface BuiltinCall {
  name: string;
  receiver: NodeId;
  args: readonly NodeId[];
  result: NodeId;
  /** Runs a function value with these arguments; its result stays with `Values.returns`. */
  invoke: (fn: TokenId, args: NodeId[]) => void;
}

/**
 * Methods of the language's own objects through which values pass: promises, arrays, maps, functions. A promise stands
 * for its value, an array for its elements; a name is enough, since other receivers have nothing to pass on.
 */
export function linkBuiltin(values: Values, { name, receiver, args, result, invoke }: BuiltinCall): void {
  const { solver, tokens } = values;
  const [first, second] = args;
  const run = (node: NodeId | undefined, actual: NodeId[], passResult: boolean): void => {
    if (node === undefined) return;
    solver.watch(node, (id) => {
      const token = tokens.get(id);
      if (token.t !== "function") return;
      invoke(id, actual);
      if (passResult) solver.flow(values.returns(token.file, token.id), result);
    });
  };
  switch (name) {
    case "then":
      run(first, [receiver], true);
      run(second, [], true);
      return;
    case "catch":
      solver.flow(receiver, result);
      run(first, [], true);
      return;
    case "finally":
      solver.flow(receiver, result);
      run(first, [], false);
      return;
    case "bind":
      solver.flow(receiver, result);
      return;
    case "call":
      runReceiver(args.slice(1));
      return;
    case "apply":
      runReceiver(second === undefined ? [] : [second, second, second]);
      return;
    case "all":
    case "allSettled":
    case "race":
    case "any":
    case "resolve":
    case "freeze":
    case "fromEntries":
      if (first !== undefined) solver.flow(first, result);
      return;
    case "assign":
      for (const arg of args) solver.flow(arg, result);
      return;
    case "set":
      if (second !== undefined) store(second);
      solver.flow(receiver, result);
      return;
    case "push":
    case "unshift":
    case "add":
      for (const arg of args) store(arg);
      return;
    case "get":
    case "at":
    case "pop":
    case "shift":
    case "values":
    case "slice":
    case "concat":
    case "filter":
    case "reverse":
    case "find":
    case "findLast":
    case "sort":
    case "toSorted":
      solver.watch(receiver, (id) => {
        const token = tokens.get(id);
        if (token.t === "allocation" || token.t === "object") solver.flow(values.field(id, "*"), result);
        else if (token.t !== "part" && token.t !== "external" && name !== "get" && name !== "values") solver.add(result, id);
      });
      if (EACH.has(name)) run(first, [elements()], false);
      return;
    default:
      break;
  }
  if (EACH.has(name)) run(first, [elements()], name === "map" || name === "flatMap");
  else if (REDUCE.has(name)) {
    if (second !== undefined) solver.flow(second, result);
    run(first, [result, elements()], true);
  }

  /** What an array holds from the start, and what it or a Map was given later. */
  function elements(): NodeId {
    const node = solver.node();
    solver.flow(receiver, node);
    solver.watch(receiver, (id) => {
      if (tokens.get(id).t === "allocation") solver.flow(values.field(id, "*"), node);
    });
    return node;
  }
  function store(value: NodeId): void {
    solver.watch(receiver, (id) => {
      const token = tokens.get(id);
      if (token.t === "allocation" || token.t === "object" || token.t === "instance") solver.flow(value, values.field(id, "*"));
    });
  }
  function runReceiver(actual: NodeId[]): void {
    run(receiver, actual, true);
  }
}
