import { statSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import type { UndoOutcome } from "../project/fix.js";
import { EXIT } from "./failure.js";
import { missing } from "./paths.js";
import { painter } from "./terminal.js";

const EXAMPLES = `
Examples:
  $ npx sessionfix undo              take the last fix in the current folder back
  $ npx sessionfix undo apps/api     the last fix that was run in that folder
  $ npx sessionfix undo --force      also where files were changed since; these changes are lost

Every byte is as it was before the fix, work that was not committed included; git is not needed. It also works after a
fix that was cut short. Run again, it takes back the fix before. Exit code 1 when it was refused.`;

export function addUndoCommand(program: Command): void {
  program
    .command("undo [folder]")
    .summary("take the last fix back, byte by byte")
    .description("Takes the last fix back that was run in the folder given, by default the current folder.")
    .option("--force", "also restore files that were changed after the fix", false)
    .addHelpText("after", EXAMPLES)
    .action(async (folder: string | undefined, { force }: { force: boolean }) => {
      process.exitCode = await undo(folder ?? ".", force);
    });
}

async function undo(folder: string, force: boolean): Promise<number> {
  const root = path.resolve(folder);
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) throw missing(folder, []);
  const { undoLast } = await import("../project/fix.js");
  const outcome = await undoLast({ root, force });
  process.stdout.write(describe(outcome, folder));
  return outcome.refused.length > 0 ? EXIT.findings : EXIT.ok;
}

function describe({ id, restored, removed, untouched, refused }: UndoOutcome, folder: string): string {
  const { green, red, cyan, dim, bold } = painter(process.stdout);
  if (id === undefined) return `Nothing to undo: there is no fix on record in ${folder === "." ? "this folder" : folder}.\n`;
  const list = (files: string[], what: string) => files.map((file) => `  ${cyan(file)}  ${dim(what)}\n`).join("");
  if (refused.length > 0) {
    const lines = refused.map(({ file, reason }) => `  ${cyan(file)}  ${reason}\n`).join("");
    return `${red("Nothing was undone:")} files were changed after the fix.\n${lines}\nNext: ${bold("npx sessionfix undo --force")}  ${dim("restores them all the same; these changes are lost")}\n`;
  }
  const files = restored.length + removed.length;
  const summary = `${green("✔")} Undone: ${files === 1 ? "1 file is" : `${files} files are`} as before the fix.\n`;
  return `${list(restored, "restored")}${list(removed, "removed: the fix had created it")}${list(untouched, "was not changed")}${summary}`;
}
