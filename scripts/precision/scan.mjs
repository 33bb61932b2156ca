import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./errors.mjs";

/** A report of a large application is some tens of megabytes. */
const MOST_BYTES = 1024 ** 3;

/**
 * Scans one tree as a user would who stands in it: named from a folder above, a report's paths would start with the tree's own, and
 * labels have none of that.
 * @throws {Error} with what the command said when it could not.
 */
export function scanTree(cli, tree) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, "scan", "--strict", "--format", "json"], { cwd: tree, maxBuffer: MOST_BYTES }, (error, stdout, stderr) => {
      // 1 says that there are findings.
      if (error && error.code !== 1) reject(new Error(`The scan of ${tree} failed: ${stderr.trim() || error.message}`));
      else resolve(stdout);
    });
  });
}

/** @throws {UsageError} when it is no report. */
export function parseReport(text, name) {
  try {
    const report = JSON.parse(text);
    if (Array.isArray(report.findings)) return report;
  } catch (error) {
    throw new UsageError(`${name} is no report: ${error.message}`);
  }
  throw new UsageError(`${name} is no report: it has no findings.`);
}

/** The report kept for a name, or `undefined`. */
export function keptReport(folder, name) {
  try {
    return readFileSync(join(folder, `${name}.json`), "utf8");
  } catch {
    return undefined;
  }
}
