// `npm run demo`: the main job on the marketplace fixture. Scan, fix, scan again, then the same load on both programs.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { build, checkNode, install, root, run } from "./lib/set-up.mjs";

checkNode();
install();
build();

const before = path.join(root, "test/fixtures/marketplace/before");
// Inside the repository, so that the copy finds its dependencies; ignored by git.
const folder = path.join(root, ".demo");
const after = path.join(folder, "marketplace");
const cli = path.join(root, "dist/cli.js");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(before, after, { recursive: true });
// A repository of its own: `fix` refuses files with changes that git could not give back.
const git = (...args) => spawnSync("git", ["-c", "user.name=demo", "-c", "user.email=demo@localhost", ...args], { cwd: after, stdio: "ignore" }).status === 0;
const underGit = git("init", "-q") && git("add", "-A") && git("commit", "-q", "-m", "The marketplace as its team wrote it");
const unless = underGit ? [] : ["--allow-dirty"];

const say = (text) => console.error(`\n\n━━ ${text}`);
say("1 of 4 · What is wrong:   npx sessionfix");
run("sessionfix scan", process.execPath, [cli, "scan"], { cwd: after, allowed: [0, 1] });
say("2 of 4 · What would change:   npx sessionfix fix --review --dry-run");
run("sessionfix fix --review --dry-run", process.execPath, [cli, "fix", "--review", "--dry-run", ...unless], { cwd: after, allowed: [0, 1] });
say("3 of 4 · The change, and what is left:   npx sessionfix fix --review && npx sessionfix");
run("sessionfix fix --review", process.execPath, [cli, "fix", "--review", ...unless], { cwd: after, allowed: [0, 1] });
run("sessionfix scan", process.execPath, [cli, "scan"], { cwd: after });
say("4 of 4 · The same load on both programs");
run("before and after, side by side", process.execPath, ["scripts/harness.mjs", "--before", before, "--after", after, "--quick"]);
console.error(`\nThe rewritten program is in ${path.relative(process.cwd(), after) || "."}; \`git diff\` there shows the change, \`npx sessionfix undo\` takes it back.`);
