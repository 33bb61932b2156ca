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
