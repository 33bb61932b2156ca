// Loaded into each process and thread of tests that ask for better-sqlite3 13: whatever imports or requires
// better-sqlite3, test, child process or library, gets version 13. Version 12 is compiled for the Node at hand.
// CommonJS and `--require`: Node 24 does not run what `--import` names in a thread made by `new Worker(…, { eval: true })`.
const { registerHooks } = require("node:module");

const INSTALLED = "/node_modules/better-sqlite3/";

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    if (!resolved.url.includes(INSTALLED)) return resolved;
    return { ...resolved, url: resolved.url.replace(INSTALLED, "/node_modules/better-sqlite3-13/") };
  },
});
