/** The heads of declarations; a head's declaration reaches to the next one. */
const HEAD = /^[ \t]*(?:export[ \t]+)?(?:declare[ \t]+)?(?:interface|type)[ \t]+([A-Za-z_$][\w$]*)/gm;

/**
 * The names of types that hold one of these types, or hold one that does: `type Bindings = { DB: D1Database }` and `type App = { Bindings: Bindings }`. By
 * words, so it may name too many, never too few.
 */
export function ambientNames(texts: readonly string[], types: readonly string[]): Set<string> {
  const declarations = texts.flatMap(declarationsOf);
  const names = new Set<string>();
  for (let before = -1; before !== names.size; ) {
    before = names.size;
    const wanted = new RegExp(String.raw`\b(?:${[...types, ...names].join("|")})\b`);
    for (const { name, body } of declarations) if (!names.has(name) && wanted.test(body)) names.add(name);
  }
  return names;
}

function declarationsOf(text: string): { name: string; body: string }[] {
  const heads = [...text.matchAll(HEAD)];
  return heads.map((head, index) => ({ name: head[1] ?? "", body: text.slice(head.index + head[0].length, heads[index + 1]?.index) }));
}
