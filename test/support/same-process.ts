import { afterAll, beforeAll, expect } from "vitest";

/** What one file's tests could leave behind for the next file's in the same process, by name. */
const state = (): Map<string, unknown> =>
  new Map<string, unknown>([
    ...Object.entries(process.env).map(([name, value]) => [`environment: ${name}`, value] as const),
    ...Reflect.ownKeys(globalThis).map((name) => [`global: ${String(name)}`, true] as const),
    ["working directory", process.cwd()],
    ["mask", process.umask()],
    ["exit code", process.exitCode],
    ["Date", globalThis.Date],
    ["setTimeout", globalThis.setTimeout],
    ["setImmediate", globalThis.setImmediate],
    ["stdout", Reflect.get(process.stdout, "write")],
    ["stderr", Reflect.get(process.stderr, "write")],
  ]);

let before: Map<string, unknown>;
beforeAll(() => void (before = state()));
afterAll(() => {
  const after = state();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
  // By name alone: values of the environment belong in no log.
  expect(changed, "what these tests have changed of their process, and the next file's would find").toEqual([]);
});
