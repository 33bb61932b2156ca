import { rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { errorMessage, UsageError } from "../project/errors.js";

/**
 * Writes a report or a plan whole or not at all: a reader never meets half of one.
 *
 * @throws UsageError `OUTPUT_NOT_WRITABLE`.
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  const target = path.resolve(file);
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.tmp`);
  try {
    await writeFile(temporary, text);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new UsageError("OUTPUT_NOT_WRITABLE", `${file} cannot be written: ${errorMessage(error)}`, "Check that its folder exists and may be written to.");
  }
}
