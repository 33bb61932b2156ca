import type { CallFact } from "../facts/types.js";
import { constantOf } from "./constants.js";
import type { Program } from "./program.js";

const AMOUNT = /^(limit|take|first|top|page_?size|per_?page|max_?results)$/i;

/** `listThings({ pageSize: 30 })`: what is asked for how much it may give, gives no more. In a loop it is asked for one page after the other; an amount that only the run knows says nothing. */
export function asksForSoMany(program: Program, file: string, { args, loop }: CallFact): boolean {
  return loop === undefined && args.some((arg) => arg.k === "object" && arg.props.some(({ name, value }) => {
    const { expr } = constantOf(program, file, value);
    return AMOUNT.test(name) && expr.k === "literal" && typeof expr.value === "number";
  }));
}
