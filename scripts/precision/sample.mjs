// Findings for a person to read: a random choice, so that what is judged says something of what is not.
import { UsageError } from "./errors.mjs";

const LINES_AROUND = 8;

/** The same seed chooses the same findings of the same list, whatever order the list is in. */
export function chooseSample(unjudged, size, seed) {
  if (!(Number.isInteger(size) && size > 0)) throw new UsageError("--sample is how many findings to print: a whole number above 0.");
  if (!Number.isInteger(seed)) throw new UsageError("--seed is a whole number.");
  const key = ({ repo, finding }) => JSON.stringify([repo, finding.file, finding.rule, String(finding.line).padStart(7, "0"), finding.fingerprint]);
  const rest = unjudged.filter(({ recommended }) => recommended).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const random = mulberry32(seed);
  const chosen = [];
  while (chosen.length < size && rest.length > 0) chosen.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return chosen;
}

/** https://github.com/cprosche/mulberry32: small, and enough to draw lots. */
function mulberry32(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One finding with the code around it, and the line that judges it, but for verdict and reason. @param textOf the text of a file, or `undefined`. */
export function printSample({ repo, finding }, textOf) {
  const { rule, file, line, fingerprint } = finding;
  return [
    `== ${rule} ${repo}/${file}:${line}`,
    finding.message,
    excerpt(textOf(repo, file), line, finding.endLine ?? line),
    ...listPlaces("why", repo, finding.why, textOf),
    ...listPlaces("related", repo, finding.related, textOf),
    JSON.stringify({ repo, file, line, rule, fingerprint, verdict: "", why: "" }),
    "",
  ].join("\n");
}

function listPlaces(title, repo, places = [], textOf) {
  return places.map((place) => `  ${title} ${place.file}:${place.line} ${place.text}\n      ${(textOf(repo, place.file)?.split("\n")[place.line - 1] ?? "").trim()}`);
}

function excerpt(text, first, last) {
  if (text === undefined) return "  (the file cannot be read)";
  const lines = text.split("\n");
  const from = Math.max(1, first - LINES_AROUND);
  const to = Math.min(lines.length, last + LINES_AROUND);
  return lines.slice(from - 1, to).map((row, index) => `${from + index >= first && from + index <= last ? ">" : " "} ${String(from + index).padStart(5)} ${row}`).join("\n");
}
