import { type Command, InvalidArgumentError } from "commander";
import type { MatrixRow } from "../core/matrix/types.js";
import type { VerifyReport } from "../core/verify-report.js";
import { EXIT } from "./failure.js";
import { writeOutput } from "./output.js";
import { painter, Progress } from "./terminal.js";

interface VerifyFlags {
  scenario?: string;
  before?: string;
  after: string;
  json?: string;
  html?: string;
  quick: boolean;
  repetitions?: number;
  seed?: number;
  quiet: boolean;
  init: boolean;
}

const EXAMPLES = `
Examples:
  $ npx sessionfix verify --init                        write a first scenario for this project
  $ npx sessionfix verify --quick                       the application as it is, against absolute thresholds
  $ npx sessionfix verify --before main                 what the work tree changed since main
  $ npx sessionfix verify --before ../shop-old --after . --html report.html

The application runs as real processes on fresh database files; yours is not touched. A git ref is copied into a temporary
folder, with the installed packages of this checkout. Exit code 0 when all criteria hold, 1 when one does not, 2 when it
could not run.`;

export function addVerifyCommand(program: Command): void {
  program
    .command("verify")
    .summary("put your application under load, before and after, and compare")
    .description("Runs a scenario on your application before and after a change, as real processes under the same load, and judges the difference.")
    .option("--scenario <file>", "the scenario (default: load.scenario.ts, .mts, .mjs or .js)")
    .option("--before <ref or folder>", "the program before: a git ref, or a folder. Without it only after is run")
    .option("--after <folder>", "the program after", ".")
    .option("--json <file>", "write all measurements and the verdict into this file; `-` for stdout")
    .option("--html <file>", "write one page with timeline, curves and tables into this file")
    .option("--quick", "one repetition of at most 3 s: to see that it works", false)
    .option("--repetitions <n>", "how often each program is put under load (default: the scenario's)", wholeNumber(1))
    .option("--seed <n>", "of all random choices (default: the scenario's)", wholeNumber(0))
    .option("-q, --quiet", "no progress", false)
    .option("--init", "write a first scenario for the project in this folder; nothing is overwritten", false)
    .addHelpText("after", EXAMPLES)
    .action(async (flags: VerifyFlags) => {
      process.exitCode = flags.init ? await writeScenario(flags) : await verifyCommand(flags);
    });
}

async function verifyCommand(flags: VerifyFlags): Promise<number> {
  const [{ loadScenario }, { verify }] = await Promise.all([import("../harness/verify/load-scenario.js"), import("../harness/verify/verify.js")]);
  // Servers and temporary folders go with the process, which must therefore end by itself.
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) process.once(signal, () => process.exit(code));
  const progress = new Progress(process.stderr, flags.quiet);
  const { before, after, quick, repetitions, seed } = flags;
  const report = await verify({
    scenario: await loadScenario(flags.scenario),
    ...(before === undefined ? {} : { before }),
    after,
    quick,
    ...(repetitions === undefined ? {} : { repetitions }),
    ...(seed === undefined ? {} : { seed }),
    progress: (message) => progress.update(message),
    readMatrix,
  }).finally(() => progress.clear());
  await write(report, flags);
  return report.verdict.pass ? EXIT.ok : EXIT.findings;
}

/** What the page shows beside the measurements: no reason to fail for. */
async function readMatrix(folder: string): Promise<MatrixRow[]> {
  const [{ linkTree }, { ProjectMatrix }] = await Promise.all([import("../project/link-tree.js"), import("../core/matrix/build-matrix.js")]);
  return new ProjectMatrix((await linkTree({ root: folder, cache: false })).facts).matrix.rows;
}

async function write(report: VerifyReport, { json, html }: VerifyFlags): Promise<void> {
  const { verifyText } = await import("../report/verify-text.js");
  const text = `${JSON.stringify(report, null, 2)}\n`;
  if (json !== undefined && json !== "-") await writeOutput(json, text);
  if (html !== undefined) {
    const { verifyPage } = await import("../report/verify-page/page.js");
    await writeOutput(html, verifyPage(report));
  }
  // Where data goes to stdout, what is said to people goes beside it.
  const forPeople = json === "-" ? process.stderr : process.stdout;
  if (json === "-") process.stdout.write(text);
  forPeople.write(verifyText(report, painter(forPeople)));
}

async function writeScenario({ scenario }: VerifyFlags): Promise<number> {
  const { initScenario } = await import("./verify-init.js");
  return initScenario(scenario);
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isSafeInteger(number) || number < least) throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
    return number;
  };
}
