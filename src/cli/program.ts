import { existsSync } from "node:fs";
import { Command } from "commander";
import { addDoctorCommand } from "./doctor.js";
import { addFixCommand } from "./fix.js";
import { addInitCommand } from "./init.js";
import { addMatrixCommand } from "./matrix.js";
import { addScanCommand } from "./scan.js";
import { missing } from "./paths.js";
import { painter } from "./terminal.js";
import { addTopCommand } from "./top.js";
import { addUndoCommand } from "./undo.js";
import { addVerifyCommand } from "./verify.js";
import { toolVersion } from "./version.js";

const EXAMPLES = `
Examples:
  $ npx sessionfix                      scan the current folder, say what is wrong and what to do
  $ npx sessionfix scan apps/api        scan one folder
  $ npx sessionfix fix --dry-run        show the rewrite as a diff, change nothing
  $ npx sessionfix fix                  apply what is safe
  $ npx sessionfix matrix               show what each route, job and command takes of the database
  $ npx sessionfix top app.db           who holds the write lock right now, and who waits
  $ npx sessionfix undo                 take the last fix back, byte by byte

Exit codes:
  0  nothing to say
  1  findings, or work that was refused or is left over
  2  wrong use, or an internal error

NO_COLOR turns colours off; DEBUG=sessionfix shows the stack of an internal error.`;

/** The whole command line. Commands load their machinery only when they run: help and errors of use stay instant. */
export function createProgram(): Command {
  const program = new Command("sessionfix")
    .description("Finds the database-session mistakes that make an application throw SQLITE_BUSY, leak connections or freeze, and rewrites them.")
    .usage("[command] [paths...] [options]")
    .version(toolVersion(), "-v, --version", "print the version")
    .helpOption("-h, --help", "show help; `sessionfix <command> --help` tells more")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(describeUsageError(text)),
    });
  addScanCommand(program);
  addFixCommand(program);
  addUndoCommand(program);
  addInitCommand(program);
  addDoctorCommand(program);
  addTopCommand(program);
  addVerifyCommand(program);
  addMatrixCommand(program);
  return program;
}

/** A first word that is neither a command nor a path is a typing error: say so before its options are called unknown. */
export function assertKnownCommand(program: Command, word: string | undefined): void {
  if (word === undefined || !/^[a-z]+$/i.test(word) || existsSync(word)) return;
  const names = [...program.commands.map((command) => command.name()), "help"];
  if (!names.includes(word)) throw missing(word, names);
}

/** Commander's `error: unknown option '--fromat'` and its suggestion, in this tool's voice. */
function describeUsageError(text: string): string {
  const { red, bold, dim } = painter(process.stderr);
  const [first = "", ...rest] = text.trim().split("\n");
  const hint = rest.length > 0 ? rest.join(" ").replace(/^\(|\)$/g, "") : "Run `sessionfix --help` to see commands and options.";
  return `${red(bold("sessionfix:"))} ${first.replace(/^error: /, "")}\n${dim(hint)}\n`;
}
