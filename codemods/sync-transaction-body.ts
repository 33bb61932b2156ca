import { planSuggested } from "./lib/suggested.js";
import type { Transform } from "./lib/transform.js";

const NAME = "sync-transaction-body";

/** The function of a synchronous driver's transaction is synchronous, where nothing is awaited in it. */
export const syncTransactionBody: Transform = {
  name: NAME,
  applies: ({ rule }) => rule === "no-async-sync-transaction",
  plan: (finding) => planSuggested(NAME, finding, "what is awaited in it has to move out of it, or to become synchronous"),
};
