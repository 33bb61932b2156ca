// `npm run fuzz:facts`: mutated programs through the facts pass, the link, every rule and ESLint.
//   --runs N         how many (default 2000)
//   --seed S         the same programs again; without it others each time
//   --from <folder>  mutates the files of a folder instead of the test's own programs
//   --no-lint        without ESLint, which is the slowest part
import { spawnSync } from "node:child_process";
import { bundleTest } from "./lib/trees/bundle.mjs";

const { status } = spawnSync(process.execPath, ["--enable-source-maps", await bundleTest("test/robustness/fuzz-cli.ts"), ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = status ?? 1;
