import type { FactsEntry } from "../core/cache/facts-entry.js";
import { buildFacts } from "../core/facts/build-facts.js";
import { describeFailure } from "./check-syntax.js";
import { isDebugging } from "./defects.js";
import { errorMessage } from "./errors.js";
import { parseSource } from "./parse.js";

/** What one file's text says, or why it says nothing. */
export function factsOfText(file: string, text: string): FactsEntry {
  const parsed = parseSource(file, text);
  if (!parsed.ok) return { ok: false, reason: describeFailure(parsed.reason) };
  try {
    const { program, names, comments } = parsed;
    return { ok: true, facts: buildFacts({ program, names, text, file, comments }) };
  } catch (error) {
    // One odd file must not cost the report on all the others.
    if (isDebugging()) throw error;
    return { ok: false, reason: `sessionfix failed on it (${errorMessage(error)}); please report this file's syntax`, defect: errorMessage(error) };
  }
}
