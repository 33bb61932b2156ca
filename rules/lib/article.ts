/** `a knex`, `an objection`: a package's name as it stands in a sentence. */
export function withArticle(library: string): string {
  return `${/^[aeiou]/i.test(library) ? "an" : "a"} ${library}`;
}
