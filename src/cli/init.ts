import { statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import type { InitStep } from "../project/init.js";
import { EXIT } from "./failure.js";
import { missing } from "./paths.js";
import { hasColor, painter } from "./terminal.js";
import { toolVersion } from "./version.js";

const EXAMPLES = `
Examples:
  $ npx sessionfix init              show what would be added, ask, write
  $ npx sessionfix init --yes        without asking
  $ npx sessionfix init --dry-run    show it and write nothing

It adds the runtime to package.json, the plugin to a flat ESLint configuration where ESLint is used, and a GitHub
workflow where the folder is a git repository. What is there stays; npx sessionfix undo takes all of it back. Exit code 1
when something is left to do by hand, or nothing was agreed to.`;

interface InitFlags {
  yes: boolean;
  dryRun: boolean;
}

export function addInitCommand(program: Command): void {
  program
    .command("init [folder]")
    .summary("add the runtime, the ESLint plugin and a CI step, after asking")
    .description("Sets a project up: shows the diff, asks, writes. By default in the current folder.")
    .option("-y, --yes", "write without asking", false)
    .option("-n, --dry-run", "show the diff and write nothing", false)
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string | undefined, flags: InitFlags) => {
      process.exitCode = await init(folder ?? ".", flags);
    });
}

async function init(folder: string, { yes, dryRun }: InitFlags): Promise<number> {
  const root = path.resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw missing(folder, []);
  const [{ planInit }, { unifiedDiff }, { colorDiff }] = await Promise.all([import("../project/init.js"), import("../project/fix.js"), import("../report/index.js")]);
  const steps = planInit(root, toolVersion());
  const { green, yellow, cyan, dim, bold } = painter(process.stdout);
  const changes = steps.filter(isChange);
  for (const { file, change } of changes) process.stdout.write(colorDiff(unifiedDiff(file, change.before, change.after), hasColor(process.stdout)));
  for (const { what, file, note, isLeft } of steps.filter(({ change }) => change === undefined)) {
    process.stdout.write(`${isLeft === true ? yellow("●") : green("✔")} ${what}: ${cyan(file)}  ${dim(note ?? "")}\n`);
  }
  const isLeft = steps.some((step) => step.isLeft === true);
  if (changes.length === 0) {
    if (!isLeft) process.stdout.write("Nothing to add.\n");
    return isLeft ? EXIT.findings : EXIT.ok;
  }
  if (dryRun) return EXIT.findings;
  if (!yes && !(await agrees(changes.length))) {
    process.stdout.write("Nothing was written.\n");
    return EXIT.findings;
  }
  const { applyChanges } = await import("../project/journal.js");
  const { mkdirSync } = await import("node:fs");
  for (const { file } of changes) mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  applyChanges(root, changes.map(({ file, change }) => ({ file, before: change.before === undefined ? undefined : Buffer.from(change.before, "utf8"), after: Buffer.from(change.after, "utf8") })));
  for (const { what, file } of changes) process.stdout.write(`${green("✔")} Added ${what}: ${cyan(file)}\n`);
  const where = folder === "." ? "" : ` ${folder}`;
  process.stdout.write(`Next: ${bold("npm install")}  ${dim("or your own package manager's command")}\n      ${bold(`npx sessionfix undo${where}`)}  ${dim("takes it back, byte by byte")}\n`);
  return isLeft ? EXIT.findings : EXIT.ok;
}

function isChange(step: InitStep): step is InitStep & { change: NonNullable<InitStep["change"]> } {
  return step.change !== undefined;
}

/** Only a clear yes is one: the end of the input is none. */
async function agrees(files: number): Promise<boolean> {
  process.stderr.write(`Write ${files === 1 ? "this file" : `these ${files} files`}? [y,N] `);
  const reader = createInterface({ input: process.stdin });
  for await (const line of reader) {
    reader.close();
    return /^y(?:es)?$/i.test(line.trim());
  }
  return false;
}
