import type { CallFact, LoopFact } from "../../src/core/facts/types.js";
import type { Program } from "../../src/core/link/program.js";
import { chainOf } from "./turns.js";

/**
 * The condition of the one `if` that stands around the end of a text (a body, up to a call in it), where no other branch does: `{ if (row.name) insert.run(`.
 */
export function conditionAround(before: string): string | undefined {
  const found = /\bif\s*\(((?:[^()]|\([^()]*\))*)\)\s*(?:\{[^{}]*|[^{};]*)$/.exec(before);
  if (found === null || /\belse\b/.test(found[0])) return undefined;
  const outside = [...before.slice(0, found.index)].reduce((depth, sign) => depth + Number(sign === "{") - Number(sign === "}"), 0);
  return outside === (before.startsWith("{") ? 1 : 0) && !/\belse\s*$/.test(before.slice(0, found.index)) ? found[1]?.trim() : undefined;
}

/** `if (row.name) insert.run(row.name)`, `if (typeof url === "string") remove(url)`: what asks for nothing but the item that it writes, or the part of it, holds for a list of such things. */
export function asksForItsItem(program: Program, file: string, loop: LoopFact, call: CallFact): boolean {
  const chain = chainOf(program, file, call);
  const [begins = call] = chain;
  const turn = loop.kind === "callback" ? program.file(file).functions.find((fn) => fn.loopBody === loop.id) : undefined;
  const body = turn?.body ?? loop.body;
  if (body.start > begins.span.start) return false;
  const head = turn?.params.slice(0, 1).map(({ variable }) => program.variable(file, variable).name).join(" ") ?? program.text(file, { start: loop.span.start, end: body.start }).replace(/\sof\s.*/s, "");
  const asked = conditionAround(program.text(file, { start: body.start, end: begins.span.start }));
  const written = chain.flatMap(({ argSpans }) => argSpans.map((span) => program.text(file, span))).join(" ");
  return asked !== undefined && asked.split("&&").every((each) => {
    const [, value, item] = /^(?:typeof\s+)?(([\w$]+)(?:\??\.[\w$]+)*?)(?:\??\.trim\(\))?(?:\s*===?\s*["'](?:string|number|object)["']|\s*!==?\s*(?:null|undefined))?$/.exec(each.trim()) ?? [];
    return value !== undefined && item !== undefined && names(head, item) && names(written, value);
  });
}

/** Whether a text speaks of a name, as a whole. */
function names(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$.])${name.replace(/[$.?]/g, "\\$&")}(?![\\w$])`).test(text);
}
