import type { Command } from "commander";
import { EXIT } from "./failure.js";
import { writeOutput } from "./output.js";
import { painter, plainPainter, Progress, widthOf } from "./terminal.js";
import { positiveNumber } from "./numbers.js";
import { toolVersion } from "./version.js";

const EXAMPLES = `
Examples:
  $ npx sessionfix doctor app.db                    what is wrong with this database and its locks
  $ npx sessionfix doctor app.db --for 10           watch the locks for ten seconds
  $ npx sessionfix doctor app.db --pid 4711         which SQLite libraries that process has loaded
  $ npx sessionfix doctor app.db --format json      for scripts

The database is not opened, and nobody's lock is touched: the first bytes of its files are read, and the kernel's tables
of locks and processes. Exit code 0: nothing wrong; 1: critical or warning; 2: it could not look.`;

interface DoctorFlags {
  for: number;
  pid?: number;
  quickCheck: boolean;
  format: string;
  output?: string;
}

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor <database>")
    .summary("look at a SQLite file: who holds it, its log, its pragmas, and what to do")
    .description("Looks at a SQLite database from outside, while any program in any language uses it.")
    .option("--for <seconds>", "how long to watch the locks", positiveNumber, 1)
    .option("--pid <pid>", "also say which SQLite libraries this process has loaded", positiveNumber)
    .option("--quick-check", "also run PRAGMA quick_check, which reads the whole file", false)
    .option("--format <format>", "text or json", "text")
    .option("-o, --output <file>", "write to a file instead of the screen")
    .addHelpText("after", EXAMPLES)
    .action(async (database: string, flags: DoctorFlags) => {
      process.exitCode = await doctor(database, flags);
    });
}

async function doctor(database: string, flags: DoctorFlags): Promise<number> {
  const [{ diagnose }, { UsageError }] = await Promise.all([import("../inspect/diagnose.js"), import("../project/errors.js")]);
  if (flags.format !== "text" && flags.format !== "json") throw new UsageError("BAD_OPTION", `There is no format "${flags.format}" for doctor.`, "Use text or json.");
  const progress = new Progress(process.stderr);
  progress.update(`watching the locks of ${database} for ${flags.for} s …`);
  const diagnosis = await diagnose(database, flags.for * 1_000);
  if (flags.quickCheck) progress.update("reading the whole file …");
  const check = flags.quickCheck ? (await import("../inspect/quick-check.js")).quickCheck(diagnosis.files.path, process.cwd()) : undefined;
  const of = flags.pid === undefined ? undefined : (await import("../inspect/one-process.js")).lookAtProcess(flags.pid, diagnosis.files.path);
  progress.clear();
  const broken = check !== undefined && (check.lines.length !== 1 || check.lines[0] !== "ok");
  const parts = { ...(check === undefined ? {} : { quickCheck: check }), ...(of === undefined ? {} : { process: of }) };
  const text = flags.format === "json"
    ? `${JSON.stringify({ version: 1, tool: { name: "sessionfix", version: toolVersion() }, ...diagnosis, ...parts }, undefined, 2)}\n`
    : (await import("../report/doctor.js")).renderDoctor({ diagnosis, ...parts, color: flags.output === undefined ? painter(process.stdout) : plainPainter(), width: flags.output === undefined ? Math.min(120, widthOf(process.stdout)) : 100 });
  if (flags.output === undefined) process.stdout.write(text);
  else await writeOutput(flags.output, text);
  return broken || (of?.libraries.length ?? 0) > 1 || diagnosis.advice.some(({ level }) => level !== "info") ? EXIT.findings : EXIT.ok;
}
