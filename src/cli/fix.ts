import type { Command } from "commander";
import { defectNotice } from "../project/defects.js";
import type { FixProgress } from "../project/fix.js";
import { EXIT } from "./failure.js";
import { accountFor, isLeftOver } from "./fix-account.js";
import { accountForPlan, applyPlanFile } from "./fix-apply.js";
import { writeOutput } from "./output.js";
import { locate } from "./paths.js";
import { runtimeInstalls } from "./runtime-install.js";
import { positiveInteger } from "./numbers.js";
import { addReadingOptions, readingOf } from "./reading.js";
import type { ReadingFlags } from "./reading.js";
import { collect, scanWithProgress } from "./scan.js";
import { hasColor, Progress, widthOf } from "./terminal.js";
import { settingsFor } from "./settings.js";
import { UsageError } from "../project/errors.js";
import { toolVersion } from "./version.js";

interface FixFlags extends ReadingFlags {
  dryRun: boolean;
  review: boolean;
  only: string[];
  strict: boolean;
  allowDirty: boolean;
  batchSize?: number;
  interactive: boolean;
  plan?: string;
  apply?: string;
  verify?: string;
  format: boolean;
  quiet: boolean;
  config?: string | false;
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
  $ npx sessionfix fix --interactive                  one by one, each with its diff and its reason
  $ npx sessionfix fix --verify "npm test"            what makes the command fail is taken back, alone
  $ npx sessionfix fix --review --plan plan.json      keep the rewrite as a file; nothing else is written
  $ npx sessionfix fix --apply plan.json              the same bytes, here or on another machine, or a refusal
  $ npx sessionfix fix --format                       then the project's own Prettier or Biome, on changed files

What is written is checked with your own TypeScript first; an edit that brings a new error is taken back, alone. Files
with changes that are not committed are refused unless --allow-dirty is given. Every run can be taken back:
npx sessionfix undo. Exit code 0 when nothing is left, 1 when something was refused or is left over.`;

export function addFixCommand(program: Command): void {
  const command = program
    .command("fix [paths...]")
    .summary("rewrite what was found; --dry-run shows the diff")
    .description("Rewrites the findings in the files and folders given, by default the current folder.")
    .option("-n, --dry-run", "print the rewrite as a unified diff and write nothing", false)
    .option("--review", "also apply fixes that change a guarantee", false)
    .option("--only <rule|file>", "only this rule, codemod, file or folder; may be repeated", collect, [])
    .option("--strict", "also fix what the strict rules find", false)
    .option("--allow-dirty", "also write to files with changes that are not committed", false)
    .option("-i, --interactive", "ask about each fix, those to review included", false)
    .option("--verify <command>", "run this command with the fixes in place; those that make it fail are taken back")
    .option("--plan <file>", "write the checked rewrite into this file and change nothing else")
    .option("--apply <file>", "make the rewrite of this plan, for the same files alone")
    .option("--format", "run the project's own Prettier or Biome on the changed files", false)
    .option("--config <file>", "the configuration file (default: the nearest sessionfix.config.* or package.json key)")
    .option("--no-config", "use none")
    .option("-q, --quiet", "no progress", false)
    .option("--batch-size <n>", "items a transaction in batched loops (default: 10)", positiveInteger);
  addReadingOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: FixFlags) => {
      process.exitCode = await fix(program, paths, flags);
    });
}

async function fix(program: Command, args: string[], flags: FixFlags): Promise<number> {
  const cwd = process.cwd();
  const { root, paths } = locate(args, cwd, program.commands.map((command) => command.name()));
  assertTogether(flags);
  if (flags.apply !== undefined) return apply(root, cwd, flags.apply, flags);
  const format = flags.format ? (await import("../project/formatter.js")).projectFormatter(root) : undefined;
  const { readScope, scopeFilter } = await import("../project/only.js");
  const scope = readScope(flags.only, root, cwd);
  const settings = await settingsFor(root, flags);
  const scan = await scanWithProgress({ root, paths, settings, tests: true, quiet: flags.quiet, ...readingOf(flags) });
  const inScope = scopeFilter(scope, scan.findings);
  const [{ fixProject }, { codemods }, { workTreeTop }] = await Promise.all([
    import("../project/fix.js"),
    import("../../codemods/index.js"),
    import("../project/git-ignore.js"),
  ]);
  const findings = inScope(scan.findings);
  const { allowDirty, plan } = flags;
  const { batchSize } = settings;
  const dryRun = flags.dryRun || plan !== undefined;
  const verify = dryRun ? undefined : settings.verify;
  const review = flags.review || flags.interactive;
  const progress = new Progress(process.stderr, flags.quiet || flags.interactive);
  const prompt = flags.interactive ? new (await import("./interactive.js")).Prompt(process.stdin, process.stderr) : undefined;
  const outcome = await fixProject({
    root,
    findings,
    redetect: (overlay) => inScope(scan.redetect(overlay)),
    codemods,
    options: { only: scope.names, review, dryRun, allowDirty, ...(batchSize === undefined ? {} : { batchSize }), ...(verify === undefined ? {} : { verify }) },
    ...(prompt === undefined ? {} : { choose: prompt.choose }),
    ...(format === undefined ? {} : { format }),
    onProgress: (event) => progress.update(describeProgress(event)),
  }).finally(() => {
    progress.clear();
    prompt?.close();
  });

  if (plan !== undefined) {
    const { makePlan } = await import("../project/plan-file.js");
    await writeOutput(plan, `${JSON.stringify(makePlan(outcome, toolVersion()), null, 2)}\n`);
  }
  const { colorDiff, renderFixReport } = await import("../report/index.js");
  if (flags.dryRun) for (const { diff } of outcome.diffs) process.stdout.write(colorDiff(diff.endsWith("\n") ? diff : `${diff}\n`, hasColor(process.stdout)));
  const report = accountFor(outcome, {
    findings,
    skipped: scan.skipped.length,
    defects: scan.defects.map((defect) => `${defect.file}: ${defectNotice(defect).text}`),
    flags: [...args, ...flags.only.map((word) => `--only ${word}`), ...(allowDirty ? ["--allow-dirty"] : []), ...(batchSize === undefined ? [] : [`--batch-size ${batchSize}`])],
    review,
    ...(plan === undefined ? {} : { plan }),
    underGit: workTreeTop(root) !== undefined,
    ...(root === cwd ? {} : { elsewhere: root }),
    installs: runtimeInstalls(root, outcome.diffs),
  });
  // In a dry run stdout is the patch, so that it can be kept or piped.
  const stream = flags.dryRun ? process.stderr : process.stdout;
  stream.write(`${flags.dryRun && outcome.diffs.length > 0 ? "\n" : ""}${renderFixReport(report, { color: hasColor(stream), width: widthOf(stream) })}`);
  return isLeftOver(report) ? EXIT.findings : EXIT.ok;
}

/** What cannot be asked for at once. */
function assertTogether({ dryRun, plan, apply, verify, interactive, format, only, review }: FixFlags): void {
  const writesNothing = dryRun ? "--dry-run" : plan === undefined ? undefined : "--plan";
  const clash = (one: string, other: string, why: string) => new UsageError("BAD_OPTION", `${one} cannot be used with ${other}`, why);
  if (verify !== undefined && writesNothing !== undefined) throw clash("--verify", writesNothing, "The command looks at the files on the disk, and nothing is written there.");
  if (apply === undefined) return;
  const planning = plan !== undefined ? "--plan" : interactive ? "--interactive" : format ? "--format" : review ? "--review" : only.length > 0 ? "--only" : undefined;
  if (planning !== undefined) throw clash("--apply", planning, "A plan says already what is done: make another one with these options.");
}

async function apply(root: string, cwd: string, file: string, { dryRun, allowDirty, verify }: FixFlags): Promise<number> {
  const outcome = await applyPlanFile({ root, file, dryRun, allowDirty, ...(verify === undefined ? {} : { verify }) });
  const { colorDiff, renderFixReport } = await import("../report/index.js");
  if (dryRun) for (const { diff } of outcome.diffs) process.stdout.write(colorDiff(diff, hasColor(process.stdout)));
  const installs = runtimeInstalls(root, outcome.diffs).map(([folder, command]) => ({ command, purpose: `in ${folder === "" ? "this folder" : folder}: the rewritten code imports it` }));
  const report = accountForPlan(outcome, dryRun, dryRun ? [] : [...installs, { command: root === cwd ? "npx sessionfix undo" : `npx sessionfix undo ${root}`, purpose: "takes it back, byte by byte" }]);
  const stream = dryRun ? process.stderr : process.stdout;
  stream.write(renderFixReport(report, { color: hasColor(stream), width: widthOf(stream) }));
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
    case "verify":
      return `Running the command, time ${event.check}`;
    case "write":
      return `Writing ${event.files} files`;
  }
}
