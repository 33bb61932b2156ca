import { expect, test } from "vitest";
import { factsOf } from "./facts-of.js";

/** What the call of `run` needs, in each case. */
test.each([
  ["an if", "function f(a, tx) { if (tx) run(); }", [{ param: 1, filled: true }]],
  ["its else", "function f(tx) { if (tx) stop(); else run(); }", [{ param: 0, filled: false }]],
  ["what stands after a return", "function f(tx) { if (tx) return stop(); run(); }", [{ param: 0, filled: false }]],
  ["a negation", "function f(tx) { if (!tx) run(); }", [{ param: 0, filled: false }]],
  ["a question", "const f = (tx) => tx ? stop() : run();", [{ param: 0, filled: false }]],
  ["??", "function f(tx) { return tx ?? run(); }", [{ param: 0, filled: false }]],
  ["&&", "function f(tx) { return tx && run(); }", [{ param: 0, filled: true }]],
  ["a comparison with undefined", "function f(tx) { if (tx !== undefined) run(); }", [{ param: 0, filled: true, nullish: true }]],
  ["a default", "function f(force = false) { if (force) run(); }", [{ param: 0, filled: true }]],
  ["an option", "function f(options = {}) { if (options?.tx) run(); }", [{ param: 0, property: "tx", filled: true }]],
  ["an option that is taken out", "function f({ tx }) { if (!tx) run(); }", [{ param: 0, property: "tx", filled: false }]],
  ["an option that is taken out of nothing, where nothing is given", "function f({ tx } = {}) { if (!tx) run(); }", [{ param: 0, property: "tx", filled: false }]],
  ["an option with a default", "function f({ notify = true } = {}) { if (notify) run(); }", [{ param: 0, property: "notify", filled: true, otherwise: true }]],
  ["an option with a default that counts as none", "function f({ force = false }) { if (force) run(); }", [{ param: 0, property: "force", filled: true, otherwise: false }]],
  ["an option with a default that is worked out", "function f({ notify = asked() }) { if (notify) run(); }", undefined],
  ["two, one in the other", "function f(a, b) { if (a) { if (!b) run(); } }", [{ param: 0, filled: true }, { param: 1, filled: false }]],
  ["both of two", "function f(a, b) { if (a && b === undefined) run(); }", [{ param: 0, filled: true }, { param: 1, filled: false, nullish: true }]],
  ["neither of two", "function f(a, b) { if (a || !b) return; run(); }", [{ param: 0, filled: false }, { param: 1, filled: true }]],
  ["not both of two", "function f(a, b) { if (!(a && b)) return; run(); }", [{ param: 0, filled: true }, { param: 1, filled: true }]],
  ["one of two", "function f(a, b) { if (a || b) run(); }", [{ param: 0, filled: true, or: [{ param: 1, filled: true }] }]],
  ["one of two or more that are not", "function f(a, b, c) { if (a && b && c) return; run(); }", [{ param: 0, filled: false, or: [{ param: 1, filled: false }, { param: 2, filled: false }] }]],
  ["one of two, and a third", "function f(a, b, c) { if (a && b || c) run(); }", undefined],
  ["one of two of which another is no parameter", "function f(a) { if (a || isNew()) run(); }", undefined],
  ["a value that it is compared with", "function f(mode) { if (mode === 'own') run(); }", [{ param: 0, filled: true, is: "own" }]],
  ["any other value", "function f({ cache }) { if (cache !== false) return kept(); run(); }", [{ param: 0, property: "cache", filled: true, is: false }]],
  ["one of two values", "function f({ cache, fresh = true }) { if (cache === false || fresh === true) run(); }", [{ param: 0, property: "cache", filled: true, is: false, or: [{ param: 0, property: "fresh", filled: true, is: true, otherwise: true }] }]],
  ["what is set later", "function f(tx) { if (!tx) run(); tx = open(); }", [{ param: 0, filled: false }]],
  ["what an earlier turn may have set", "function f(tx) { while (more()) { if (!tx) run(); tx = open(); } }", undefined],
  ["a parameter that is set to something else", "function f(tx) { tx = tx ?? other; if (!tx) run(); }", undefined],
  ["an option that is set", "function f(options) { options.tx = open(); if (options.tx) run(); }", undefined],
  ["what is no parameter", "function f() { const tx = open(); if (tx) run(); }", undefined],
  ["a function written in the branch has calls of its own", "function f(tx) { if (tx) each(() => { run(); }); }", undefined],
  ["a comparison with something", "function f(mode) { if (mode === other) run(); }", undefined],
])("%s", (_name, code, needs) => {
  const found = factsOf(code).calls.filter(({ callee }) => callee.k === "global" && callee.name === "run");
  expect(found.length).toBeGreaterThan(0);
  for (const call of found) expect(call.needs).toEqual(needs);
});
