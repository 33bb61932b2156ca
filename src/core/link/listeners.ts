import type { CallGraph } from "./calls.js";
import { functionKey, type FunctionKey } from "./program.js";
import { calleesOf } from "./sessions.js";

/** A function that is told when something comes that the function around it has begun. */
export interface Listener {
  file: string;
  from: FunctionKey;
  to: FunctionKey;
}

/**
 * `const request = new XMLHttpRequest(); request.onload = () => …;`: what is put into an `on…` property of an object that the function makes for itself, of a class that is
 * not the program's, runs on that function's account, as the callback of a call does.
 */
export function listenersOf(graph: CallGraph): Listener[] {
  const { program } = graph;
  const found: Listener[] = [];
  for (const { file, assigns } of program.files.values())
    for (const { fn, target, value, op } of assigns) {
      if (op !== "=" || fn === 0 || value.k !== "fn" || target.k !== "member" || !/^on[a-z]+$/.test(target.name) || target.of.k !== "var") continue;
      const [made, more] = program.variable(file, target.of.id).fn === fn ? program.valuesOf(file, target.of.id) : [];
      const call = made?.k === "call" && more === undefined ? program.call(file, made.id) : undefined;
      if (call?.kind === "new" && calleesOf(graph, call).length === 0) found.push({ file, from: functionKey(file, fn), to: functionKey(file, value.id) });
    }
  return found;
}
