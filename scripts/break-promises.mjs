// `npm run test:promises`: breaks the runtime's promises one by one, in a copy, and shows which test notices.
//   [-- --promise N]   one promise only
import { spawn } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { BREAKS } from "./lib/promise-breaks.mjs";
import { root } from "./lib/set-up.mjs";

/** A broken promise may well be a hang. */
const PATIENCE_MS = 90_000;

const { values } = parseArgs({ options: { promise: { type: "string" } } });
const chosen = BREAKS.filter(({ promise }) => values.promise === undefined || promise === Number(values.promise));
const copy = await mkdtemp(path.join(tmpdir(), "sessionfix-broken-"));
let unnoticed = 0;
try {
  for (const part of ["runtime", "test/runtime", "vitest.config.ts", "package.json", "tsconfig.base.json", "scripts", "docs"]) {
    await cp(path.join(root, part), path.join(copy, part), { recursive: true, filter: (source) => !/[\\/](?:node_modules|dist)$/.test(source) });
  }
  await symlink(path.join(root, "node_modules"), path.join(copy, "node_modules"), "junction");
  console.log("| promise | broken: | noticed by |\n| --- | --- | --- |");
  for (const each of chosen) await tryBreak(each);
} finally {
  await rm(copy, { recursive: true, force: true });
}
if (chosen.length === 0) {
  console.error(`There is no way listed to break promise ${values.promise}: add one to scripts/lib/promise-breaks.mjs.`);
  process.exitCode = 2;
} else if (unnoticed > 0) {
  console.error(`\n${unnoticed} of ${chosen.length} breaks went unnoticed: give the promise a test that fails.`);
  process.exitCode = 1;
} else console.error(`\nAll ${chosen.length} breaks were noticed.`);

async function tryBreak({ promise, breaks, file, find, replace, tests }) {
  const broken = path.join(copy, "runtime", file);
  const whole = await readFile(broken, "utf8");
  if (whole.split(find).length !== 2) throw new Error(`promise ${promise}, "${breaks}": the text to replace does not occur exactly once in runtime/${file}. Bring scripts/lib/promise-breaks.mjs up to date.`);
  await writeFile(broken, whole.replace(find, () => replace));
  try {
    const result = await runTests(tests.map((name) => `test/runtime/${name}`), promise);
    if (result.failed.length === 0) unnoticed++;
    const more = result.failed.length > 1 ? ` and ${result.failed.length - 1} more` : "";
    console.log(`| ${promise} | ${breaks} | ${result.failed.length === 0 ? "**nobody**" : `${result.failed[0]}${more}`} |`);
  } finally {
    await writeFile(broken, whole);
  }
}

/** The names of the promise's tests that fail; a run that hangs counts as one. */
async function runTests(files, promise) {
  const report = path.join(copy, "report.json");
  const vitest = path.join(root, "node_modules/vitest/vitest.mjs");
  const child = spawn(process.execPath, [vitest, "run", ...files, "-t", `promise ${promise}\\b`, "--reporter=json", `--outputFile=${report}`], { cwd: copy, stdio: "ignore" });
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const [, signal] = await new Promise((resolve) => child.once("exit", (...ended) => resolve(ended)));
  clearTimeout(timer);
  if (signal === "SIGKILL") return { failed: [`a run that did not end within ${PATIENCE_MS / 1_000} s`] };
  const { testResults, numTotalTests } = JSON.parse(await readFile(report, "utf8"));
  await rm(report);
  if (numTotalTests === 0) throw new Error(`no test named "promise ${promise}" in ${files.join(", ")}`);
  return { failed: testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status === "failed").map(({ fullName }) => fullName) };
}
