import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { FixProgress } from "../project/fix.js";
import { EXIT } from "./failure.js";
import { accountFor, isLeftOver } from "./fix-account.js";
import { locate } from "./paths.js";
import { runtimeInstalls } from "./runtime-install.js";
import { collect, scanWithProgress } from "./scan.js";
import { hasColor, Progress, widthOf } from "./terminal.js";

interface FixFlags {
  dryRun: boolean;
  review: boolean;
  only: string[];
  strict: boolean;
  allowDirty: boolean;
  batchSize?: number;
}

const EXAMPLES = `
Examples:
  $ npx sessionfix fix --dry-run                      the rewrite as a unified diff; nothing is written
  $ npx sessionfix fix                                apply what is safe
  $ npx sessionfix fix --review                       also what changes a guarantee; each reason is printed
  $ npx sessionfix fix --only no-session-per-call     one rule
  $ npx sessionfix fix --only use-shared-session      one codemod
  $ npx sessionfix fix --only src/db/session.ts       findings of one file or folder
  $ npx sessionfix fix --review --batch-size 25       items a transaction where loops are batched
  $ npx sessionfix fix --dry-run > sessionfix.patch

What is written is checked with your own TypeScript first; an edit that brings a new error is taken back, alone. Files
with changes that are not committed are refused unless --allow-dirty is given. Every run can be taken back:
npx sessionfix undo. Exit code 0 when nothing is left, 1 when something was refused or is left over.`;

export function addFixCommand(program: Command): void {
  program
    .command("fix [paths...]")
    .summary("rewrite what was found; --dry-run shows the diff")
    .description("Rewrites the findings in the files and folders given, by default the current folder.")
    .option("-n, --dry-run", "print the rewrite as a unified diff and write nothing", false)
    .option("--review", "also apply fixes that change a guarantee", false)
    .option("--only <rule|file>", "only this rule, codemod, file or folder; may be repeated", collect, [])
    .option("--strict", "also fix what the strict rules find", false)
    .option("--allow-dirty", "also write to files with changes that are not committed", false)
    .option("--batch-size <n>", "items a transaction in batched loops (default: 10)", positiveInteger)
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: FixFlags) => {
      process.exitCode = await fix(program, paths, flags);
    });
}

async function fix(program: Command, args: string[], flags: FixFlags): Promise<number> {
  const cwd = process.cwd();
  const { root, paths } = locate(args, cwd, program.commands.map((command) => command.name()));
  const { readScope, scopeFilter } = await import("../project/only.js");
  const scope = readScope(flags.only, root, cwd);
  const scan = await scanWithProgress({ root, paths, rules: [], strict: flags.strict });
  const inScope = scopeFilter(scope, scan.findings);
  const [{ fixProject }, { codemods }, { workTreeTop }] = await Promise.all([
    import("../project/fix.js"),
    import("../../codemods/index.js"),
    import("../project/git-ignore.js"),
  ]);
  const findings = inScope(scan.findings);
  const { dryRun, review, allowDirty, batchSize } = flags;
  const progress = new Progress();
  const outcome = await fixProject({
    root,
    findings,
    redetect: (overlay) => inScope(scan.redetect(overlay)),
    codemods,
    options: { only: scope.names, review, dryRun, allowDirty, ...(batchSize === undefined ? {} : { batchSize }) },
    onProgress: (event) => progress.update(describeProgress(event)),
  }).finally(() => progress.clear());

  const { colorDiff, renderFixReport } = await import("../report/index.js");
  if (dryRun) for (const { diff } of outcome.diffs) process.stdout.write(colorDiff(diff.endsWith("\n") ? diff : `${diff}\n`, hasColor(process.stdout)));
  const report = accountFor(outcome, {
    findings,
    skipped: scan.skipped.length,
    flags: [...args, ...flags.only.map((word) => `--only ${word}`), ...(allowDirty ? ["--allow-dirty"] : []), ...(batchSize === undefined ? [] : [`--batch-size ${batchSize}`])],
    review,
    underGit: workTreeTop(root) !== undefined,
    ...(root === cwd ? {} : { elsewhere: root }),
    installs: runtimeInstalls(root, outcome.diffs),
  });
  // In a dry run stdout is the patch, so that it can be kept or piped.
  const stream = dryRun ? process.stderr : process.stdout;
  stream.write(`${dryRun && outcome.diffs.length > 0 ? "\n" : ""}${renderFixReport(report, { color: hasColor(stream), width: widthOf(stream) })}`);
  return isLeftOver(report) ? EXIT.findings : EXIT.ok;
}

function describeProgress(event: FixProgress): string {
  switch (event.step) {
    case "plan":
      return `Planning the rewrite of ${event.findings} findings`;
    case "check":
      return `Type-checking ${event.fixes} fixes`;
    case "detect":
      return `Scanning the result of ${event.fixes} fixes`;
    case "write":
      return `Writing ${event.files} files`;
  }
}

function positiveInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}
