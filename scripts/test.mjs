// `npm test`: sets everything up, then builds, type-checks, lints and tests. Arguments go to vitest.
import path from "node:path";
import { installNewer, testsOnNewerNode } from "./lib/newer.mjs";
import { checkNode, installFiles, root, run, runTogether } from "./lib/set-up.mjs";

const inNode = (title, file, ...args) => ({ title, command: process.execPath, args: [path.join(root, file), ...args] });
const vitest = (title, ...args) => inNode(title, "node_modules/vitest/vitest.mjs", "run", ...args);
const projects = (...names) => names.flatMap((name) => ["--project", name]);

checkNode();
const installation = installFiles();
installNewer();
// None of these lanes needs what the other makes: the compiler of C has no use for TypeScript's types, and the rules none for a driver.
await runTogether(
  [...installation, inNode("Type check", "node_modules/typescript/bin/tsc", "-p", "tsconfig.check.json")],
  [inNode("Building the three packages", "scripts/build.mjs"), inNode("Lint, with sessionfix's own rules on its own code", "node_modules/eslint/bin/eslint.js", ".")],
);

const given = process.argv.slice(2);
const only = (step) => run(step.title, step.command, step.args);
if (given.length > 0) only(vitest("Tests", ...given));
else {
  // Measured: nothing beside them.
  only(vitest("Tests under load", ...projects("under load")));
  // Processes that wait for each other take a peer that is silent for too long for dead: no second worker beside them, but what they leave of the two processors is used.
  await runTogether(
    [vitest("Tests of the runtime", ...projects("runtime"), "--maxWorkers=1"), ...testsOnNewerNode()],
    [{ ...vitest("Tests of the codemods", ...projects("codemods"), "--maxWorkers=1"), inBackground: true }],
  );
  only(vitest("Tests", ...projects("shared", "command line", "alone"), "--maxWorkers=2"));
}
