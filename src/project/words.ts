/** What may be exported by a text, as far as its words tell; asked for one name after the other where barrels pass everything on. */
export class Words {
  readonly #passesOn: boolean;
  #words: Set<string> | undefined;

  constructor(private readonly text: string) {
    this.#passesOn = /\bexport\s*\*/.test(text);
  }

  /** May find too much, never too little. */
  has(name: string): boolean {
    if (this.#passesOn) return true;
    // What is no plain word may be cut in two by this pattern.
    if (!/^[\w$]+$/.test(name)) return this.text.includes(name);
    this.#words ??= new Set(this.text.match(/[\w$]+/g));
    return this.#words.has(name);
  }
}
