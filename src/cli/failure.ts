import { CommanderError } from "commander";
import { errorMessage, UsageError } from "../project/errors.js";
import { painter } from "./terminal.js";

/** Exit codes of every command. */
export const EXIT = { ok: 0, findings: 1, failed: 2 } as const;

/** Says on stderr what went wrong, in a line or two, and returns the exit code. A stack only with `DEBUG=sessionfix`. */
export function reportFailure(error: unknown): number {
  const { red, bold, dim } = painter(process.stderr);
  const say = (message: string, hint?: string) => {
    process.stderr.write(`${red(bold("sessionfix:"))} ${message}\n${hint === undefined ? "" : `${dim(hint)}\n`}`);
  };
  if (error instanceof CommanderError) {
    // Help and version end by an exception, too; commander has already printed what there is to say.
    return error.exitCode === 0 ? EXIT.ok : EXIT.failed;
  }
  if (debugging()) process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  if (error instanceof UsageError) say(error.message, error.hint);
  else if (hasCode(error)) say(errorMessage(error), "hint" in error && typeof error.hint === "string" ? error.hint : undefined);
  else say(`internal error: ${errorMessage(error).split("\n")[0]}`, "Run again with DEBUG=sessionfix for the stack, and please report it.");
  return EXIT.failed;
}

export function debugging(env: NodeJS.ProcessEnv = process.env): boolean {
  return /(?:^|[\s,])(?:sessionfix|\*)(?:$|[\s,:])/.test(env["DEBUG"] ?? "");
}

/** sessionfix's own errors have a stable code and a message made for people; so do those of the file system. */
function hasCode(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}
