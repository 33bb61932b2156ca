import type { Library } from "../catalogue/library.js";
import type { CallFact } from "../facts/types.js";
import { literalText } from "./expressions.js";
import type { TransactionSite } from "./transactions.js";

/** Drizzle's `behavior`, Sequelize's `type`, libSQL's second argument: the value says it, whatever the option is called. */
export function modeIn({ modes }: Library, call: CallFact): TransactionSite["mode"] | undefined {
  for (const arg of call.args)
    for (const value of arg.k === "object" ? arg.props.map((prop) => prop.value) : [arg]) {
      const text = (literalText(value) ?? (value.k === "member" ? value.name : undefined))?.toLowerCase();
      const mode = modes && text !== undefined && Object.hasOwn(modes, text) ? modes[text] : namedMode(text);
      if (mode) return mode;
    }
  return undefined;
}

export function namedMode(name: string | undefined): "deferred" | "immediate" | "exclusive" | undefined {
  return name === "immediate" || name === "exclusive" || name === "deferred" ? name : undefined;
}
