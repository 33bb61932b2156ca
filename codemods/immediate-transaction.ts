import { planSuggested } from "./lib/suggested.js";
import type { Transform } from "./lib/transform.js";

const NAME = "immediate-transaction";

/** A transaction that reads before it writes takes the write lock at its beginning, in the library's own way. */
export const immediateTransaction: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "prefer-immediate-transaction",
  plan: (finding) => planSuggested(NAME, finding, "where this transaction begins is not written here: begin it in immediate mode there"),
};
