import type { ProjectFacts } from "../../src/core/link/index.js";
import type { CallPlace } from "../../src/core/link/calls.js";
import type { FunctionKey } from "../../src/core/link/program.js";
import { carriesHandle, isGivenHandle } from "./handles.js";

/** Whether a call hands the transaction's handle to what it runs, which may then use it: not so where that has no parameter at its place, `start({ id }, tx)` of `function start({ id })`. */
export function handsHandle(project: ProjectFacts, place: CallPlace): boolean {
  const { file, call } = place;
  if (!isGivenHandle(project, file, call)) return false;
  const first = call.args.findIndex((arg) => carriesHandle(project, file, arg, call.fn));
  // Given further on in the chain.
  return first === -1 || takesArgument(project, place, first);
}

/** Whether what a call runs may see an argument: as long as it is not known to end before it. */
export function takesArgument(project: ProjectFacts, { file, call }: CallPlace, index: number): boolean {
  const callees = [...project.inside.calleesOf(file, call)].filter(({ written }) => !written);
  return call.spread === true || callees.length === 0 || callees.some(({ to }) => takesAt(project, to, index));
}

function takesAt(project: ProjectFacts, key: FunctionKey, index: number): boolean {
  const { params } = project.program.fnOf(key).fn;
  return index < params.length || params.some(({ rest }) => rest) || mentionsArguments(project, key);
}

/** `arguments[0]` is a parameter, too. */
export function mentionsArguments(project: ProjectFacts, key: FunctionKey): boolean {
  const { file, fn } = project.program.fnOf(key);
  return fn.kind !== "arrow" && /\barguments\b/.test(project.program.text(file, fn.body));
}
