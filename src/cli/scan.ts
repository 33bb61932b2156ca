import path from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import type { ScanResult } from "../project/scan.js";
import { FORMAT_NAMES, formatOfFile } from "../report/names.js";
import { EXIT } from "./failure.js";
import { locate } from "./paths.js";
import { writeOutput } from "./output.js";
import { addReadingOptions, readingOf } from "./reading.js";
import type { ReadingFlags } from "./reading.js";
import { settingsFor } from "./settings.js";
import type { Settings } from "./settings.js";
import { hasColor, painter, Progress, widthOf } from "./terminal.js";
import { toolVersion } from "./version.js";

interface ScanFlags extends ReadingFlags {
  format?: string;
  output?: string;
  quiet: boolean;
  strict: boolean;
  baseline?: string;
  updateBaseline: boolean;
  config?: string | false;
  rule: string[];
}

const EXAMPLES = `
Examples:
  $ npx sessionfix                                  the current folder
  $ npx sessionfix scan apps/api packages/db        two folders, analysed together
  $ npx sessionfix scan --strict                    also what is only likely
  $ npx sessionfix scan --rule no-session-per-call  one rule
  $ npx sessionfix scan --format json > report.json
  $ npx sessionfix scan --output sessionfix.sarif   for code scanning; the name says the format
  $ npx sessionfix scan --output report.html        one page to read, filter and print
  $ npx sessionfix scan --update-baseline           live with what is there, for now
  $ npx sessionfix scan --baseline sessionfix-baseline.json
  $ npx sessionfix scan --format github             annotations in a GitHub workflow

Files that git ignores, node_modules, build output and declarations are left out. A file that cannot be read or
parsed is named with its reason. A comment keeps one finding out of the report, with its reason:
// sessionfix-disable-next-line <rule> -- reason. Exit code 1 when there are findings, when a comment or a baseline
entry suppresses nothing any more, or when no file at all could be read; 2 when a part of sessionfix failed on a file:
what it would have said is missing, and the report names it.`;

export function addScanCommand(program: Command): void {
  const command = program
    .command("scan [paths...]", { isDefault: true })
    .summary("find session mistakes (what runs when no command is named)")
    .description("Finds database-session mistakes in the files and folders given, by default the current folder.")
    .addOption(new Option("-f, --format <format>", "how to report").choices(FORMAT_NAMES))
    .option("-o, --output <file>", "write the report into this file; its extension says the format unless --format does")
    .option("-q, --quiet", "no progress, and nothing on stdout when there is nothing to say", false)
    .option("--strict", "also run the strict rules and show findings that are only likely", false)
    .option("--rule <name>", "run only this rule; may be repeated", collect, [])
    .option("--baseline <file>", "leave out the findings that this file knows, and name its entries that are gone")
    .option("--update-baseline", "write the findings into the baseline file (default: sessionfix-baseline.json) and report nothing", false)
    .option("--config <file>", "the configuration file (default: the nearest sessionfix.config.* or package.json key)")
    .option("--no-config", "use none");
  addReadingOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: ScanFlags) => {
      process.exitCode = await scan(program, paths, flags);
    });
}

async function scan(program: Command, args: string[], flags: ScanFlags): Promise<number> {
  const { root, paths } = locate(args, process.cwd(), program.commands.map((command) => command.name()));
  const settings = await settingsFor(root, flags);
  const { strict, baseline, choice } = settings;
  const [{ FORMATS }, { RULES }, { workTreeTop }] = await Promise.all([import("../report/index.js"), import("../../rules/registry.js"), import("../project/git-ignore.js")]);
  const name = flags.format ?? (flags.output === undefined ? undefined : formatOfFile(flags.output)) ?? "text";
  const format = FORMATS.get(name);
  if (!format) throw new RangeError(`No report format is named ${name}`);
  const result = await scanWithProgress({ root, paths, settings, quiet: flags.quiet, ...readingOf(flags) });
  if (result.cacheProblem !== undefined && process.env["DEBUG"]?.includes("sessionfix")) process.stderr.write(`sessionfix: results are not kept: ${result.cacheProblem}\n`);
  const { skipped, stats, unscanned, suppressed } = result;
  const { againstBaseline, updateBaseline } = await import("./baseline.js");
  const asked = { baseline, strict, rule: flags.rule, choice, paths };
  if (flags.updateBaseline) return updateBaseline(result, asked);
  const { findings, known, stale } = againstBaseline(result, asked);
  const notices = [...result.notices, ...stale];
  const top = workTreeTop(root);
  const isFailure = findings.some(({ rule }) => !choice.warn.has(rule)) || notices.length > 0 || nothingCouldBeRead(result);
  const toFile = flags.output !== undefined;
  const report = format.render(
    {
      version: toolVersion(),
      findings,
      skipped,
      stats,
      unscanned,
      notices,
      suppressed: { inSource: suppressed, baseline: known },
      rules: RULES.map(({ name, meta: { description, priority, recommended } }) => ({ name, description, priority, recommended })),
      text: (file) => result.text(file),
      ...(top === undefined || top === root ? {} : { below: path.relative(top, root).split(path.sep).join("/") }),
      ...(root === process.cwd() ? {} : { root }),
    },
    { color: format.forPeople && !toFile && hasColor(process.stdout), width: toFile ? 100 : widthOf(process.stdout), onNote: (note) => process.stderr.write(`sessionfix: ${note}\n`) },
  );
  if (flags.output !== undefined) {
    await writeOutput(flags.output, report);
    if (!flags.quiet) process.stderr.write(`${painter(process.stderr).dim(`${findings.length} ${findings.length === 1 ? "finding" : "findings"}; the ${name} report is in ${flags.output}`)}\n`);
  } else if (!flags.quiet || isFailure || findings.length > 0 || !format.forPeople) process.stdout.write(report);
  if (!format.forPeople && result.stats.files === 0) process.stderr.write(`sessionfix: no JavaScript or TypeScript file could be scanned in ${root}\n`);
  if (result.defects.length > 0) return EXIT.failed;
  return isFailure ? EXIT.findings : EXIT.ok;
}

/** Scans with a line on the terminal that says how far it is. Every command that needs findings starts with it. */
export async function scanWithProgress(options: { root: string; paths: string[]; settings: Settings; tests?: boolean; quiet?: boolean; cache?: string | false; jobs?: number }): Promise<ScanResult> {
  const { scanProject } = await import("../project/scan.js");
  const { strict, ignores, choice } = options.settings;
  const progress = new Progress(process.stderr, options.quiet === true);
  try {
    return await scanProject({
      root: options.root,
      paths: options.paths,
      strict,
      ignores,
      ...(options.tests === undefined ? {} : { tests: options.tests }),
      ...(choice.rules === undefined ? {} : { rules: choice.rules }),
      ...(choice.ruleOptions === undefined ? {} : { ruleOptions: choice.ruleOptions }),
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
      onProgress: ({ phase, done, total }) => progress.update(`${phase === "reading" ? "Reading" : "Analysing"} files: ${done} of ${total}`),
    });
  } finally {
    progress.clear();
  }
}

export function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** An empty folder is fine; a folder in which everything was unreadable has not been checked. */
function nothingCouldBeRead({ stats, skipped }: ScanResult): boolean {
  return stats.files === 0 && skipped.length > 0;
}
