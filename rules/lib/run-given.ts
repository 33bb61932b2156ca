import type { CallFact } from "../../src/core/facts/types.js";
import type { ProjectFacts } from "../../src/core/link/index.js";
import { type FunctionKey, functionKey } from "../../src/core/link/program.js";

export interface RunGiven {
  /** The function that is written at the call, and that the helper runs before it is over. */
  given: FunctionKey;
  /** What the helper waits for besides; not where something went wrong, as the pause before another try. */
  awaited: readonly CallFact[];
}

/**
 * `retrying(() => insert.run(row))`: a helper of the project that always runs the one function which it is given, in place. The helper is one for all who call it, so what it leads to says less of a call
 * than the function that stands there.
 */
export function runGiven({ program, writers }: ProjectFacts, call: CallFact): RunGiven | undefined {
  const index = call.args.findIndex(({ k }) => k === "fn");
  const written = call.args[index];
  if (written?.k !== "fn" || call.args.slice(index + 1).some(({ k }) => k === "fn")) return undefined;
  const given = functionKey(program.fileOf(call), written.id);
  const [helper, more] = writers.calleesOf(call).filter((key) => key !== given);
  if (helper === undefined || more !== undefined) return undefined;
  const { file, fn } = program.fnOf(helper);
  const param = fn.params[index];
  const calls = writers.callsOf(helper);
  const runs = calls.filter(({ callee }) => callee.k === "var" && callee.id === param?.variable);
  if (!runs.some(({ conditional }) => !conditional)) return undefined;
  const { tries } = program.file(file);
  const isRescue = ({ span }: CallFact) => tries.some(({ fn: of, handler }) => of === fn.id && handler !== undefined && handler.start <= span.start && span.end <= handler.end);
  return { given, awaited: calls.filter((inner) => inner.awaited && !runs.includes(inner) && !isRescue(inner)) };
}
