import { expect, test } from "vitest";
import { factsOf } from "./facts-of.js";

test("facts are plain JSON", () => {
  const facts = factsOf(`
    import Database from "better-sqlite3";
    export class Repo<T> { static #x = 1; #db = new Database(\`a\${1 + 1}\`); constructor(private q: T) {} async all() { for (const x of this.q) await x; } }
    export default (a = 1n, { b, ...c }, [d, ...e]: string[]) => { try { throw a } catch ({ message }) { return /x/ } };
  `);
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
});

test.each([["f(-0);", 0], ["f(-1);", -1]])("%s: numbers are what JSON makes of them", (text, value) => {
  const facts = factsOf(text);
  expect(facts.calls[0]?.args).toEqual([{ k: "literal", value }]);
  expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
});
