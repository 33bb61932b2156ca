// `npm test`: sets everything up, then builds, type-checks, lints and tests. Arguments go to vitest.
import path from "node:path";
import { installNewer, testOnNewerNode } from "./lib/newer.mjs";
import { build, checkNode, install, root, run, runTogether } from "./lib/set-up.mjs";

checkNode();
install();
installNewer();
build();
const bin = (file) => path.join(root, "node_modules", file);
// Each keeps one processor busy, and neither needs what the other does.
await runTogether([
  { title: "Type check", command: process.execPath, args: [bin("typescript/bin/tsc"), "-p", "tsconfig.check.json"] },
  { title: "Lint, with sessionfix's own rules on its own code", command: process.execPath, args: [bin("eslint/bin/eslint.js"), "."] },
]);
const vitest = (title, ...args) => run(title, process.execPath, [bin("vitest/vitest.mjs"), "run", ...args]);
const given = process.argv.slice(2);
const projects = (...names) => names.flatMap((name) => ["--project", name]);
if (given.length > 0) vitest("Tests", ...given);
else {
  vitest("Tests under load", ...projects("under load"));
  // Processes that wait for each other take a peer that is silent for too long for dead: no second worker beside them.
  vitest("Tests of the runtime", ...projects("runtime"), "--maxWorkers=1");
  vitest("Tests", ...projects("shared", "command line", "alone"), "--maxWorkers=2");
  testOnNewerNode();
}
