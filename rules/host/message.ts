import type { Finding, Place } from "../../src/core/finding.js";

/** How many steps of a path, and how many related places, one line of an editor can take. */
const MOST = 4;
/** A step's text may hold source code: one line of it, cut. */
const LONGEST = 80;

/**
 * What a host shows. It has one line for a finding and no second place, so the path from an entry point and the other places
 * of the same defect are said in that line.
 */
export function hostMessage(finding: Finding): string {
  return [finding.message, pathOf(finding), listOf(finding), placesOf(finding)].filter(Boolean).join(" ");
}

/** `By GET /things (line 4) → the handler calls getDb (src/db.ts:9).` */
function pathOf({ why, message, file, span }: Finding): string {
  // The last step is most often the place itself.
  const path = why.filter(({ about }) => about !== "list");
  const steps = path.filter((place, index) => index < path.length - 1 || place.file !== file || place.span.line !== span.line);
  // The entry point alone is in most messages already.
  if (steps.length === 0 || (steps.length === 1 && message.includes(steps[0]?.text ?? ""))) return "";
  return `By ${shortened(steps.map((place) => `${oneLine(place.text)} (${whereIs(place, file)})`)).join(" → ")}.`;
}

/** `rows: all rows of things that this query finds (no LIMIT) (line 8).` */
function listOf({ why, file }: Finding): string {
  const steps = why.filter(({ about }) => about === "list").map((place) => `${oneLine(place.text)} (${whereIs(place, file)})`);
  return steps.length === 0 ? "" : `${shortened(steps).join(" → ")}.`;
}

function placesOf({ related, file, span }: Finding): string {
  // What stands inside of the place is seen with it.
  const elsewhere = related.filter((place) => place.file !== file || place.span.start < span.start || place.span.end > span.end);
  const [only, more] = elsewhere;
  if (!only) return "";
  if (!more) return `See ${whereIs(only, file)}: ${oneLine(only.text)}.`;
  const places = [...new Set(elsewhere.map((place) => whereIs(place, file)))];
  const rest = places.length - MOST;
  return `See ${places.slice(0, MOST).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}.`;
}

function whereIs(place: Place, file: string): string {
  return place.file === file ? `line ${place.span.line}` : `${place.file}:${place.span.line}`;
}

/** The ends of a path say the most. */
function shortened(steps: string[]): string[] {
  return steps.length <= MOST ? steps : [...steps.slice(0, 2), "…", ...steps.slice(-(MOST - 2))];
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
