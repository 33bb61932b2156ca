import { expect, test } from "vitest";
import { lint } from "../../robustness/hosts.js";

/** ESLint's own parsers take code that nests deeper than what the command line gives to its parser. */
test.each<[string, (n: number) => string]>([
  ["array patterns", (n) => `var ${"[".repeat(n)}b${"]".repeat(n)} = c;`],
  ["object patterns", (n) => `export const ${"{a:".repeat(n)}b${"}".repeat(n)} = c;`],
  ["negations", (n) => `if (${"!".repeat(n)}a) b();`],
  ["lists", (n) => `x = ${"[".repeat(n)}${"]".repeat(n)};`],
  ["chains of calls", (n) => `for (const x of a${".map()".repeat(n)}) x();`],
])("%s: the rules take as much as the parsers do", (_, text) => {
  expect(lint("a.js", text(300))).toBeGreaterThan(0);
  // Interpreted, ESLint itself ends at about 1,800 calls in a chain; what of it runs compiled differs from run to run.
  expect(() => lint("a.js", text(1_000))).not.toThrow();
});
