import { UsageError } from "../registry.mjs";

const [begin, end] = [(name) => `<!-- bench:${name} -->`, (name) => `<!-- /bench:${name} -->`];

/** @throws {UsageError} when a text has no place for one of these. */
export function checkMarks(document, names) {
  for (const mark of names.flatMap((name) => [begin(name), end(name)])) {
    if (document.split(mark).length !== 2) throw new UsageError(`The document needs the line ${mark} exactly once.`);
  }
}

/** Puts the text between the marks of that name. */
export function putInto(document, name, text) {
  const [before, rest] = document.split(begin(name));
  return `${before}${begin(name)}\n${text.trim()}\n${end(name)}${rest.split(end(name))[1]}`;
}
