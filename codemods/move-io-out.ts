import { CannotFix } from "./lib/transform.js";
import type { Transform } from "./lib/transform.js";

/** Nothing is edited: whether the result is needed inside, and what should happen when it fails, only people know. */
export const moveIoOut: Transform = {
  name: "move-io-out",
  applies: ({ rule }) => rule === "no-io-in-transaction",
  plan(finding) {
    const path = finding.related.map(({ file, span, text }) => `${text} (${file}:${span.line})`).join(", ");
    throw new CannotFix(
      `others wait for the locks as long as the other side takes${path === "" ? "" : ` (${path})`}. Do it before the transaction where its result is needed inside, after the commit where it is not, or write down inside what is to be done and let a worker do it (an outbox table)`,
    );
  },
};
