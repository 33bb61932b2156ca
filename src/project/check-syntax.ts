import { parseSync } from "oxc-parser";
import { tooDeep } from "./nesting.js";
import { parseSource } from "./parse.js";

/**
 * What is wrong with a text, or `undefined`. Several times as fast as parsing it for its tree, which files that cannot
 * reach a database never need.
 */
export function checkSyntax(file: string, text: string): string | undefined {
  const depth = tooDeep(text);
  if (depth !== undefined) return depth;
  if (parseSync(file, text).errors.length === 0) return undefined;
  // Dialects and module kinds are the parser's business: what it takes is no error.
  const parsed = parseSource(file, text);
  return parsed.ok ? undefined : describeFailure(parsed.reason);
}

/** The parser's reason, as reports say it: `syntax error at 3:9: …` where it begins with a place. */
export function describeFailure(reason: string): string {
  const place = /^(\d+:\d+) (.*)$/s.exec(reason);
  return place ? `syntax error at ${place[1]}: ${place[2]}` : reason;
}
