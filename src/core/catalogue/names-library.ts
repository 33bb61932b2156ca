/** A test whether a text names one of the libraries as a module (`"pg"`, `'drizzle-orm/pg-core'`), or contains one of the words. */
export function namesLibrary(libraryNames: readonly string[], words: readonly string[] = []): (text: string) => boolean {
  const names = libraryNames.map(escape).join("|");
  const alternatives = [...(names === "" ? [] : [`["'\`](?:${names})(?:/[^"'\`\\s]*)?["'\`]`]), ...words.map(escape)];
  if (alternatives.length === 0) return () => false;
  const pattern = new RegExp(alternatives.join("|"));
  return (text) => pattern.test(text);
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
