import type { Framework } from "../framework.js";

const NAMES = ["describe", "it", "test", "suite", "beforeAll", "beforeEach", "afterAll", "afterEach", "before", "after", "bench"];

/** vitest, jest, mocha, node:test, bun:test, Playwright: what they call runs in tests. */
export const testRunners: Framework = {
  name: "test runner",
  specifiers: ["vitest", "@jest/globals", "mocha", "node:test", "bun:test", "@playwright/test", "tap", "ava", "uvu"],
  globals: NAMES,
  types: [],
  callbackParams: [],
  registrations: [{ path: new RegExp(`^(default\\.)?(${NAMES.join("|")})(\\.[\\w.()]+)?$|^default(\\.[\\w.()]+)?$`), role: () => ({ role: "test" }) }],
  startups: [],
};
