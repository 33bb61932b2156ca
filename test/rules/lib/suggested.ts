import type { Rule } from "../../../rules/rule.js";
import { findingsOf } from "./run.js";
import { dedent } from "./table.js";

/** What each finding's suggestions make of a file, with what they say of themselves. */
export function suggested(rule: Rule, code: string): { message: string; code: string }[] {
  const text = dedent(code);
  return findingsOf(rule, { "src/app.ts": text }).flatMap(({ suggestions = [] }) =>
    suggestions.map(({ message, edits }) => ({
      message,
      code: [...edits].sort((a, b) => b.start - a.start).reduce((done, edit) => done.slice(0, edit.start) + edit.text + done.slice(edit.end), text),
    })),
  );
}
