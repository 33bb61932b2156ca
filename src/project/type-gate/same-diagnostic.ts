/**
 * What the compiler says of a misspelt name has two codes: one with "Did you mean …?", one without. Which of them comes is
 * no property of the place: it suggests for at most ten unknown names in a check (`maximumSuggestionCount` in its checker),
 * and what it suggests is what happens to be near. Codes and wordings are those of TypeScript's own list of messages
 * (`diagnosticMessages.json` of 6.0.3; 7.0.2 has them word for word, but suggests more often).
 */
const WITHOUT_SUGGESTION: ReadonlyMap<number, number> = new Map([
  // Names. What is left without a suggestion says by turns what to install, or that a shorthand has no value.
  ...[2552, 2570, 2580, 2581, 2582, 2591, 2592, 2593, 2867, 2868, 2311, 18004].map((code) => [code, 2304] as const),
  // Namespaces.
  [2833, 2503],
  // Properties; in JavaScript that is not checked "may not exist".
  [2551, 2339],
  [2568, 2339],
  // Properties of an object literal.
  [2561, 2353],
  // Exports of a module or a namespace; a default import instead of a named one.
  [2724, 2305],
  [2614, 2305],
  [2694, 2305],
  // Modules, where only the classic resolution suggests something.
  [2792, 2307],
  // String literals of a union.
  [2820, 2322],
  // Members that override nothing, in TypeScript and in JSDoc.
  [4117, 4113],
  [4123, 4122],
  // Library references.
  [2727, 2726],
]);

/** The same for a diagnostic with and without its suggestion, or with another one; different for all else. */
export function diagnosticKey(code: number, message: string): string {
  const plain = WITHOUT_SUGGESTION.get(code) ?? code;
  return `${plain}|${wordings[plain]?.(message) ?? withoutSuggestion(message)}`;
}

/** A chain of messages has one a line. */
function withoutSuggestion(message: string): string {
  return message.replace(/,? Did you mean (?:to write )?'.*'\?$/gm, "");
}

const wordings: Readonly<Record<number, (message: string) => string>> = {
  2304: (message) => (/^Cannot find name '([^']*)'|^No value exists in scope for the shorthand property '([^']*)'/.exec(message) ?? []).slice(1).join("") || withoutSuggestion(message),
  2305: (message) => message.replace(/^(?:Module |Namespace )?(.*) has no exported member (?:named )?('.*?')\.(?: Did you mean .*)?$/m, "$1 $2"),
  2307: (message) => message.replace(/^(Cannot find module '.*?')(?:\. Did you mean .*| or its corresponding type declarations\.)/, "$1"),
  2339: (message) => withoutSuggestion(message).replace(/ may not exist on type /g, " does not exist on type "),
  4122: (message) => withoutSuggestion(message).replace("'@override'", "'override'"),
  2353: (message) => withoutSuggestion(message).replace(/^(Object literal may only specify known properties, )but /gm, "$1and "),
};
