import path from "node:path";
import type { Command } from "commander";
import { Option } from "commander";
import type { MatrixRow } from "../core/matrix/types.js";
import type { LinkedTree } from "../project/link-tree.js";
import type { MatrixInput } from "../report/matrix.js";
import { MATRIX_FORMAT_NAMES, matrixFormatOfFile } from "../report/matrix-names.js";
import type { MatrixFormatName } from "../report/matrix-names.js";
import { EXIT } from "./failure.js";
import { writeOutput } from "./output.js";
import { locate } from "./paths.js";
import { addReadingOptions, readingOf } from "./reading.js";
import type { ReadingFlags } from "./reading.js";
import { settingsFor } from "./settings.js";
import { hasColor, painter, Progress, widthOf } from "./terminal.js";
import { toolVersion } from "./version.js";

interface MatrixFlags extends ReadingFlags {
  format?: MatrixFormatName;
  output?: string;
  why?: string;
  metrics?: string;
  diff?: string;
  quiet: boolean;
  config?: string | false;
}

const EXAMPLES = `
Examples:
  $ npx sessionfix matrix                                   the operations of the current folder
  $ npx sessionfix matrix --why "POST /import_artifacts"    how one comes to its figures
  $ npx sessionfix matrix --metrics metrics.json            measured hold and wait beside them
  $ npx sessionfix matrix --diff origin/main                what this change does to the matrix
  $ npx sessionfix matrix --output matrix.html              one page to read and print; .md and .json, too

What each column means: docs/matrix.md. Figures are upper bounds of one call, from the code alone. Exit code 0; with
--diff 1 when something got worse: more sessions, a longer transaction, new I/O inside one.`;

export function addMatrixCommand(program: Command): void {
  const command = program
    .command("matrix [paths...]")
    .summary("show what each operation takes of the database: sessions, lock, statements held")
    .description("Shows the concurrent operation matrix: each route, job, message, command and script with the sessions it opens, the lock it takes, its transactions and statements, and the I/O inside them.")
    .addOption(new Option("-f, --format <format>", "how to show it").choices(MATRIX_FORMAT_NAMES))
    .option("-o, --output <file>", "write it into this file; its extension says the format unless --format does")
    .addOption(new Option("--why <operation>", "the paths to each session and transaction of one operation").conflicts("diff"))
    .addOption(new Option("--metrics <file>", "JSON of the runtime's metrics or of the harness: measured hold and wait beside the figures").conflicts("diff"))
    .option("--diff <ref>", "compare with this commit, branch or tag")
    .option("-q, --quiet", "no progress, no hints", false)
    .option("--config <file>", "the configuration file (default: the nearest sessionfix.config.* or package.json key)")
    .option("--no-config", "use none");
  addReadingOptions(command)
    .addHelpText("after", EXAMPLES)
    .action(async (paths: string[], flags: MatrixFlags) => {
      process.exitCode = await matrix(program, paths, flags);
    });
}

async function matrix(program: Command, args: string[], flags: MatrixFlags): Promise<number> {
  const { root, paths } = locate(args, process.cwd(), program.commands.map((command) => command.name()));
  const { ignores } = await settingsFor(root, { strict: false, ...(flags.config === undefined ? {} : { config: flags.config }) });
  const { MATRIX_FORMATS } = await import("../report/matrix.js");
  const name = flags.format ?? (flags.output === undefined ? undefined : matrixFormatOfFile(flags.output)) ?? "text";
  const format = MATRIX_FORMATS[name];
  const write = (text: string): Promise<void> => print(text, name, flags);
  const options = { color: format.forPeople && flags.output === undefined && hasColor(process.stdout), width: flags.output === undefined ? widthOf(process.stdout) : 100 };
  const measurements = flags.metrics === undefined ? undefined : (await import("../project/read-metrics.js")).readMetrics(flags.metrics);
  const { ProjectMatrix } = await import("../core/matrix/build-matrix.js");
  const tree = await linkWithProgress({ root, paths, ignores, flags });
  const made = new ProjectMatrix(tree.facts);

  if (flags.diff !== undefined) {
    const before = await atRef(flags.diff, { root, paths, ignores, flags });
    const { diffMatrices } = await import("../core/matrix/diff.js");
    const diff = diffMatrices(before, made.matrix.rows);
    await write(format.renderDiff({ version: toolVersion(), ref: flags.diff, diff, skipped: tree.skipped }, options));
    return diff.isWorse ? EXIT.findings : EXIT.ok;
  }

  const only = flags.why === undefined ? undefined : await rowNamed(made.matrix.rows, flags.why);
  const { matchMetrics } = await import("../core/matrix/metrics.js");
  const matched = measurements && matchMetrics(made.matrix.rows, measurements);
  const input: MatrixInput = {
    version: toolVersion(),
    ...made.matrix,
    ...(matched ? { measured: { of: (row) => matched.measured.get(row), unmatched: matched.unmatched } } : {}),
    ...(only === undefined && name !== "html" ? {} : { why: (row) => made.why(row) }),
    ...(only === undefined ? {} : { only }),
    skipped: tree.skipped,
    unscanned: tree.unscanned,
    stats: tree.stats,
    ...(root === process.cwd() ? {} : { root }),
  };
  await write(format.render(input, options));
  return EXIT.ok;
}

interface Asked {
  root: string;
  paths: string[];
  ignores: string[];
  flags: MatrixFlags;
}

async function linkWithProgress({ root, paths, ignores, flags }: Asked, reading = readingOf(flags)): Promise<LinkedTree> {
  const { linkTree } = await import("../project/link-tree.js");
  const progress = new Progress(process.stderr, flags.quiet);
  try {
    return await linkTree({ root, paths, ignores, ...reading, onProgress: ({ phase, done, total }) => progress.update(`${phase === "reading" ? "Reading" : "Analysing"} files: ${done} of ${total}`) });
  } finally {
    progress.clear();
  }
}

/** The rows of the same paths at a commit. A path that was not there yet had no operation. */
async function atRef(ref: string, asked: Asked): Promise<MatrixRow[]> {
  const [{ checkOutTree }, { ProjectMatrix }, { existsSync }] = await Promise.all([import("../project/git-tree.js"), import("../core/matrix/build-matrix.js"), import("node:fs")]);
  const tree = await checkOutTree(asked.root, ref);
  try {
    const paths = asked.paths.map((each) => path.join(tree.folder, path.relative(asked.root, each))).filter((each) => existsSync(each));
    if (paths.length === 0) return [];
    const { facts } = await linkWithProgress({ ...asked, root: tree.folder, paths }, readingOf({ ...asked.flags, cache: false }));
    return new ProjectMatrix(facts).matrix.rows;
  } finally {
    await tree.remove();
  }
}

async function rowNamed(rows: readonly MatrixRow[], name: string): Promise<MatrixRow> {
  const [{ findRow }, { UsageError }] = await Promise.all([import("../core/matrix/find-row.js"), import("../project/errors.js")]);
  const found = findRow(rows, name);
  if (found.row) return found.row;
  const near = found.near.map((each) => `"${each}"`).join(", ");
  throw new UsageError("UNKNOWN_OPERATION", `No single operation is named ${name}`, near === "" ? "`sessionfix matrix` lists them." : `Near it: ${near}.`);
}

async function print(text: string, name: string, { output, quiet }: MatrixFlags): Promise<void> {
  if (output === undefined) process.stdout.write(text);
  else {
    await writeOutput(output, text);
    if (!quiet) process.stderr.write(`${painter(process.stderr).dim(`The matrix as ${name} is in ${output}`)}\n`);
  }
}

