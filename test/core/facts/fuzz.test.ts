import fc from "fast-check";
import { expect, test } from "vitest";
import { checkedFacts, checkProject, cook, cookProject, recipe } from "../../robustness/fuzz.js";
import { PROGRAMS } from "../../robustness/programs.js";

const corpus = Object.entries(PROGRAMS).map(([file, text]) => ({ file, text }));
/** The same programs each time; `npm run fuzz:facts` tries others. */
const SEED = 20_260;

test.each(corpus)("$file parses as it is written, and is worth changing", ({ file, text }) => {
  expect(checkedFacts(file, text)?.facts.calls.length).toBeGreaterThan(3);
});

test("facts of changed programs keep what the types promise", () => {
  let changed = 0;
  fc.assert(
    fc.property(recipe, (each) => {
      const { file, text } = cook(each, corpus);
      if (text !== PROGRAMS[file]) changed++;
      expect(checkedFacts(file, text)).toBeDefined();
    }),
    { seed: SEED, numRuns: 120 },
  );
  // A generator whose changes are all refused would prove nothing.
  expect(changed).toBeGreaterThan(90);
});

test("changed programs are linked and checked in any order with the same result", () => {
  fc.assert(
    fc.property(fc.array(recipe, { minLength: 1, maxLength: 5 }), (recipes) => checkProject(cookProject(recipes, corpus))),
    { seed: SEED, numRuns: 30 },
  );
});
