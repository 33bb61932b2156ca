import { buildFacts } from "../../../src/core/facts/build-facts.js";
import type { CallFact, FileFacts, FunctionFact, LoopFact, VariableFact } from "../../../src/core/facts/types.js";
import { parseSource } from "../../../src/project/parse.js";

export function factsOf(text: string, file = "a.ts"): FileFacts {
  const parsed = parseSource(file, text);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
  return buildFacts({ ...parsed, file });
}

/** The call whose source starts with `source`. */
export function callAt(facts: FileFacts, text: string, source: string): CallFact {
  const found = facts.calls.find((call) => text.startsWith(source, call.span.start) || text.startsWith(source, call.calleeSpan.start));
  if (!found) throw new Error(`no call ${source} in:\n${text}`);
  return found;
}

export function variable(facts: FileFacts, name: string, index = 0): VariableFact {
  const found = facts.variables.filter((v) => v.name === name)[index];
  if (!found) throw new Error(`no variable ${name}`);
  return found;
}

export function fn(facts: FileFacts, name: string): FunctionFact {
  const found = facts.functions.find((f) => f.name === name);
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

export function onlyLoop(facts: FileFacts): LoopFact {
  const [loop, ...more] = facts.loops;
  if (!loop || more.length > 0) throw new Error(`${facts.loops.length} loops, one expected`);
  return loop;
}
